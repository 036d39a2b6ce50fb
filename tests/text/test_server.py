from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loopback import Answer, ChatServer, completion, title_of

from condrec import paths
from condrec.errors import CondrecError
from condrec.text import Usage, open_language_model
from condrec.text.prompted import ATTEMPTS, MAX_TOKENS
from condrec.text.prompts import ITEM_INSTRUCTION, item_record, messages
from condrec.text.reply_store import Reply, open_reply_store
from condrec.text.server import ServerLanguageModel

KEPT = "the replies so far are kept and not asked again"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
Start = Callable[[int], "subprocess.Popen[str]"]
CLIENT = """
import json, signal, sys
from pathlib import Path
from condrec.text.server import ServerLanguageModel
signal.signal(signal.SIGINT, signal.default_int_handler)
url, store, count = sys.argv[1:]
model = ServerLanguageModel("tiny", url, "key", concurrency=32, store=Path(store))
texts = model.condense_items([f"Item {i}" for i in range(int(count))], [], [])
print(json.dumps([texts, model.usage.requests, model.usage.tokens]))
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", *PROXIES, *map(str.lower, PROXIES)):
        monkeypatch.delenv(name, raising=False)
    started = ChatServer()
    threads = threading.active_count()
    yield started
    # tqdm's own watcher may stay: it ends with the process.
    left = [each for each in threading.enumerate() if not each.daemon]
    assert len(left) <= threads
    started.close()


def client(server: ChatServer, **settings: Any) -> ServerLanguageModel:
    return ServerLanguageModel("tiny", server.url, "secret-key", **settings)


def ask(model: ServerLanguageModel, count: int = 3) -> list[str]:
    return model.condense_items([f"Item {i}" for i in range(count)], [], [])


@pytest.fixture
def start(server: ChatServer, tmp_path: Path) -> Iterator[Start]:
    """Starts a client of its own process that condenses so many items."""
    started: list[subprocess.Popen[str]] = []

    def start_client(count: int) -> subprocess.Popen[str]:
        store = str(tmp_path / "replies.sqlite")
        command = [sys.executable, "-W", "error", "-c", CLIENT, server.url, store, str(count)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment)
        started.append(process)
        return process

    yield start_client
    for process in started:
        process.kill()
        process.communicate()


def wait_for(server: ChatServer, count: int, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 100
    while len(server.requests) < count:
        assert time.monotonic() < end and process.poll() is None, "the client asks too little"
        time.sleep(0.005)


def test_what_is_sent_and_what_comes_back(server: ChatServer) -> None:
    model = client(server)
    assert model.name == "server:tiny"
    assert ask(model, 1) == ["This is about Item 0."]
    assert model.interests([["Heat"]]) == [["heat"]]  # no list: replaced
    assert model.n_replaced == 1
    first = server.requests[0]
    assert set(first) == {"model", "messages", "temperature", "max_tokens"}
    assert (first["model"], first["temperature"], first["max_tokens"]) == ("tiny", 0, MAX_TOKENS)
    assert "authorization: bearer secret-key" in server.heads[0].lower()
    assert model.usage == Usage(1 + ATTEMPTS, 10 * (1 + ATTEMPTS), 3 * (1 + ATTEMPTS))


def test_interests(server: ChatServer) -> None:
    server.answer = lambda n, request: completion('```json\n["Crime", "heist"]\n```')
    model = client(server)
    assert model.interests([["Heat"], []]) == [["crime", "heist"], []]
    assert model.n_replaced == 0


def test_reads_the_usual_environment(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    monkeypatch.setenv("OPENAI_API_KEY", "from-outside")
    model = open_language_model("server:org/tiny:8b")
    assert model.condense_items(["Heat"], [], []) == ["This is about Heat."]
    assert server.requests[0]["model"] == "org/tiny:8b"
    assert "from-outside" in server.heads[0]


def test_a_missing_key_is_said_and_kept_replies_need_none(
    server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(client(server))
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    model = ServerLanguageModel("tiny")
    assert ask(model)[2] == "This is about Item 2."
    with pytest.raises(CondrecError, match="no API key, expected one in .*OPENAI_API_KEY"):
        ask(model, 4)


@pytest.mark.parametrize("key", ["key\n", "two words", "k\u00e9y"])
def test_a_key_that_is_no_word_is_not_shown(server: ChatServer, key: str) -> None:
    with pytest.raises(CondrecError, match="beyond ASCII, expected one word; set") as caught:
        ask(ServerLanguageModel("tiny", server.url, key))
    assert "two words" not in str(caught.value)
    assert not server.requests


def test_without_the_package(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(CondrecError, match="needs the package openai: install it"):
        ask(client(server))


def test_works_where_a_loop_runs_already(server: ChatServer) -> None:
    async def notebook_cell() -> list[str]:
        return ask(client(server))

    assert len(asyncio.run(notebook_cell())) == 3


def test_requests_in_flight_are_bounded(server: ChatServer) -> None:
    server.delay = 0.05
    ask(client(server, concurrency=4), 20)
    assert server.most_in_flight == 4


@pytest.mark.slow
def test_killed_half_way_and_resumed(server: ChatServer, start: Start) -> None:
    count = 5_000
    server.delay = 0.02
    first = start(count)
    wait_for(server, count // 2, first)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert len(server.requests) < count
    second = start(count)
    out, err = second.communicate(timeout=120)
    assert second.returncode == 0, err
    texts, requests, tokens = json.loads(out)
    assert texts == [f"This is about Item {i}." for i in range(count)]
    assert (requests, tokens) == (count, 13 * count)
    assert count <= len(server.requests) <= count + 32
    assert {title_of(each) for each in server.requests} == {f"Item {i}" for i in range(count)}
    assert 16 < server.most_in_flight <= 32


def test_what_another_process_asked_meanwhile_is_not_asked(server: ChatServer) -> None:
    model = client(server, concurrency=1)

    def answer(n: int, request: dict[str, Any]) -> Answer:
        if n == 1:
            asked = messages(ITEM_INSTRUCTION, item_record("Item 2", "", ""))
            with open_reply_store(paths.replies() / "replies.sqlite") as store:
                store.put(model._request(asked, 1), Reply("Theirs."))
        return completion("Mine.")

    server.answer = answer
    assert ask(model) == ["Mine.", "Mine.", "Theirs."]
    assert len(server.requests) == 2


def test_an_interrupt_ends_it_at_once(server: ChatServer, start: Start, tmp_path: Path) -> None:
    server.answer = lambda n, request: completion(f"Text {n}.") if n <= 10 else None
    process = start(50)
    wait_for(server, 42, process)
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - asked < 10
    assert process.returncode != 0
    assert "KeyboardInterrupt" in err
    server.answer = lambda n, request: completion("Text.")
    ask(client(server, store=tmp_path / "replies.sqlite"), 50)
    assert len(server.requests) == 42 + 40


def test_garbage_replies_are_retried_replaced_and_counted(server: ChatServer) -> None:
    server.answer = lambda n, request: completion(
        "\x00garbage\n" * 50 if title_of(request) in ("Item 1", "Item 2") else "Fine."
    )
    model = client(server)
    assert ask(model) == ["Fine.", "Item 1", "Item 2"]
    assert model.n_replaced == 2
    assert len(server.requests) == model.usage.requests == 1 + 2 * ATTEMPTS


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_replies_that_were_cut_off_are_no_answers(server: ChatServer, reason: str) -> None:
    server.answer = lambda n, request: completion("Heat follows a detective who", reason)
    model = client(server)
    assert ask(model, 1) == ["Item 0"]
    assert (model.n_replaced, len(server.requests)) == (1, ATTEMPTS)


@pytest.mark.parametrize("code", ["content_filter", "context_length_exceeded"])
def test_a_refusal_of_one_text_does_not_stop_the_others(server: ChatServer, code: str) -> None:
    body = json.dumps({"error": {"message": "not this one", "code": code}})
    server.answer = lambda n, request: (
        (400, "application/json", body) if title_of(request) == "Item 1" else completion("Fine.")
    )
    model = client(server)
    assert ask(model) == ["Fine.", "Item 1", "Fine."]
    assert (model.n_replaced, len(server.requests)) == (1, 2 + ATTEMPTS)


@pytest.mark.parametrize("text", [None, "\ud83d"])
def test_replies_without_text_are_malformed(server: ChatServer, text: str | None) -> None:
    server.answer = lambda n, request: completion(text)
    model = client(server)
    assert ask(model, 1) == ["Item 0"]
    assert model.n_replaced == 1


@pytest.mark.parametrize("counts", [{"prompt_tokens": None, "x": 1}, {"prompt_tokens": 10**30}])
def test_servers_that_do_not_count(server: ChatServer, counts: dict[str, Any]) -> None:
    server.answer = lambda n, request: completion("Fine.", **counts)
    model = client(server)
    assert ask(model) == ["Fine."] * 3
    assert model.usage == Usage(3, 0, 0)


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_busy_servers_are_tried_again(server: ChatServer, status: int) -> None:
    server.answer = lambda n, request: (
        (status, "application/json", "{}") if n % 3 else completion("Fine.")
    )
    assert ask(client(server, concurrency=1)) == ["Fine."] * 3
    assert len(server.requests) == 9


def test_lost_connections_are_tried_again(server: ChatServer) -> None:
    half = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"
    server.answer = lambda n, request: completion("Fine.") if n % 3 else half
    assert ask(client(server, concurrency=1)) == ["Fine."] * 3


def error(status: int) -> Answer:
    body = json.dumps({"error": {"message": "said <b>the</b> server, secret-key"}})
    return status, "application/json", body


PAGE: Answer = (200, "text/html", "<html><body>Welcome</body></html>")
BODIES = [
    PAGE,
    (200, "application/json", "no json"),
    (200, "application/json", "{}"),
    (200, "application/json", "[1]"),
    (200, "application/json", "null"),
    (200, "application/json", '{"choices": []}'),
    (200, "application/json", '{"choices": [{"message": null}]}'),
    (200, "application/json", '{"choices": [{"message": {"content": 5}}]}'),
    (200, "application/json", '{"choices": [{"message": {"content": ["text"]}}]}'),
    (200, "application/json", '{"choices": "text"}'),
    (200, "application/json", "[" * 100_000),
]
SAID = r".*said the server, \[key\]\)"
BAD_ENDS: list[tuple[Answer | bytes | None, str, int]] = [
    (error(401), r"a refusal of the API key \(status 401\), .*; set OPENAI_API_KEY to", 1),
    (error(403), rf"a refusal of the API key \(status 403: {SAID}", 1),
    (error(404), rf"no model 'tiny' \(status 404: {SAID}, .*; name a model it serves", 1),
    (error(400), rf"the request refused \(status 400: {SAID}, .*; use a model that takes", 1),
    (error(429), rf"no more requests admitted, {{tries}} \(status 429: {SAID}, .*; wait or", 3),
    (error(500), rf"an error of its own, {{tries}} \(status 500: {SAID}, .*; read the", 3),
    ((502, "text/html", "<html>Bad gateway"), r"an error of its own, {tries} \(status 502", 3),
    (None, r"no answer within 0.3 s, {tries}, .*; see whether it is overloaded", 3),
    (b"SSH-2.0-garbage\r\n\r\n", r"no connection \(illegal status.*\), {tries}, .*; start it", 3),
    (b"", r"no connection \(Server disconnected.*\), {tries}, .*; start it, or set", 3),
    *((body, r"a body that is no chat completion, .*; set OPENAI_BASE_URL", 1) for body in BODIES),
]


@pytest.mark.parametrize(("answer", "message", "tries"), BAD_ENDS)
def test_every_bad_end_is_clear_and_keeps_replies(
    server: ChatServer, answer: Answer | bytes | None, message: str, tries: int
) -> None:
    good: Callable[[int, dict[str, Any]], Answer] = lambda n, request: completion("Fine.")  # noqa: E731
    server.answer = lambda n, request: good(n, request) if n <= 4 else answer
    model = client(server, concurrency=1, timeout=0.3, max_retries=2)
    message = message.replace("{tries}", "tried up to 3 times")
    begin = time.monotonic()
    with pytest.raises(CondrecError, match=rf"^server 127.0.0.1:\d+: found {message}") as caught:
        ask(model, 8)
    assert time.monotonic() - begin < 10
    text = str(caught.value)
    assert text.endswith(KEPT) and "expected a chat completion; " in text
    assert "\n" not in text and "<b>" not in text and len(text) < 600
    assert len(server.requests) == 4 + tries
    assert "secret-key" not in text
    server.answer = good
    assert ask(model, 8) == ["Fine."] * 8
    assert len(server.requests) == 4 + tries + 4


def test_one_failure_lets_others_in_flight_finish(server: ChatServer) -> None:
    server.delay = 0.3
    server.answer = lambda n, request: error(401) if n == 1 else completion("Fine.")
    model = client(server)
    with pytest.raises(CondrecError, match="status 401"):
        ask(model, 40)
    assert len(server.requests) < 40
    ask(model, 40)
    assert len(server.requests) == 40 + 1  # only the refused one was sent again


def test_a_server_that_drips_ends_too(server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> None:
    # Every byte starts the client's own time-out anew.
    monkeypatch.setattr("condrec.text.server._LONGEST_WAIT", 0.2)
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65_536)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            while not stop.wait(0.05):
                try:
                    connection.sendall(b" ")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        model = ServerLanguageModel("tiny", url, "key", timeout=0.5, max_retries=0)
        try:
            with pytest.raises(CondrecError, match="no answer within"):
                ask(model, 1)
        finally:
            stop.set()
            thread.join()


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:{closed}/v1", "http://no.such.host.invalid/v1", "no address", "ftp://x"],
)
def test_unreachable_addresses(server: ChatServer, url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    model = ServerLanguageModel("tiny", url.format(closed=closed), "key", max_retries=1)
    with pytest.raises(
        CondrecError, match=r"no connection \(.*\), tried up to 2 times.*; start it"
    ):
        ask(model, 40)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1\n", "http://127.0.0.1:x/v1", "http://[::1"])
def test_addresses_that_cannot_be_read(server: ChatServer, url: str) -> None:
    with pytest.raises(CondrecError, match="address that cannot be read .* set OPENAI_BASE_URL"):
        ask(ServerLanguageModel("tiny", url, "key"), 1)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"concurrency": 0}, "concurrency: found 0, expected at least 1"),
        ({"timeout": 0}, "timeout: found 0, expected seconds above 0"),
        ({"max_retries": -1}, "max_retries: found -1, expected at least 0"),
    ],
)
def test_refuses_limits_out_of_range(settings: dict[str, int], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        ServerLanguageModel("tiny", **settings)  # type: ignore[arg-type]
