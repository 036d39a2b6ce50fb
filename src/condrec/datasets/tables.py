"""A user's own interactions: CSV and TSV tables, and the atomic files of RecBole."""

from __future__ import annotations

import logging
import math
import re
from array import array
from pathlib import Path
from typing import Any

import numpy as np

from condrec.datasets.files import file_sha256
from condrec.datasets.splits import (
    FEWEST,
    LEAVE_ONE_OUT,
    first_of_pairs,
    no_histories,
    split_interactions,
)
from condrec.datasets.table_lines import open_table
from condrec.datasets.types import Dataset, Interactions
from condrec.errors import CondrecError

SUFFIX = re.compile(r"\.(csv|tsv|inter)(\.gz)?$", re.IGNORECASE)
CATEGORIES = ("class", "genre", "genres", "category", "categories")
MOST_ROWS = 500_000_000
_LOG = logging.getLogger("condrec")


def is_table(name: str) -> bool:
    """Whether a name ends like a file of interactions: .csv, .tsv or .inter, maybe .gz."""
    return SUFFIX.search(name) is not None


def _number(text: str, role: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) < 2**62:
        raise CondrecError(f"{path}: line {line}: found {role} {text[:40]!r}, expected a number")
    return value


def _read_rows(path: Path) -> tuple[Interactions, list[str]]:
    """Return every row, and the stored id of each item; ids are numbered as they appear."""
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    user, item, time = array("q"), array("q"), array("q")
    with open_table(path) as table:
        at_user, at_item = table.needed("user"), table.needed("item")
        at_rating, at_time = table.column("rating"), table.column("time")
        for line, fields in table.lines:
            one, other = fields[at_user].strip(), fields[at_item].strip()
            if not one or not other:
                role = "item" if one else "user"
                raise CondrecError(f"{path}: line {line}: found an empty {role}, expected an id")
            user.append(users.setdefault(one, len(users)))
            item.append(items.setdefault(other, len(items)))
            if at_rating is not None:
                _number(fields[at_rating], "rating", path, line)
            if at_time is not None:
                time.append(int(_number(fields[at_time], "time", path, line)))
            if len(user) > MOST_ROWS:
                raise CondrecError(f"{path}: found more than {MOST_ROWS} rows, expected fewer")
    if not user:
        raise CondrecError(f"{path}: found a header and no row, expected interactions")
    return Interactions(
        user=np.frombuffer(user, dtype=np.int64),
        item=np.frombuffer(item, dtype=np.int64),
        label=np.ones(len(user), dtype=np.int64),
        time=None if at_time is None else np.frombuffer(time, dtype=np.int64),
    ), list(items)


def _read_items(path: Path, wanted: list[str]) -> dict[str, tuple[str, ...]]:
    """Return titles and categories of the wanted items from RecBole's ``.item`` file."""
    with open_table(path) as table:
        at_item = table.needed("item")
        places: dict[str, int] = {}
        for i, (name, kind) in enumerate(zip(table.header, table.types, strict=True)):
            if kind == "token_seq" and ("title" in name or name == "name"):
                places.setdefault("titles", i)
            if name in CATEGORIES and kind in ("token", "token_seq"):
                places.setdefault("categories", i)
        numbers = {item: i for i, item in enumerate(wanted)}
        texts = {field: [""] * len(wanted) for field in places}
        for _, fields in table.lines:
            number = numbers.get(fields[at_item].strip())
            if number is not None:
                for field, place in places.items():
                    texts[field][number] = fields[place].strip()
    return {field: tuple(column) for field, column in texts.items()}


def _item_file(path: Path) -> Path | None:
    """Return the ``.item`` file beside an ``.inter`` file, or None."""
    match = SUFFIX.search(path.name)
    if match is None or match[1].lower() != "inter":
        return None
    plain = path.with_name(path.name[: match.start()] + ".item")
    for candidate in (plain, plain.with_name(plain.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def table_checksums(path: Path) -> dict[str, str]:
    """Return the SHA-256 of a table, and of the ``.item`` file beside it, by file name.

    Raises:
        CondrecError: the file is missing.
    """
    beside = _item_file(path)
    return {each.name: file_sha256(each) for each in (path, beside) if each is not None}


def read_table(
    path: Path, split: str = "random-80-10-10", seed: int = 0, everyone: bool = False
) -> Dataset:
    """Return a user's own interactions as implicit feedback: every row counts as positive.

    A ``.csv`` or ``.tsv`` file has a header that names the columns user and item, and may have
    rating and time (seconds since 1970); other columns are ignored.  An ``.inter`` file is
    RecBole's, and the ``.item`` file beside it gives titles and categories.  All are UTF-8 and may
    be gzipped.  Ids are any texts and are numbered in the order of their first appearance.  Of a
    repeated pair the first row is kept; users with fewer than 3 pairs are then dropped, and items
    nobody else has with them.  How many is logged to ``condrec``.

    Args:
        path: the file.
        split: one of ``condrec.datasets.splits.RULES``.
        seed: which random split.
        everyone: keep users with fewer than 3 pairs too.

    Raises:
        CondrecError: missing or malformed file (with the line), too few rows, unknown split.
    """
    used = table_checksums(path)
    rows, ids = _read_rows(path)
    distinct = first_of_pairs(rows)
    enough = np.bincount(distinct.user)[distinct.user] >= (1 if everyone else FEWEST)
    kept = distinct.where(enough)
    if not len(kept):
        raise CondrecError(f"{path}: found no user with {FEWEST} items or more, expected some")
    users, user = np.unique(kept.user, return_inverse=True)
    items, item = np.unique(kept.item, return_inverse=True)
    beside = _item_file(path)
    texts: dict[str, Any] = {}
    if beside is not None:
        texts = _read_items(beside, [ids[i] for i in items])
    n_users = int(rows.user.max()) + 1
    _LOG.info("%s: %d repeated rows left out", path, len(rows) - len(distinct))
    _LOG.info("%s: %d users with too few items left out", path, n_users - len(users))
    kept = Interactions(user, item, kept.label, kept.time)
    train, validation, test = split_interactions(kept, len(users), split, seed)
    if not len(test):
        needed = FEWEST if split == LEAVE_ONE_OUT else 10
        raise CondrecError(
            f"{path}: found no user with {needed} items, so {split} leaves nothing to test; "
            f"expected some, or the split {LEAVE_ONE_OUT} and users with {FEWEST}"
        )
    return Dataset(
        name=str(path),
        n_users=len(users),
        n_items=len(items),
        train=train,
        validation=validation,
        test=test,
        histories=no_histories(len(users)),
        protocol="full",
        data_split=split,
        sources=used,
        **texts,
    )
