"""The floors every table shows: random scores, popularity, like-ratio."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import Dataset, Interactions
from condrec.recommenders.base import TrainingLog


@dataclass(frozen=True)
class FittedItemScores:
    """One score an item, the same for every user.

    Args:
        item_scores: shape [n_items].
    """

    item_scores: NDArray[np.float64]
    log: TrainingLog = field(default_factory=TrainingLog)

    def score(self, dataset: Dataset, rows: Interactions) -> NDArray[np.float64]:
        """Look the items up."""
        return self.item_scores[rows.item]


@dataclass(frozen=True)
class FittedRandom:
    """A fresh score for every row."""

    seed: int
    log: TrainingLog = field(default_factory=TrainingLog)

    def score(self, dataset: Dataset, rows: Interactions) -> NDArray[np.float64]:
        """Draw the scores from the seed; nothing is learned."""
        return np.random.default_rng([self.seed, 7]).random(len(rows))


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
    """Score of an item: the number of its positive training rows."""

    VERSION: ClassVar[int] = 1

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedItemScores:
        """Count."""
        return FittedItemScores(_counts(dataset.train.positives.item, dataset.n_items))


@dataclass(frozen=True)
class LikeRatio:
    """Score of an item: its smoothed share of likes, (likes + 3) / (likes + dislikes + 4)."""

    VERSION: ClassVar[int] = 1

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedItemScores:
        """Count likes and dislikes among the training rows."""
        likes = _counts(dataset.train.positives.item, dataset.n_items)
        dislikes = _counts(dataset.train.negatives.item, dataset.n_items)
        return FittedItemScores((likes + 3) / (likes + dislikes + 4))
