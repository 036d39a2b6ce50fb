from __future__ import annotations

import warnings
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score, roc_auc_score

from condrec.datasets import Interactions
from condrec.errors import CondrecError
from condrec.evaluation import (
    RankingResult,
    listed_metrics,
    mean_metrics,
    random_expectation,
)


@st.composite
def lists(draw: st.DrawFn) -> tuple[np.ndarray, Interactions]:
    """Several groups of candidates with distinct scores, each with a positive."""
    sizes = draw(st.lists(st.integers(1, 8), min_size=1, max_size=6))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    user = np.repeat(np.arange(len(sizes)) * 3, sizes)
    label = rng.integers(0, 2, len(user))
    label[np.cumsum(sizes) - 1] = 1
    scores = rng.permutation(len(user)) / 7 - 1
    order = rng.permutation(len(user))
    item = np.arange(len(user))
    return scores[order], Interactions(user[order], item[order], label[order])


def same(a: RankingResult, b: RankingResult) -> None:
    assert a.groups.tolist() == b.groups.tolist()
    for name, values in a.values.items():
        np.testing.assert_allclose(values, b.values[name], rtol=0, atol=1e-12)


def test_two_users_by_hand():
    rows = Interactions([7, 4, 7, 4, 7], [0, 1, 2, 3, 4], [1, 0, 0, 1, 0])
    result = listed_metrics([0.1, 0.9, 0.8, 0.2, 0.3], rows, ks=(1, 3))
    # User 4 reads 0, 1; user 7 reads 0, 0, 1.
    assert result.groups.tolist() == [4, 7]
    assert result.n_dropped == 0
    assert set(result.values) == {
        *("NDCG@1", "NDCG@3", "Recall@1", "Recall@3", "MRR@1", "MRR@3", "AUC")
    }
    np.testing.assert_allclose(result.values["NDCG@3"], [0.63092975, 0.5])
    np.testing.assert_allclose(result.values["MRR@3"], [1 / 2, 1 / 3])
    np.testing.assert_allclose(result.values["Recall@3"], [1, 1])
    np.testing.assert_allclose(result.values["NDCG@1"], [0, 0])
    np.testing.assert_allclose(result.values["AUC"], [0, 0])
    assert mean_metrics(result)["MRR@3"] == pytest.approx(5 / 12)


def test_impressions_are_ranked_apart():
    rows = Interactions([0, 0, 0, 0], [0, 1, 2, 3], [1, 0, 0, 1], impression=[5, 5, 9, 9])
    result = listed_metrics([0.9, 0.1, 0.8, 0.2], rows, ks=(1,))
    assert result.groups.tolist() == [5, 9]
    assert result.values["NDCG@1"].tolist() == [1, 0]


