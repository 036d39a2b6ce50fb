"""Matrix factorisation trained by Bayesian personalised ranking."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor

from condrec.recommenders.pairwise import FoldIn, PairwiseConfig, PairwiseModel, half_squares

FOLD_IN_RIDGE = 10.0
"""Ridge of the fold-in, relative to the mean of the diagonal of V^T V; of 0.001 to 100 the best on
the validation rows of ML-100K."""


@dataclass(frozen=True)
class BPRMF(PairwiseConfig):
    """x_ui = w_u . h_i, trained on ln sigma(x_ui - x_uj) (Rendle et al. 2009, BPR-Opt)."""

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "bpr-mf"
    learning_rate: float = 5e-3
    """Adam's rate."""
    regularization: float = 0.01
    """Weight of half the squared length of the vectors in a training pair."""

    def model(self, matrix: Any, device: str) -> FactorModel:
        """Build the untrained model."""
        n_rows, n_items = matrix.shape
        return FactorModel(n_rows, n_items, self.embedding_size, self.regularization)


class FactorModel(PairwiseModel):
    """One vector a user and one an item; no biases."""

    def __init__(self, n_rows: int, n_items: int, size: int, regularization: float) -> None:
        super().__init__()
        self.user = torch.nn.Embedding(n_rows, size)
        self.item = torch.nn.Embedding(n_items, size)
        self.regularization = regularization
        for table in (self.user, self.item):
            torch.nn.init.normal_(table.weight, std=0.01)

    def loss(self, rows: Tensor, items: Tensor, negatives: Tensor) -> Tensor:
        """Return the negative of BPR-Opt, a mean over pairs and negatives."""
        users, liked, other = self.user(rows), self.item(items), self.item(negatives)
        return bpr_loss(users, liked, other) + self.regularization * half_squares(
            users, liked, other
        )

    def vectors(self) -> tuple[Tensor, FoldIn]:
        """Return w_u; other users get theirs by :func:`ridge_fold_in`."""
        return self.user.weight, FoldIn(ridge_fold_in(self.item.weight))

    def scores(self, vectors: Tensor) -> Tensor:
        """Return w_u . h_i."""
        return vectors @ self.item.weight.T


def bpr_loss(users: Tensor, liked: Tensor, other: Tensor) -> Tensor:
    """Return the mean of -ln sigma(u . i - u . j).

    Args:
        users: shape [b, d].
        liked: vectors of the liked items, shape [b, d].
        other: vectors of the negatives, shape [b, n_negatives, d].
    """
    margin = (users * liked).sum(1, keepdim=True) - (users[:, None] * other).sum(2)
    return torch.nn.functional.softplus(-margin).mean()


def ridge_fold_in(items: Tensor) -> Tensor:
    """Return F of w = x F, the least-squares vector of a user with items x: V (V^T V + r I)^-1.

    The published model knows no new users. This is one user step of implicit least squares with
    equal weights on all items (Hu et al. 2008, Eq. 4, with C_u = I), so that one matrix serves
    everyone.

    Args:
        items: V, shape [n_items, d].
    """
    square = items.T @ items
    ridge = FOLD_IN_RIDGE * square.diagonal().mean()
    eye = torch.eye(len(square), device=items.device)
    return torch.linalg.solve(square + ridge * eye, items.T).T
