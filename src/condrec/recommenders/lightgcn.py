"""LightGCN: vectors smoothed over the graph of users and items."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import torch
from torch import Tensor

from condrec.recommenders.graph import GraphModel
from condrec.recommenders.pairwise import FoldIn, PairwiseConfig


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

    def model(self, matrix: Any, device: str) -> LightModel:
        """Build the untrained model."""
        return LightModel(matrix, device, self.embedding_size, self.n_layers, self.regularization)


class LightModel(GraphModel):
    """Means of the layers; nothing but layer 0 is learned."""

    def __init__(
        self, matrix: Any, device: str, size: int, n_layers: int, regularization: float
    ) -> None:
        start = partial(torch.nn.init.normal_, std=0.1)
        super().__init__(matrix, device, size, regularization, start)
        self.n_layers = n_layers

    def propagate(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the final users and items (Eq. 4), and the sum of items' layers 0 to K - 1."""
        users, items = self.user.weight, self.item.weight
        user_sum, item_sum, below = users, items, torch.zeros_like(items)
        for _ in range(self.n_layers):
            below = below + items
            users, items = self.neighbors(users, items)
            user_sum, item_sum = user_sum + users, item_sum + items
        return user_sum / (self.n_layers + 1), item_sum / (self.n_layers + 1), below

    def loss(self, rows: Tensor, items: Tensor, negatives: Tensor) -> Tensor:
        """Return the BPR loss (Eq. 15)."""
        users, catalogue, _ = self.propagate()
        return self.pair_loss(users, catalogue, rows, items, negatives)

    def vectors(self) -> tuple[Tensor, FoldIn]:
        """Return the final users; other users are one step from the items' layers.

        A new user has no vector of layer 0 (taken as zero) and none of his edges is in the graph:
        his layers 1 to K follow from the items' layers 0 to K - 1 (Eq. 3).
        """
        users, self._items, below = self.propagate()
        return users, self.new_users(below, self.n_layers + 1)
