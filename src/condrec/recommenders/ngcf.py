"""NGCF: vectors, and their products with the neighbours', sent over the graph by learned layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn import functional

from condrec.recommenders.bpr_mf import ridge_fold_in
from condrec.recommenders.graph import GraphModel
from condrec.recommenders.pairwise import FoldIn, PairwiseConfig
from condrec.settings import require

SLOPE = 0.2
"""Slope of LeakyReLU below zero, as in the public code."""


@dataclass(frozen=True)
class NGCF(PairwiseConfig):
    """E' = LeakyReLU((L + I) E W1 + (L E * E) W2), all layers joined, trained by BPR.

    Wang et al. 2019, Eqs. 3 to 8 and 11, in the form of RecBole, on which the code of DConRec is
    built: each product has a bias, the output of a layer is scaled to length 1, joined to layer 0
    and given to the next layer.  Edges of soft users carry their weights.
    """

    VERSION: ClassVar[int] = 2
    NAME: ClassVar[str] = "ngcf"
    batch_size: int = 8192
    """Pairs a step; each step walks the whole graph, so small ones are dear."""
    learning_rate: float = 5e-3
    """Adam's rate."""
    regularization: float = 0.01
    """Weight of half the squared length of the vectors of layer 0 in a training pair."""
    n_negatives: int = 4
    """Negatives drawn for each pair, anew every epoch."""
    n_layers: int = 2
    """Layers; the paper has 3, the code of DConRec 2 (its list of three sizes counts the input)."""
    dropout: float = 0.1
    """Share of a layer's output set to zero in training (message dropout)."""
    dropout_at_evaluation: bool = False
    """Whether dropout stays on when the model is evaluated, as in the code of DConRec."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "n_layers")
        require(0 <= self.dropout < 1, f"ngcf: dropout: found {self.dropout}, expected [0, 1)")

    def model(self, matrix: Any, device: str) -> NeuralGraphModel:
        """Build the untrained model."""
        return NeuralGraphModel(matrix, device, self)


class NeuralGraphModel(GraphModel):
    """The vectors of layer 0 and the layers that make the others."""

    def __init__(self, matrix: Any, device: str, config: NGCF) -> None:
        size = config.embedding_size
        super().__init__(matrix, device, size, config.regularization)
        self.layers = torch.nn.ModuleList(Layer(size) for _ in range(config.n_layers))
        self.dropout, self.at_evaluation = config.dropout, config.dropout_at_evaluation

    def propagate(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return all layers of the users, [n_rows, d] each, and of the items, [n_items, d]."""
        rate = self.dropout if self.training or self.at_evaluation else 0.0
        users, items = [self.user.weight], [self.item.weight]
        for layer in self.layers:
            near_users, near_items = self.neighbors(users[-1], items[-1])
            users.append(layer(users[-1], near_users, rate))
            items.append(layer(items[-1], near_items, rate))
        return users, items

    def loss(self, rows: Tensor, items: Tensor, negatives: Tensor) -> Tensor:
        """Return the BPR loss (Eq. 11).

        The public code regularises the joined layers: all but layer 0 have length 1, so that is
        layer 0 and a constant.
        """
        users, catalogue = (torch.cat(layers, dim=1) for layers in self.propagate())
        return self.pair_loss(users, catalogue, rows, items, negatives)

    def vectors(self) -> tuple[Tensor, FoldIn]:
        """Return the joined layers of the users, and how other users get theirs from the items'.

        The published model knows no new users.  They get the least-squares vector of their items,
        as in BPR-MF: sent through the layers with zeros as layer 0, for want of a learned one,
        they ranked far worse on the validation rows of ML-100K.  Where dropout stays on, it is
        drawn once a call, so that a fitted model always scores alike.
        """
        users, items = self.propagate()
        self._items = torch.cat(items, dim=1)
        return torch.cat(users, dim=1), FoldIn(ridge_fold_in(self._items))


class Layer(torch.nn.Module):
    """One propagation of users or items, who share its weights."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.plain = torch.nn.Linear(size, size)  # W1
        self.product = torch.nn.Linear(size, size)  # W2
        for part in (self.plain, self.product):
            torch.nn.init.xavier_uniform_(part.weight)
            torch.nn.init.zeros_(part.bias)

    def forward(self, vectors: Tensor, near: Tensor, dropout: float) -> Tensor:
        """Return the next layer (Eq. 7), each vector of length 1.

        Args:
            vectors: E, shape [n, d].
            near: L E, the sums over the neighbours, shape [n, d].
            dropout: share of the output set to zero.
        """
        mixed = self.plain(vectors + near) + self.product(vectors * near)
        messages = functional.dropout(functional.leaky_relu(mixed, SLOPE), dropout)
        return functional.normalize(messages, dim=1)
