"""EASE: a linear autoencoder of items with a closed form."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from condrec.datasets import Dataset, SparseMatrix, training_matrix
from condrec.errors import CondrecError
from condrec.recommenders.base import FullRanker, TrainingLog, resolve_device, validation_score
from condrec.settings import require

REGULARIZATIONS = (1.0, 10.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2000.0)
"""Values tried on validation."""
CHUNK = 4096
"""Items whose columns are held dense at once."""


@dataclass(frozen=True)
class EASE:
    """B = I - P diag(P)^-1 with P = (X^T X + lambda I)^-1 (Steck 2019, Eq. 8)."""

    VERSION: ClassVar[int] = 1
    regularization: float | None = None
    """Lambda, the weight of the squared entries of B; None: chosen on validation."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        require(
            self.regularization is None or 0 < self.regularization < np.inf,
            f"ease: regularization: found {self.regularization}, expected a number above 0; leave "
            "it out to choose it on validation",
        )

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedEASE:
        """Solve in float64; nothing is drawn but whom to validate on.

        Every value tried has a row in the log: ``loss`` holds the regularization, ``validation``
        its score.

        Args:
            dataset: interactions or soft users.
            seed: breaks ties of the validation lists.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            CondrecError: no positive validation row to choose the regularization by, or one that
                is too small for the matrix.
        """
        start = time.perf_counter()
        place = resolve_device(device)
        matrix: Any = training_matrix(dataset).astype(np.float64)
        few = matrix.shape[0] < matrix.shape[1]
        square = _product(matrix, matrix.T) if few else _product(matrix.T, matrix)
        gram = torch.from_numpy(square).to(place)

        def solve(value: float) -> FittedEASE:
            found = factors(matrix, gram, value) if few else weights(gram, value).cpu().numpy()
            return FittedEASE(found, value, TrainingLog())

        if self.regularization is not None:
            fitted = solve(self.regularization)
            return replace(fitted, log=TrainingLog(seconds=time.perf_counter() - start))
        if not len(dataset.validation.positives):
            raise CondrecError(
                f"{dataset.name}: found no positive validation row to choose the regularization "
                "of ease by, expected one; set regularization"
            )
        curve: list[dict[str, float]] = []
        best, highest = None, -np.inf
        for number, value in enumerate(REGULARIZATIONS, 1):
            fitted = solve(value)
            score = validation_score(fitted, dataset, seed)
            if best is None or score > highest:
                best, highest = fitted, score
            seconds = time.perf_counter() - start
            curve.append({"epoch": number, "seconds": seconds, "loss": value, "validation": score})
        assert best is not None
        log = TrainingLog(curve, len(curve), time.perf_counter() - start)
        return replace(best, log=log)


@dataclass(frozen=True, eq=False)
class Factors:
    """B where users are fewer than items: (X^T M X - diag(r)) diag(1 - r)^-1.

    By Woodbury's identity lambda P = I - X^T M X with M = (X X^T + lambda I)^-1, so that nothing of
    size n_items x n_items is ever made, and no dense X where it is sparse.

    Args:
        rows: X, float64, shape [m, n_items].
        inverse: M, shape [m, m].
        share: r, the diagonal of X^T M X, which is 1 - lambda P_jj; shape [n_items].
    """

    rows: Any
    inverse: NDArray[np.float64]
    share: NDArray[np.float64]

    def scores(self, known: SparseMatrix) -> NDArray[np.float64]:
        """Return x B of rows of known items, shape [b, n_items]."""
        scores = _product(_product(known, self.rows.T) @ self.inverse, self.rows)
        scores -= known.multiply(self.share).toarray()
        scores /= 1 - self.share
        return scores


@dataclass(frozen=True, eq=False)
class FittedEASE(FullRanker):
    """The solved item-item weights.

    Args:
        weights: B, shape [n_items, n_items], or its factors.
        regularization: lambda.
    """

    weights: NDArray[np.float64] | Factors
    regularization: float
    log: TrainingLog

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.float64]:
        """Return x B, see :class:`FullRanker`; the ids play no part."""
        if isinstance(self.weights, Factors):
            return self.weights.scores(known)
        return _product(known, self.weights)


def _product(left: Any, right: Any) -> NDArray[np.float64]:
    """Return the product of two matrices, sparse or dense, as a dense one."""
    product = left @ right
    return product.toarray() if sparse.issparse(product) else np.asarray(product)


def _require_regular(holds: bool, regularization: float) -> None:
    require(
        holds,
        f"ease: regularization {regularization:g} leaves the Gram matrix singular; choose a "
        "larger one",
    )


def _inverse(gram: Tensor, regularization: float) -> Tensor:
    """Return (G + lambda I)^-1 by Cholesky."""
    shifted = gram.clone()
    shifted.diagonal().add_(regularization)
    factor, failed = torch.linalg.cholesky_ex(shifted)
    _require_regular(not int(failed), regularization)
    return torch.cholesky_inverse(factor)


def weights(gram: Tensor, regularization: float) -> Tensor:
    """Return B, zero on its diagonal (Steck 2019, Eq. 8).

    Args:
        gram: X^T X, float64, shape [n_items, n_items].
        regularization: lambda.
    """
    inverse = _inverse(gram, regularization)
    found = inverse / -inverse.diagonal()
    found.fill_diagonal_(0)
    return found


def factors(rows: Any, gram: Tensor, regularization: float) -> Factors:
    """Solve in the space of users.

    Args:
        rows: X, float64, sparse or dense, shape [m, n_items].
        gram: X X^T, shape [m, m].
        regularization: lambda.
    """
    inverse = _inverse(gram, regularization).cpu().numpy()
    columns = rows.tocsc() if sparse.issparse(rows) else rows
    share = np.empty(rows.shape[1])
    for start in range(0, len(share), CHUNK):
        part = columns[:, start : start + CHUNK]
        dense = part.toarray() if sparse.issparse(part) else part
        share[start : start + CHUNK] = np.einsum("mj,mj->j", dense, _product(inverse, part))
    _require_regular(bool((share < 1).all()), regularization)
    return Factors(rows, inverse, share)
