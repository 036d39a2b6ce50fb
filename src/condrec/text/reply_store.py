"""Replies of language models on disk, so that nothing answered is ever asked again."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from condrec.errors import CondrecError
from condrec.text.prompts import Messages

# Several processes may write: each waits this long for its turn.
_PATIENCE_SECONDS = 60.0
_TABLE = """CREATE TABLE IF NOT EXISTS replies (
    key TEXT PRIMARY KEY, backend TEXT NOT NULL, model TEXT NOT NULL, settings TEXT NOT NULL,
    messages TEXT NOT NULL, attempt INTEGER NOT NULL, reply TEXT NOT NULL,
    prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL, date TEXT NOT NULL)"""


@dataclass(frozen=True)
class Request:
    """One question to a language model.

    Args:
        backend: how the model is reached, ``server`` or ``local``.
        model: which one.
        settings: what else decides the reply: temperature, longest reply, version of the prompts.
        messages: the chat.
        attempt: 1 for the first time.
    """

    backend: str
    model: str
    settings: Mapping[str, Any]
    messages: Messages
    attempt: int

    @cached_property
    def key(self) -> str:
        """SHA-256 of everything above."""
        parts = [self.backend, self.model, self.settings, self.messages, self.attempt]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Reply:
    """What came back.

    Args:
        text: the reply as it was given.
        prompt_tokens: tokens of the request, 0 where the server does not say.
        completion_tokens: tokens of the reply, likewise.
    """

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0


class ReplyStore:
    """The replies in one open file; :func:`open_reply_store` makes it.

    Args:
        connection: to a database that commits each statement.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, request: Request) -> Reply | None:
        """Return the reply to a request, None if it was never answered."""
        row = self._connection.execute(
            "SELECT reply, prompt_tokens, completion_tokens FROM replies WHERE key = ?",
            (request.key,),
        ).fetchone()
        return None if row is None else Reply(*row)

    def put(self, request: Request, reply: Reply) -> None:
        """Keep a reply; where two processes asked the same, the first reply stays."""
        self._connection.execute(
            "INSERT OR IGNORE INTO replies VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                request.key,
                request.backend,
                request.model,
                json.dumps(request.settings, sort_keys=True),
                json.dumps(request.messages),
                request.attempt,
                # Halves of surrogate pairs, which JSON can carry, cannot be written as UTF-8.
                reply.text.encode("utf-8", "replace").decode("utf-8"),
                reply.prompt_tokens,
                reply.completion_tokens,
                datetime.now(UTC).isoformat(timespec="seconds"),
            ),
        )


def _prepare(connection: sqlite3.Connection) -> None:
    """Let readers stand beside one writer, without a wait for the disk at every reply."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(_TABLE)
        except sqlite3.OperationalError as error:
            # Of all statements the change of the mode alone does not wait for its turn.
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return


@contextmanager
def open_reply_store(path: Path) -> Iterator[ReplyStore]:
    """Open the file of replies, made if it is not there, and close it afterwards.

    A reply is on disk as soon as ``put`` returns: a process that is killed loses nothing.

    Raises:
        CondrecError: a file that is no reply store or cannot be written, also while it is open.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CondrecError(f"{path.parent}: cannot be made ({error}); name another") from error
    try:
        # The thread that talks to a server writes while the one that opened the file waits.
        with closing(
            sqlite3.connect(
                path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
            )
        ) as connection:
            _prepare(connection)
            yield ReplyStore(connection)
    except sqlite3.Error as error:
        raise CondrecError(
            f"{path}: cannot be used ({error}), expected a writable file of replies; free the "
            "disk, or move the file away to start a new one"
        ) from error
