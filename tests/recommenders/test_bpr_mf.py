from __future__ import annotations

import numpy as np
import pytest
import torch

from condrec.datasets import Dataset
from condrec.evaluation import listed_metrics, mean_metrics
from condrec.recommenders import BPRMF, recommender
from condrec.recommenders.bpr_mf import FOLD_IN_RIDGE, FactorModel, bpr_loss, ridge_fold_in


def test_loss_by_hand() -> None:
    # u . i = 2, u . j = 0 and 2: -ln sigma(2) and -ln sigma(0) = ln 2.
    users, liked = torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 1.0]])
    other = torch.tensor([[[1.0, -1.0], [2.0, 0.0]]])
    expected = (np.log(1 + np.exp(-2)) + np.log(2)) / 2
    assert float(bpr_loss(users, liked, other)) == pytest.approx(expected)


def test_regularised_loss_by_hand() -> None:
    model = FactorModel(1, 2, 2, regularization=0.1)
    with torch.no_grad():
        model.user.weight[:] = torch.tensor([[1.0, 1.0]])
        model.item.weight[:] = torch.tensor([[1.0, 1.0], [2.0, 0.0]])
    zero = torch.tensor([0])
    # ln 2 for equal scores, and 0.1 / 2 (2 + 2 + 4).
    found = float(model.loss(zero, zero, torch.tensor([[1]])).detach())
    assert found == pytest.approx(np.log(2) + 0.4)


def test_fold_in_is_the_least_squares_vector() -> None:
    items = torch.from_numpy(np.random.default_rng(0).normal(size=(12, 3))).float()
    x = torch.zeros(12)
    x[[2, 5]] = 1
    ridge = FOLD_IN_RIDGE * float((items**2).sum()) / 3
    tall = np.concatenate([items.numpy(), np.sqrt(ridge) * np.eye(3)])
    expected = np.linalg.lstsq(tall, np.concatenate([x.numpy(), np.zeros(3)]), rcond=None)[0]
    np.testing.assert_allclose(x @ ridge_fold_in(items), expected, atol=1e-5)


def test_learns_the_topics(easy_dataset: Dataset) -> None:
    config = BPRMF(embedding_size=16, learning_rate=0.02, batch_size=64, epochs=40)
    fitted = config.fit(easy_dataset, 0)
    scores = fitted.score(easy_dataset, easy_dataset.test)
    assert mean_metrics(listed_metrics(scores, easy_dataset.test, ks=(5,)))["NDCG@5"] > 0.85


def test_scores_are_products(tiny_dataset: Dataset) -> None:
    fitted = recommender("bpr-mf", {"epochs": 2}).fit(tiny_dataset, 0)
    test = tiny_dataset.test.where(tiny_dataset.test.user == 4)
    vector = fitted.users[fitted.row_of[4]].detach()
    assert isinstance(fitted.model, FactorModel)
    expected = fitted.model.item.weight.detach()[test.item] @ vector
    np.testing.assert_allclose(fitted.score(tiny_dataset, test), expected, atol=1e-6)
