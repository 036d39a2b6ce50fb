"""The next item: places by hand and by brute force, ties, sampled items, what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets import Dataset, Interactions, Ragged, SparseMatrix, known_matrix
from condrec.errors import CondrecError
from condrec.evaluation import RankingResult, mean_metrics, next_item, next_item_metrics

FAR = 200  # deeper than any list here, so that MRR is 1 / (place from 1)


def rows(*triples: tuple[int, int, int]) -> Interactions:
    user, item, time = np.array(triples).reshape(-1, 3).T
    return Interactions(user, item, np.ones(len(user), dtype=np.int64), time)


def data() -> Dataset:
    """Three users, six items; user 2 has two rows and nothing held out."""
    return Dataset(
        name="small",
        n_users=3,
        n_items=6,
        train=rows((0, 0, 1), (1, 1, 3), (1, 0, 2), (2, 5, 1), (2, 4, 2)),
        validation=rows((1, 2, 4), (0, 1, 2)),
        test=rows((0, 2, 3), (1, 4, 5)),
        histories=Ragged.from_lists([[], [], []]),
        protocol="full",
        data_split="leave-one-out",
    )


def many(n_users: int, n_items: int, seed: int = 0) -> Dataset:
    """Every user has four distinct items at random: two known, one and one held out."""
    rng = np.random.default_rng(seed)
    items = np.argsort(rng.random((n_users, n_items)), axis=1)[:, :4]
    user, time = np.arange(n_users), np.arange(4)

    def part(*places: int) -> Interactions:
        return rows(*((u, int(items[u, p]), int(time[p])) for u in user for p in places))

    return replace(
        data(),
        name="many",
        n_users=n_users,
        n_items=n_items,
        train=part(0, 1),
        validation=part(2),
        test=part(3),
        histories=Ragged.from_lists([[]] * n_users),
    )


def scorer(table: object):  # type: ignore[no-untyped-def]
    return lambda users, known, sequences: np.array(table, dtype=float)[users]


def places(result: RankingResult) -> np.ndarray:
    """Return the place of each held-out item, counted from 0."""
    return np.round(1 / result.values[f"MRR@{FAR}"]).astype(int) - 1


# Test: user 0 knows 0 and 1, of 2, 3, 4 and 5 item 2 is second; user 1 knows 0, 1 and 2, of 3, 4
# and 5 item 4 is third.
SCORES = [[9, 8, 6, 5, 7, 1], [9, 9, 9, 6, 5, 7], [0, 0, 0, 0, 0, 0]]


def test_full_ranking_by_hand() -> None:
    result = next_item_metrics(scorer(SCORES), data(), ks=(1, 2, 3))["full"]
    assert result.groups.tolist() == [0, 1] and result.n_dropped == 1
    expected = {
        "Hit@1": [0, 0],
        "Hit@2": [1, 0],
        "Hit@3": [1, 1],
        "NDCG@2": [1 / np.log2(3), 0],
        "NDCG@3": [1 / np.log2(3), 1 / 2],
        "MRR@1": [0, 0],
        "MRR@2": [1 / 2, 0],
        "MRR@3": [1 / 2, 1 / 3],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(result.values[name], values, err_msg=name)
    assert mean_metrics(result)["MRR@3"] == pytest.approx(5 / 12)


def test_validation_knows_the_training_items_only_and_the_test_those_of_validation_too() -> None:
    seen: list[list[list[int]]] = []

    def score(users: np.ndarray, known: SparseMatrix, sequences: Ragged) -> np.ndarray:
        seen.append([sequences[i].tolist() for i in range(len(users))])
        assert [sorted(each) for each in seen[-1]] == [row.indices.tolist() for row in known]
        return np.array(SCORES, dtype=float)[users]

    found = next_item_metrics(score, data(), "validation", ks=(FAR,))["full"]
    # User 0: of 1 to 5 item 1 is first; user 1: of 2 to 5 item 2 is.
    assert places(found).tolist() == [0, 0]
    next_item_metrics(score, data(), "test")
    assert seen == [[[0], [0, 1]], [[0, 1], [0, 1, 2]]]


def test_the_only_other_item_is_sampled_a_hundred_times() -> None:
    dataset = replace(
        data(),
        n_users=2,
        n_items=2,
        train=rows((0, 0, 1), (1, 1, 1)),
        validation=rows((0, 0, 2), (1, 1, 2)),
        test=rows((0, 1, 3), (1, 0, 3)),
        histories=Ragged.from_lists([[], []]),
    )
    found = next_item_metrics(scorer([[1, 0], [0, 1]]), dataset, ks=(100, 101))
    assert found["full"].values["Hit@100"].tolist() == [1, 1]  # the other item is known: masked
    assert found["uni100"].values["Hit@100"].tolist() == [0, 0]
    assert found["uni100"].values["MRR@101"].tolist() == [1 / 101] * 2


@given(st.integers(0, 10_000), st.integers(5, 30), st.sampled_from(["test", "validation"]))
def test_the_place_equals_a_brute_force_count(seed: int, n_items: int, split: str) -> None:
    dataset = many(12, n_items, seed)
    table = np.random.default_rng(seed).permuted(np.tile(np.arange(n_items), (12, 1)), axis=1)
    found = places(next_item_metrics(scorer(table), dataset, split, (FAR,))["full"])
    known = known_matrix(dataset, split).toarray() > 0
    held_out = getattr(dataset, split)
    for user, item in zip(held_out.user, held_out.item, strict=True):
        better = [
            i
            for i in range(n_items)
            if i != item and not known[user, i] and table[user, i] > table[user, item]
        ]
        assert found[user] == len(better)


def test_a_known_target_is_ranked_all_the_same() -> None:
    again = replace(data(), test=rows((0, 0, 3), (1, 4, 5)))  # a repeated event
    assert places(next_item_metrics(scorer(SCORES), again, ks=(FAR,))["full"]).tolist() == [0, 2]


@given(st.integers(0, 1000), st.floats(0.1, 100), st.floats(-5, 5))
def test_only_the_order_of_the_scores_counts(seed: int, scale: float, shift: float) -> None:
    dataset = many(8, 20, seed)
    table = np.random.default_rng(seed).integers(6, size=(8, 20))  # with ties
    first = next_item_metrics(scorer(table), dataset)
    second = next_item_metrics(scorer(scale * table + shift), dataset)
    for protocol, result in first.items():
        for name, values in result.values.items():
            np.testing.assert_array_equal(values, second[protocol].values[name])


@given(st.integers(0, 1000))
def test_the_numbers_of_items_do_not_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dataset, number = many(8, 20, seed), rng.permutation(20)
    table = rng.permuted(np.tile(np.arange(20), (8, 1)), axis=1)
    renumbered = np.empty_like(table)
    renumbered[:, number] = table
    moved = {
        part: replace(getattr(dataset, part), item=number[getattr(dataset, part).item])
        for part in ("train", "validation", "test")
    }
    first = next_item_metrics(scorer(table), dataset)["full"]
    second = next_item_metrics(scorer(renumbered), replace(dataset, **moved))["full"]
    for name, values in first.values.items():
        np.testing.assert_array_equal(values, second.values[name])


def test_ties_are_shared_at_random() -> None:
    n, n_items = 3000, 23
    dataset = many(n, n_items)
    flat = scorer(np.zeros((n, n_items)))
    found = next_item_metrics(flat, dataset, ks=(10, FAR))
    place = places(found["full"])
    assert set(place) == set(range(n_items - 3))  # 19 rivals: 3 of the 23 items are known
    assert place.mean() == pytest.approx(9.5, abs=0.4)
    assert mean_metrics(found["full"])["Hit@10"] == pytest.approx(10 / 20, abs=0.04)
    assert places(found["uni100"]).mean() == pytest.approx(50, abs=2)
    assert mean_metrics(found["uni100"])["Hit@10"] == pytest.approx(10 / 101, abs=0.02)
    again, other = next_item_metrics(flat, dataset), next_item_metrics(flat, dataset, seed=1)
    for protocol in next_item.PROTOCOLS:
        value = found[protocol].values["Hit@10"]
        np.testing.assert_array_equal(value, again[protocol].values["Hit@10"])
        assert (value != other[protocol].values["Hit@10"]).any()


def test_a_partial_tie_takes_one_of_the_shared_places() -> None:
    # User 0's target shares 5 with item 3 below item 4; user 1's stands alone.
    table = [[9, 8, 5, 5, 7, 1], SCORES[1], SCORES[2]]
    found = {
        tuple(places(next_item_metrics(scorer(table), data(), ks=(FAR,), seed=s)["full"]))
        for s in range(30)
    }
    assert found == {(1, 2), (2, 2)}


def test_sampled_items_are_uniform_and_never_the_held_out_one() -> None:
    n, n_items = 2000, 11
    dataset = many(n, n_items)
    target = dataset.test.item[np.argsort(dataset.test.user)]
    own = np.arange(n)
    lowest = np.zeros((n, n_items))
    lowest[own, target] = 1
    found = next_item_metrics(scorer(lowest), dataset, ks=(1,))["uni100"]
    assert (found.values["Hit@1"] == 1).all()  # drawn itself it would tie
    known = known_matrix(dataset, "test").toarray() > 0
    for item in range(n_items):
        table = lowest.copy()
        table[:, item] = 2
        table[own, target] = 1
        times = places(next_item_metrics(scorer(table), dataset, ks=(FAR,))["uni100"])
        assert (times[target == item] == 0).all()
        # Ten other items, a hundred draws: ten times each, known or not.
        assert times[target != item].mean() == pytest.approx(10, abs=0.35)
        assert times[known[:, item]].mean() == pytest.approx(10, abs=0.6)
        assert times[target != item].var() == pytest.approx(9, rel=0.2)  # with replacement


def test_chunks_do_not_change_the_places(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = many(7, 12)
    table = np.random.default_rng(2).integers(5, size=(7, 12))
    whole = next_item_metrics(scorer(table), dataset)
    monkeypatch.setattr(next_item, "CHUNK_BYTES", 12 * 16)  # one user at a time
    parts = next_item_metrics(scorer(table), dataset)
    for protocol, result in whole.items():
        for name, values in result.values.items():
            np.testing.assert_array_equal(values, parts[protocol].values[name])


def test_scores_of_a_model_are_left_as_they_are() -> None:
    table = np.array(SCORES, dtype=float)
    next_item_metrics(lambda users, known, sequences: table[:2], data())
    np.testing.assert_array_equal(table, SCORES)


@pytest.mark.parametrize("ks", [(), (0,), (1.5,), (True,)])
def test_refuses_cut_offs_that_are_no_places(ks: tuple[int, ...]) -> None:
    with pytest.raises(CondrecError, match="ks: found .*expected whole numbers above 0"):
        next_item_metrics(scorer(SCORES), data(), ks=ks)


def test_refuses_data_that_hold_out_another_number_of_items() -> None:
    two = replace(data(), test=rows((0, 2, 3), (0, 3, 4), (1, 4, 5)))
    with pytest.raises(
        CondrecError,
        match="test of small: found 3 positive rows of 2 users, expected one of each user; choose "
        "the split leave-one-out",
    ):
        next_item_metrics(scorer(SCORES), two)
    nobody = replace(data(), test=rows(), validation=rows())
    with pytest.raises(CondrecError, match="test of small: found no positive row, expected one of"):
        next_item_metrics(scorer(SCORES), nobody)


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda *given: np.full((2, 6), np.nan), "found 12 that are not finite"),
        (lambda *given: np.zeros(2), "expected \\(2, 6\\), \\[users, items\\]"),
    ],
)
def test_refuses_scores_that_cannot_be_ranked(score: object, message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        next_item_metrics(score, data())  # type: ignore[arg-type]
