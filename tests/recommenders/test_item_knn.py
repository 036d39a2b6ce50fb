from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

import condrec.recommenders.item_knn as module
from condrec.datasets import Dataset
from condrec.errors import CondrecError
from condrec.recommenders import ItemKNN, recommender
from condrec.recommenders.item_knn import cosine_neighbors

# Item 0 has the users {0, 1, 2}, item 1 {0, 1}, item 2 {2}, item 3 nobody.
MATRIX = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0]], dtype=np.float32)


@pytest.mark.parametrize("as_stored", [np.asarray, sparse.csr_matrix])
def test_four_items_by_hand(as_stored) -> None:  # type: ignore[no-untyped-def]
    near, far = 2 / 6**0.5, 1 / 3**0.5
    everyone = cosine_neighbors(as_stored(MATRIX), 10, 0.0).toarray()
    expected = [[0, near, far, 0], [near, 0, 0, 0], [far, 0, 0, 0], [0, 0, 0, 0]]
    np.testing.assert_allclose(everyone, expected, rtol=1e-6)
    nearest = cosine_neighbors(as_stored(MATRIX), 1, 0.0).toarray()
    expected[2][0] = 0  # item 1 is nearer to item 0 than item 2 is
    np.testing.assert_allclose(nearest, expected, rtol=1e-6)
    shrunken = cosine_neighbors(as_stored(MATRIX), 10, 1.0).toarray()
    assert shrunken[0, 1] == pytest.approx(2 / (6**0.5 + 1))


def test_scores_are_sums_over_known_neighbours(tiny_dataset: Dataset) -> None:
    fitted = ItemKNN().fit(tiny_dataset, 0)
    known = np.zeros((2, tiny_dataset.n_items), dtype=np.float32)
    known[0, [1, 4]] = 1
    found = fitted.score_users(np.array([0, 1]), sparse.csr_matrix(known))
    table = fitted.neighbors.toarray()
    np.testing.assert_allclose(found, [table[1] + table[4], np.zeros(len(table))], rtol=1e-6)


rows = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(2, 7)),
    elements=st.sampled_from([0, 0.5, 1]),
)


@given(rows, st.integers(1, 8), st.floats(0, 10))
def test_neighbours(matrix: np.ndarray, n_neighbors: int, shrinkage: float) -> None:
    found = cosine_neighbors(matrix, n_neighbors, shrinkage).toarray()
    assert ((found >= 0) & (found <= 1 + 1e-6)).all()
    assert (found.diagonal() == 0).all()
    assert ((found > 0).sum(0) <= n_neighbors).all()
    everyone = cosine_neighbors(matrix, 100, shrinkage).toarray()
    np.testing.assert_allclose(everyone, everyone.T, atol=1e-6)
    np.testing.assert_allclose(found.max(0), everyone.max(0), atol=1e-6)
    # In blocks as at once.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "COLUMNS", 2)
        blocks = cosine_neighbors(sparse.csr_matrix(matrix), 100, shrinkage).toarray()
    np.testing.assert_allclose(blocks, everyone, atol=1e-6)


def test_refuses_settings_that_cannot_work() -> None:
    with pytest.raises(CondrecError, match="item-knn: n_neighbors: found 0, expected at least 1"):
        recommender("item-knn", {"n_neighbors": 0})
    for value in (-1, "nan", "inf"):
        with pytest.raises(CondrecError, match="item-knn: shrinkage: found"):
            recommender("item-knn", {"shrinkage": value})
