from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from condrec.datasets import Dataset, Interactions, Ragged, SoftUsers
from condrec.errors import CondrecError
from condrec.recommenders import EASE, recommender
from condrec.recommenders.ease import REGULARIZATIONS, Factors, factors, weights

NONE = Interactions([], [], [])


def of_likes(*likes: list[int], n_items: int, soft: SoftUsers | None = None) -> Dataset:
    pairs = [(user, item) for user, items in enumerate(likes) for item in items]
    users, items = np.array(pairs, dtype=int).reshape(-1, 2).T
    train = Interactions(users, items, np.ones(len(pairs), dtype=int))
    histories = Ragged.from_lists([[]] * 4)
    return Dataset("likes", 4, n_items, train, NONE, NONE, histories, protocol="full", soft=soft)


def row(*values: float) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.array([values], dtype=np.float32))


def test_two_items_by_hand() -> None:
    # Two users like both items, one more likes item 0: G = [[3, 2], [2, 2]]; with lambda 1,
    # P = [[3, -2], [-2, 4]] / 8 and B_01 = 2 / 4, B_10 = 2 / 3.
    fitted = EASE(1.0).fit(of_likes([0, 1], [0, 1], [0], n_items=2), 0)
    assert isinstance(fitted.weights, np.ndarray)
    np.testing.assert_allclose(fitted.weights, [[0, 1 / 2], [2 / 3, 0]])
    np.testing.assert_allclose(fitted.score_users(np.array([3]), row(1, 0)), [[0, 1 / 2]])
    np.testing.assert_allclose(fitted.score_users(np.array([3]), row(1, 1)), [[2 / 3, 1 / 2]])


def test_soft_users_by_hand() -> None:
    # One soft user (1/2, 1/2, 0): G = 1/4 of ones; with lambda 1/4, B_01 = 1/4 / (1/4 + 1/4).
    soft = SoftUsers(np.array([[0.5, 0.5, 0.0]]))
    fitted = EASE(0.25).fit(of_likes(n_items=3, soft=soft), 0)
    np.testing.assert_allclose(fitted.score_users(np.array([0]), row(1, 0, 1)), [[0, 0.5, 0]])


rows = arrays(
    np.float64, st.tuples(st.integers(1, 6), st.integers(2, 5)), elements=st.integers(0, 1)
)
strengths = st.floats(0.1, 100)


@given(rows, strengths)
def test_every_column_is_a_ridge_regression_on_the_other_items(
    matrix: np.ndarray, strength: float
) -> None:
    found = weights(torch.from_numpy(matrix.T @ matrix), strength).numpy()
    for item in range(matrix.shape[1]):
        others = np.delete(matrix, item, axis=1)
        left = others.T @ others + strength * np.eye(others.shape[1])
        expected = np.linalg.solve(left, others.T @ matrix[:, item])
        np.testing.assert_allclose(np.delete(found[:, item], item), expected, atol=1e-9)
    assert (found.diagonal() == 0).all()


@given(rows, strengths)
def test_factors_multiply_to_the_weights(matrix: np.ndarray, strength: float) -> None:
    whole = weights(torch.from_numpy(matrix.T @ matrix), strength)
    gram = torch.from_numpy(matrix @ matrix.T)
    one_hot = sparse.identity(matrix.shape[1], format="csr")
    for rows in (matrix, sparse.csr_matrix(matrix)):
        found = factors(rows, gram, strength).scores(one_hot)
        np.testing.assert_allclose(found, whole, atol=1e-9)


def test_few_users_score_as_the_full_weights_do() -> None:
    data = of_likes([0, 1, 4], [1, 2], n_items=5)
    fitted = EASE(3.0).fit(data, 0)
    assert isinstance(fitted.weights, Factors)
    matrix = np.array([[1, 1, 0, 0, 1], [0, 1, 1, 0, 0]], dtype=float)
    expected = weights(torch.from_numpy(matrix.T @ matrix), 3.0).numpy()
    known = sparse.csr_matrix(np.array([[1, 1, 0, 1, 0], [0, 0, 0, 0, 0]], dtype=np.float32))
    found = fitted.score_users(np.array([0, 1]), known)
    np.testing.assert_allclose(found, known @ expected, atol=1e-12)


def test_chooses_the_regularization_on_validation(tiny_dataset: Dataset) -> None:
    fitted = EASE().fit(tiny_dataset, 0)
    assert [each["loss"] for each in fitted.log.curve] == list(REGULARIZATIONS)
    scores = [each["validation"] for each in fitted.log.curve]
    assert fitted.regularization == REGULARIZATIONS[int(np.argmax(scores))]
    fixed = EASE(fitted.regularization).fit(tiny_dataset, 0)
    found, expected = (each.score(tiny_dataset, tiny_dataset.test) for each in (fitted, fixed))
    assert (found == expected).all()
    assert fixed.log.curve == []


def test_refuses_what_cannot_work(tiny_dataset: Dataset) -> None:
    for value in (0, -1, float("inf"), float("nan")):
        with pytest.raises(CondrecError, match="ease: regularization: found .*above 0"):
            recommender("ease", {"regularization": value})
    unvalidated = dataclasses.replace(tiny_dataset, validation=NONE)
    with pytest.raises(CondrecError, match="no positive validation row.*set regularization"):
        EASE().fit(unvalidated, 0)
    assert np.isfinite(EASE(10.0).fit(unvalidated, 0).score(tiny_dataset, tiny_dataset.test)).all()


@pytest.mark.parametrize("likes", [[[0]], [[0, 1]] * 4])
def test_refuses_a_regularization_below_the_precision(likes: list[list[int]]) -> None:
    with pytest.raises(CondrecError, match="leaves the Gram matrix singular; choose a larger"):
        EASE(1e-300).fit(of_likes(*likes, n_items=2), 0)
