"""Distill-CF: sampling, loss, gradients, what it learns, bad input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from condrec.condensers import DistillCF, condenser
from condrec.condensers.soft import binarised
from condrec.datasets import Dataset, SoftUsers, embedded_implicit, interaction_matrix
from condrec.errors import CondrecError
from condrec.evaluation import full_metrics, mean_metrics
from condrec.recommenders import InfiniteAE

QUICK: dict[str, Any] = {
    "steps": 20,
    "validation_interval": 10,
    "outer_batch_size": 200,
    "edition": "strict",
}


@pytest.fixture(scope="module")
def news() -> Dataset:
    return embedded_implicit()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_without_noise_a_soft_user_is_the_clipped_sum_of_equal_softmaxes() -> None:
    logits = torch.tensor([[0.0, 1.0, 3.0], [2.0, 2.0, 2.0]])
    method = DistillCF(gumbel="none", n_samples=2, tau=0.5)
    expected = (2 * torch.softmax(logits / 0.5, 1)).clamp(max=1)
    torch.testing.assert_close(method.draw(logits, generator()), expected)


@pytest.mark.parametrize("gumbel", ["shared", "independent"])
def test_a_sample_is_the_softmax_of_logits_with_gumbel_noise(gumbel: str) -> None:
    logits = torch.randn(4, 6, generator=generator(1))
    method = DistillCF(gumbel=gumbel, n_samples=1, tau=0.7, edition="strict")
    found = method.draw(logits, generator(5))
    shape = (1, 6) if gumbel == "shared" else (4, 6)
    gumbel_noise = -torch.log(torch.empty(shape).exponential_(generator=generator(5)))
    torch.testing.assert_close(found, torch.softmax((logits + gumbel_noise) / 0.7, 1))


def test_both_kinds_of_noise_have_the_same_mean() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]]).repeat(500, 1)
    means = {}
    for gumbel in ("shared", "independent"):
        method = DistillCF(gumbel=gumbel, n_samples=1, tau=1.0, edition="strict")
        draws = [method.draw(logits, generator(s)).mean(0) for s in range(400)]
        means[gumbel] = torch.stack(draws).mean(0)
    # At tau 1 the largest of logits plus noise is item i with the probability of a softmax.
    torch.testing.assert_close(means["shared"], means["independent"], rtol=0, atol=0.03)


def test_the_published_edition_draws_one_sample_twice() -> None:
    logits = torch.randn(3, 5, generator=generator(2))
    twice = DistillCF(n_samples=2, tau=0.5).draw(logits, generator(3))
    once = DistillCF(n_samples=1, tau=0.5, edition="strict").draw(logits, generator(3))
    torch.testing.assert_close(twice, (2 * once).clamp(max=1))


@pytest.mark.parametrize("edition", ["as_published", "strict"])
@pytest.mark.parametrize("gumbel", ["shared", "independent", "none"])
def test_gradients_of_the_loss_equal_finite_differences(
    gumbel: str, edition: str, news: Dataset
) -> None:
    some = np.arange(12)
    real = interaction_matrix(news.train, news.n_users, news.n_items)[some][:, :15]
    real = real[np.diff(real.indptr) > 0]
    method = DistillCF(gumbel=gumbel, n_samples=3, tau=1.0, edition=edition, cardinality=0.1)
    start = torch.randn(4, 15, generator=generator(4))

    def loss(logits: torch.Tensor) -> torch.Tensor:
        return method.loss(method.draw(logits, generator(6)), real, real, 0.5, 2.0)

    logits = start.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(loss(logits), logits)
    for index in ((0, 0), (1, 7), (3, 14)):
        moved = torch.zeros_like(start)
        moved[index] = 0.05
        slope = (loss(start + moved) - loss(start - moved)).item() / 0.1
        assert gradient[index].item() == pytest.approx(slope, rel=0.05, abs=2e-4)


def test_the_loss_by_hand() -> None:
    # One soft user who has everything, one real user: the scores of both items are equal.
    weights = torch.ones(1, 2)
    target = interaction_matrix(replace_rows([0], [1]), 1, 2)
    method = DistillCF(cardinality=0.5)
    found = method.loss(weights, target, target, 1.0, mean_row=4.0)
    assert found.item() == pytest.approx(np.log(2) + 0.5 * 2 / 4)


def replace_rows(users: list[int], items: list[int]) -> Any:
    from condrec.datasets import Interactions

    return Interactions(np.array(users), np.array(items), np.ones(len(users), dtype=np.int64))


def test_learned_users_beat_random_ones_of_equal_number(news: Dataset) -> None:
    found = {}
    for name, settings in (("random-users", {}), ("random-soft", {}), ("distill-cf", QUICK)):
        small = condenser(name, settings).condense(news, 30, seed=0)
        fitted = InfiniteAE().fit(small, 0)
        found[name] = mean_metrics(full_metrics(fitted.score_users, news))["NDCG@10"]
    assert found["distill-cf"] > 1.3 * max(found["random-users"], found["random-soft"])


def test_the_best_sample_is_kept_with_its_logits_and_the_search_is_logged(news: Dataset) -> None:
    learned, log = DistillCF(**QUICK).learn(news, 20, 0)
    assert [row["epoch"] for row in log.curve] == [10, 20]
    assert learned.soft is not None and learned.soft.logits is not None
    assert learned.soft.matrix.shape == learned.soft.logits.shape == (20, news.n_items)
    assert not len(learned.train) and learned.known_rows is not None


def test_duplicates_count_in_the_published_edition_only(news: Dataset) -> None:
    train = news.train
    doubled = replace(news, train=train.where(np.concatenate([np.arange(len(train))] * 2)))
    for edition, alike in (("strict", True), ("as_published", False)):
        settings = {**QUICK, "edition": edition, "steps": 10}
        first, second = (DistillCF(**settings).learn(d, 10, 0)[0].soft for d in (news, doubled))
        assert first is not None and second is not None
        assert np.array_equal(first.matrix, second.matrix) == alike


def test_binarised_users_are_interactions_of_the_largest_weights() -> None:
    users = binarised(SoftUsers(np.array([[0.1, 0.9, 0.3], [0.5, 0.4, 0.2]])), 2)
    assert users.matrix.tolist() == [[0, 1, 1], [1, 1, 0]]
    assert users.is_binary


def test_a_patience_of_0_stops_at_the_first_step_back(news: Dataset) -> None:
    settings = {
        **QUICK,
        "steps": 60,
        "validation_interval": 2,
        "outer_patience": 0,
        "outer_learning_rate": 2.0,
    }
    _, log = DistillCF(**settings).learn(news, 10, 0)
    scores = [row["validation"] for row in log.curve]
    assert len(scores) < 30 and scores[-1] <= max(scores[:-1])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"tau": 0}, "distill-cf: tau: found 0.0, expected above 0"),
        ({"n_samples": 0}, "distill-cf: n_samples: found 0, expected at least 1"),
        ({"outer_dropout": 1}, "distill-cf: outer_dropout: found 1.0, expected \\[0, 1\\)"),
        ({"gumbel": "some"}, "distill-cf: gumbel: found 'some', expected one of"),
        ({"content": "auto"}, "soft users have no texts to condense"),
        ({"outer_batch_size": -1}, "distill-cf: outer_batch_size: found -1, expected at least 0"),
    ],
)
def test_refuses_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        condenser("distill-cf", settings)


def test_refuses_more_fake_users_than_users_and_listed_data(
    news: Dataset, tiny_dataset: Dataset
) -> None:
    with pytest.raises(CondrecError, match="found 601 users, but embedded-implicit has 600"):
        DistillCF().condense(news, 601, 0)
    with pytest.raises(CondrecError, match="tiny under protocol listed, expected interactions"):
        DistillCF().condense(tiny_dataset, 5, 0)
    with pytest.raises(CondrecError, match="top: found 401, expected at most the 400 items"):
        DistillCF(**{**QUICK, "top": 401}).condense(news, 5, 0)
