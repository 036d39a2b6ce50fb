"""What users did as sequences of items, oldest first."""

from __future__ import annotations

import numpy as np

from condrec.datasets.ragged import IntArray, Ragged
from condrec.datasets.splits import oldest_first
from condrec.datasets.types import Dataset, Interactions


def ordered(rows: Interactions, n_users: int) -> Ragged:
    """Return the items of every user, in the order of :func:`oldest_first`."""
    order = oldest_first(rows)
    return Ragged.group(rows.user[order], rows.item[order], n_users)


def known_sequences(dataset: Dataset, split: str = "validation") -> Ragged:
    """Return what is known of every user when a split is ranked, one sequence a user.

    For ``validation`` the training rows, for ``test`` the validation row after them.
    """
    known = ordered(dataset.known_rows, dataset.n_users)
    if split == "validation":
        return known
    later = ordered(dataset.validation.positives, dataset.n_users)
    return joined(known, later)


def joined(first: Ragged, second: Ragged) -> Ragged:
    """Return the lists of ``second`` appended to those of ``first``."""
    n = len(first)
    owner: IntArray = np.concatenate(
        [np.repeat(np.arange(n), first.lengths), np.repeat(np.arange(n), second.lengths)]
    )
    return Ragged.group(owner, np.concatenate([first.values, second.values]), n)


def training_sequences(dataset: Dataset) -> Ragged:
    """Return the training positives as sequences, one a training user, ids ascending."""
    return ordered(dataset.train.positives, dataset.n_users).take(dataset.train_users)
