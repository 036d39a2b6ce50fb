"""Tables of text, read line by line: header, fields, and errors that name the line."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from condrec.errors import CondrecError

LONGEST_LINE = 1_000_000  # characters; a file without line ends is not read into memory
ALIASES = {
    "user": ("user", "user_id", "userid", "uid", "reviewerid"),
    "item": ("item", "item_id", "itemid", "iid", "movie_id", "movieid", "product_id", "asin"),
    "rating": ("rating", "ratings", "overall", "score", "stars"),
    "time": ("time", "timestamp", "unixreviewtime", "unix_time"),
}


@dataclass(frozen=True)
class Table:
    """A file being read line by line.

    Args:
        path: for errors.
        header: names of the columns, in small letters, without RecBole's types.
        types: RecBole's type of each column, or "".
        lines: number of the line and its fields, as many as the header has.
    """

    path: Path
    header: list[str]
    types: list[str]
    lines: Iterator[tuple[int, list[str]]]

    def column(self, role: str) -> int | None:
        """Return the place of the column of a role, or None."""
        places = [i for i, name in enumerate(self.header) if name in ALIASES[role]]
        if len(places) > 1:
            found = " and ".join(repr(self.header[i]) for i in places)
            raise CondrecError(
                f"{self.path}: line 1: found the columns {found}, expected one {role}"
            )
        return places[0] if places else None

    def needed(self, role: str) -> int:
        """Return the place of the column of a role, or refuse the file."""
        place = self.column(role)
        if place is None:
            found = ", ".join(self.header)[:100]
            raise CondrecError(
                f"{self.path}: line 1: found no {role} column in {found!r}, expected a header with "
                f"one of {', '.join(ALIASES[role])}"
            )
        return place


def _open(path: Path) -> TextIO:
    packed = path.suffix.lower() == ".gz"
    raw = gzip.open(path) if packed else path.open("rb")  # noqa: SIM115
    return io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")


def _physical_lines(stream: TextIO, path: Path) -> Iterator[str]:
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE:
            raise CondrecError(
                f"{path}: line {number}: found {LONGEST_LINE} characters or more, expected a table"
            )
        yield line


def _fields(reader: Any, path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:
        raise CondrecError(
            f"{path}: line {reader.line_num}: found a broken line ({error}), expected a table"
        ) from None


def _records(
    lines: Iterator[list[str]], reader: Any, width: int, path: Path
) -> Iterator[tuple[int, list[str]]]:
    for fields in lines:
        if len(fields) != width:
            if not fields:
                continue  # an empty line
            raise CondrecError(
                f"{path}: line {reader.line_num}: found {len(fields)} fields, expected {width}"
            )
        yield reader.line_num, fields


def _begin(stream: TextIO, path: Path) -> Table:
    lines = _physical_lines(stream, path)
    if path.name.lower().removesuffix(".gz").endswith(".csv"):
        reader = csv.reader(lines, strict=True)
    else:  # a quotation mark in a tab-separated file is a character like any other
        reader = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
    rows = _fields(reader, path)
    header = next(rows, [])
    if not any(name.strip() for name in header):
        raise CondrecError(f"{path}: found no header, expected a line with the names of columns")
    named = [name.strip().lower().partition(":") for name in header]
    return Table(
        path,
        [name for name, _, _ in named],
        [kind for _, _, kind in named],
        _records(rows, reader, len(header), path),
    )


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a table with a header: comma-separated if the name says .csv, else tab-separated.

    Args:
        path: a UTF-8 file, gzipped if the name ends in ``.gz``; only a line at a time is held.

    Raises:
        CondrecError: unreadable file, damaged gzip, other bytes than UTF-8, a line with more or
            fewer fields than the header.
    """
    try:
        with _open(path) as stream:
            yield _begin(stream, path)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise CondrecError(
            f"{path}: found a file that cannot be read ({error}), expected a table in UTF-8"
        ) from None
