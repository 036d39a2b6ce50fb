from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets import (
    FILTERS,
    Dataset,
    embedded_implicit,
    embedded_sequences,
    load_dataset,
)
from condrec.datasets.distill_cf import INDEX, TABLE
from condrec.datasets.filters import Filter, enough_rows, filtered, rule_of
from condrec.errors import CondrecError

EVENTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=80)


def n_rows(dataset: Dataset) -> int:
    return len(dataset.train) + len(dataset.validation) + len(dataset.test)


def csv(path: Path, rows: list[tuple[str, str, int]], header: str = "user,item,time") -> str:
    path.write_text(header + "\n" + "".join(f"{u},{i},{t}\n" for u, i, t in rows))
    return str(path)


def test_one_pass_counts_before_and_a_core_counts_again() -> None:
    # User 0 has three rows, one of item 2 that nobody else has; user 1 has two, user 2 one.
    user, item = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 1, 2, 0, 1, 0])
    once = enough_rows(user, item, Filter(2, 2))
    assert once.tolist() == [True, True, False, True, True, False]
    once = enough_rows(user, item, Filter(3, 2))
    assert once.tolist() == [True, True, False, False, False, False]  # item 0 had three before
    assert not enough_rows(user, item, Filter(3, 2, repeated=True)).any()
    assert enough_rows(user, item, Filter(2, 2, repeated=True)).tolist() == [1, 1, 0, 1, 1, 0]


@given(EVENTS, st.integers(1, 5), st.integers(1, 5))
def test_a_core_is_the_largest_in_which_all_have_enough(
    events: list[tuple[int, int]], of_user: int, of_item: int
) -> None:
    user, item = np.array(events).T
    kept = enough_rows(user, item, Filter(of_user, of_item, repeated=True))
    counts = [np.bincount(ids[kept], minlength=6) for ids in (user, item)]
    assert all(n == 0 or n >= of_user for n in counts[0])
    assert all(n == 0 or n >= of_item for n in counts[1])
    # Taking out one poor user or item after the other, in any order, ends in the same rows.
    left = set(range(len(user)))
    while poor := [
        row
        for row in left
        if sum(user[r] == user[row] for r in left) < of_user
        or sum(item[r] == item[row] for r in left) < of_item
    ]:
        left.remove(poor[0])
    assert np.flatnonzero(kept).tolist() == sorted(left)


@given(EVENTS)
def test_one_pass_keeps_a_row_whose_user_and_item_had_enough(events: list[tuple[int, int]]) -> None:
    user, item = np.array(events).T
    kept = enough_rows(user, item, Filter(5, 3))
    for row, (one, other) in enumerate(events):
        enough = (user == one).sum() >= 5 and (item == other).sum() >= 3
        assert kept[row] == enough


def test_ids_and_texts_follow_and_ties_keep_their_order(tmp_path: Path) -> None:
    # x and y are of one user each; everything happens at the same time.
    rows = [("ann", i, 7) for i in "xabcde"] + [("bob", i, 7) for i in "edcbay"]
    rows += [("cy", i, 7) for i in "abcde"] + [("dan", i, 7) for i in "abz"]
    path = tmp_path / "r.inter"
    path.write_text(
        "user_id:token\titem_id:token\ttimestamp:float\n"
        + "".join("\t".join(map(str, row)) + "\n" for row in rows)
    )
    (tmp_path / "r.item").write_text(
        "item_id:token\ttitle:token_seq\n" + "".join(f"{i}\tTitle {i}\n" for i in "abcdexyz")
    )
    dataset = load_dataset(f"{path}@leave-one-out-5-3")
    assert (dataset.name, dataset.data_split) == (f"{path}@leave-one-out-5-3", "leave-one-out-5-3")
    assert (dataset.n_users, dataset.n_items) == (3, 5)  # dan has three rows, x and y one each
    assert dataset.titles == tuple(f"Title {i}" for i in "abcde")
    assert dataset.next_item and set(dataset.sources) == {"r.inter", "r.item"}
    assert dataset.train.item.tolist() == [0, 1, 2, 4, 3, 2, 0, 1, 2]
    for part, held_out in ((dataset.validation, [3, 1, 3]), (dataset.test, [4, 0, 4])):
        by_user = np.argsort(part.user)  # of equal times the last row is the latest
        assert part.user[by_user].tolist() == [0, 1, 2]
        assert part.item[by_user].tolist() == held_out


