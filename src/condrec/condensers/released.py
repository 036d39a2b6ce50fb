"""The sets TF-DCon's authors released, as condensers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from condrec.condensers.base import Condenser
from condrec.datasets import Dataset, Interactions, part_of, read_released_split
from condrec.errors import CondrecError


@dataclass(frozen=True)
class Released(Condenser):
    """A released training set on the released full data.

    The files hold positives only; the published training takes negatives from the dislikes of
    the chosen users in the full data, so these rows are joined here and counted in the size.
    Of Goodreads no training dislike is known unless the missing file is there: every negative is
    a uniform one then.
    """

    unit: ClassVar[str] = ""
    needs_all_rows: ClassVar[bool] = False
    subset: ClassVar[str] = ""

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Read the released rows; nothing is drawn."""
        part = part_of(dataset.name)
        if dataset.n_users != part.n_users:
            raise CondrecError(
                f"released sets: found {dataset.n_users} users in {dataset.name}, expected the "
                f"{part.n_users} of the release, by whose numbers users are chosen; choose another "
                "method"
            )
        train, validation = read_released_split(self.subset, part)
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
    """The authors' random users, with their random words (of MovieLens misaligned)."""

    subset: ClassVar[str] = "random"
    content: str = "released-random"


@dataclass(frozen=True)
class ReleasedMajority(Released):
    """The authors' most active users, with the same random words."""

    subset: ClassVar[str] = "majority"
    content: str = "released-random"
