"""Soft users without learning: the control of every method that learns them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from condrec.condensers.base import Condenser
from condrec.datasets import Dataset, SoftUsers, dense, training_matrix
from condrec.settings import require


@dataclass(frozen=True)
class RandomSoft(Condenser):
    """Soft users that are means of random real users, as many numbers as Distill-CF stores.

    Every training user is put into one of the groups at random; a soft user is the mean row of
    a group.  With as many soft users as real ones the rows are the real ones.
    """

    VERSION: ClassVar[int] = 1

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        require(
            self.content == "original",
            f"random-soft: content: found {self.content!r}, soft users have no texts to condense",
        )

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Average the rows of random groups; a budget below 1 is a share of the users."""
        rows = training_matrix(dataset)
        n = rows.shape[0]
        n_soft = int(budget) if budget >= 1 else max(1, round(budget * n))
        order = np.random.default_rng([seed, 47]).permutation(n)
        group = np.empty(n, dtype=np.int64)
        group[order] = np.arange(n) % n_soft
        sums = np.zeros((n_soft, dataset.n_items), dtype=np.float32)
        np.add.at(sums, group, dense(rows))
        counts = np.bincount(group, minlength=n_soft)[:, None]
        return soft_dataset(dataset, SoftUsers((sums / counts).astype(np.float32)))


def soft_dataset(dataset: Dataset, users: SoftUsers) -> Dataset:
    """Return the data set whose training users are soft; the real ones stay known and validated."""
    return replace(dataset, train=dataset.train.where([]), known=dataset.known_rows, soft=users)


def binarised(users: SoftUsers, n_items: int) -> SoftUsers:
    """Return soft users as plain interactions: the ``n_items`` largest weights become 1."""
    top = np.argpartition(-users.matrix, n_items - 1, axis=1)[:, :n_items]
    matrix = np.zeros_like(users.matrix)
    np.put_along_axis(matrix, top, 1.0, axis=1)
    return SoftUsers(matrix)
