"""The infinitely wide autoencoder: kernel ridge regression on the users' own rows.

Sachdeva et al. 2022, "Infinite Recommendation Networks: A Data-Centric Approach"; the formulas
are numbered by the fact sheet Distill-CF, section 2.1.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from condrec.datasets import Dataset, SparseMatrix, dense, known_matrix, training_matrix
from condrec.errors import CondrecError
from condrec.recommenders.base import (
    FullRanker,
    TrainingLog,
    resolve_device,
    validated_users,
    validation_score,
)
from condrec.recommenders.kernel import gram, regularised, tangent_kernel
from condrec.settings import require

LAMBDAS = (1e-5, 1e-3, 0.01, 0.1, 1.0, 5.0, 20.0, 50.0, 100.0)
"""Regularisers tried on validation: the grids of both official repositories, and 0.01."""


@dataclass(frozen=True)
class InfiniteAE:
    """f(X_q) = Theta(X_q, X_s) (K + lambda tr(K) / m I)^-1 X_s, with K = Theta(X_s, X_s)."""

    VERSION: ClassVar[int] = 1
    lambda_: float | None = None
    """Regulariser, relative to the mean of the kernel's diagonal; None: chosen on validation."""
    depth: int = 1
    """Hidden layers."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        require(
            self.lambda_ is None or 0 < self.lambda_ < np.inf,
            f"infinite-ae: lambda: found {self.lambda_}, expected a number above 0; leave it out "
            "to choose it on validation",
        )
        require(self.depth >= 1, f"infinite-ae: depth: found {self.depth}, expected at least 1")

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedInfiniteAE:
        """Solve for the training users, in float64; nothing is drawn but whom to validate on.

        Args:
            dataset: interactions or soft users.
            seed: draws the users validated on where they are many, and breaks ties of their lists.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            CondrecError: a system that has no solution at this precision (a tiny lambda).
        """
        start = time.perf_counter()
        place = resolve_device(device)
        support = torch.from_numpy(dense(training_matrix(dataset))).to(place)
        # Inner products of zeros and ones are whole numbers, exact in float32.
        exact = support if dataset.soft is None else support.double()
        kernel = gram((exact @ exact.T).double(), dataset.n_items, self.depth)
        curve: list[dict[str, float]] = []
        best = self.lambda_
        if best is None:
            best, curve = self._choose(dataset, support, kernel, seed, start)
        alpha = solve(kernel, support.double(), best)
        log = TrainingLog(curve, len(curve), time.perf_counter() - start)
        return FittedInfiniteAE(support, alpha, self.depth, best, log)

    def _choose(
        self, dataset: Dataset, support: Tensor, kernel: Tensor, seed: int, start: float
    ) -> tuple[float, list[dict[str, float]]]:
        """Return the lambda of the best validation score, and every one tried."""
        plain = FittedInfiniteAE(support, support, self.depth, 0.0, TrainingLog())
        rows = validated_users(dataset, seed)
        # The kernel of the validated users does not depend on lambda, and there are fewer of them
        # than items to solve for; ranks need no float64.
        queries = plain.kernel(known_matrix(dataset)[rows]).T
        place = np.full(dataset.n_users, -1)
        place[rows] = np.arange(len(rows))
        curve: list[dict[str, float]] = []
        for number, strength in enumerate(LAMBDAS, 1):
            try:
                solved = solve(kernel, queries, strength).T.float()
            except CondrecError:
                continue  # too small for this kernel: no candidate
            score = validation_score(_Validated(solved, place, support), dataset, seed)
            curve.append(
                {
                    "epoch": number,
                    "seconds": time.perf_counter() - start,
                    "loss": strength,
                    "validation": score,
                }
            )
        if not curve:
            raise CondrecError(
                "infinite-ae: found no lambda the kernel can be solved with; set a larger lambda"
            )
        return max(curve, key=lambda row: row["validation"])["loss"], curve


def solve(kernel: Tensor, target: Tensor, strength: float) -> Tensor:
    """Return (K + lambda tr(K) / m I)^-1 X by Cholesky, shape of ``target``.

    Raises:
        CondrecError: the matrix is not positive definite at its precision.
    """
    factor, failed = torch.linalg.cholesky_ex(regularised(kernel, strength))
    if int(failed):
        raise CondrecError(
            f"infinite-ae: lambda {strength:g} leaves the kernel singular; choose a larger one"
        )
    return torch.cholesky_solve(target, factor)


@dataclass(frozen=True, eq=False)
class FittedInfiniteAE(FullRanker):
    """The solved system.

    Args:
        support: training rows X_s, shape [m, n_items], float32.
        alpha: (K + lambda tr(K) / m I)^-1 X_s, shape [m, n_items], float64.
        depth: hidden layers.
        strength: lambda.
    """

    support: Tensor
    alpha: Tensor
    depth: int
    strength: float
    log: TrainingLog

    def kernel(self, known: SparseMatrix) -> Tensor:
        """Return Theta(X_q, X_s) of binary rows [q, n_items], float64, shape [q, m]."""
        # Sparse before dense: a row holds few items.
        inner = torch.from_numpy(known @ self.support.cpu().numpy().T).double()
        norm_x = torch.from_numpy(np.diff(known.indptr).astype(np.float64))
        norm_y = (self.support.double() ** 2).sum(1)
        place = self.support.device
        width = self.support.shape[1]
        return tangent_kernel(inner.to(place), norm_x.to(place), norm_y, width, self.depth)

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.float64]:
        """Return f(X_q), see :class:`FullRanker`; the ids play no part."""
        scores: NDArray[np.float64] = (self.kernel(known) @ self.alpha).cpu().numpy()
        return scores


@dataclass(frozen=True, eq=False)
class _Validated(FullRanker):
    """Scores the validated users, solved for before: Theta(X_q, X_s) (K + ...)^-1, then X_s."""

    solved: Tensor
    place: NDArray[np.int64]
    support: Tensor

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.float32]:
        rows = torch.from_numpy(self.place[users]).to(self.support.device)
        scores: NDArray[np.float32] = (self.solved[rows] @ self.support).cpu().numpy()
        return scores
