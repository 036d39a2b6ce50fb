"""The full protocol: metrics by hand, masking, ties, chunks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from condrec.datasets import Dataset, Interactions, Ragged
from condrec.errors import CondrecError
from condrec.evaluation import full, full_metrics, mean_metrics
from condrec.evaluation.full import propensity_weights
from condrec.evaluation.metrics import pooled_auc


def rows(*pairs: tuple[int, int]) -> Interactions:
    user, item = np.array(pairs).reshape(-1, 2).T
    return Interactions(user, item, np.ones(len(pairs), dtype=np.int64))


def data() -> Dataset:
    """Three users, six items; user 2 has no test row."""
    return Dataset(
        name="small",
        n_users=3,
        n_items=6,
        train=rows((0, 0), (1, 0), (1, 1), (2, 5)),
        validation=rows((0, 1)),
        test=rows((0, 2), (0, 3), (1, 4)),
        histories=Ragged.from_lists([[], [], []]),
        protocol="full",
    )


def scorer(table: list[list[float]]):  # type: ignore[no-untyped-def]
    return lambda users, known: np.array(table)[users]


# User 0: items 0 and 1 are known; ranked 4, 2, 3, 5.  User 1: known 0, 1; ranked 4, 5, 3, 2.
SCORES = [[9, 8, 6, 5, 7, 1], [9, 9, 1, 2, 5, 4], [0, 0, 0, 0, 0, 0]]


def test_metrics_by_hand() -> None:
    result = full_metrics(scorer(SCORES), data(), ks=(2,))
    log = 1 / np.log2(3)
    np.testing.assert_allclose(result.values["HR@2"], [1 / 2, 1, 0])
    np.testing.assert_allclose(result.values["NDCG@2"], [log / (1 + log), 1, 0])
    np.testing.assert_allclose(result.values["Recall@2"], [1 / 2, 1, np.nan])
    assert result.n_dropped == 1
    # All users are divided by; the mean of Recall leaves out who has nothing to find.
    assert mean_metrics(result)["HR@2"] == pytest.approx(1.5 / 3)
    assert mean_metrics(result)["Recall@2"] == pytest.approx(1.5 / 2)


def test_psp_by_hand() -> None:
    dataset = data()
    c = (np.log(4) - 1) * 2.5**0.55
    seen_never = 1 + c * 1.5**-0.55
    np.testing.assert_allclose(propensity_weights(dataset)[2], seen_never)
    np.testing.assert_allclose(propensity_weights(dataset)[0], 1 + c * 3.5**-0.55)
    found = full_metrics(scorer(SCORES), dataset, ks=(2,)).values["PSP@2"]
    # User 0 finds one of two equally rare items: (w / 2) / (2 w).  A perfect list gives 1 / p.
    np.testing.assert_allclose(found, [1 / 4, 1, 0])


def test_coverage_and_the_long_tail() -> None:
    overall = full_metrics(scorer(SCORES), data(), ks=(2,)).overall
    # Lists (4, 2) and (4, 5): three of six items; the head is item 0, the most known one.
    assert overall["Coverage@2"] == pytest.approx(3 / 6)
    assert overall["LongTail@2"] == 1.0


def test_known_items_are_never_recommended_even_in_long_lists() -> None:
    result = full_metrics(scorer(SCORES), data(), ks=(100,))
    assert result.overall["Coverage@100"] == pytest.approx(4 / 6)
    np.testing.assert_allclose(result.values["HR@100"], [1, 1, 0])


def test_validation_knows_the_training_rows_only() -> None:
    seen = {}

    def score(users: np.ndarray, known: np.ndarray) -> np.ndarray:
        seen["known"] = known.toarray()[0].tolist()
        return np.array(SCORES)[users]

    result = full_metrics(score, data(), "validation", ks=(1,))
    assert seen["known"] == [1, 0, 0, 0, 0, 0]
    assert result.values["HR@1"][0] == 1  # item 1 is the best of what is left
    full_metrics(score, replace(data(), test=rows((0, 2))), "test")
    assert seen["known"] == [1, 1, 0, 0, 0, 0]


def test_a_condensed_set_is_ranked_by_what_is_known_of_the_full_one() -> None:
    small = replace(data(), train=rows((2, 5)), known=data().train)
    first, second = (full_metrics(scorer(SCORES), d, ks=(2,)) for d in (data(), small))
    assert mean_metrics(first) == mean_metrics(second)


def test_equal_scores_fall_in_an_order_drawn_from_the_seed() -> None:
    n = 400
    dataset = Dataset(
        name="ties",
        n_users=n,
        n_items=40,
        train=rows(*((u, 0) for u in range(n))),
        validation=rows((0, 1)),
        test=rows(*((u, 1 + u % 39) for u in range(n))),
        histories=Ragged.from_lists([[]] * n),
        protocol="full",
    )
    flat = lambda users, known: np.zeros(known.shape)  # noqa: E731
    found = [mean_metrics(full_metrics(flat, dataset, ks=(10,), seed=s))["HR@10"] for s in range(9)]
    assert found[0] == mean_metrics(full_metrics(flat, dataset, ks=(10,)))["HR@10"]
    assert len(set(found)) > 1
    assert np.mean(found) == pytest.approx(10 / 39, abs=0.03)


def test_chunks_do_not_change_the_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = full_metrics(scorer(SCORES), data(), ks=(1, 3))
    monkeypatch.setattr(full, "CHUNK_BYTES", 6 * 16)  # one user at a time
    parts = full_metrics(scorer(SCORES), data(), ks=(1, 3))
    for name, values in whole.values.items():
        np.testing.assert_array_equal(values, parts.values[name])
    assert {k: v for k, v in whole.overall.items() if k != "AUC"} == {
        k: v for k, v in parts.overall.items() if k != "AUC"
    }


def test_the_auc_draws_neither_training_nor_test_items() -> None:
    drawn = full._auc_pool(
        np.tile(np.arange(6.0), (2, 1)),
        full.interaction_matrix(rows((0, 0), (1, 0), (1, 1)), 2, 6),
        full.interaction_matrix(rows((0, 2), (1, 4)), 2, 6),
        np.random.default_rng(0),
    )
    scores, labels = drawn
    assert scores[labels].tolist() == [2, 4]
    negatives = scores[~labels].reshape(2, 50)
    assert set(negatives[0]) == {1, 3, 4, 5}  # the validation item 1 among them
    assert set(negatives[1]) == {2, 3, 5}


@given(st.integers(0, 1000), st.booleans())
def test_the_pooled_auc_equals_scikit_learns(seed: int, tied: bool) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(4, size=30).astype(float) if tied else rng.random(30)
    labels = rng.permutation(np.arange(30) < rng.integers(1, 29))
    assert pooled_auc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


@given(st.integers(0, 1000), st.floats(0.1, 10))
def test_only_the_order_of_the_scores_counts(seed: int, scale: float) -> None:
    table = np.random.default_rng(seed).permuted(np.tile(np.arange(6.0), (3, 1)), axis=1)
    first = full_metrics(scorer(table.tolist()), data(), ks=(3,))
    second = full_metrics(scorer((scale * table + 1).tolist()), data(), ks=(3,))
    for name, values in first.values.items():
        np.testing.assert_array_equal(values, second.values[name])
    assert first.overall["AUC"] == second.overall["AUC"]


@pytest.mark.parametrize(
    ("score", "message"),
    [
        (lambda users, known: np.full(known.shape, np.nan), "found 12 that are not finite"),
        (lambda users, known: np.zeros(len(users)), "expected \\(2, 6\\), \\[users, items\\]"),
    ],
)
def test_refuses_scores_that_cannot_be_ranked(score: object, message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        full_metrics(score, data())  # type: ignore[arg-type]


def test_refuses_a_split_without_positives_and_bad_cut_offs() -> None:
    with pytest.raises(CondrecError, match="validation of small: found no positive row"):
        full_metrics(scorer(SCORES), replace(data(), validation=rows()), "validation")
    with pytest.raises(CondrecError, match="ks: found \\(0,\\), expected whole numbers above 0"):
        full_metrics(scorer(SCORES), data(), ks=(0,))
