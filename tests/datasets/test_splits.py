from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets.splits import (
    RULES,
    ages,
    first_of_pairs,
    no_histories,
    rank_within,
    split_interactions,
)
from condrec.datasets.types import Interactions
from condrec.errors import CondrecError

EVENTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 5)), max_size=120)


def make(user: list[int], time: list[int] | None = None) -> Interactions:
    """Number the items, so that an item tells the row."""
    return Interactions(user, range(len(user)), [1] * len(user), time)  # type: ignore[arg-type]


def items(parts: tuple[Interactions, ...]) -> list[list[int]]:
    return [part.item.tolist() for part in parts]


def test_rank_within_by_hand() -> None:
    assert rank_within(np.array([1, 0, 1, 1, 0]), 3).tolist() == [0, 0, 1, 2, 1]


def test_time_split_by_hand() -> None:
    # 20 rows, newest first: two tenths of two rows each; user 1 has too few for a tenth.
    rows = make([0] * 20 + [1] * 9, list(range(20, 0, -1)) + list(range(9)))
    train, validation, test = split_interactions(rows, 2, "time-80-10-10")
    assert items((validation, test)) == [[2, 3], [0, 1]]
    assert train.item.tolist() == list(range(4, 29))


def test_leave_one_out_by_hand() -> None:
    rows = make([0, 1, 0, 0, 1, 2, 2, 2], [5, 1, 9, 7, 2, 4, 4, 4])
    parts = split_interactions(rows, 4, "leave-one-out")
    assert items(parts) == [[0, 1, 4, 5], [3, 6], [2, 7]]  # of equal times the last row is latest


def test_random_split_sizes_and_seed() -> None:
    rows = make([0] * 29 + [1] * 10 + [2] * 9)
    parts = split_interactions(rows, 3, "random-80-10-10")
    for part, sizes in zip(parts, ([25, 8, 9], [2, 1, 0], [2, 1, 0]), strict=True):
        assert np.bincount(part.user, minlength=3).tolist() == sizes
    assert items(parts) == items(split_interactions(rows, 3, "random-80-10-10"))
    assert items(parts) != items(split_interactions(rows, 3, "random-80-10-10", seed=1))


@given(EVENTS, st.sampled_from(RULES), st.integers(0, 3))
def test_a_split_is_a_partition(events: list[tuple[int, int]], rule: str, seed: int) -> None:
    user, time = [e[0] for e in events], [e[1] for e in events]
    rows = make(user, time)
    parts = split_interactions(rows, 5, rule, seed)
    assert sorted(np.concatenate(items(parts)).tolist()) == list(range(len(rows)))
    counts = np.bincount(rows.user, minlength=5)
    held_out = (counts >= 3) * 1 if rule == "leave-one-out" else counts // 10
    for part in parts:
        assert (np.diff(part.item) > 0).all()  # the order given is kept
        assert part.user.tolist() == rows.user[part.item].tolist()
    for part in parts[1:]:
        assert np.bincount(part.user, minlength=5).tolist() == held_out.tolist()
    if rule != "random-80-10-10":
        for earlier, later in [(0, 1), (1, 2)]:
            for one in range(5):
                a, b = parts[earlier], parts[later]
                assert a.time is not None and b.time is not None
                before, after = a.time[a.user == one], b.time[b.user == one]
                if len(before) and len(after):
                    assert before.max() <= after.min()


@pytest.mark.parametrize("rule", ["time-80-10-10", "leave-one-out"])
def test_missing_times_are_named(rule: str) -> None:
    with pytest.raises(CondrecError, match="no time column, expected one; choose random-80-10-10"):
        split_interactions(make([0, 0, 0]), 1, rule)


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(CondrecError, match="did you mean 'random-80-10-10'"):
        split_interactions(make([0]), 1, "random")


def test_first_of_pairs_by_hand() -> None:
    rows = Interactions([1, 0, 1, 1], [2, 2, 2, 0], [1] * 4, [7, 8, 9, 10])  # type: ignore[arg-type]
    kept = first_of_pairs(rows)
    assert kept.time is not None and kept.time.tolist() == [7, 8, 10]
    assert len(first_of_pairs(make([]))) == 0


def test_no_histories() -> None:
    assert no_histories(3).lengths.tolist() == [0, 0, 0]
    assert len(no_histories(0)) == 0


def test_ages_count_the_later_rows_of_a_user() -> None:
    rows = Interactions([0, 1, 0, 1, 0], [5, 6, 7, 8, 9], [1] * 5, [30, 1, 10, 1, 20])
    # User 0's latest is item 5 (time 30), then 9 (20); user 1's are tied: the later row is later.
    assert ages(rows, 2).tolist() == [0, 1, 2, 0, 1]
    without = replace(rows, time=None)
    assert ages(without, 2).tolist() == [2, 1, 1, 0, 0]
