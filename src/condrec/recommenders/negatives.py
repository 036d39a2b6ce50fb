"""Negatives for the softmax loss: a user's own dislikes first, random items for the rest."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import Ragged

IntArray = NDArray[np.int64]


def distinct_places(sizes: IntArray, n_draws: int, rng: np.random.Generator) -> IntArray:
    """Draw ``n_draws`` different places below each size, uniformly, without a loop over rows.

    Args:
        sizes: how many places each row has, shape [n_rows].
        n_draws: draws a row.
        rng: the source of chance.

    Returns:
        Places, shape [n_rows, n_draws]; -1 where a row has fewer places than draws.
    """
    drawn = np.full((len(sizes), n_draws), -1, dtype=np.int64)
    for k in range(n_draws):
        left = sizes - k
        place = np.floor(rng.random(len(sizes)) * np.maximum(left, 1)).astype(np.int64)
        # The k-th draw is a place among those still free: step over the taken ones in order.
        for taken in np.sort(drawn[:, :k], axis=1).T:
            place += (taken >= 0) & (place >= taken)
        drawn[:, k] = np.where(left > 0, place, -1)
    return drawn


def draw_negatives(
    users: IntArray,
    dislikes: Ragged | None,
    pool: IntArray,
    n_draws: int,
    rng: np.random.Generator,
) -> IntArray:
    """Draw the negatives of every positive row (fact sheet TF-DCon, section 2.5).

    Args:
        users: the user of each row, shape [n_rows].
        dislikes: disliked items of every user, drawn first and without replacement; None to skip.
        pool: items the missing ones are drawn from, uniformly and with replacement; positives
            are not excluded, as in the published code.
        n_draws: negatives a row.
        rng: the source of chance.

    Returns:
        Item ids, shape [n_rows, n_draws].
    """
    negatives = pool[rng.integers(len(pool), size=(len(users), n_draws))]
    if dislikes is None or not len(dislikes.values):
        return negatives
    place = distinct_places(dislikes.lengths[users], n_draws, rng)
    start = np.minimum(dislikes.offsets[users], len(dislikes.values) - 1)
    own = dislikes.values[np.where(place >= 0, start[:, None] + place, 0)]
    return np.where(place >= 0, own, negatives)
