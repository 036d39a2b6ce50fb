"""What every condenser shares: the budget, keeping users, the texts the items carry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from condrec.condensers.content import CONTENTS, is_asked, with_content
from condrec.datasets import IN_PART, Dataset
from condrec.errors import CondrecError
from condrec.settings import require

IntArray = NDArray[np.int64]
EDITIONS = ("as_published", "strict")


@dataclass(frozen=True)
class Condenser:
    """A way to make a smaller training set.

    Sub-classes add their parameters as fields and implement :meth:`select`.
    """

    VERSION: ClassVar[int] = 1
    editions: ClassVar[tuple[str, ...]] = EDITIONS
    unit: ClassVar[str] = "users"
    """What a budget from 1 on counts; empty for a method that takes no budget."""
    needs_all_rows: ClassVar[bool] = True
    """Whether it can do nothing with data whose training rows are known in part."""
    content: str = "original"
    """Texts the items carry in the condensed set, see :func:`with_content`."""
    validation: str = "own"
    """Rows that stop training early: those the method keeps (``own``) or all (``full``).

    Under the full protocol they are always all."""
    edition: str = "as_published"
    """``as_published`` or ``strict``, where the two differ; see ``editions``."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        require(
            self.edition in self.editions,
            f"edition: found {self.edition!r}, expected one of {self.editions}",
        )
        require(
            self.content in CONTENTS or is_asked(self.content),
            f"content: found {self.content!r}, expected one of {CONTENTS}, or a language model "
            "such as server:MODEL",
        )
        require(
            self.validation in ("own", "full"),
            f"validation: found {self.validation!r}, expected own or full",
        )

    def condense(
        self, dataset: Dataset, budget: float | None, seed: int, device: str = "cpu"
    ) -> Dataset:
        """Return the condensed data set.

        Args:
            dataset: the full data set.
            budget: below 1 a share of the training positives (made-up users and sequences: of the
                training users), from 1 on a number of ``unit``.
            seed: fixes every draw.
            device: where a method that trains a model does so.

        Raises:
            CondrecError: a budget that is missing, not positive or above what the data hold;
                data whose full training rows are missing.
        """
        self._require_all_rows(dataset)
        if self.unit:
            budget = check_budget(dataset, budget, self.unit)
        elif budget is not None:
            raise CondrecError(
                f"budget: found {budget:g}, but this method takes none; leave it out"
            )
        condensed = self.select(dataset, budget or 0.0, seed, device)
        if dataset.protocol == "full":
            # Every user is known and validated, whoever is trained on (fact sheet, section 3.1).
            known = dataset.known_rows
            condensed = replace(condensed, validation=dataset.validation, known=known)
        elif self.validation == "full":
            condensed = replace(condensed, validation=dataset.validation)
        return with_content(condensed, self.content, seed)

    def prepare(
        self, dataset: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Do what can be shared between runs and return what it costs, shared or not.

        Returns:
            ``outer_steps`` and ``inner_steps`` of the condensation (1 each where nothing is
            optimised), ``gradient_steps`` and ``seconds`` of models it trains,
            of TF-DCon also ``language_model_requests`` and ``language_model_tokens`` of the
            replies it uses, and ``language_model_replaced``, answers that were not usable.

        Raises:
            CondrecError: data whose full training rows are missing.
        """
        self._require_all_rows(dataset)
        return {"outer_steps": 1.0, "inner_steps": 1.0}

    def _require_all_rows(self, dataset: Dataset) -> None:
        if self.needs_all_rows and dataset.data_split == IN_PART:
            raise CondrecError(
                f"{dataset.name}: found the training rows of {len(dataset.train_users)} users, "
                "expected those of all; the others' file is missing (data/README.md says which): "
                "put it there, choose a released set, or the data set of the known users"
            )

    def facts(
        self, dataset: Dataset, condensed: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Return what else is worth recording of a set; held-out rows may be counted here only."""
        return {}

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Choose users and rows; the texts of the items are handled by the caller."""
        raise NotImplementedError


def available(dataset: Dataset, unit: str) -> int:
    """Return how many ``unit`` (users, their sequences, interactions) the training data hold."""
    return len(dataset.train.positives) if unit == "interactions" else len(dataset.train_users)


def check_budget(dataset: Dataset, budget: float | None, unit: str) -> float:
    """Return the budget if it can be met, else say what is wrong with it."""
    if budget is None:
        raise CondrecError(f"budget: found none, expected a share (below 1) or a number of {unit}")
    if not np.isfinite(budget) or budget <= 0:
        raise CondrecError(f"budget: found {budget:g}, expected a number above 0")
    if budget >= 1:
        most = available(dataset, unit)
        if budget != int(budget):
            raise CondrecError(f"budget: found {budget:g}, expected a whole number of {unit}")
        if budget > most:
            raise CondrecError(
                f"budget: found {budget:g} {unit}, but {dataset.name} has {most} with training "
                "positives; choose at most that many"
            )
    return budget


def keep_users(dataset: Dataset, users: IntArray) -> Dataset:
    """Keep all training rows (dislikes too) and validation rows of ``users``; ids are unchanged."""
    return replace(
        dataset,
        train=dataset.train.where(np.isin(dataset.train.user, users)),
        validation=dataset.validation.where(np.isin(dataset.validation.user, users)),
    )


def keep_users_in_order(dataset: Dataset, users: IntArray, budget: float) -> Dataset:
    """Keep users, first come first served, up to the budget.

    With a budget from 1 on that number of users is kept whole.  With a share of the positives,
    users are added until the share is reached and the last one keeps only the first of his
    positives, so that sets of the same share hold exactly as many.
    """
    if budget >= 1:
        return keep_users(dataset, users[: int(budget)])
    target = share_of_positives(dataset, budget)
    per_user = np.bincount(dataset.train.positives.user, minlength=dataset.n_users)[users]
    n_kept = int(np.searchsorted(np.cumsum(per_user), target)) + 1
    kept = keep_users(dataset, users[:n_kept])
    last = (kept.train.user == users[n_kept - 1]) & (kept.train.label == 1)
    surplus = int((kept.train.label == 1).sum()) - target
    dropped = np.flatnonzero(last)[len(np.flatnonzero(last)) - surplus :]
    return replace(kept, train=kept.train.where(np.delete(np.arange(len(kept.train)), dropped)))


def share_of_positives(dataset: Dataset, budget: float) -> int:
    """Return how many training positives a share is, at least one."""
    return max(1, round(budget * len(dataset.train.positives)))


def n_interactions(dataset: Dataset, budget: float) -> int:
    """Return how many interactions a budget stands for, a number of them or a share."""
    return int(budget) if budget >= 1 else share_of_positives(dataset, budget)


def only_own_negatives(condensed: Dataset) -> Dataset:
    """Let uniform negatives come only from items that the condensed training rows hold."""
    return replace(condensed, negative_pool=np.unique(condensed.train.item))
