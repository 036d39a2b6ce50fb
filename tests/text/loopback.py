"""A loopback server that speaks the protocol of chat completions, as badly as a test wants."""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections.abc import Callable
from typing import Any

Answer = tuple[int, str, str]


def completion(text: str | None, reason: str = "stop", **usage: Any) -> Answer:
    """Return a good answer: status, content type, body."""
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": reason, "message": message}
    usage = usage or {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
    head = {"id": "1", "object": "chat.completion", "created": 0, "model": "tiny"}
    return 200, "application/json", json.dumps({**head, "choices": [choice], "usage": usage})


def title_of(request: dict[str, Any]) -> str:
    """Return the title of the item a request asks about."""
    found = re.search(r"^title: (.*)$", request["messages"][1]["content"], re.MULTILINE)
    return found[1] if found else ""


class ChatServer:
    """Answers ``POST /v1/chat/completions``; see what it did in the attributes.

    ``answer`` gets the number of the request (1 for the first) and its body and returns status,
    content type and body; None to say nothing for ever, bytes to send them as they are.
    """

    def __init__(self) -> None:
        self.answer: Callable[[int, dict[str, Any]], Answer | bytes | None] = lambda _, request: (
            completion(f"This is about {title_of(request)}.")
        )
        self.delay = 0.0
        self.requests: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.in_flight = self.most_in_flight = 0
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._ready.wait()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._listen())

    async def _listen(self) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}/v1"
        self._ready.set()
        await self._stop.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._exchange(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        request = json.loads(await reader.readexactly(int(length[1]) if length else 0))
        self.heads.append(head)
        self.requests.append(request)
        answer = self.answer(len(self.requests), request)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            if answer is None:
                await reader.read()  # until the client hangs up
                return False
        finally:
            self.in_flight -= 1
        if isinstance(answer, bytes):
            writer.write(answer)
            return False
        status, kind, body = answer
        # The wait a client should make before it tries again, so that tests are quick.
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\nretry-after-ms: 10\r\n"
            f"content-length: {len(body.encode())}\r\n\r\n{body}".encode()
        )
        await writer.drain()
        return True

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
