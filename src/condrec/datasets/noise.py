"""Noise: interactions replaced by random ones, to see what a method withstands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from condrec.datasets.types import Dataset, Interactions
from condrec.errors import CondrecError

REDRAWS = 100


def with_noise(dataset: Dataset, share: float, seed: int) -> Dataset:
    """Replace the items of a random share of the training and validation rows.

    A new item is uniform among those its user has in no training or validation row; users keep
    their numbers of rows, and the test stays clean.

    Args:
        dataset: interactions under the full protocol.
        share: of the rows of each split, from 0 to below 1; 0 changes nothing.
        seed: fixes which rows and which items.

    Raises:
        CondrecError: a share outside [0, 1), or another protocol.
    """
    if not 0 <= share < 1:
        raise CondrecError(f"noise: found {share}, expected a share from 0 to below 1")
    if share == 0:
        return dataset
    if dataset.protocol != "full":
        raise CondrecError(
            f"noise: found {dataset.name} under protocol {dataset.protocol}, expected interactions "
            "ranked over the full catalogue"
        )
    rng = np.random.default_rng([seed, 53])
    n_train = len(dataset.train)
    user = np.concatenate([dataset.train.user, dataset.validation.user])
    item = np.concatenate([dataset.train.item, dataset.validation.item])
    chosen = np.concatenate(
        [
            start + rng.permutation(n)[: round(share * n)]
            for start, n in ((0, n_train), (n_train, len(dataset.validation)))
        ]
    )
    # The replaced pairs are taken too: noise never puts a true pair back.
    # Keys stay sorted and are searched: so many are hashed far more slowly.
    taken = np.sort(user * dataset.n_items + item)
    open_rows = chosen
    for _ in range(REDRAWS):
        item[open_rows] = rng.integers(dataset.n_items, size=len(open_rows))
        pairs = user[open_rows] * dataset.n_items + item[open_rows]
        _, first = np.unique(pairs, return_index=True)
        fine = np.zeros(len(pairs), dtype=bool)
        fine[first] = True
        place = np.searchsorted(taken, pairs)
        fine &= taken[np.minimum(place, len(taken) - 1)] != pairs
        taken = np.sort(np.concatenate([taken, pairs[fine]]))
        open_rows = open_rows[~fine]
        if not len(open_rows):
            break
    # Who has nearly every item may keep a repeated pair; matrices count it once.
    train, validation = (
        Interactions(rows.user, part, rows.label, rows.time, rows.impression)
        for rows, part in (
            (dataset.train, item[:n_train]),
            (dataset.validation, item[n_train:]),
        )
    )
    return replace(dataset, train=train, validation=validation)
