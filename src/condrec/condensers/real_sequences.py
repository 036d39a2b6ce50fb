"""Real sequences kept whole or by their latest items: the rivals of soft sequences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from condrec.condensers.base import share_of_positives
from condrec.condensers.clustering import distances, k_means
from condrec.condensers.soft_sequences import SequenceCondenser
from condrec.datasets import Dataset, ItemTable, training_sequences
from condrec.datasets.splits import ages
from condrec.errors import CondrecError
from condrec.recommenders import resolve_device
from condrec.settings import require

IntArray = NDArray[np.int64]
TABLES = ("none", "start", "frozen")


@dataclass(frozen=True)
class RealSequences(SequenceCondenser):
    """Sequences of real users, of each its latest ``length`` items.

    With a budget below 1 sequences are kept until that share of the training positives is reached;
    the last one keeps only its latest items.  Sub-classes put the users in order.
    """

    editions: ClassVar[tuple[str, ...]] = ("as_published",)
    table: str = "none"
    """Whether learners ``start`` from the item vectors of the full-data model, or keep them
    ``frozen``: what soft sequences bring along, put beside real ones."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        require(self.table in TABLES, f"table: found {self.table!r}, expected one of {TABLES}")

    @property
    def needs_full_model(self) -> bool:
        """Only where learners are given its item vectors."""
        return self.table != "none"

    def order(self, dataset: Dataset, budget: float, seed: int, device: str) -> IntArray:
        """Return users, first come first kept."""
        raise NotImplementedError

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Keep the latest items of the first users; ids are unchanged."""
        users = self.order(dataset, budget, seed, device)
        rows = dataset.train.positives
        n_rows = np.minimum(np.bincount(rows.user, minlength=dataset.n_users), self.length)[users]
        if budget >= 1:
            users, n_rows = users[: int(budget)], n_rows[: int(budget)]
        else:
            target = share_of_positives(dataset, budget)
            n_rows = np.diff(np.minimum(np.cumsum(n_rows), target), prepend=0)
        kept = np.zeros(dataset.n_users, dtype=np.int64)
        kept[users] = n_rows
        table = None
        if self.table != "none":
            full = self.full_model(dataset, seed, resolve_device(device))
            table = ItemTable(full.table.cpu().numpy(), frozen=self.table == "frozen")
        latest = ages(rows, dataset.n_users) < kept[rows.user]
        return replace(dataset, train=rows.where(latest), item_table=table)


@dataclass(frozen=True)
class RandomSequences(RealSequences):
    """Sequences of users drawn uniformly."""

    VERSION: ClassVar[int] = 1

    def order(self, dataset: Dataset, budget: float, seed: int, device: str) -> IntArray:
        """Shuffle the users."""
        return np.random.default_rng([seed, 73]).permutation(dataset.train_users)


@dataclass(frozen=True)
class MostRecent(RealSequences):
    """Sequences of the users whose last training item is the latest, ties by id."""

    VERSION: ClassVar[int] = 1

    def order(self, dataset: Dataset, budget: float, seed: int, device: str) -> IntArray:
        """Sort users by the time of their last training row."""
        rows, users = dataset.train.positives, dataset.train_users
        if rows.time is None:
            raise CondrecError(
                f"most-recent: found no times in {dataset.name}, expected some; choose longest"
            )
        last = np.full(dataset.n_users, np.iinfo(np.int64).min)
        np.maximum.at(last, rows.user, rows.time)
        return users[np.argsort(-last[users], kind="stable")]


@dataclass(frozen=True)
class Longest(RealSequences):
    """Sequences of the users with the most training items, ties by id."""

    VERSION: ClassVar[int] = 1

    def order(self, dataset: Dataset, budget: float, seed: int, device: str) -> IntArray:
        """Sort users by the length of their sequences."""
        n_rows = np.bincount(dataset.train.positives.user, minlength=dataset.n_users)
        users = dataset.train_users
        return users[np.argsort(-n_rows[users], kind="stable")]


@dataclass(frozen=True)
class KMedoidsSequences(RealSequences):
    """Sequences nearest to the centres of clusters of the full-data model's sequence vectors."""

    VERSION: ClassVar[int] = 1

    @property
    def needs_full_model(self) -> bool:
        """Always: its vectors are clustered."""
        return True

    def order(self, dataset: Dataset, budget: float, seed: int, device: str) -> IntArray:
        """Put the medoids first; the budget must be a number of sequences."""
        require(
            budget >= 1,
            f"k-medoids-sequences: budget: found {budget:g}, expected a number of sequences",
        )
        full = self.full_model(dataset, seed, resolve_device(device))
        with torch.no_grad():
            vectors = full.model.encode(training_sequences(dataset)).double().cpu().numpy()
        centroids = k_means(vectors, int(budget), np.random.default_rng([seed, 79]))
        away = distances(vectors, centroids)
        chosen: list[int] = []
        for column in away.T:  # one user may be nearest to two centres: the next nearest then
            chosen.append(next(int(row) for row in np.argsort(column) if row not in chosen))
        return dataset.train_users[chosen]
