"""Rules that cut the interactions of every user into train, validation and test."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.ragged import Ragged
from condrec.datasets.types import Interactions
from condrec.errors import CondrecError, unknown_name

IntArray = NDArray[np.int64]
Parts = tuple[Interactions, Interactions, Interactions]
RELEASED, LEAVE_ONE_OUT = "released", "leave-one-out"
FEWEST = 3  # interactions a user needs, in the data of Distill-CF and in files of one's own


def rank_within(groups: IntArray, n_groups: int) -> IntArray:
    """Return each row's place among the rows of its group, counted from 0 in row order.

    Args:
        groups: the group of every row, in [0, n_groups), shape [n_rows].
        n_groups: how many groups there are.
    """
    order = np.argsort(groups, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=n_groups))])
    rank = np.empty(len(groups), dtype=np.int64)
    rank[order] = np.arange(len(groups)) - starts[groups[order]]
    return rank


def oldest_first(rows: Interactions) -> IntArray:
    """Return the rows' places by time; ties, and rows without times, stay in their order."""
    return np.arange(len(rows)) if rows.time is None else np.argsort(rows.time, kind="stable")


def ages(rows: Interactions, n_users: int) -> IntArray:
    """Return how many later rows the user of each row has; of two ties the later row is later."""
    found = np.empty(len(rows), dtype=np.int64)
    latest_first = oldest_first(rows)[::-1]
    found[latest_first] = rank_within(rows.user[latest_first], n_users)
    return found


def _need_times(rows: Interactions, rule: str) -> None:
    if rows.time is None:
        raise CondrecError(
            f"split {rule}: found no time column, expected one; choose random-80-10-10"
        )


def _tenths(place: IntArray, rows: Interactions, n_users: int) -> IntArray:
    """Return 2 for the first tenth of every user's places, 1 for the second, 0 for the rest."""
    # Rounding down the held-out tenths leaves a user with few rows his training rows.
    tenth = (np.bincount(rows.user, minlength=n_users) // 10)[rows.user]
    return np.where(place < tenth, 2, np.where(place < 2 * tenth, 1, 0))


def _random(rows: Interactions, n_users: int, seed: int) -> IntArray:
    shuffled = np.random.default_rng([seed, 100]).permutation(len(rows))
    place = np.empty(len(rows), dtype=np.int64)
    place[shuffled] = rank_within(rows.user[shuffled], n_users)
    return _tenths(place, rows, n_users)


def _time(rows: Interactions, n_users: int, seed: int) -> IntArray:
    _need_times(rows, "time-80-10-10")
    return _tenths(ages(rows, n_users), rows, n_users)


def _leave_one_out(rows: Interactions, n_users: int, seed: int) -> IntArray:
    _need_times(rows, LEAVE_ONE_OUT)
    age = ages(rows, n_users)
    enough = np.bincount(rows.user, minlength=n_users)[rows.user] >= 3
    return np.where(enough & (age < 2), 2 - age, 0)


_RULES: dict[str, Callable[[Interactions, int, int], IntArray]] = {
    "random-80-10-10": _random,
    "time-80-10-10": _time,
    LEAVE_ONE_OUT: _leave_one_out,
}
RULES = tuple(_RULES)


def split_interactions(rows: Interactions, n_users: int, rule: str, seed: int = 0) -> Parts:
    """Cut interactions user by user into train, validation and test.

    ``random-80-10-10`` shuffles the c rows of a user: floor(c / 10) are test, as many
    validation, the rest train.  ``time-80-10-10`` makes the same cuts in the user's order of
    time, the latest rows being test.  ``leave-one-out`` holds out a user's latest row for test
    and the one before for validation; users with fewer than 3 rows keep all in train.  Rows of
    the same time count in the order they are given in.

    Args:
        rows: what users did; labels play no role, shape [n_rows].
        n_users: size of the id space of users.
        rule: one of ``RULES``.
        seed: which random split; the other rules ignore it.

    Returns:
        Train, validation and test: each row in exactly one of them, in the order given.

    Raises:
        CondrecError: unknown rule, or one that needs times where there are none.
    """
    if rule not in _RULES:
        raise unknown_name("split", rule, _RULES)
    part = _RULES[rule](rows, n_users, seed)
    return rows.where(part == 0), rows.where(part == 1), rows.where(part == 2)


def first_of_pairs(rows: Interactions) -> Interactions:
    """Return the first row of every pair of user and item, in the order given."""
    if not len(rows):
        return rows
    pairs = rows.user * (int(rows.item.max()) + 1) + rows.item
    return rows.where(np.sort(np.unique(pairs, return_index=True)[1]))


def no_histories(n_users: int) -> Ragged:
    """Return one empty list a user: implicit feedback has no rows before the split."""
    return Ragged(np.empty(0, dtype=np.int64), np.zeros(n_users + 1, dtype=np.int64))
