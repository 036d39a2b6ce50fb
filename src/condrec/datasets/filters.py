"""Splits that first leave out users and items with few rows, by a rule that the name states."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.ragged import IntArray
from condrec.datasets.splits import LEAVE_ONE_OUT, no_histories, split_interactions
from condrec.datasets.types import Dataset, Interactions
from condrec.errors import CondrecError, unknown_name


@dataclass(frozen=True)
class Filter:
    """How many rows a user and an item need.

    Args:
        user, item: rows needed, counted together before any row is left out.
        repeated: count again among what is left, until everybody and everything has enough.
    """

    user: int
    item: int
    repeated: bool = False


FILTERS = {
    "leave-one-out-5-3": Filter(5, 3),
    "leave-one-out-5-5": Filter(5, 5),
    "leave-one-out-5-core": Filter(5, 5, repeated=True),
}
"""By the split's name; the first two are TD3's, for Magazine and for MovieLens (fact sheet TD3,
section 3)."""


def rule_of(split: str | None) -> str | None:
    """Return the rule that cuts a split's rows: of a filtered one what it is cut by afterwards."""
    return LEAVE_ONE_OUT if split in FILTERS else split


def enough_rows(user: IntArray, item: IntArray, needed: Filter) -> NDArray[np.bool_]:
    """Return which rows stay, shape [n_rows].

    Args:
        user: id of every row's user, shape [n_rows].
        item: id of every row's item, shape [n_rows].
        needed: the filter.
    """
    kept = np.ones(len(user), dtype=bool)
    while True:
        of_user = np.bincount(user, weights=kept)[user]
        of_item = np.bincount(item, weights=kept)[item]
        stay = kept & (of_user >= needed.user) & (of_item >= needed.item)
        if not needed.repeated or np.array_equal(stay, kept):
            return stay
        kept = stay


def _all_rows(dataset: Dataset) -> Interactions:
    """Return train, validation and test as one; of a user's rows the held-out ones are last."""
    parts = (dataset.train, dataset.validation, dataset.test)
    names = ("user", "item", "label", "time")
    return Interactions(
        *(np.concatenate([getattr(rows, name) for rows in parts]) for name in names)
    )


def filtered(dataset: Dataset, split: str) -> Dataset:
    """Leave out rows by the rule of a split, then hold out every user's two latest rows.

    Users and items without a row are left out and the others numbered anew, in their order; texts
    follow.  A user may be left with fewer rows than the rule says, as his rare items are gone: one
    with fewer than 3 keeps them in train.

    Args:
        dataset: all rows, split by leave-one-out; rows of the same time are in their order.
        split: one of :data:`FILTERS`.

    Raises:
        CondrecError: unknown split, another split of the data, or nothing left to test.
    """
    if split not in FILTERS:
        raise unknown_name("split", split, FILTERS)
    if dataset.data_split != LEAVE_ONE_OUT:
        raise CondrecError(
            f"{dataset.name}: found the split {dataset.data_split}, expected {LEAVE_ONE_OUT} to "
            "filter; load the data with it"
        )
    needed, rows = FILTERS[split], _all_rows(dataset)
    left = rows.where(enough_rows(rows.user, rows.item, needed))
    users, user = np.unique(left.user, return_inverse=True)
    items, item = np.unique(left.item, return_inverse=True)
    train, validation, test = split_interactions(
        replace(left, user=user, item=item), len(users), LEAVE_ONE_OUT
    )
    if not len(test):
        raise CondrecError(
            f"{dataset.name}: found {len(left)} of {len(rows)} rows left by {split} and no user "
            f"with 3 of them, expected users with {needed.user} rows and items with {needed.item}; "
            f"choose the split {LEAVE_ONE_OUT}"
        )
    of_what = {"titles": items, "descriptions": items, "categories": items, "interests": users}
    texts: dict[str, Any] = {
        name: tuple(getattr(dataset, name)[i] for i in ids)
        for name, ids in of_what.items()
        if getattr(dataset, name)
    }
    return replace(
        dataset,
        n_users=len(users),
        n_items=len(items),
        train=train,
        validation=validation,
        test=test,
        histories=no_histories(len(users)),
        tokens=None if dataset.tokens is None else dataset.tokens.take(items),
        data_split=split,
        **texts,
    )
