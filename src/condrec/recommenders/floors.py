"""The floors every table shows: random scores, popularity, like-ratio."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import Dataset, Interactions, SparseMatrix, training_matrix
from condrec.recommenders.base import FullRanker, TrainingLog


@dataclass(frozen=True)
class FittedItemScores(FullRanker):
    """One score an item, the same for every user.

    Args:
        item_scores: shape [n_items].
    """

    item_scores: NDArray[np.float64]
    log: TrainingLog = field(default_factory=TrainingLog)

    def score(self, dataset: Dataset, rows: Interactions) -> NDArray[np.float64]:
        """Look the items up."""
        return self.item_scores[rows.item]

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.float64]:
        """Repeat the scores for every user."""
        return np.tile(self.item_scores, (len(users), 1))


@dataclass(frozen=True)
class FittedRandom(FullRanker):
    """A fresh score for every row."""

    seed: int
    log: TrainingLog = field(default_factory=TrainingLog)

    def score(self, dataset: Dataset, rows: Interactions) -> NDArray[np.float64]:
        """Draw the scores from the seed; nothing is learned."""
        return np.random.default_rng([self.seed, 7]).random(len(rows))

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.float64]:
        """Draw a row of scores a user."""
        return np.random.default_rng([self.seed, 7, int(users[0])]).random(known.shape)


@dataclass(frozen=True)
class Random:
    """Random scores."""

    VERSION: ClassVar[int] = 1

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedRandom:
        """Remember the seed."""
        return FittedRandom(seed)


def _counts(items: NDArray[np.int64], n_items: int) -> NDArray[np.float64]:
    return np.bincount(items, minlength=n_items).astype(np.float64)


@dataclass(frozen=True)
class Popularity:
    """Score of an item: how many training users like it; soft users count by their weights."""

    VERSION: ClassVar[int] = 1

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedItemScores:
        """Count."""
        counts = training_matrix(dataset).sum(axis=0, dtype=np.float64)
        return FittedItemScores(np.asarray(counts).ravel())


@dataclass(frozen=True)
class LikeRatio:
    """Score of an item: its smoothed share of likes, (likes + 3) / (likes + dislikes + 4)."""

    VERSION: ClassVar[int] = 1

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedItemScores:
        """Count likes and dislikes among the training rows."""
        likes = _counts(dataset.train.positives.item, dataset.n_items)
        dislikes = _counts(dataset.train.negatives.item, dataset.n_items)
        return FittedItemScores((likes + 3) / (likes + dislikes + 4))