def test_interests_follow_the_users() -> None:
    site = embedded_implicit("leave-one-out")
    # Nothing is left of user 0, and two rows of user 5.
    few = replace(
        site,
        train=site.train.where((site.train.user != 0) & (site.train.user != 5)),
        validation=site.validation.where(site.validation.user != 0),
        test=site.test.where(site.test.user != 0),
    )
    dataset = filtered(few, "leave-one-out-5-5")
    assert dataset.n_users == len(dataset.interests) == 598
    assert dataset.interests == (*site.interests[1:5], *site.interests[6:])
    assert len(dataset.titles) == len(dataset.descriptions) == dataset.n_items


def test_users_left_with_fewer_than_three_rows_stay_in_train(tmp_path: Path) -> None:
    # ann's last three items are nobody else's: two rows are left of her five.
    rows = [("ann", i, t) for t, i in enumerate("abxyz")]
    rows += [(user, i, t) for user in ("bob", "cy") for t, i in enumerate("abcde")]
    rows += [("dan", i, t) for t, i in enumerate("cde")]
    dataset = load_dataset(csv(tmp_path / "r.csv", rows) + "@leave-one-out-5-3")
    assert np.bincount(dataset.train.user).tolist() == [2, 3, 3]
    assert dataset.validation.user.tolist() == dataset.test.user.tolist() == [1, 2]


def test_items_are_counted_over_all_users_of_a_table(tmp_path: Path) -> None:
    # f is of ann and of two users with a single row, who are left out by any other split.
    rows = [("ann", i, t) for t, i in enumerate("abcdef")]
    rows += [(user, i, t) for user in ("bob", "cy") for t, i in enumerate("abcde")]
    rows += [("one", "f", 1), ("two", "f", 1)]
    path = csv(tmp_path / "r.csv", rows)
    assert load_dataset(f"{path}@leave-one-out").n_users == 3
    dataset = load_dataset(f"{path}@leave-one-out-5-3")
    assert (dataset.n_users, dataset.n_items, n_rows(dataset)) == (3, 6, 16)


def test_items_are_counted_over_all_users_of_a_folder(tmp_path: Path) -> None:
    user = [0] * 6 + [1] * 5 + [2] * 5 + [3, 4]
    item = [*range(6), *range(5), *range(5), 5, 5]
    with h5py.File(tmp_path / TABLE, "w") as file:
        file["user"], file["item"], file["time"] = user, item, list(range(18))
    np.savez(tmp_path / INDEX, data=np.array([0] * 16 + [-1, -1]))
    assert load_dataset(f"{tmp_path}@leave-one-out").n_users == 3
    dataset = load_dataset(f"{tmp_path}@leave-one-out-5-3")
    assert (dataset.n_users, dataset.n_items, n_rows(dataset)) == (3, 6, 16)


@pytest.mark.parametrize("split", FILTERS)
def test_a_filter_of_generated_data_leaves_what_the_rule_says(split: str) -> None:
    needed = FILTERS[split]
    whole = embedded_sequences()
    dataset = load_dataset(f"embedded-sequences@{split}")
    user = np.concatenate([whole.train.user, whole.validation.user, whole.test.user])
    item = np.concatenate([whole.train.item, whole.validation.item, whole.test.item])
    assert n_rows(dataset) == enough_rows(user, item, needed).sum()
    assert dataset.data_split == split and dataset.next_item
    if needed.repeated:
        for ids in ("user", "item"):
            parts = (dataset.train, dataset.validation, dataset.test)
            counts = np.bincount(np.concatenate([getattr(rows, ids) for rows in parts]))
            assert counts.min() >= 5


