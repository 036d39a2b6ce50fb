from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import sparse

from condrec.recommenders.graph import Edges, GraphModel, Propagate, normalised_graph

# User 0 likes both items, user 1 likes item 1; item 2 and user 2 are alone.
MATRIX = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=np.float32)
ROOT = 2**-0.5
either = pytest.mark.parametrize("as_stored", [np.asarray, sparse.csr_matrix])


@either
def test_graph_by_hand(as_stored) -> None:  # type: ignore[no-untyped-def]
    graph, by_item = normalised_graph(as_stored(MATRIX))
    found = graph.toarray() if sparse.issparse(graph) else graph
    np.testing.assert_allclose(found, [[ROOT, 1 / 2, 0], [0, ROOT, 0], [0, 0, 0]], rtol=1e-6)
    np.testing.assert_allclose(by_item, [1, ROOT, 0], rtol=1e-6)


@either
def test_sums_of_neighbours_by_hand(as_stored) -> None:  # type: ignore[no-untyped-def]
    model = GraphModel(as_stored(MATRIX), "cpu", 1, 0.0)
    users, items = torch.tensor([[1.0], [2.0], [3.0]]), torch.tensor([[4.0], [6.0], [8.0]])
    near_users, near_items = model.neighbors(users, items)
    np.testing.assert_allclose(near_users[:, 0], [4 * ROOT + 3, 6 * ROOT, 0], rtol=1e-6)
    np.testing.assert_allclose(near_items[:, 0], [ROOT, 1 / 2 + 2 * ROOT, 0], rtol=1e-6)
    # A user outside the graph sums as one of it.
    known = sparse.csr_matrix(MATRIX)
    np.testing.assert_allclose(model.new_users(items).vectors(known), near_users, rtol=1e-6)


def test_edges_carry_weights() -> None:
    weights = np.array([[0.25, 0.75], [0.0, 0.25]], dtype=np.float32)
    graph, _ = normalised_graph(weights)
    np.testing.assert_allclose(graph, [[0.5, 0.75], [0, 0.5]], rtol=1e-6)


@either
def test_gradient_of_a_propagation(as_stored) -> None:  # type: ignore[no-untyped-def]
    matrix = as_stored(np.random.default_rng(0).integers(0, 2, (4, 3)).astype(np.float64))
    graph, mirror = Edges(matrix, "cpu"), Edges(matrix.T, "cpu")
    vectors = torch.ones(3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: Propagate.apply(x, graph, mirror), (vectors,))
