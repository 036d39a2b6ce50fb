"""How often predicted pairs, and negatives, are interactions that were held out.

For the page only: nothing here is seen by a method that chooses.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import Dataset, interaction_matrix, known_matrix
from condrec.recommenders.pairwise import Membership

IntArray = NDArray[np.int64]


def predicted_shares(dataset: Dataset, user: IntArray, item: IntArray) -> dict[str, float]:
    """Return which share of predicted pairs is a validation or test positive, in percent.

    Args:
        dataset: the full data.
        user: of each predicted pair; none of them is a training positive.
        item: of each predicted pair.

    Returns:
        ``predicted_held_out_pct`` of the pairs given; ``popular_held_out_pct`` of as many unseen
        items of each user by popularity; ``random_held_out_pct`` expected of as many random ones.
    """
    held, n_held = _held_out(dataset)
    counts = np.bincount(user, minlength=dataset.n_users)
    users = np.flatnonzero(counts)
    order = np.argsort(-np.bincount(dataset.known_rows.item, minlength=dataset.n_items))
    seen, hits = known_matrix(dataset), 0
    for some in np.array_split(users, -(-len(users) // 1024)):
        unseen = np.ones((len(some), dataset.n_items), dtype=bool)
        unseen[seen[some].nonzero()] = False
        unseen = unseen[:, order]
        chosen = unseen & (np.cumsum(unseen, axis=1) <= counts[some, None])
        row, place = chosen.nonzero()
        hits += int((held.holds(some[row], order[place])).sum())
    n_unseen = dataset.n_items - np.diff(seen.indptr)[users]
    return {
        "predicted_held_out_pct": 100 * float(held.holds(user, item).mean()),
        "popular_held_out_pct": 100 * hits / len(user),
        "random_held_out_pct": 100
        * float((counts[users] * n_held[users] / n_unseen).sum() / len(user)),
    }


def negative_shares(dataset: Dataset, condensed: Dataset) -> dict[str, float]:
    """Return the expected share of uniform negatives that were held out, in percent.

    A negative of a stored pair is uniform among the items that its user does not store.

    Returns:
        ``negatives_held_out_pct`` of the condensed set; ``..._without_pct`` of the same users'
        negatives, were the pairs not stored that are no training positives: users count as often
        in both, or the mix of users would stand for the pairs.
    """
    rows = condensed.train.positives
    known = interaction_matrix(dataset.train, dataset.n_users, dataset.n_items)
    real = Membership(known).holds(rows.user, rows.item)
    held, n_held = _held_out(dataset)
    shares = {}
    for name, some in (("", np.ones(len(rows), dtype=bool)), ("_without", real)):
        user, item = rows.user[some], rows.item[some]
        kept = np.bincount(user, minlength=dataset.n_users)
        stored = user[held.holds(user, item)]
        missing = n_held - np.bincount(stored, minlength=dataset.n_users)
        share = missing / np.maximum(dataset.n_items - kept, 1)
        shares[f"negatives_held_out{name}_pct"] = 100 * float(share[rows.user].mean())
    return shares


def _held_out(dataset: Dataset) -> tuple[Membership, IntArray]:
    """Return the validation and test positives, and how many each user has, shape [n_users]."""
    parts = (dataset.validation, dataset.test)
    matrix = sum(interaction_matrix(each, dataset.n_users, dataset.n_items) for each in parts)
    return Membership(matrix), np.diff(matrix.indptr)
