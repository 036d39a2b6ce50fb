"""Gowalla, places and who checked in, as NGCF and LightGCN released it."""

from __future__ import annotations

import re
from array import array

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.distill_cf import Stored, build
from condrec.datasets.files import open_data_file, sources
from condrec.datasets.types import Dataset
from condrec.errors import CondrecError

IntArray = NDArray[np.int64]
FILES = ("gowalla/train.txt", "gowalla/valid.txt", "gowalla/test.txt")
_LINE = re.compile(rb"[0-9]{1,9}( [0-9]{1,9})+ ?")


def read_item_lists(content: bytes, where: str) -> tuple[IntArray, IntArray]:
    """Return user and item of every pair of a file of LightGCN, in its order.

    Args:
        content: lines of a user and then his items, separated by blanks; a user has one line.
        where: how the errors name the file.

    Returns:
        Users and items, shape [n_pairs] each.

    Raises:
        CondrecError: a line that is not a user and items, a second line of a user, no line.
    """
    user, item, seen = array("q"), array("q"), set()
    for number, line in enumerate(content.splitlines(), start=1):
        if not _LINE.fullmatch(line):
            raise CondrecError(
                f"{where}: line {number}: found {line[:60].decode('latin-1')!r}, expected a user "
                "and then his items, whole numbers separated by one blank; get the file again"
            )
        one, *items = map(int, line.split())
        if one in seen:
            raise CondrecError(
                f"{where}: line {number}: found user {one} again, expected one line a user; get "
                "the file again"
            )
        seen.add(one)
        item.extend(items)
        user.extend([one] * len(items))
    if not user:
        raise CondrecError(f"{where}: found no line, expected users and their items")
    return np.array(user, dtype=np.int64), np.array(item, dtype=np.int64)


def _check(role: str, ids: IntArray) -> None:
    """Refuse ids with gaps: users and items are numbered from 0, each is in some pair."""
    there = np.unique(ids)
    wrong = np.flatnonzero(there != np.arange(len(there)))
    if len(wrong):
        raise CondrecError(
            f"gowalla: found no {role} {wrong[0]} beside {role} {there[-1]}, expected ids from 0 "
            "without gaps; get the files again"
        )


def read_gowalla(split: str = "random-80-10-10", seed: int = 0) -> Dataset:
    """Return Gowalla as implicit feedback: each pair of a user and a place he was at is positive.

    29,858 users, 40,981 places and 1,027,370 pairs, each once, without times.  All users but one
    (of 9 pairs) and all places have 10 pairs or more, counted over all parts: DConRec's filter of
    10 would leave out this user, 2 places and 27 pairs, and is not applied (Wu et al. 2023).  The
    split of LightGCN has 719,081, 91,047 and 217,242 pairs; the first two parts are together its
    training data (He et al. 2020; Cho et al. 2011).

    Args:
        split: ``random-80-10-10``, a cut of all pairs as in DConRec, or ``released``, LightGCN's.
        seed: which random split.

    Raises:
        CondrecError: missing, changed or malformed file, unknown split, one that needs times.
    """
    parts = [read_item_lists(open_data_file(path), path) for path in FILES]
    user, item = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    _check("user", user)
    _check("item", item)
    order = np.lexsort((item, user))
    same = (np.diff(user[order]) == 0) & (np.diff(item[order]) == 0)
    if same.any():
        twice = order[np.argmax(same)]
        raise CondrecError(
            f"gowalla: found user {user[twice]} with item {item[twice]} twice, expected each pair "
            "once in the three files; get them again"
        )
    part = np.repeat(np.arange(len(FILES)), [len(each[0]) for each in parts])
    return build("gowalla", Stored(user, item, part), split, seed, sources=sources(FILES))[0]
