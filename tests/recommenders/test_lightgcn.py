from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

from condrec.datasets import Dataset, known_matrix
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics, mean_metrics
from condrec.recommenders import LightGCN, recommender
from condrec.recommenders.lightgcn import LightModel

# User 0 likes both items, user 1 likes item 1; item 2 and user 2 are alone.
MATRIX = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=np.float32)
ROOT = 2**-0.5


@pytest.mark.parametrize("as_stored", [np.asarray, sparse.csr_matrix])
def test_one_layer_by_hand(as_stored) -> None:  # type: ignore[no-untyped-def]
    model = LightModel(as_stored(MATRIX), "cpu", 1, 1, regularization=0.0)
    with torch.no_grad():
        model.user.weight[:] = torch.tensor([[1.0], [2.0], [3.0]])
        model.item.weight[:] = torch.tensor([[4.0], [6.0], [8.0]])
        users, items, below = model.propagate()
    # Mean of layer 0 and the neighbours' sum.
    np.testing.assert_allclose(
        users[:, 0], [(1 + 4 * ROOT + 3) / 2, (2 + 6 * ROOT) / 2, 3 / 2], rtol=1e-6
    )
    np.testing.assert_allclose(
        items[:, 0], [(4 + ROOT) / 2, (6 + 1 / 2 + 2 * ROOT) / 2, 8 / 2], rtol=1e-6
    )
    np.testing.assert_allclose(below[:, 0], [4, 6, 8])


def test_fold_in_repeats_the_layers_of_a_user_in_the_graph() -> None:
    rng = np.random.default_rng(1)
    matrix = sparse.csr_matrix((rng.random((8, 6)) < 0.5).astype(np.float32))
    model = LightModel(matrix, "cpu", 4, 3, regularization=0.0)
    with torch.no_grad():
        users, fold_in = model.vectors()
        found = fold_in.vectors(matrix)
        # All but a user's own layer 0.
        np.testing.assert_allclose(found, users - model.user.weight / 4, atol=1e-6)


def test_learns_the_topics(easy_dataset: Dataset) -> None:
    config = LightGCN(embedding_size=16, learning_rate=0.02, batch_size=64, epochs=20)
    fitted = config.fit(easy_dataset, 0)
    test = easy_dataset.test
    scores = fitted.score(easy_dataset, test)
    assert mean_metrics(listed_metrics(scores, test, ks=(5,)))["NDCG@5"] > 0.85
    # Users without a vector of their own are scored as well from their items.
    known = known_matrix(easy_dataset)[np.arange(easy_dataset.n_users)]
    strangers = np.full(easy_dataset.n_users, int(np.flatnonzero(fitted.row_of < 0)[0]))
    folded = fitted.score_users(strangers, known)[test.user, test.item].astype(float)
    assert mean_metrics(listed_metrics(folded, test, ks=(5,)))["NDCG@5"] > 0.85


def test_refuses_to_have_no_layer() -> None:
    with pytest.raises(CondrecError, match="lightgcn: n_layers: found 0, expected at least 1"):
        recommender("lightgcn", {"n_layers": 0})
