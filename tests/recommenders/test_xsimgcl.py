from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from condrec.datasets import Dataset
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics, mean_metrics
from condrec.recommenders import XSimGCL, recommender
from condrec.recommenders.xsimgcl import ContrastiveModel, contrast, perturbed


def random_graph() -> sparse.csr_matrix:
    rng = np.random.default_rng(1)
    return sparse.csr_matrix((rng.random((8, 6)) < 0.5).astype(np.float32))


def model_of(**settings: object) -> ContrastiveModel:
    torch.manual_seed(0)
    config = recommender("xsimgcl", {"embedding_size": 4, "regularization": 0.0} | settings)
    return ContrastiveModel(random_graph(), "cpu", config)


@given(st.floats(0, 2), st.integers(0, 100))
def test_noise_has_its_length_and_keeps_the_signs(size: float, seed: int) -> None:
    vectors = torch.from_numpy(np.random.default_rng(seed).normal(size=(5, 3)))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        noisy = perturbed(vectors, size)
    np.testing.assert_allclose((noisy - vectors).norm(dim=1), size, atol=1e-9)
    assert (noisy.sign() == vectors.sign()).all()


def test_layers_of_a_single_pair_by_hand() -> None:
    # Without noise user and item change places in every layer.
    model = ContrastiveModel(np.ones((1, 1), dtype=np.float32), "cpu", XSimGCL(embedding_size=1))
    model.eval()
    with torch.no_grad():
        model.user.weight[:] = 3
        model.item.weight[:] = 6
        users, items = model.propagate()
        vectors, fold_in = model.vectors()
        folded = fold_in.vectors(sparse.csr_matrix(np.ones((1, 1), dtype=np.float32)))
    assert [each.item() for each in users] == [3, 6, 3, 6]
    assert [each.item() for each in items] == [6, 3, 6, 3]
    assert float(vectors) == float(folded) == 5  # the mean of layers 1 to 3
    assert float(model.scores(vectors)) == 5 * 4


def test_contrast_by_hand() -> None:
    # Rows point along the axes, so that cosines are 1 and 0, or 0 and 1.
    view = torch.tensor([[2.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    layer = torch.tensor([[3.0, 0.0], [5.0, 0.0], [0.0, 1.0]])
    nodes = torch.tensor([0, 1])
    # Node 0: cosines (1, 1) to nodes 0 and 1, node 1: (0, 0); temperature 1 / 2.
    among = float(contrast(view, layer, nodes, nodes, 0.5))
    assert among == pytest.approx(np.log(2))
    # With node 2: (1, 1, 0) and (0, 0, 1).
    every = float(contrast(view, layer, nodes, None, 0.5))
    first, second = np.log(2 + np.exp(-2)), np.log(2 + np.exp(2))
    assert every == pytest.approx((first + second) / 2)


@pytest.mark.parametrize("nodes", ["batch", "all"])
@pytest.mark.parametrize(("view", "layer"), [("final", 1), ("layer-0", 2)])
def test_the_loss_is_bpr_and_the_weighted_contrast(nodes: str, view: str, layer: int) -> None:
    settings = {"noise_size": 0, "contrast_nodes": nodes, "contrast_view": view}
    settings |= {"contrast_layer": layer}
    batch = (torch.tensor([0, 0, 3]), torch.tensor([1, 4, 1]), torch.tensor([[2], [3], [0]]))
    with torch.no_grad():
        plain, whole = (
            float(model_of(contrast_weight=weight, **settings).loss(*batch)) for weight in (0, 2)
        )
        both = model_of(**settings).propagate()
        expected = 0.0
        for layers, shown in zip(both, (torch.tensor([0, 3]), torch.tensor([1, 4])), strict=True):
            start = torch.stack(layers[1:]).mean(0) if view == "final" else layers[0]
            others = shown if nodes == "batch" else None
            expected += float(contrast(start, layers[layer], shown, others, 0.2))
    assert whole - plain == pytest.approx(2 * expected, rel=1e-5)


def test_gradients_reach_users_and_items() -> None:
    model = model_of(contrast_weight=1)
    rows, items = torch.arange(8), torch.arange(8) % 6
    model.loss(rows, items, (items[:, None] + 1) % 6).backward()
    for table in (model.user, model.item):
        assert table.weight.grad is not None and torch.isfinite(table.weight.grad).all()
        assert (table.weight.grad.abs().sum(1) > 0).all()


@pytest.mark.parametrize("stays", [False, True])
def test_noise_at_evaluation(stays: bool) -> None:
    model = model_of(noise_at_evaluation=stays)
    with torch.no_grad():
        for training, is_random in ((True, True), (False, stays)):
            model.train(training)
            first, second = (model.propagate()[0][-1] for _ in range(2))
            assert torch.equal(first, second) != is_random


def test_a_fitted_model_scores_alike_where_noise_stays_on(tiny_dataset: Dataset) -> None:
    off, on = (
        recommender("xsimgcl", {"epochs": 2, "noise_at_evaluation": stays}).fit(tiny_dataset, 0)
        for stays in (False, True)
    )
    first, again, other = (each.score(tiny_dataset, tiny_dataset.test) for each in (on, on, off))
    assert (first == again).all() and (first != other).any()


def test_fold_in_repeats_a_user_in_the_graph() -> None:
    model = model_of().eval()
    with torch.no_grad():
        users, fold_in = model.vectors()
        np.testing.assert_allclose(fold_in.vectors(random_graph()), users, atol=1e-6)


def test_learns_the_topics(easy_dataset: Dataset) -> None:
    config = XSimGCL(embedding_size=16, learning_rate=0.02, batch_size=64, epochs=20)
    fitted = config.fit(easy_dataset, 0)
    scores = fitted.score(easy_dataset, easy_dataset.test)
    assert mean_metrics(listed_metrics(scores, easy_dataset.test, ks=(5,)))["NDCG@5"] > 0.85


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_layers": 0}, "n_layers: found 0, expected at least 1"),
        ({"contrast_layer": 4}, "contrast_layer: found 4, expected at most n_layers, 3"),
        ({"noise_size": -1}, "noise_size: found -1"),
        ({"contrast_weight": "nan"}, "contrast_weight: found nan"),
        ({"temperature": 0}, "temperature: found 0, expected above 0"),
        ({"contrast_view": "layer-1"}, "contrast_view: found 'layer-1', expected one of final, l"),
        ({"contrast_nodes": "some"}, "contrast_nodes: found 'some', expected one of batch, all"),
    ],
)
def test_refuses_settings_that_cannot_work(settings: dict[str, object], message: str) -> None:
    with pytest.raises(CondrecError, match=f"xsimgcl: {message}"):
        recommender("xsimgcl", settings)