@given(lists(), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_ndcg_and_auc_agree_with_scikit_learn(data, k):
    scores, rows = data
    result = listed_metrics(scores, rows, ks=(k,))
    for place, group in enumerate(result.groups):
        chosen = rows.user == group
        labels = rows.label[chosen]
        if len(labels) > 1:
            expected = ndcg_score([labels], [scores[chosen]], k=k)
            assert result.values[f"NDCG@{k}"][place] == pytest.approx(expected, abs=1e-12)
        if 0 < labels.sum() < len(labels):
            expected = roc_auc_score(labels, scores[chosen])
            assert result.values["AUC"][place] == pytest.approx(expected, abs=1e-12)


@given(lists(), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_order_of_rows_seed_and_monotone_maps_do_not_matter_without_ties(data, seed):
    scores, rows = data
    expected = listed_metrics(scores, rows)
    order = np.random.default_rng(seed).permutation(len(rows))
    same(listed_metrics(scores[order], rows.where(order)), expected)
    same(listed_metrics(scores, rows, seed=seed), expected)
    same(listed_metrics(np.exp(3 * scores) - 5, rows), expected)


@given(lists())
@settings(max_examples=40, deadline=None)
def test_bounds_growth_with_k_and_the_reversed_auc(data):
    scores, rows = data
    result = listed_metrics(scores, rows, ks=(1, 2, 5))
    reversed_scores = listed_metrics(-scores, rows, ks=(1,))
    for values in result.values.values():
        known = values[~np.isnan(values)]
        assert ((known >= 0) & (known <= 1 + 1e-12)).all()
    for name in ("Recall", "MRR"):
        assert (result.values[f"{name}@5"] >= result.values[f"{name}@2"]).all()
    np.testing.assert_allclose(result.values["AUC"], 1 - reversed_scores.values["AUC"], atol=1e-12)


@given(lists())
@settings(max_examples=20, deadline=None)
def test_perfect_scores_are_perfect(data):
    _, rows = data
    result = listed_metrics(rows.label.astype(float), rows, ks=(5,))
    assert (result.values["NDCG@5"] == 1).all()
    assert (result.values["MRR@5"] == 1).all()
    auc = result.values["AUC"]
    assert (np.isnan(auc) | (auc == 1)).all()


@pytest.mark.parametrize("positives_first", [True, False])
def test_a_constant_scorer_gains_nothing_from_the_order_of_the_file(positives_first):
    user = np.repeat(np.arange(2000), 4)
    label = np.tile([1, 0, 0, 0] if positives_first else [0, 0, 0, 1], 2000)
    rows = Interactions(user, np.arange(len(user)), label)
    result = mean_metrics(listed_metrics(np.zeros(len(user)), rows, seed=3))
    assert result["NDCG@1"] == pytest.approx(0.25, abs=0.03)
    assert result["AUC"] == 0.5


def test_item_numbers_do_not_decide_ties_either():
    user = np.repeat(np.arange(2000), 2)
    rows = Interactions(user, np.tile([0, 1], 2000), np.tile([1, 0], 2000))
    result = mean_metrics(listed_metrics(np.ones(len(user)), rows))
    assert result["MRR@1"] == pytest.approx(0.5, abs=0.04)


def test_ties_follow_the_seed_and_not_the_order_of_the_file():
    rng = np.random.default_rng(0)
    rows = Interactions(
        np.repeat(np.arange(50), 6), np.tile(np.arange(6), 50), np.tile([1, 0, 0, 1, 0, 0], 50)
    )
    scores = rng.integers(0, 2, len(rows)).astype(float)
    first = listed_metrics(scores, rows, seed=1)
    same(listed_metrics(scores, rows, seed=1), first)
    order = rng.permutation(len(rows))
    same(listed_metrics(scores[order], rows.where(order), seed=1), first)
    other = listed_metrics(scores, rows, seed=2)
    assert (other.values["NDCG@1"] != first.values["NDCG@1"]).any()
    np.testing.assert_array_equal(other.values["AUC"], first.values["AUC"])


def test_groups_without_a_positive_are_dropped_and_counted():
    rows = Interactions([1, 1, 2, 2, 3], [0, 1, 0, 1, 0], [0, 0, 1, 0, 1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = listed_metrics([0.3, 0.4, 0.5, 0.6, 0.7], rows)
        means = mean_metrics(result)
    assert result.groups.tolist() == [2, 3]
    assert result.n_dropped == 1
    np.testing.assert_array_equal(result.values["AUC"], [0, np.nan])
    assert means["AUC"] == 0
    assert means["NDCG@1"] == 0.5


def test_mean_auc_is_nan_where_no_group_has_one():
    rows = Interactions([1, 2], [0, 0], [1, 1])
    assert np.isnan(mean_metrics(listed_metrics([0.1, 0.2], rows))["AUC"])


GOOD = Interactions([0, 0], [0, 1], [1, 0])
EMPTY = Interactions([], [], [])


@pytest.mark.parametrize(
    ("scores", "rows", "ks", "said"),
    [
        ([], EMPTY, (1,), "rows: found none"),
        ([0.0, np.nan], GOOD, (1,), "found nan in row 1"),
        ([np.inf, 0.0], GOOD, (1,), "found inf in row 0"),
        ([0.0], GOOD, (1,), r"shape \(1,\), expected \(2,\)"),
        ([[0.0, 1.0]], GOOD, (1,), r"shape \(1, 2\)"),
        (["a", "b"], GOOD, (1,), "no numbers"),
        ([0.0, 1.0], GOOD.where([1, 1]), (1,), "no row with label 1"),
        ([0.0, 1.0], GOOD, (), "ks: found"),
        ([0.0, 1.0], GOOD, (0,), "ks: found"),
        ([0.0, 1.0], GOOD, (1.5,), "ks: found"),
    ],
)
def test_bad_input_is_refused(scores, rows, ks, said):
    with pytest.raises(CondrecError, match=said):
        listed_metrics(scores, rows, ks=ks)


def test_the_expectation_of_random_scores_is_the_mean_over_all_orders() -> None:
    labels = [1, 0, 0, 1]
    rows = Interactions(np.zeros(4, int), np.arange(4), np.array(labels))
    exact: dict[str, list[float]] = {}
    for order in permutations(range(4)):
        for name, value in listed_metrics(np.array(order, float), rows, ks=(1, 3)).values.items():
            exact.setdefault(name, []).append(value[0])
    expected = random_expectation(rows, ks=(1, 3))
    assert expected["NDCG@1"] == pytest.approx(0.5)
    for name, value in expected.items():
        assert value == pytest.approx(np.mean(exact[name]))
