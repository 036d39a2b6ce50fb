"""Pairs that a proxy model predicts as positive, offered to the selection beside the real ones."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from condrec.datasets import Dataset, known_matrix
from condrec.errors import CondrecError
from condrec.recommenders import FullRanker

IntArray = NDArray[np.int64]
LEAST = 5
"""Pairs a training user gets at least, as in the official code."""
CHUNK_SCORES = 2**25
"""Scores held at once: users are scored a chunk at a time, never all of them."""


def predicted_pairs(proxy: FullRanker, dataset: Dataset, ratio: float) -> tuple[IntArray, IntArray]:
    """Return the best unseen items of every training user (fact sheet DConRec, section 2.2).

    A user with c training positives gets max(5, floor(ratio c)) items, fewer if he has seen the
    others.  The official code masks seen items by -1, which can win against unseen ones, and
    serves a padding user; here they are masked out and there is no such user.

    Args:
        proxy: fitted on the full data.
        dataset: the full data.
        ratio: predicted pairs a training positive.

    Returns:
        Users and items, shape [n_pairs] each, by user and falling score.

    Raises:
        CondrecError: every training user has seen every item.
    """
    seen, users = known_matrix(dataset), dataset.train_users
    n_seen = np.diff(seen.indptr)[users]
    wanted = np.minimum(np.maximum(LEAST, np.floor(ratio * n_seen)), dataset.n_items - n_seen)
    wanted = wanted.astype(np.int64)
    if not wanted.any():
        raise CondrecError(
            f"pre-augmentation of {dataset.name}: found no unseen item to predict, expected some; "
            "set augment = 0"
        )
    found = [np.empty(0, dtype=np.int64)]
    for part in np.array_split(
        np.arange(len(users)), -(-len(users) * dataset.n_items // CHUNK_SCORES)
    ):
        given = seen[users[part]]
        scores = np.array(proxy.score_users(users[part], given), dtype=np.float32)
        scores[given.nonzero()] = -np.inf
        best = torch.from_numpy(scores).topk(int(wanted[part].max(initial=0)), dim=1).indices
        kept = np.arange(best.shape[1]) < wanted[part, None]
        found.append(best.numpy()[kept])
    return np.repeat(users, wanted), np.concatenate(found)
