from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets import (
    Dataset,
    Interactions,
    Ragged,
    embedded_sequences,
    known_matrix,
    known_sequences,
    load_dataset,
    training_sequences,
)
from condrec.datasets.sequences import joined, ordered
from condrec.errors import CondrecError
from condrec.recommenders.sasrec import SASRec


def rows(user: list[int], item: list[int], time: list[int] | None = None) -> Interactions:
    return Interactions(user, item, [1] * len(user), time)  # type: ignore[arg-type]


def small() -> Dataset:
    """Three users; rows are not sorted, user 2 has two rows and is not tested."""
    return Dataset(
        name="small",
        n_users=3,
        n_items=6,
        train=rows([0, 1, 0, 2, 2], [3, 0, 1, 5, 4], [5, 1, 2, 8, 8]),
        validation=rows([1, 0], [1, 4], [2, 6]),
        test=rows([0, 1], [5, 2], [7, 3]),
        histories=Ragged.from_lists([[], [], []]),
        protocol="full",
        data_split="leave-one-out",
    )


def lists(found: Ragged) -> list[list[int]]:
    return [found[i].tolist() for i in range(len(found))]


def test_items_stand_in_the_order_of_time_and_ties_in_the_order_of_rows() -> None:
    unsorted = rows([1, 0, 1, 1, 0], [5, 2, 4, 3, 1], [9, 1, 3, 9, 1])
    assert lists(ordered(unsorted, 3)) == [[2, 1], [4, 5, 3], []]
    assert lists(ordered(rows([1, 0, 1], [5, 2, 4]), 2)) == [[2], [5, 4]]  # no times
    assert lists(ordered(rows([], []), 2)) == [[], []]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_the_order_of_rows_counts_for_ties_only(events: list[tuple[int, int]]) -> None:
    # Every row is another item, so that an item tells the row.
    user, time = [e[0] for e in events], [e[1] for e in events]
    found = lists(ordered(rows(user, list(range(len(user))), time), 4))
    for one in range(4):
        mine = [row for row in range(len(user)) if user[row] == one]
        assert found[one] == sorted(mine, key=lambda row: time[row])


def test_what_is_known_grows_from_split_to_split() -> None:
    dataset = small()
    assert lists(known_sequences(dataset)) == [[1, 3], [0], [5, 4]]
    assert lists(known_sequences(dataset, "test")) == [[1, 3, 4], [0, 1], [5, 4]]
    for split in ("validation", "test"):
        known = known_matrix(dataset, split)
        for user, items in enumerate(lists(known_sequences(dataset, split))):
            assert sorted(items) == known[user].indices.tolist()


def test_a_condensed_set_knows_what_the_full_data_know() -> None:
    condensed = replace(small(), train=rows([1], [0], [1]), known=small().train)
    assert lists(known_sequences(condensed, "test")) == lists(known_sequences(small(), "test"))
    assert lists(training_sequences(condensed)) == [[0]]


def test_training_sequences_are_those_of_training_users() -> None:
    dataset = replace(small(), train=rows([2, 0, 2], [1, 3, 0], [4, 1, 2]))
    assert lists(training_sequences(dataset)) == [[3], [0, 1]]
    assert dataset.train_users.tolist() == [0, 2]


def test_joined_by_hand() -> None:
    first, second = Ragged.from_lists([[1, 2], [], [3]]), Ragged.from_lists([[4], [], [5, 6]])
    assert lists(joined(first, second)) == [[1, 2, 4], [], [3, 5, 6]]


def test_equal_and_unsorted_times_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("user,item,time\nu,d,9\nu,a,1\nv,a,1\nv,b,1\nv,c,1\nv,d,1\nu,b,4\nu,c,4\n")
    dataset = load_dataset(f"{path}@leave-one-out")
    # Items are numbered as they appear: d, a, b, c.
    assert lists(known_sequences(dataset, "test")) == [[1, 2, 3], [1, 2, 3]]
    assert dataset.test.item.tolist() == [0, 0]


def test_users_with_fewer_than_three_events_stay_in_train_and_are_not_tested() -> None:
    site = embedded_sequences()
    # User 7 keeps two rows.
    cut = site.train.user != 7
    cut[np.flatnonzero(site.train.user == 7)[:2]] = True
    dataset = replace(
        site,
        train=site.train.where(cut),
        validation=site.validation.where(site.validation.user != 7),
        test=site.test.where(site.test.user != 7),
    )
    assert 7 in dataset.train_users and 7 not in dataset.test.user
    assert len(known_sequences(dataset, "test")[7]) == 2


def test_a_sequence_longer_than_the_model_is_read_from_its_end() -> None:
    dataset = embedded_sequences()
    model = SASRec(epochs=1, max_length=5, embedding_size=8, inner_size=8).fit(dataset, 0)
    whole = known_sequences(dataset, "test").take([0, 1, 2])
    assert whole.lengths.max() > 5
    users, known = np.arange(3), known_matrix(dataset, "test")[:3]
    scores = model.score_next(users, known, whole)
    np.testing.assert_array_equal(
        scores, model.score_next(users, known, whole.truncate(5, keep="last"))
    )
    other = model.score_next(users, known, whole.truncate(5, keep="first"))
    assert not np.allclose(scores, other)


@pytest.mark.parametrize("split", ["train", "validation", "test", "known"])
@pytest.mark.parametrize(
    ("user", "item", "message"),
    [
        (0, 6, "item: found id 6 in row 0, expected 0 to 5"),
        (0, -1, "item: found id -1 in row 0, expected 0 to 5"),
        (3, 0, "user: found id 3 in row 0, expected 0 to 2"),
    ],
)
def test_unknown_items_and_users_are_refused(
    split: str, user: int, item: int, message: str
) -> None:
    with pytest.raises(CondrecError, match=f"{split}.{message}"):
        replace(small(), **{split: rows([user], [item], [1])})  # type: ignore[arg-type]


def test_which_data_are_next_item_data() -> None:
    dataset = small()
    assert dataset.next_item
    assert replace(dataset, data_split="leave-one-out-5-core").next_item
    assert not replace(dataset, data_split="time-80-10-10").next_item
    assert not replace(dataset, protocol="listed").next_item
