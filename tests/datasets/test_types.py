from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets import Dataset, Interactions, Ragged, embedded
from condrec.errors import CondrecError

LISTS = st.lists(st.lists(st.integers(-(2**40), 2**40), max_size=6), max_size=8)


def as_lists(ragged: Ragged) -> list[list[int]]:
    return [ragged[i].tolist() for i in range(len(ragged))]


def tiny(**changes: object) -> Dataset:
    values: dict[str, object] = {
        "name": "tiny",
        "n_users": 2,
        "n_items": 3,
        "train": Interactions(np.array([0, 1]), np.array([2, 0]), np.array([1, 0])),
        "validation": Interactions(*np.zeros((3, 0), int)),
        "test": Interactions(np.array([1]), np.array([1]), np.array([1])),
        "histories": Ragged.from_lists([[0, 1], []]),
    }
    return Dataset(**{**values, **changes})  # type: ignore[arg-type]


def test_ragged_by_hand() -> None:
    ragged = Ragged.from_lists([[5, 6, 7], [], [8]])
    assert ragged.values.tolist() == [5, 6, 7, 8]
    assert ragged.offsets.tolist() == [0, 3, 3, 4]
    assert ragged.lengths.tolist() == [3, 0, 1]
    assert as_lists(ragged.truncate(2)) == [[5, 6], [], [8]]
    assert as_lists(ragged.truncate(2, keep="last")) == [[6, 7], [], [8]]
    matrix, mask = ragged.padded(fill=-1)
    assert matrix.tolist() == [[5, 6, 7], [-1, -1, -1], [8, -1, -1]]
    assert mask.sum(axis=1).tolist() == [3, 0, 1]
    assert as_lists(Ragged.group(np.array([2, 0, 2]), np.array([4, 5, 6]), 4)) == [
        [5],
        [],
        [4, 6],
        [],
    ]


@given(LISTS)
def test_ragged_keeps_its_lists(lists: list[list[int]]) -> None:
    assert as_lists(Ragged.from_lists(lists)) == lists


@given(LISTS, st.data())
def test_take_returns_the_lists_asked_for(lists: list[list[int]], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, max(len(lists) - 1, 0)), max_size=10 if lists else 0))
    assert as_lists(Ragged.from_lists(lists).take(rows)) == [lists[row] for row in rows]


@given(LISTS, st.integers(0, 7))
def test_truncate_keeps_either_end(lists: list[list[int]], longest: int) -> None:
    ragged = Ragged.from_lists(lists)
    assert as_lists(ragged.truncate(longest)) == [each[:longest] for each in lists]
    last = [each[max(len(each) - longest, 0) :] for each in lists]
    assert as_lists(ragged.truncate(longest, keep="last")) == last


@given(LISTS, st.integers(1, 9))
def test_padded_and_its_mask_give_the_lists_back(lists: list[list[int]], least: int) -> None:
    matrix, mask = Ragged.from_lists(lists).padded(fill=-7, least=least)
    assert matrix.shape == mask.shape == (len(lists), max([least, *map(len, lists)]))
    assert [row[real].tolist() for row, real in zip(matrix, mask, strict=True)] == lists
    assert (matrix[~mask] == -7).all()


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-9, 9)), max_size=20))
def test_group_keeps_the_order_within_a_key(pairs: list[tuple[int, int]]) -> None:
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    grouped = Ragged.group(table[:, 0], table[:, 1], 5)
    assert as_lists(grouped) == [[v for k, v in pairs if k == key] for key in range(5)]


@given(st.lists(st.tuples(*[st.integers(0, 9)] * 2, st.integers(0, 1)), max_size=12), st.data())
def test_where_picks_rows_by_mask_and_by_index(
    rows: list[tuple[int, int, int]], data: st.DataObject
) -> None:
    columns = np.array(rows, dtype=np.int64).reshape(-1, 3).T
    events = Interactions(*columns, time=columns[0] * 10)
    mask = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    by_mask = events.where(np.array(mask, dtype=bool))
    by_index = events.where(np.flatnonzero(mask))
    assert (
        by_mask.item.tolist()
        == by_index.item.tolist()
        == [row[1] for row, kept in zip(rows, mask, strict=True) if kept]
    )
    assert by_mask.time is not None and by_mask.time.tolist() == (by_mask.user * 10).tolist()
    assert by_mask.impression is None
    assert len(events.positives) + len(events.negatives) == len(events)
    assert (events.positives.label == 1).all()


