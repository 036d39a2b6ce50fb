"""Interactions as matrices of users and items."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from condrec.datasets.types import Dataset, Interactions
from condrec.errors import CondrecError

SparseMatrix: TypeAlias = Any
"""A ``scipy.sparse.csr_matrix`` of rows of users, float32; every stored entry is positive."""


def interaction_matrix(
    rows: Interactions, n_users: int, n_items: int, counts: bool = False
) -> SparseMatrix:
    """Return the positive rows as a matrix, shape [n_users, n_items].

    Args:
        rows: interactions; rows with label 0 are left out.
        n_users: rows of the matrix.
        n_items: columns.
        counts: let a pair that occurs twice count 2; else every entry is 1.
    """
    positive = rows.positives
    ones = np.ones(len(positive), dtype=np.float32)
    matrix = sparse.csr_matrix(
        (ones, (positive.user, positive.item)), shape=(n_users, n_items), dtype=np.float32
    )
    matrix.sum_duplicates()
    if not counts:
        matrix.data[:] = 1
    return matrix


def known_matrix(dataset: Dataset, split: str = "validation") -> SparseMatrix:
    """Return what is known of every user when a split is ranked, shape [n_users, n_items].

    For ``validation`` the training rows, for ``test`` the validation rows too (fact sheet
    Distill-CF, section 3.1).
    """
    matrix = interaction_matrix(dataset.known_rows, dataset.n_users, dataset.n_items)
    if split == "test":
        later = interaction_matrix(dataset.validation, dataset.n_users, dataset.n_items)
        matrix = matrix.maximum(later)
    return matrix


def training_matrix(dataset: Dataset) -> SparseMatrix | NDArray[np.float32]:
    """Return one row a training user: sparse ones, or the dense weights of soft users.

    Users without a positive training row have no row here, so row numbers are no user ids.

    Returns:
        Shape [n_train_users, n_items], in the order of ``dataset.train_users``.
    """
    if dataset.soft is not None:
        return dataset.soft.matrix
    if dataset.soft_sequences is not None:
        raise CondrecError(
            f"{dataset.name}: found soft sequences, which have no rows of users; expected "
            "interactions or soft users, or a sequence model"
        )
    matrix = interaction_matrix(dataset.train, dataset.n_users, dataset.n_items)
    return matrix[dataset.train_users]


def dense(matrix: Any) -> NDArray[np.float32]:
    """Return a matrix as a dense float32 array."""
    return np.asarray(matrix.todense() if sparse.issparse(matrix) else matrix, dtype=np.float32)
