"""MovieLens-20M: the ratings of GroupLens, put into the data folder by hand."""

from __future__ import annotations

import math
from array import array
from pathlib import Path

import numpy as np

from condrec import paths
from condrec.datasets.distill_cf import Stored, build
from condrec.datasets.files import file_sha256, locate
from condrec.datasets.movielens_1m import is_whole
from condrec.datasets.splits import RULES
from condrec.datasets.table_lines import open_table
from condrec.datasets.types import Dataset
from condrec.errors import CondrecError, unknown_name

RATINGS = "ml-20m/ratings.csv"
LIKED = 3.0


def _rating(text: str, path: Path, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.5 <= value <= 5:
        raise CondrecError(f"{path}: line {line}: found rating {text[:40]!r}, expected 0.5 to 5")
    return value


def read_ml_20m_ratings(path: Path) -> Stored:
    """Return user, film and time of every rating of 3 or more, in the order of the file.

    Args:
        path: the official ``ratings.csv``, columns userId, movieId, rating and timestamp, maybe
            gzipped; a line at a time is held.

    Raises:
        CondrecError: unreadable file, missing column, malformed line, no rating of 3 or more.
    """
    columns = {role: array("q") for role in ("user", "item", "time")}
    with open_table(path) as table:
        at_rating = table.needed("rating")
        at = {role: table.needed(role) for role in columns}
        for line, fields in table.lines:
            liked = _rating(fields[at_rating], path, line) >= LIKED
            for role, place in at.items():
                if not is_whole(fields[place]):
                    raise CondrecError(
                        f"{path}: line {line}: found {role} {fields[place][:40]!r}, expected a "
                        "whole number"
                    )
                if liked:
                    columns[role].append(int(fields[place]))
    if not columns["user"]:
        raise CondrecError(f"{path}: found no rating of {LIKED:g} or more, expected some")
    user, item, time = (np.frombuffer(column, dtype=np.int64) for column in columns.values())
    return Stored(user, item, np.zeros(len(user), dtype=np.int64), time=time)


def read_ml_20m(split: str = "random-80-10-10", seed: int = 0) -> Dataset:
    """Return MovieLens-20M as implicit feedback: every rating of 3 or more counts as positive.

    The filter of DConRec (Wu et al. 2023; Harper and Konstan 2015).  The file is GroupLens' own;
    no copy was ever verified, so nothing but its lines is checked.  The users and films that
    remain are numbered from 0 in the order of their official ids.  The whole file takes minutes
    and a few GB of memory.

    Args:
        split: one of ``condrec.datasets.splits.RULES``.
        seed: which random split.

    Raises:
        CondrecError: missing or malformed file, unknown split.
    """
    if split not in RULES:
        raise unknown_name("split", split, RULES)
    found = locate(RATINGS)
    if found is None:
        raise CondrecError(
            f"data file {RATINGS}: found nothing in {paths.user_data()}, expected GroupLens' file; "
            "download https://files.grouplens.org/datasets/movielens/ml-20m.zip and put "
            "ratings.csv there by hand"
        )
    used = {RATINGS: file_sha256(found)}
    return build("ml-20m", read_ml_20m_ratings(found), split, seed, sources=used)[0]
