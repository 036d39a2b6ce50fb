"""The sets TF-DCon's authors released for MovieLens, as condensers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from condrec.condensers.base import Condenser
from condrec.datasets import Dataset, Interactions, read_released_split
from condrec.errors import CondrecError


@dataclass(frozen=True)
class Released(Condenser):
    """A released training set on the released full data.

    The files hold positives only; the published training takes negatives from the dislikes of
    the chosen users in the full data, so these rows are joined here and counted in the size.
    """

    unit: ClassVar[str] = ""
    subset: ClassVar[str] = ""

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Read the released rows; nothing is drawn."""
        if dataset.name != "tfdcon-movielens":
            raise CondrecError(
                f"released sets: found data set {dataset.name!r}, expected tfdcon-movielens"
            )
        train, validation = read_released_split(self.subset)
        own = np.isin(dataset.train.user, train.user) & (dataset.train.label == 0)
        dislikes = dataset.train.where(own)
        joined = Interactions(
            np.concatenate([train.user, dislikes.user]),
            np.concatenate([train.item, dislikes.item]),
            np.concatenate([train.label, dislikes.label]),
        )
        return replace(dataset, train=joined, validation=validation)


@dataclass(frozen=True)
class ReleasedCondensed(Released):
    """The set condensed by TF-DCon's authors."""

    subset: ClassVar[str] = "condensed"
    content: str = "released-condensed"


@dataclass(frozen=True)
class ReleasedRandom(Released):
    """The authors' random users, with their random words (misaligned, see the data README)."""

    subset: ClassVar[str] = "random"
    content: str = "released-random"


@dataclass(frozen=True)
class ReleasedMajority(Released):
    """The authors' most active users, with the same random words."""

    subset: ClassVar[str] = "majority"
    content: str = "released-random"
