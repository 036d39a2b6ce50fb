from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from scipy import sparse

from condrec.datasets import Dataset
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics, mean_metrics
from condrec.recommenders import NGCF, recommender
from condrec.recommenders.bpr_mf import ridge_fold_in
from condrec.recommenders.ngcf import Layer, NeuralGraphModel


def random_graph() -> sparse.csr_matrix:
    rng = np.random.default_rng(1)
    return sparse.csr_matrix((rng.random((8, 6)) < 0.5).astype(np.float32))


def test_a_layer_by_hand() -> None:
    layer = Layer(2)
    with torch.no_grad():
        layer.plain.weight[:] = torch.tensor([[1.0, 0.0], [0.0, -1.0]])
        layer.plain.bias[:] = torch.tensor([0.5, 0.0])
        layer.product.weight[:] = torch.tensor([[0.0, 1.0], [2.0, 0.0]])
        layer.product.bias[:] = torch.tensor([0.0, -1.0])
        found = layer(torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, 4.0]]), 0.0)
    # W1 [4, 6] + b1 = [4.5, -6]; W2 [3, 8] + b2 = [8, 5]; of [12.5, -1] LeakyReLU, then length 1.
    expected = np.array([12.5, -0.2])
    np.testing.assert_allclose(found[0], expected / np.linalg.norm(expected), rtol=1e-6)


def test_layers_of_a_single_pair_by_hand() -> None:
    model = NeuralGraphModel(np.ones((1, 1), dtype=np.float32), "cpu", NGCF(embedding_size=2))
    model.eval()
    with torch.no_grad():
        model.user.weight[:] = torch.tensor([[1.0, 0.0]])
        model.item.weight[:] = torch.tensor([[2.0, 1.0]])
        for layer in model.layers:
            layer.plain.weight[:] = torch.eye(2)
            layer.product.weight[:] = torch.eye(2)
        users, items = model.propagate()
        vectors, _ = model.vectors()
    # Both sum to [3, 1] and multiply to [2, 0]: user and item have the same layer 1.
    first = np.array([5, 1]) / 26**0.5
    second = 2 * first + first**2
    for layers in (users, items):
        np.testing.assert_allclose(layers[1][0], first, rtol=1e-6)
        np.testing.assert_allclose(layers[2][0], second / np.linalg.norm(second), rtol=1e-6)
    assert torch.equal(vectors, torch.cat(users, dim=1))
    assert float(model.scores(vectors)) == pytest.approx(1 * 2 + 1 + 1)


def test_gradients_reach_every_weight() -> None:
    torch.manual_seed(0)
    model = NeuralGraphModel(random_graph(), "cpu", NGCF(embedding_size=4, regularization=0.0))
    rows, items = torch.arange(8), torch.arange(8) % 6
    model.loss(rows, items, (items[:, None] + 1) % 6).backward()
    for name, weight in model.named_parameters():
        assert weight.grad is not None and weight.grad.abs().sum() > 0, name
        assert torch.isfinite(weight.grad).all(), name


@pytest.mark.parametrize("stays", [False, True])
def test_dropout_at_evaluation(stays: bool) -> None:
    torch.manual_seed(0)
    config = NGCF(embedding_size=16, dropout=0.5, dropout_at_evaluation=stays)
    model = NeuralGraphModel(random_graph(), "cpu", config)
    with torch.no_grad():
        for training, is_random in ((True, True), (False, stays)):
            model.train(training)
            first, second = (torch.cat(model.propagate()[0], dim=1) for _ in range(2))
            assert torch.equal(first, second) != is_random
            zeros = float((first[:, 16:] == 0).float().mean())
            assert 0.4 < zeros < 0.6 if is_random else zeros < 0.05


def test_a_fitted_model_scores_alike_where_dropout_stays_on(tiny_dataset: Dataset) -> None:
    settings = {"epochs": 2, "dropout": 0.5}
    off, on = (
        recommender("ngcf", settings | {"dropout_at_evaluation": stays}).fit(tiny_dataset, 0)
        for stays in (False, True)
    )
    first, again, other = (each.score(tiny_dataset, tiny_dataset.test) for each in (on, on, off))
    assert (first == again).all() and (first != other).any()


def test_new_users_get_the_least_squares_vector_of_their_items() -> None:
    torch.manual_seed(0)
    matrix = random_graph()
    model = NeuralGraphModel(matrix, "cpu", NGCF(embedding_size=4, n_layers=3)).eval()
    with torch.no_grad():
        _, fold_in = model.vectors()
        _, items = model.propagate()
        expected = torch.from_numpy(matrix.toarray()) @ ridge_fold_in(torch.cat(items, dim=1))
        np.testing.assert_allclose(fold_in.vectors(matrix), expected, rtol=1e-5, atol=1e-8)


def test_new_users_are_ranked_nearly_as_if_they_had_been_in_the_graph(
    easy_dataset: Dataset,
) -> None:
    config = NGCF(embedding_size=16, learning_rate=0.01, batch_size=64, epochs=20)
    own, folded = (
        dataclasses.replace(config, served_by=way).fit(easy_dataset, 0) for way in ("own", "known")
    )
    rows = easy_dataset.test
    values = [
        mean_metrics(listed_metrics(each.score(easy_dataset, rows), rows, ks=(5,)))["NDCG@5"]
        for each in (own, folded)
    ]
    assert values[1] > 0.9 * values[0] > 0.75


def test_learns_the_topics(easy_dataset: Dataset) -> None:
    config = NGCF(embedding_size=16, learning_rate=0.01, batch_size=64, epochs=20)
    fitted = config.fit(easy_dataset, 0)
    scores = fitted.score(easy_dataset, easy_dataset.test)
    assert mean_metrics(listed_metrics(scores, easy_dataset.test, ks=(5,)))["NDCG@5"] > 0.85


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_layers": 0}, "n_layers: found 0, expected at least 1"),
        ({"dropout": 1.0}, "dropout: found 1.0, expected"),
        ({"dropout": "nan"}, "dropout: found nan"),
    ],
)
def test_refuses_settings_that_cannot_work(settings: dict[str, object], message: str) -> None:
    with pytest.raises(CondrecError, match=f"ngcf: {message}"):
        recommender("ngcf", settings)
