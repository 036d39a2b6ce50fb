from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from condrec import paths
from condrec.errors import CondrecError
from condrec.text.prompts import messages
from condrec.text.reply_store import Reply, Request, open_reply_store

ASKED = Request("server", "tiny", {"temperature": 0.0}, messages("Condense.", "Heat"), 1)


def test_keeps_replies_across_openings(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "replies.sqlite"
    with open_reply_store(path) as store:
        assert store.get(ASKED) is None
        store.put(ASKED, Reply("A thief.", 12, 3))
        store.put(ASKED, Reply("Another process was later.", 12, 3))
    with open_reply_store(path) as store:
        assert store.get(ASKED) == Reply("A thief.", 12, 3)


def test_every_part_of_a_request_counts(tmp_path: Path) -> None:
    others = [
        replace(ASKED, backend="local"),
        replace(ASKED, model="tinier"),
        replace(ASKED, settings={"temperature": 0.1}),
        replace(ASKED, messages=messages("Condense.", "Ran")),
        replace(ASKED, attempt=2),
    ]
    assert len({each.key for each in [ASKED, *others]}) == 6
    assert replace(ASKED).key == ASKED.key
    with open_reply_store(tmp_path / "replies.sqlite") as store:
        store.put(ASKED, Reply("A thief."))
        assert all(store.get(each) is None for each in others)


def test_a_row_says_what_was_asked_and_when(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    with open_reply_store(path) as store:
        store.put(ASKED, Reply("A thief.", 12, 3))
    with sqlite3.connect(path) as connection:
        (row,) = connection.execute("SELECT * FROM replies")
    connection.close()
    assert row[:4] == (ASKED.key, "server", "tiny", '{"temperature": 0.0}')
    assert "Condense." in row[4] and "Heat" in row[4]
    assert row[5:9] == (1, "A thief.", 12, 3)
    assert row[9].endswith("+00:00")


def test_takes_halves_of_surrogate_pairs(tmp_path: Path) -> None:
    with open_reply_store(tmp_path / "replies.sqlite") as store:
        store.put(ASKED, Reply("Heat \ud83d"))
        assert store.get(ASKED) == Reply("Heat ?")


def test_several_writers_open_a_new_file_at_once(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"

    def write(writer: int) -> None:
        with open_reply_store(path) as store:
            for i in range(20):
                request = replace(ASKED, attempt=20 * writer + i)
                store.put(request, Reply(str(writer)))
                assert store.get(request) == Reply(str(writer))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    with open_reply_store(path) as store:
        assert all(store.get(replace(ASKED, attempt=i)) for i in range(160))


@pytest.mark.parametrize("content", [b"no database " * 500, b"SQLite format 3\0" + bytes(500)])
def test_refuses_another_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "replies.sqlite"
    path.write_bytes(content)
    with (
        pytest.raises(CondrecError, match=r"replies.sqlite: cannot be used .*move the file away"),
        open_reply_store(path),
    ):
        pass
    assert path.read_bytes() == content


def test_refuses_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(CondrecError, match="cannot be made .*; name another"),
        open_reply_store(tmp_path / "file" / "replies.sqlite"),
    ):
        pass


def test_a_full_disk_ends_clearly(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    with pytest.raises(CondrecError, match="disk is full"), open_reply_store(path) as store:
        store.put(ASKED, Reply("kept"))
        store._connection.execute("PRAGMA max_page_count = 1")
        for attempt in range(2, 1_000):
            store.put(replace(ASKED, attempt=attempt), Reply("x" * 10_000))
    with open_reply_store(path) as store:
        assert store.get(ASKED) == Reply("kept")


def test_the_folder_follows_the_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert paths.replies() == Path(os.environ["CONDREC_RUNS"]) / "replies"
    monkeypatch.delenv("CONDREC_RUNS")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert paths.replies() == tmp_path / "condrec" / "replies"
    assert paths.replies().parent == paths.runs().parent
