"""NeuMF: a product of vectors and a perceptron, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from condrec.recommenders.pairwise import FoldIn, PairwiseConfig, PairwiseModel, half_squares

FOLD_IN_RIDGE = 0.01
"""Ridge of the fold-in, relative to the mean variance of the profiles."""
CELLS = 2**22
"""Hidden units of the perceptron held at once while scoring."""


@dataclass(frozen=True)
class NeuMF(PairwiseConfig):
    """y_ui = h . [p_u * q_i ; tower(p'_u, q'_i)], trained on the log loss (He et al. 2017, Eq. 12).

    Both parts have vectors of their own and are trained together from a random start.
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "neumf"
    validate_every: int = 2
    """Epochs between validations; it learns and overfits in few."""
    n_negatives: int = 4
    """Negatives drawn for each pair, anew every epoch."""
    n_layers: int = 3
    """Layers of the perceptron: ``embedding_size`` wide, each next one half as wide."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "n_layers")

    def model(self, matrix: Any, device: str) -> NeuralModel:
        """Build the untrained model."""
        return NeuralModel(matrix, self.embedding_size, self.n_layers, self.regularization)


class NeuralModel(PairwiseModel):
    """Vectors of users and items, their first half for the product, the other for the tower."""

    def __init__(self, matrix: Any, size: int, n_layers: int, regularization: float) -> None:
        super().__init__()
        n_rows, n_items = matrix.shape
        self.regularization = regularization
        self._matrix = matrix
        self.user = torch.nn.Embedding(n_rows, 2 * size)
        self.item = torch.nn.Embedding(n_items, 2 * size)
        for table in (self.user, self.item):
            torch.nn.init.normal_(table.weight, std=0.01)
        # The first layer of [p'_u ; q'_i] is the sum of a user part and an item part.
        self.of_user = torch.nn.Linear(size, size, bias=False)
        self.of_item = torch.nn.Linear(size, size)
        widths = [max(1, size >> layer) for layer in range(n_layers)]
        self.tower = torch.nn.ModuleList(
            torch.nn.Linear(wide, narrow) for wide, narrow in pairwise(widths)
        )
        self.product_head = torch.nn.Linear(size, 1)
        self.tower_head = torch.nn.Linear(widths[-1], 1, bias=False)

    def _pairs(self, users: Tensor, items: Tensor) -> Tensor:
        """Return logits [b, n] of users [b, d] and items [b, n, d]; of [n, d] if all share them."""
        user_product, user_tower = users.chunk(2, dim=-1)
        item_product, item_tower = items.chunk(2, dim=-1)
        weighted = user_product * self.product_head.weight
        if items.dim() == 2:
            product = weighted @ item_product.T
        else:
            product = torch.einsum("bd,bnd->bn", weighted, item_product)
        hidden = functional.relu(self.of_user(user_tower)[:, None] + self.of_item(item_tower))
        for layer in self.tower:
            hidden = functional.relu(layer(hidden))
        logits: Tensor = product + self.product_head.bias + self.tower_head(hidden).squeeze(-1)
        return logits

    def loss(self, rows: Tensor, items: Tensor, negatives: Tensor) -> Tensor:
        """Return the binary cross-entropy, a mean over pairs and negatives (Eq. 7)."""
        users, shown = self.user(rows), self.item(torch.cat([items[:, None], negatives], dim=1))
        logits = self._pairs(users, shown)
        target = torch.zeros_like(logits)
        target[:, 0] = 1
        fit = functional.binary_cross_entropy_with_logits(logits, target)
        return fit + self.regularization * half_squares(users, shown)

    def vectors(self) -> tuple[Tensor, FoldIn]:
        """Return the users' vectors; other users get theirs by :func:`profile_fold_in`."""
        return self.user.weight, profile_fold_in(self._matrix, self.user.weight, self.item.weight)

    def scores(self, vectors: Tensor) -> Tensor:
        """Return the logits of all items, a few users at a time."""
        items = self.item.weight
        step = max(1, CELLS // items.numel())
        return torch.cat([self._pairs(some, items) for some in vectors.split(step)])


def profile_fold_in(matrix: Any, users: Tensor, items: Tensor) -> FoldIn:
    """Return the ridge regression of the training users' vectors on their profiles.

    A profile is the mean vector of a user's items. Published NeuMF knows no new users and no code
    folds them in: this is our reading, and it needs no further training.

    Args:
        matrix: training rows, shape [n_rows, n_items].
        users: the rows' trained vectors, shape [n_rows, d].
        items: shape [n_items, d].
    """
    total = np.maximum(np.asarray(matrix.sum(axis=1), dtype=np.float32).reshape(-1, 1), 1e-6)
    mixed = matrix @ items.cpu().numpy()
    profiles = torch.from_numpy(np.asarray(mixed, dtype=np.float32) / total).to(users.device)
    profile_mean, user_mean = profiles.mean(0), users.mean(0)
    centred = profiles - profile_mean
    square = centred.T @ centred
    ridge = FOLD_IN_RIDGE * square.diagonal().mean() + 1e-6
    eye = torch.eye(len(square), device=users.device)
    slope = torch.linalg.solve(square + ridge * eye, centred.T @ (users - user_mean))
    return FoldIn(items @ slope, power=1.0, offset=user_mean - profile_mean @ slope)
