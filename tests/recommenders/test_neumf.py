from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

import condrec.recommenders.neumf as module
from condrec.datasets import Dataset
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics, mean_metrics
from condrec.recommenders import NeuMF, recommender
from condrec.recommenders.neumf import NeuralModel, profile_fold_in


def model_of(n_rows: int, n_items: int) -> NeuralModel:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        model = NeuralModel(np.zeros((n_rows, n_items)), 8, 3, regularization=0.0)
        for table in (model.user, model.item):
            torch.nn.init.normal_(table.weight)
    return model


@torch.no_grad()
def test_scores_by_the_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    # y = h . [p * q ; tower(p' ; q')], one pair at a time, the first layer on [p' ; q'].
    model = model_of(3, 5)
    found = model.scores(model.user.weight)
    assert found.shape == (3, 5)
    first = torch.cat([model.of_user.weight, model.of_item.weight], dim=1)
    for u, user in enumerate(model.user.weight):
        for i, item in enumerate(model.item.weight):
            hidden = torch.relu(first @ torch.cat([user[8:], item[8:]]) + model.of_item.bias)
            for layer in model.tower:
                hidden = torch.relu(layer(hidden))
            product = model.product_head(user[:8] * item[:8])
            expected = float(product + model.tower_head(hidden))
            assert float(found[u, i]) == pytest.approx(expected, abs=1e-5)
    monkeypatch.setattr(module, "CELLS", 1)  # one user at a time
    np.testing.assert_allclose(model.scores(model.user.weight), found, atol=1e-5)


def test_loss_is_the_log_loss_of_the_scores() -> None:
    model = model_of(3, 5)
    rows, items, negatives = (
        torch.tensor([2, 0]),
        torch.tensor([1, 4]),
        torch.tensor([[0, 3], [2, 2]]),
    )
    table = torch.sigmoid(model.scores(model.user.weight)).detach().numpy()
    right = [table[2, 1], 1 - table[2, 0], 1 - table[2, 3], table[0, 4], 1 - table[0, 2]]
    expected = -np.log([*right, right[-1]]).mean()
    assert float(model.loss(rows, items, negatives).detach()) == pytest.approx(expected, rel=1e-5)


def test_widths_halve() -> None:
    tower = model_of(1, 1).tower
    assert [tuple(layer.weight.shape) for layer in tower] == [(4, 8), (2, 4)]
    assert len(NeuralModel(np.zeros((1, 1)), 2, 4, 0.0).tower) == 3  # never below one unit


def test_fold_in_recovers_a_linear_map() -> None:
    rng = np.random.default_rng(0)
    matrix = (rng.random((200, 30)) < 0.3).astype(np.float32)
    items = torch.from_numpy(rng.normal(size=(30, 4)).astype(np.float32))
    profiles = matrix @ items.numpy() / matrix.sum(1, keepdims=True)
    users = profiles @ rng.normal(size=(4, 4)) + 1
    fold_in = profile_fold_in(matrix, torch.from_numpy(users.astype(np.float32)), items)
    found = fold_in.vectors(sparse.csr_matrix(matrix))
    np.testing.assert_allclose(found, users, atol=0.15)
    # The same from sparse rows.
    again = profile_fold_in(sparse.csr_matrix(matrix), torch.from_numpy(users).float(), items)
    np.testing.assert_allclose(again.items, fold_in.items, atol=1e-4)


def test_learns_the_topics(easy_dataset: Dataset) -> None:
    config = NeuMF(embedding_size=16, learning_rate=0.01, batch_size=64, epochs=40)
    fitted = config.fit(easy_dataset, 0)
    scores = fitted.score(easy_dataset, easy_dataset.test)
    assert mean_metrics(listed_metrics(scores, easy_dataset.test, ks=(5,)))["NDCG@5"] > 0.85


def test_refuses_to_have_no_layer() -> None:
    with pytest.raises(CondrecError, match="neumf: n_layers: found 0, expected at least 1"):
        recommender("neumf", {"n_layers": 0})