def test_where_takes_an_empty_list() -> None:
    assert len(Interactions(np.array([0]), np.array([0]), np.array([1])).where([])) == 0


def test_rows_are_ranked_by_impression_where_there_is_one() -> None:
    events = Interactions(np.array([4, 4]), np.array([0, 1]), np.array([1, 0]))
    assert events.group.tolist() == [4, 4]
    shown = dataclasses.replace(events, impression=np.array([7, 8]))
    assert shown.group.tolist() == [7, 8]


@pytest.mark.parametrize("rows", [[2], [-1], [[0]], [0.5], [np.nan]])
def test_take_refuses_what_is_no_row(rows: list[object]) -> None:
    with pytest.raises(CondrecError, match="rows"):
        Ragged.from_lists([[1], [2]]).take(np.array(rows))


@pytest.mark.parametrize("offsets", [[], [1, 3], [0, 2], [0, 3, 2, 3]])
def test_offsets_must_cover_the_values(offsets: list[int]) -> None:
    with pytest.raises(CondrecError, match="offsets"):
        Ragged(np.arange(3), np.array(offsets, dtype=np.int64))


@pytest.mark.parametrize(
    ("user", "item", "label", "words"),
    [
        ([0, np.nan], [0, 0], [1, 1], "user: found nan in row 1"),
        ([0, 1], [0, np.inf], [1, 1], "item: found inf in row 1"),
        ([0, 1], [0, 1.5], [1, 1], r"item: found 1\.5 in row 1"),
        ([0], [0, 1], [1, 1], "found lengths"),
        ([0], [0], [2], "label: found 2"),
        (["a"], [0], [1], "user: found values of type"),
        ([[0]], [0], [1], "user: found 2 dimensions"),
    ],
)
def test_bad_columns_are_refused(
    user: list[object], item: list[object], label: list[int], words: str
) -> None:
    with pytest.raises(CondrecError, match=words):
        Interactions(np.array(user), np.array(item), np.array(label))


def rows(user: int, item: int) -> Interactions:
    return Interactions(np.array([user]), np.array([item]), np.array([1]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train": rows(2, 0)}, r"train.user: found id 2 in row 0, expected 0 to 1"),
        ({"test": rows(0, 3)}, r"test.item: found id 3 in row 0, expected 0 to 2"),
        ({"validation": rows(0, -1)}, r"validation.item: found id -1"),
        ({"histories": Ragged.from_lists([[0]])}, "histories: found 1 lists, expected 2"),
        ({"histories": Ragged.from_lists([[3], []])}, "histories: found id 3"),
        ({"tokens": Ragged.from_lists([[1]])}, "tokens: found 1 lists, expected 3"),
        ({"tokens": Ragged.from_lists([[-1], [], []])}, "tokens: found id -1"),
        (
            {"tokens": Ragged.from_lists([[2], [], []]), "vocabulary": ("a", "b")},
            "tokens: found id 2 in row 0, expected 0 to 1",
        ),
        ({"negative_pool": np.array([0, 5])}, "negative_pool: found id 5"),
        ({"titles": ("one",)}, "titles: found 1 entries, expected 3"),
        ({"interests": (("a",),)}, "interests: found 1 entries, expected 2"),
        ({"protocol": "all"}, "protocol: found 'all'"),
        ({"train": Interactions(*np.zeros((3, 0), int))}, "found no positive row"),
        ({"train": rows(0, 0).where([])}, "found no positive row"),
    ],
)
def test_bad_data_sets_are_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(CondrecError, match=words):
        tiny(**changes)


def test_empty_splits_and_users_without_history_are_data() -> None:
    dataset = tiny(test=Interactions(*np.zeros((3, 0), int)))
    assert len(dataset.validation) == len(dataset.test) == 0
    assert dataset.histories[1].tolist() == []
    assert dataset.train_users.tolist() == [0]


def test_a_data_set_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        embedded().name = "other"  # type: ignore[misc]
