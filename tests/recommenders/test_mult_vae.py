from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

from condrec.datasets import Dataset, Interactions, SoftUsers, dense, known_matrix
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics, mean_metrics
from condrec.recommenders import MultVAE, recommender
from condrec.recommenders.mult_vae import Autoencoder, divergence

SMALL: dict[str, Any] = {"embedding_size": 8, "hidden_size": 16, "epochs": 3, "batch_size": 16}
NONE = Interactions([], [], [])


def test_divergence_by_hand() -> None:
    # KL(N(m, s^2) || N(0, 1)) = (s^2 + m^2 - 1 - ln s^2) / 2, summed over two dimensions.
    found = divergence(torch.tensor([[0.0, 1.0], [0.0, 0.0]]), torch.tensor([[0.0, 0.0], [1.0, 0]]))
    np.testing.assert_allclose(found, [0.5, (np.e - 2) / 2], rtol=1e-6)


def test_loss_by_hand() -> None:
    # All weights zero: the decoder gives every one of 4 items ln(1/4), and q is the prior.
    model = Autoencoder(4, 3, 2, dropout=0.0)
    for each in model.parameters():
        torch.nn.init.zeros_(each)
    rows = sparse.csr_matrix(np.array([[1, 1, 0, 0], [0, 0, 0, 1]], dtype=np.float32))
    assert float(model.loss(rows, 0.2).detach()) == pytest.approx(1.5 * np.log(4))
    torch.nn.init.constant_(model.second.bias[:2], 1.0)  # mean 1, twice
    assert float(model.loss(rows, 0.2).detach()) == pytest.approx(1.5 * np.log(4) + 0.2)


@torch.no_grad()
def test_sparse_and_dense_rows_are_encoded_alike() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (5, 7)).astype(np.float32)
    rows[[1, 4]] = 0  # users without any item, one of them last
    model = Autoencoder(7, 4, 2, dropout=0.5).eval()
    for from_sparse, from_dense in zip(
        model.encode(sparse.csr_matrix(rows)), model.encode(rows), strict=True
    ):
        np.testing.assert_allclose(from_sparse, from_dense, atol=1e-6)
    first = rows[:1] / np.sqrt(rows[0].sum())
    expected = first @ model.first.weight.numpy() + model.bias.numpy()
    np.testing.assert_allclose(model._first(rows[:1]), expected, atol=1e-6)


def test_learns_the_topics(easy_dataset: Dataset) -> None:
    fitted = MultVAE(hidden_size=32, embedding_size=8, batch_size=50).fit(easy_dataset, 0)
    scores = fitted.score(easy_dataset, easy_dataset.test)
    assert mean_metrics(listed_metrics(scores, easy_dataset.test, ks=(5,)))["NDCG@5"] > 0.9
    losses = [row["loss"] for row in fitted.log.curve]
    assert losses[-1] < losses[0]


def test_scores_depend_on_what_is_known_only(tiny_dataset: Dataset) -> None:
    fitted = recommender("mult-vae", SMALL).fit(tiny_dataset, 0)
    known = known_matrix(tiny_dataset)[:4]
    first = fitted.score_users(np.arange(4), known)
    assert (fitted.score_users(np.arange(4) + 9, known) == first).all()


def test_trains_on_soft_users(tiny_dataset: Dataset) -> None:
    matrix = dense(known_matrix(tiny_dataset)) * 0.9
    soft = dataclasses.replace(
        tiny_dataset, train=NONE, soft=SoftUsers(matrix), known=tiny_dataset.train
    )
    config = recommender("mult-vae", SMALL)
    first, again, other = (config.fit(soft, seed).score(soft, soft.test) for seed in (0, 0, 1))
    assert np.isfinite(first).all()
    assert (first == again).all() and (first != other).any()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "mult-vae: epochs: found 0, expected at least 1"),
        ({"hidden_size": 0}, "mult-vae: hidden_size: found 0"),
        ({"dropout": 1.0}, "mult-vae: dropout: found 1.0"),
        ({"dropout": "nan"}, "mult-vae: dropout: found nan"),
        ({"beta": -1}, "mult-vae: beta: found -1.0, expected at least 0"),
        ({"annealing_epochs": 0}, "mult-vae: annealing_epochs: found 0"),
    ],
)
def test_refuses_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        recommender("mult-vae", settings)
