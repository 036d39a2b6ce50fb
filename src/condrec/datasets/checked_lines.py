"""Tab-separated files of others, read line by line: what is malformed is counted, not guessed."""

from __future__ import annotations

import gzip
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from condrec.errors import CondrecError

MOST_MALFORMED = 20
"""Malformed lines of a file that are left out, with a warning; more are refused."""


@dataclass
class Lines:
    """The lines of a tab-separated file, whose malformed ones are counted.

    Args:
        name: how errors name the file.
        n_fields: tab-separated fields of a line.
        malformed: numbers of malformed lines and what was wrong with them.
    """

    name: str
    n_fields: int
    malformed: list[tuple[int, str]] = field(default_factory=list)

    def read(self, lines: Iterator[bytes]) -> Iterator[tuple[int, list[str]]]:
        """Yield number and fields of every well-formed line, one line in memory at a time."""
        for number, line in enumerate(lines, 1):
            try:
                fields = line.decode("utf-8").rstrip("\r\n").split("\t")
            except UnicodeDecodeError:
                self.reject(number, "bytes that are not UTF-8")
                continue
            if len(fields) != self.n_fields:
                self.reject(number, f"{len(fields)} fields, expected {self.n_fields}")
                continue
            yield number, fields
        if self.malformed:
            warnings.warn(f"{self.name}: left out {self._described()}", stacklevel=3)

    def reject(self, number: int, why: str) -> None:
        """Count a malformed line; one too many ends the reading."""
        self.malformed.append((number, why))
        if len(self.malformed) > MOST_MALFORMED:
            raise CondrecError(
                f"{self.name}: found {self._described()} or more, expected at most "
                f"{MOST_MALFORMED}; get the file again"
            )

    def _described(self) -> str:
        first = "; ".join(f"line {number}: {why}" for number, why in self.malformed[:5])
        return f"malformed lines, {len(self.malformed)} of them ({first})"


@contextmanager
def opened(path: Path) -> Iterator[Iterator[bytes]]:
    """Yield the lines of a plain or gzipped file, and refuse one that is damaged."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
            yield iter(stream)
    except (OSError, EOFError, zlib.error) as error:
        raise CondrecError(
            f"{path}: found a damaged file ({error}), expected a whole one; get the file again"
        ) from None
