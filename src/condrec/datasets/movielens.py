"""MovieLens-100K as GroupLens publishes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.files import open_data_file, sources
from condrec.datasets.splits import no_histories, split_interactions
from condrec.datasets.types import Dataset, Interactions
from condrec.errors import CondrecError

RATINGS, ITEMS = "ml-100k/u.data", "ml-100k/u.item"
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime",
    "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance",
    "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip


def read_movies() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return titles with their year ("A Title (1995)") and genres ("Animation, Comedy").

    Returns:
        Titles and genres, one entry a movie, in the order of the raw movie ids from 1.

    Raises:
        CondrecError: missing, changed or malformed file.
    """
    lines = [line.split("|") for line in open_data_file(ITEMS).decode("latin-1").splitlines()]
    for i, fields in enumerate(lines):
        if len(fields) != 5 + len(GENRES) or fields[0] != str(i + 1):
            raise CondrecError(f"{ITEMS}: line {i + 1}: expected movie {i + 1} in 24 fields")
    titles = tuple(fields[1] for fields in lines)
    genres = tuple(
        ", ".join(genre for genre, flag in zip(GENRES, fields[5:], strict=True) if flag == "1")
        for fields in lines
    )
    return titles, genres


def _ratings(content: bytes) -> NDArray[np.int64]:
    """Return user, movie, rating, time of every line, shape [n_ratings, 4]."""
    try:
        table = np.array([line.split("\t") for line in content.decode("ascii").splitlines()])
        ratings = table.astype(np.int64)
    except ValueError as error:
        raise CondrecError(f"{RATINGS}: {error}, expected four whole numbers a line") from None
    if ratings.ndim != 2 or ratings.shape[1] != 4:
        raise CondrecError(f"{RATINGS}: found shape {ratings.shape}, expected four columns")
    return ratings


def read_ml_100k(split: str = "random-80-10-10", seed: int = 0) -> Dataset:
    """Return MovieLens-100K as implicit feedback: every rating counts as positive.

    943 users, 1,682 films, 100,000 rows with times (Harper and Konstan 2015).

    Args:
        split: one of ``condrec.datasets.splits.RULES``.
        seed: which random split.

    Raises:
        CondrecError: missing, changed or malformed file, unknown split.
    """
    ratings = _ratings(open_data_file(RATINGS))
    titles, genres = read_movies()
    ones = np.ones(len(ratings), dtype=np.int64)
    rows = Interactions(ratings[:, 0] - 1, ratings[:, 1] - 1, ones, ratings[:, 3])
    if rows.user.min() < 0:
        raise CondrecError(f"{RATINGS}: found user {rows.user.min() + 1}, expected ids from 1")
    n_users = int(rows.user.max()) + 1
    train, validation, test = split_interactions(rows, n_users, split, seed)
    return Dataset(
        name="ml-100k",
        n_users=n_users,
        n_items=len(titles),
        train=train,
        validation=validation,
        test=test,
        histories=no_histories(n_users),
        titles=titles,
        categories=genres,
        protocol="full",
        data_split=split,
        sources=sources([RATINGS, ITEMS]),
    )
