"""The next item: one held-out item a user, ranked among the catalogue and among 100 others.

Both rankings come from one scoring.  ``full`` sets the held-out item against every item that is
not known of its user; ``uni100`` against 100 items drawn uniformly, with replacement, among all
but the held-out one, known ones not excluded: how the library behind TD3 samples for sequences
(fact sheet TD3, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import Dataset, Ragged, SparseMatrix, known_matrix, known_sequences
from condrec.errors import CondrecError
from condrec.evaluation.full import CHUNK_BYTES, checked_scores
from condrec.evaluation.listed import RankingResult
from condrec.evaluation.metrics import FloatArray, IntArray, check_cutoffs

ScoreNext = Callable[[IntArray, SparseMatrix, Ragged], NDArray[np.floating]]
"""Scores every item, [b, n_items], for users [b], known by items [b, n_items] and sequences."""
N_SAMPLED = 100
PROTOCOLS = ("full", "uni100")


def next_item_metrics(
    score_next: ScoreNext,
    dataset: Dataset,
    split: str = "test",
    ks: Sequence[int] = (5, 10, 20),
    seed: int = 0,
) -> dict[str, RankingResult]:
    """Rank the held-out item of every user and measure its place, under both protocols.

    Tied items share the places they take, of which the held-out item gets a random one.

    Args:
        score_next: the model.
        dataset: a leave-one-out split: one positive row of the split a user at most.
        split: ``test`` or ``validation``.
        ks: cut-offs.
        seed: fixes the sampled items and the places of ties.

    Returns:
        By protocol, of every user with a held-out item Hit@k, NDCG@k and MRR@k.

    Raises:
        CondrecError: no held-out row, more than one a user, cut-offs that are not whole numbers
            above 0, or scores that are not finite or of the wrong shape.
    """
    check_cutoffs(ks)
    rows = (dataset.test if split == "test" else dataset.validation).positives
    users, first = np.unique(rows.user, return_index=True)
    if not len(users):
        raise CondrecError(
            f"{split} of {dataset.name}: found no positive row, expected one of each user with 3 "
            "rows or more; choose a data set that has such users, and the split leave-one-out"
        )
    if len(users) < len(rows):
        raise CondrecError(
            f"{split} of {dataset.name}: found {len(rows)} positive rows of {len(users)} users, "
            "expected one of each user; choose the split leave-one-out"
        )
    target = rows.item[first]
    known, sequences = known_matrix(dataset, split), known_sequences(dataset, split)
    rng = np.random.default_rng([seed, 61])
    n_items = dataset.n_items
    # One of the n - 1 items that are not the target: skip over it.
    sampled = rng.integers(max(n_items - 1, 1), size=(len(users), N_SAMPLED))
    sampled += sampled >= target[:, None]
    luck = rng.random((len(PROTOCOLS), len(users)))
    ranks = np.empty((len(PROTOCOLS), len(users)))
    for some in np.array_split(np.arange(len(users)), -(-len(users) * n_items * 16 // CHUNK_BYTES)):
        here = users[some]
        given = known[here]
        found = score_next(here, given, sequences.take(here))
        scores = checked_scores(found, (len(some), n_items))
        own = np.take_along_axis(scores, target[some, None], axis=1)
        others = np.take_along_axis(scores, sampled[some], axis=1)
        scores[given.nonzero()] = -np.inf
        scores[np.arange(len(some)), target[some]] = -np.inf
        for number, rivals in enumerate((scores, others)):
            above, tied = (rivals > own).sum(1), (rivals == own).sum(1)
            ranks[number, some] = above + np.floor(luck[number, some] * (tied + 1))
    return {
        protocol: RankingResult(users, _metrics(ranks[number], ks), dataset.n_users - len(users))
        for number, protocol in enumerate(PROTOCOLS)
    }


def _metrics(rank: FloatArray, ks: Sequence[int]) -> dict[str, FloatArray]:
    """Return Hit, NDCG and MRR of single items at rank 0, 1, ..., one value a user."""
    found: dict[str, FloatArray] = {}
    for k in ks:
        hit = rank < k
        found[f"Hit@{k}"] = hit.astype(np.float64)
        found[f"NDCG@{k}"] = np.where(hit, 1 / np.log2(rank + 2), 0.0)
        found[f"MRR@{k}"] = np.where(hit, 1 / (rank + 1), 0.0)
    return found
