"""MovieLens-1M: the ratings and the split of Distill-CF, titles and times of GroupLens."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.distill_cf import INDEX, TABLE, Stored, build, read_stored
from condrec.datasets.files import locate, open_by_hand, open_data_file, sources
from condrec.datasets.splits import LEAVE_ONE_OUT, RELEASED
from condrec.datasets.types import Dataset
from condrec.errors import CondrecError

FOLDER, MOVIES, RATINGS = "ml-1m/distill_cf", "ml-1m/movies.dat", "ml-1m/ratings.dat"
RATINGS_BYTES = 50_000_000  # twice the official file
NEEDS_TIMES = ("time-80-10-10", LEAVE_ONE_OUT)


def is_whole(text: str) -> bool:
    """Whether a field of a file is a whole number, without sign, that an array can hold."""
    return text.isascii() and text.isdigit() and len(text) < 19  # fits 64 bits


def read_ml_1m_movies(content: bytes) -> tuple[dict[int, str], dict[int, str]]:
    """Return title and genres ("Animation, Comedy") of each movie id.

    Args:
        content: the file ``movies.dat``, lines ``MovieID::Title::Genres`` in latin-1.

    Raises:
        CondrecError: malformed line.
    """
    titles, genres = {}, {}
    for number, line in enumerate(content.decode("latin-1").splitlines(), start=1):
        fields = line.split("::")
        if len(fields) != 3 or not is_whole(fields[0]) or int(fields[0]) in titles:
            raise CondrecError(
                f"{MOVIES}: line {number}: found {line[:60]!r}, expected "
                "MovieID::Title::Genres with another id"
            )
        titles[int(fields[0])] = fields[1]
        genres[int(fields[0])] = fields[2].replace("|", ", ")
    return titles, genres


def read_ml_1m_ratings(content: bytes) -> NDArray[np.int64]:
    """Return user, movie, rating and time of every line, shape [n_ratings, 4].

    Args:
        content: the file ``ratings.dat``, lines ``UserID::MovieID::Rating::Timestamp``.

    Raises:
        CondrecError: a line that is not four whole numbers, or no line at all.
    """
    lines = content.decode("latin-1").splitlines()
    table = [line.split("::") for line in lines]
    for number, fields in enumerate(table, start=1):
        if len(fields) != 4 or not all(map(is_whole, fields)):
            raise CondrecError(
                f"{RATINGS}: line {number}: found {lines[number - 1][:60]!r}, expected "
                "UserID::MovieID::Rating::Timestamp, four whole numbers"
            )
    if not table:
        raise CondrecError(f"{RATINGS}: found no line, expected UserID::MovieID::Rating::Timestamp")
    return np.array(table).astype(np.int64)


def _with_times(stored: Stored) -> tuple[Stored, dict[str, str]]:
    """Add the times of the official ratings, whose other columns must be the verified ones."""
    content, own = open_by_hand(
        RATINGS,
        RATINGS_BYTES,
        "expected GroupLens' file: the split needs times and Distill-CF's copy of the ratings has "
        "none; put it there by hand or choose random-80-10-10",
    )
    table = read_ml_1m_ratings(content)
    verified = (stored.user + 1, stored.item, stored.rating)
    if not all(
        column is not None and np.array_equal(table[:, i], column)
        for i, column in enumerate(verified)
    ):
        raise CondrecError(
            f"{RATINGS}: found other ratings than in {FOLDER}/{TABLE}, expected the same in the "
            "same order; get the official file again"
        )
    return replace(stored, time=table[:, 3]), own


def read_ml_1m(split: str = RELEASED) -> Dataset:
    """Return MovieLens-1M as implicit feedback: every rating counts as positive.

    6,040 users and 3,706 items; the released parts have 791,718, 99,692 and 108,799 rows
    (Sachdeva et al. 2022; Harper and Konstan 2015).  Titles and genres are there if the file of
    movies is.  The splits by time need the official ``ml-1m/ratings.dat`` beside it.

    Args:
        split: ``released``, or one of ``condrec.datasets.splits.RULES``.

    Raises:
        CondrecError: missing, changed or malformed file, unknown split.
    """
    stored = read_stored(FOLDER)
    used = sources([f"{FOLDER}/{TABLE}", f"{FOLDER}/{INDEX}"])
    if split in NEEDS_TIMES:
        stored, more = _with_times(stored)
        used |= more
    dataset, items = build("ml-1m", stored, split)
    if locate(MOVIES) is None:
        return replace(dataset, sources=used)
    titles, genres = read_ml_1m_movies(open_data_file(MOVIES))
    lacking = [int(item) for item in items if item not in titles]
    if lacking:
        raise CondrecError(f"{MOVIES}: found no movie {lacking[0]}, expected every rated one")
    return replace(
        dataset,
        titles=tuple(titles[item] for item in items),
        categories=tuple(genres[item] for item in items),
        sources=used | sources([MOVIES]),
    )
