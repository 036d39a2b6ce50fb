"""The graph of users and items, and what the models that walk it share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from condrec.recommenders.bpr_mf import bpr_loss
from condrec.recommenders.pairwise import FoldIn, PairwiseModel, half_squares


class GraphModel(PairwiseModel):
    """The vectors of layer 0 and the normalised graph.

    Args:
        matrix: training rows, shape [n_rows, n_items]; sparse and binary, or the dense weights of
            soft users, which the edges carry.
        device: where the graph is held.
        size: length of the vectors of layer 0, d.
        regularization: weight of half their squared length in a training pair.
        start: fills a table of layer 0 with its first values.
    """

    def __init__(
        self,
        matrix: Any,
        device: str,
        size: int,
        regularization: float,
        start: Callable[[Tensor], Any] = torch.nn.init.xavier_uniform_,
    ) -> None:
        super().__init__()
        n_rows, n_items = matrix.shape
        self.user = torch.nn.Embedding(n_rows, size)
        self.item = torch.nn.Embedding(n_items, size)
        for table in (self.user, self.item):
            start(table.weight)
        self.regularization = regularization
        graph, by_item = normalised_graph(matrix)
        # Not buffers: weights that are kept and restored need no copy of the graph.
        self._graph, self._mirror = Edges(graph, device), Edges(graph.T, device)
        self._item_root = torch.from_numpy(by_item).to(device)
        self._items: Tensor | None = None

    def neighbors(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Return sum_i e_i / sqrt(d_u d_i) of every user, [n_rows, d], and its mirror."""
        return (
            Propagate.apply(items, self._graph, self._mirror),
            Propagate.apply(users, self._mirror, self._graph),
        )

    def new_users(self, vectors: Tensor, divisor: int = 1) -> FoldIn:
        """Return sum_i e_i / sqrt(d_u d_i) / divisor for users outside the graph.

        Args:
            vectors: of the items, shape [n_items, n].
            divisor: what the sum is divided by.
        """
        return FoldIn(vectors * self._item_root[:, None] / divisor, power=0.5)

    def pair_loss(
        self, users: Tensor, catalogue: Tensor, rows: Tensor, items: Tensor, negatives: Tensor
    ) -> Tensor:
        """Return the BPR loss of final vectors; the regulariser sees the vectors of layer 0.

        Args:
            users: final vectors of all users, shape [n_rows, n].
            catalogue: final vectors of all items, shape [n_items, n].
            rows: users of the pairs, shape [b].
            items: what they like, shape [b].
            negatives: shape [b, n_negatives].
        """
        look_up = functional.embedding  # its gradient is faster than that of indexing
        fit = bpr_loss(
            look_up(rows, users), look_up(items, catalogue), look_up(negatives, catalogue)
        )
        first = (self.user(rows), self.item(items), self.item(negatives))
        return fit + self.regularization * half_squares(*first)

    def scores(self, vectors: Tensor) -> Tensor:
        """Return e_u . e_i of the items' vectors that ``vectors()`` made."""
        assert self._items is not None
        return vectors @ self._items.T


class Propagate(torch.autograd.Function):
    """A graph times vectors; its mirror carries the gradient back."""

    @staticmethod
    def forward(ctx: Any, vectors: Tensor, graph: Edges, mirror: Edges) -> Tensor:
        """Return the graph times vectors."""
        ctx.mirror = mirror
        return graph.sums(vectors)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        """Return the gradient of the vectors."""
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
