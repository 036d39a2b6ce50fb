"""The infinitely wide autoencoder: the formula, soft users, lambda, bad input, real values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from condrec.datasets import Dataset, SoftUsers, embedded_implicit, known_matrix, load_dataset
from condrec.errors import CondrecError
from condrec.evaluation import full_metrics, mean_metrics
from condrec.recommenders import InfiniteAE, Popularity, recommender
from condrec.recommenders.infinite_ae import LAMBDAS
from condrec.recommenders.kernel import gram, tangent_kernel


@pytest.fixture(scope="module")
def news() -> Dataset:
    return embedded_implicit()


def test_the_scores_are_those_of_the_formula(news: Dataset) -> None:
    fitted = InfiniteAE(lambda_=2.0).fit(news, 0)
    known = known_matrix(news, "test")[:7]
    x = torch.tensor(known_matrix(news).toarray()).double()
    q = torch.tensor(known.toarray()).double()
    k = gram(x @ x.T, news.n_items, 1)
    kq = tangent_kernel(q @ x.T, (q**2).sum(1), (x**2).sum(1), news.n_items, 1)
    plain = kq @ torch.linalg.inv(k + 2.0 * k.trace() / len(k) * torch.eye(len(k))) @ x
    found = fitted.score_users(np.arange(7), known)
    np.testing.assert_allclose(found, plain.numpy(), rtol=1e-6, atol=1e-9)


def test_soft_users_that_are_the_real_rows_give_the_same_model(news: Dataset) -> None:
    rows = known_matrix(news).toarray()
    soft = replace(news, train=news.train.where([]), known=news.train, soft=SoftUsers(rows))
    known = known_matrix(news)[:5]
    first, second = (InfiniteAE(lambda_=5.0).fit(d, 0) for d in (news, soft))
    users = np.arange(5)
    np.testing.assert_allclose(
        first.score_users(users, known), second.score_users(users, known), rtol=1e-8
    )


def test_lambda_is_chosen_on_validation_and_every_one_is_logged(news: Dataset) -> None:
    fitted = InfiniteAE().fit(news, 0)
    tried = {row["loss"]: row["validation"] for row in fitted.log.curve}
    assert set(tried) <= set(LAMBDAS) and len(tried) > 4
    assert tried[fitted.strength] == max(tried.values())
    alone = InfiniteAE(lambda_=fitted.strength).fit(news, 0)
    result = full_metrics(alone.score_users, news, "validation", ks=(100,), with_auc=False)
    assert mean_metrics(result)["HR@100"] == pytest.approx(max(tried.values()), abs=1e-9)


def test_it_beats_popularity_by_far(news: Dataset) -> None:
    scores = {
        model: mean_metrics(full_metrics(model.fit(news, 0).score_users, news))["NDCG@10"]
        for model in (InfiniteAE(), Popularity())
    }
    personal, floor = scores.values()
    assert personal > 1.5 * floor


def test_unknown_users_are_scored(news: Dataset) -> None:
    known = known_matrix(news)[:1] * 0
    known.eliminate_zeros()
    assert np.isfinite(InfiniteAE(lambda_=1.0).fit(news, 0).score_users(np.zeros(1), known)).all()


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_refuses_a_lambda_that_is_not_above_0(value: float) -> None:
    with pytest.raises(
        CondrecError, match="infinite-ae: lambda: found .*, expected a number above"
    ):
        recommender("infinite-ae", {"lambda": value})


def test_refuses_a_lambda_too_small_for_a_singular_kernel(news: Dataset) -> None:
    copies = SoftUsers(np.tile(known_matrix(news)[:1].toarray(), (40, 1)))
    twins = replace(news, train=news.train.where([]), known=news.train, soft=copies)
    with pytest.raises(CondrecError, match="lambda 1e-30 leaves the kernel singular"):
        InfiniteAE(lambda_=1e-30).fit(twins, 0)


@pytest.mark.parametrize(
    ("name", "ndcg", "hr", "psp", "popularity"),
    [("ml-1m", 0.3339, 0.3191, 0.0329, 0.1435), ("magazine", 0.2300, 0.2660, 0.1323, 0.0826)],
)
def test_the_released_splits_give_the_checked_values(
    real_data: Path, name: str, ndcg: float, hr: float, psp: float, popularity: float
) -> None:
    # Checked against an independent run of the closed form (fact sheet, section 3.3).
    dataset = load_dataset(name)
    fitted = InfiniteAE(lambda_=5.0).fit(dataset, 0)
    found = mean_metrics(full_metrics(fitted.score_users, dataset))
    assert found["NDCG@10"] == pytest.approx(ndcg, abs=5e-4)
    assert found["HR@10"] == pytest.approx(hr, abs=5e-4)
    assert found["PSP@10"] == pytest.approx(psp, abs=5e-4)
    if name == "ml-1m":
        assert found["AUC"] == pytest.approx(0.946, abs=5e-4)
    floor = Popularity().fit(dataset, 0).score_users
    floors = [mean_metrics(full_metrics(floor, dataset, seed=s))["NDCG@10"] for s in range(3)]
    # Magazine's most popular items are tied in pairs: the value depends on their order.
    assert np.mean(floors) == pytest.approx(popularity, abs=5e-4 if name == "ml-1m" else 2e-3)
