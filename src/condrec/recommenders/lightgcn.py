"""LightGCN: vectors smoothed over the graph of users and items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from condrec.recommenders.bpr_mf import bpr_loss
from condrec.recommenders.pairwise import FoldIn, PairwiseConfig, PairwiseModel, half_squares


@dataclass(frozen=True)
class LightGCN(PairwiseConfig):
    """Mean of the layers of e_u' = sum_i e_i / sqrt(d_u d_i) and its mirror, trained by BPR.

    He et al. 2020, Eqs. 3, 4 and 15. Edges of soft users carry their weights.
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "lightgcn"
    batch_size: int = 8192
    """Pairs a step; each step walks the whole graph, so small ones are dear."""
    learning_rate: float = 5e-3
    """Adam's rate."""
    n_layers: int = 3
    """Propagations, K."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "n_layers")

    def model(self, matrix: Any, device: str) -> GraphModel:
        """Build the untrained model."""
        return GraphModel(matrix, device, self.embedding_size, self.n_layers, self.regularization)


class GraphModel(PairwiseModel):
    """The vectors of layer 0 and the normalised graph."""

    def __init__(
        self, matrix: Any, device: str, size: int, n_layers: int, regularization: float
    ) -> None:
        super().__init__()
        n_rows, n_items = matrix.shape
        self.user = torch.nn.Embedding(n_rows, size)
        self.item = torch.nn.Embedding(n_items, size)
        for table in (self.user, self.item):
            torch.nn.init.normal_(table.weight, std=0.1)
        self.n_layers, self.regularization = n_layers, regularization
        graph, by_degree = normalised_graph(matrix)
        # Not buffers: weights that are kept and restored need no copy of the graph.
        self._graph, self._mirror = Edges(graph, device), Edges(graph.T, device)
        self._degree_root = torch.from_numpy(by_degree).to(device)

    def propagate(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the final users and items (Eq. 4), and the sum of items' layers 0 to K - 1."""
        users, items = self.user.weight, self.item.weight
        user_sum, item_sum, below = users, items, torch.zeros_like(items)
        for _ in range(self.n_layers):
            below = below + items
            users, items = (
                _Propagate.apply(items, self._graph, self._mirror),
                _Propagate.apply(users, self._mirror, self._graph),
            )
            user_sum, item_sum = user_sum + users, item_sum + items
        return user_sum / (self.n_layers + 1), item_sum / (self.n_layers + 1), below

    def loss(self, rows: Tensor, items: Tensor, negatives: Tensor) -> Tensor:
        """Return the BPR loss (Eq. 15); the regulariser sees the vectors of layer 0."""
        users, catalogue, _ = self.propagate()
        look_up = functional.embedding  # its gradient is faster than that of indexing
        fit = bpr_loss(
            look_up(rows, users), look_up(items, catalogue), look_up(negatives, catalogue)
        )
        first = (self.user(rows), self.item(items), self.item(negatives))
        return fit + self.regularization * half_squares(*first)

    def vectors(self) -> tuple[Tensor, FoldIn]:
        """Return the final users; other users are one step from the items' layers.

        A new user has no vector of layer 0 (taken as zero) and none of his edges is in the graph:
        his layers 1 to K follow from the items' layers 0 to K - 1 (Eq. 3).
        """
        users, self._items, below = self.propagate()
        scaled = below * self._degree_root[:, None] / (self.n_layers + 1)
        return users, FoldIn(scaled, power=0.5)

    def scores(self, vectors: Tensor) -> Tensor:
        """Return e_u . e_i."""
        return vectors @ self._items.T


class _Propagate(torch.autograd.Function):
    """A graph times vectors; its mirror carries the gradient back."""

    @staticmethod
    def forward(ctx: Any, vectors: Tensor, graph: Edges, mirror: Edges) -> Tensor:
        ctx.mirror = mirror
        return graph.sums(vectors)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return ctx.mirror.sums(gradient.contiguous()), None, None


class Edges:
    """A matrix on a device, as lists of weighted neighbours if it is sparse."""

    def __init__(self, matrix: Any, device: str) -> None:
        self.table: Tensor | None = None
        if not sparse.issparse(matrix):
            self.table = torch.from_numpy(np.ascontiguousarray(matrix)).to(device)
            return
        rows = matrix.tocsr()
        self.neighbors = torch.from_numpy(rows.indices.astype(np.int64)).to(device)
        self.starts = torch.from_numpy(rows.indptr[:-1].astype(np.int64)).to(device)
        self.weights = torch.from_numpy(rows.data).to(device)

    def sums(self, vectors: Tensor) -> Tensor:
        """Return the matrix times vectors."""
        if self.table is not None:
            return self.table @ vectors
        # Several times faster than a sparse product on a CPU.
        return functional.embedding_bag(
            self.neighbors, vectors, self.starts, mode="sum", per_sample_weights=self.weights
        )


def normalised_graph(matrix: Any) -> tuple[Any, np.ndarray]:
    """Return x_ui / sqrt(d_u d_i), shape of ``matrix``, and 1 / sqrt(d_i), shape [n_items].

    Degrees are the sums of weights; users and items without any keep zeros.
    """
    roots = []
    for axis in (1, 0):
        degree = np.asarray(matrix.sum(axis=axis), dtype=np.float32).ravel()
        roots.append(np.divide(1, np.sqrt(degree), out=np.zeros_like(degree), where=degree > 0))
    by_user, by_item = roots
    if sparse.issparse(matrix):
        graph = sparse.diags(by_user) @ matrix @ sparse.diags(by_item)
        return graph.tocsr().astype(np.float32), by_item
    return by_user[:, None] * matrix * by_item, by_item
