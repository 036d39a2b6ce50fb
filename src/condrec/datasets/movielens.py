"""MovieLens-100K as GroupLens publishes it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.files import open_data_file, sources
from condrec.datasets.types import Dataset, Interactions, Ragged
from condrec.errors import CondrecError

RATINGS, ITEMS = "ml-100k/u.data", "ml-100k/u.item"
GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime",
    "Documentary", "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance",
    "Sci-Fi", "Thriller", "War", "Western",
)  # fmt: skip
HISTORY_LENGTH = 5


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


def read_ml_100k(seed: int = 0) -> Dataset:
    """Return MovieLens-100K, split at random 80/10/10 within every user.

    A rating of 4 or 5 is positive (label 1), a lower one negative (label 0).  The first five
    positives of each user in time are the history and belong to no split; ties in time keep the
    order of the file.  The rest is shuffled with a fixed seed and cut user by user.

    Args:
        seed: which random split.

    Raises:
        CondrecError: missing, changed or malformed file.
    """
    ratings = _ratings(open_data_file(RATINGS))
    ratings = ratings[np.argsort(ratings[:, 3], kind="stable")]
    titles, genres = read_movies()
    user, item, time = ratings[:, 0] - 1, ratings[:, 1] - 1, ratings[:, 3]
    label = (ratings[:, 2] > 3).astype(np.int64)
    n_users = int(user.max()) + 1
    rows = Interactions(user, item, label, time)

    earlier = _rank_within(user[label == 1], n_users)
    in_history = np.zeros(len(rows), dtype=bool)
    in_history[np.flatnonzero(label == 1)[earlier < HISTORY_LENGTH]] = True
    past, rest = rows.where(in_history), rows.where(~in_history)

    shuffled = np.random.default_rng([seed, 100]).permutation(len(rest))
    rest, time = rest.where(shuffled), time[~in_history][shuffled]
    place = _rank_within(rest.user, n_users)
    count = np.bincount(rest.user, minlength=n_users)[rest.user]
    # Rounding down the held-out tenths leaves a user with few ratings his training rows.
    tenth = count // 10
    part = np.where(place < tenth, 2, np.where(place < 2 * tenth, 1, 0))
    parts = []
    for number in range(3):
        chosen = np.flatnonzero(part == number)
        parts.append(rest.where(chosen[np.lexsort((time[chosen], rest.user[chosen]))]))
    return Dataset(
        name="ml-100k",
        n_users=n_users,
        n_items=len(titles),
        train=parts[0],
        validation=parts[1],
        test=parts[2],
        histories=Ragged.group(past.user, past.item, n_users),
        titles=titles,
        categories=genres,
        data_split="random-80-10-10",
        sources=sources([RATINGS, ITEMS]),
    )


def _rank_within(groups: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
    """Return each row's place among the rows of its group, counted from 0 in row order."""
    order = np.argsort(groups, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=n_groups))])
    rank = np.empty(len(groups), dtype=np.int64)
    rank[order] = np.arange(len(groups)) - starts[groups[order]]
    return rank