def test_rule_of() -> None:
    assert [rule_of(split) for split in FILTERS] == ["leave-one-out"] * 3
    assert (rule_of("time-80-10-10"), rule_of(None)) == ("time-80-10-10", None)


def test_a_filter_that_leaves_nothing_to_test_is_refused(tmp_path: Path) -> None:
    rows = [("ann", i, t) for t, i in enumerate("abcdef")]
    path = csv(tmp_path / "r.csv", rows)
    for split, items in (("5-3", 3), ("5-5", 5), ("5-core", 5)):
        with pytest.raises(
            CondrecError,
            match=f"found 0 of 6 rows left by leave-one-out-{split} and no user with 3 of them, "
            f"expected users with 5 rows and items with {items}; choose the split leave-one-out",
        ):
            load_dataset(f"{path}@leave-one-out-{split}")
    # Two rows of each user are left: nobody is tested.
    own = [(u, f"{u}{i}", i) for u in "uvw" for i in range(3)]
    both = [(u, i, 9) for u in "uvw" for i in "ab"]
    with pytest.raises(CondrecError, match="found 6 of 15 rows left by leave-one-out-5-3"):
        load_dataset(csv(tmp_path / "s.csv", own + both) + "@leave-one-out-5-3")


@pytest.mark.parametrize("split", ["leave-one-out", *FILTERS])
def test_a_table_without_times_or_enough_rows_is_refused(tmp_path: Path, split: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text("user,item\n" + "".join(f"u,i{i}\n" for i in range(9)))
    with pytest.raises(CondrecError, match="split leave-one-out: found no time column.*choose"):
        load_dataset(f"{path}@{split}")
    csv(path, [("u", "a", 1), ("u", "b", 2), ("v", "a", 1), ("v", "b", 1)])
    with pytest.raises(CondrecError, match="found no user with 3 items"):
        load_dataset(f"{path}@{split}")


def test_unknown_names_and_other_splits_are_refused() -> None:
    with pytest.raises(CondrecError, match="unknown split 'leave-one-out-5-cor'.*-core'"):
        load_dataset("embedded-sequences@leave-one-out-5-cor")
    with pytest.raises(CondrecError, match="its split is fixed; ask for embedded"):
        load_dataset("embedded@leave-one-out-5-3")
    with pytest.raises(CondrecError, match="unknown split 'leave-one-out'"):
        filtered(embedded_sequences(), "leave-one-out")
    with pytest.raises(CondrecError, match="found the split time-80-10-10, expected leave-one-out"):
        filtered(embedded_sequences("time-80-10-10"), "leave-one-out-5-3")


@pytest.mark.parametrize(
    ("name", "sizes"),
    [
        ("ml-100k@leave-one-out", [943, 1_682, 98_114, 943, 943]),
        ("ml-100k@leave-one-out-5-3", [943, 1_473, 97_837, 943, 943]),
        ("ml-100k@leave-one-out-5-5", [943, 1_349, 97_401, 943, 943]),
        ("ml-100k@leave-one-out-5-core", [943, 1_349, 97_401, 943, 943]),
        ("magazine@leave-one-out", [3_092, 1_305, 6_567, 2_825, 2_825]),
        ("magazine@leave-one-out-5-3", [635, 900, 3_251, 635, 635]),
        ("magazine@leave-one-out-5-core", [294, 132, 1_439, 294, 294]),
    ],
)
def test_real_data(real_data: Path, name: str, sizes: list[int]) -> None:
    dataset = load_dataset(name)
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [dataset.n_users, dataset.n_items, *map(len, parts)] == sizes
    latest = np.full(dataset.n_users, -1)
    for rows in parts:
        assert rows.time is not None
        assert (rows.time >= latest[rows.user]).all()
        np.maximum.at(latest, rows.user, rows.time)
    if dataset.name.startswith("ml-100k"):
        assert len(dataset.titles) == dataset.n_items and "Toy Story (1995)" in dataset.titles
