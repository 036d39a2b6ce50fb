"""Item-based nearest neighbours."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from condrec.datasets import Dataset, SparseMatrix, dense, training_matrix
from condrec.recommenders.base import FullRanker, TrainingLog
from condrec.settings import require

COLUMNS = 1024
"""Items whose similarities to all others are held at once."""


@dataclass(frozen=True)
class ItemKNN:
    """Score of an item: the summed cosines of the known ones among its nearest neighbours.

    Sarwar et al. 2001 (item-based collaborative filtering, cosine), with a shrunken denominator.
    """

    VERSION: ClassVar[int] = 1
    n_neighbors: int = 100
    """Most similar items that count towards an item's score."""
    shrinkage: float = 10.0
    """Added to the product of lengths, so that few common users make a small similarity."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        require(
            self.n_neighbors >= 1,
            f"item-knn: n_neighbors: found {self.n_neighbors}, expected at least 1",
        )
        require(
            0 <= self.shrinkage < np.inf,
            f"item-knn: shrinkage: found {self.shrinkage}, expected at least 0",
        )

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedItemKNN:
        """Find the neighbours; nothing is drawn, and the device is always the CPU."""
        start = time.perf_counter()
        neighbors = cosine_neighbors(training_matrix(dataset), self.n_neighbors, self.shrinkage)
        return FittedItemKNN(neighbors, TrainingLog(seconds=time.perf_counter() - start))


@dataclass(frozen=True, eq=False)
class FittedItemKNN(FullRanker):
    """The neighbours of every item.

    Args:
        neighbors: column j holds the similarities of item j's neighbours, [n_items, n_items].
    """

    neighbors: SparseMatrix
    log: TrainingLog

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.float32]:
        """Sum the similarities, see :class:`FullRanker`; the ids play no part."""
        return dense(known @ self.neighbors)


def cosine_neighbors(matrix: Any, n_neighbors: int, shrinkage: float) -> SparseMatrix:
    """Return s_ij = x_i . x_j / (|x_i| |x_j| + h) for the nearest i of every j, i other than j.

    Args:
        matrix: rows of users, sparse or dense, shape [n_rows, n_items].
        n_neighbors: the most items kept for each; those with nothing in common are never kept.
        shrinkage: h.

    Returns:
        Shape [n_items, n_items], float32; column j belongs to item j.
    """
    n_items = matrix.shape[1]
    columns = sparse.csc_matrix(matrix) if sparse.issparse(matrix) else matrix
    square = columns.multiply(columns) if sparse.issparse(columns) else columns**2
    length = np.sqrt(np.asarray(square.sum(axis=0)).ravel())
    n_kept = min(n_neighbors, n_items)
    blocks = []
    for start in range(0, n_items, COLUMNS):
        here = np.arange(start, min(start + COLUMNS, n_items))
        dots = dense(columns.T @ columns[:, here])  # [n_items, b]
        bottom = length[:, None] * length[here] + shrinkage
        similarity = np.divide(dots, bottom, out=np.zeros_like(dots), where=bottom > 0)
        similarity[here, np.arange(len(here))] = 0
        nearest = np.argpartition(-similarity, n_kept - 1, axis=0)[:n_kept]
        kept = np.take_along_axis(similarity, nearest, axis=0)
        column = np.broadcast_to(np.arange(len(here)), kept.shape)
        some = kept > 0
        entries = (kept[some], (nearest[some], column[some]))
        blocks.append(sparse.csc_matrix(entries, shape=(n_items, len(here)), dtype=np.float32))
    return sparse.csr_matrix(sparse.hstack(blocks))
