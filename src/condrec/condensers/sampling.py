"""Sampling baselines: users or interactions chosen without learning anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from condrec.condensers.base import (
    Condenser,
    keep_users,
    keep_users_in_order,
    n_interactions,
    only_own_negatives,
)
from condrec.datasets import Dataset
from condrec.settings import require


@dataclass(frozen=True)
class FullData(Condenser):
    """No selection (``--method none``): every user and row; only the texts may change."""

    unit: ClassVar[str] = ""

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Keep everything."""
        return dataset


@dataclass(frozen=True)
class RandomUsers(Condenser):
    """Users drawn uniformly among those with a history and training positives, kept whole."""

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Keep the first users of a random order."""
        users = dataset.train_users
        order = np.random.default_rng([seed, 17]).permutation(users)
        # Users without a history last: the published code never draws them.
        order = order[np.argsort(dataset.histories.lengths[order] == 0, kind="stable")]
        return _finish(self, keep_users_in_order(dataset, order, budget))


@dataclass(frozen=True)
class StratifiedUsers(Condenser):
    """Users drawn so that every fifth of the users by activity is equally represented."""

    n_strata: int = 5
    """Groups of users of equal size, from the least to the most active."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        require(self.n_strata >= 1, f"n_strata: found {self.n_strata}, expected at least 1")

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Take one random user of each stratum in turn."""
        rng = np.random.default_rng([seed, 19])
        users = rng.permutation(dataset.train_users)
        activity = np.bincount(dataset.train.positives.user, minlength=dataset.n_users)[users]
        by_activity = users[np.argsort(activity, kind="stable")]
        strata = [rng.permutation(part) for part in np.array_split(by_activity, self.n_strata)]
        turn = np.concatenate([np.arange(len(part)) for part in strata])
        order = np.concatenate(strata)[np.lexsort((rng.random(len(turn)), turn))]
        return _finish(self, keep_users_in_order(dataset, order, budget))


@dataclass(frozen=True)
class Majority(Condenser):
    """The most active users (history and training rows), ties by id."""

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Keep the users with the most rows."""
        users = dataset.train_users
        rows = np.bincount(dataset.train.user, minlength=dataset.n_users)
        activity = (rows + dataset.histories.lengths)[users]
        order = users[np.argsort(-activity, kind="stable")]
        return _finish(self, keep_users_in_order(dataset, order, budget))


@dataclass(frozen=True)
class RandomInteractions(Condenser):
    """Single training positives drawn uniformly.

    ``as_published`` lets every user who keeps a positive bring all his dislikes along, as the
    published pipeline does: far more negative rows than a set of whole users holds.  ``strict``
    draws as many of those users' dislikes as keeps the full data's ratio of dislikes to likes.
    """

    unit: ClassVar[str] = "interactions"

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Keep random rows."""
        rng = np.random.default_rng([seed, 23])
        label = dataset.train.label
        target = n_interactions(dataset, budget)
        likes = rng.permutation(np.flatnonzero(label == 1))[:target]
        users = np.unique(dataset.train.user[likes])
        dislikes = np.flatnonzero((label == 0) & np.isin(dataset.train.user, users))
        if self.edition == "strict":
            ratio = (label == 0).sum() / (label == 1).sum()
            dislikes = rng.permutation(dislikes)[: round(target * ratio)]
        rows = np.sort(np.concatenate([likes, dislikes]))
        kept = replace(keep_users(dataset, users), train=dataset.train.where(rows))
        return _finish(self, kept)


def _finish(method: Condenser, condensed: Dataset) -> Dataset:
    return only_own_negatives(condensed) if method.edition == "strict" else condensed
