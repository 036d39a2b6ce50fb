"""A short training of vectors of users and items, at the cost of the rows its batches touch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.adam import adam

from condrec.recommenders.bpr_mf import FactorModel

IntArray = NDArray[np.int64]


class TouchedRows:
    """The rows of a table that batches touch, in the order of their first batch, under Adam.

    Adam leaves a row where it is until its first gradient.  In this order the rows that have had
    one by any batch are the first of all, so that gradients and steps need no others.

    Args:
        table: the vectors, shape [n, d].
        touched: the rows that each batch touches, repeated or not.
        learning_rate: Adam's.
    """

    def __init__(self, table: Tensor, touched: Sequence[IntArray], learning_rate: float) -> None:
        rows, first = np.unique(np.concatenate(touched), return_index=True)
        order = np.argsort(first)
        rows, first = rows[order], first[order]
        self._n_active = np.searchsorted(first, np.cumsum([len(each) for each in touched]))
        self._place = np.empty(len(table), dtype=np.int64)
        self._place[rows] = np.arange(len(rows))
        self._table, self._rate = table, learning_rate
        self._rows = torch.from_numpy(rows).to(table.device)
        self._vectors = table[self._rows]
        self._moments = torch.zeros_like(self._vectors), torch.zeros_like(self._vectors)
        self._step = torch.zeros((), device=table.device)

    def places(self, rows: IntArray) -> Tensor:
        """Return where rows of the table stand among the touched ones."""
        return torch.from_numpy(self._place[rows]).to(self._table.device)

    def active(self, batch: int) -> torch.nn.Parameter:
        """Return the vectors that have been touched by the end of a batch, sharing memory."""
        return torch.nn.Parameter(self._vectors[: self._n_active[batch]])

    def step(self, active: torch.nn.Parameter) -> None:
        """Move the active vectors by their gradient, in place."""
        gradient = active.grad
        assert gradient is not None
        mean, square = (each[: len(active)] for each in self._moments)
        adam(
            *([active.data], [gradient], [mean], [square], [], [self._step]),
            fused=True,
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self._rate,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    def written_back(self) -> torch.nn.Parameter:
        """Return the table with its touched rows as they are now."""
        self._table[self._rows] = self._vectors
        return torch.nn.Parameter(self._table)


def train_touched(
    model: FactorModel,
    batches: Iterable[tuple[IntArray, IntArray, IntArray]],
    learning_rate: float,
    weight: float = 1.0,
) -> None:
    """Train a factor model with Adam, digit for digit as on its whole tables.

    A step on whole tables costs as much as these are large; a short training on a large catalogue
    touches few of its items.

    Args:
        model: changed in place.
        batches: users [b], liked items [b] and negatives [b, n] of every step, in order.
        learning_rate: Adam's.
        weight: what the loss is multiplied by.
    """
    steps = list(batches)
    of_items = [np.concatenate([liked, other.ravel()]) for _, liked, other in steps]
    users = TouchedRows(model.user.weight.detach(), [each for each, _, _ in steps], learning_rate)
    items = TouchedRows(model.item.weight.detach(), of_items, learning_rate)
    for batch, (user, liked, other) in enumerate(steps):
        model.user.weight, model.item.weight = users.active(batch), items.active(batch)
        loss = model.loss(users.places(user), items.places(liked), items.places(other))
        (weight * loss).backward()
        users.step(model.user.weight)
        items.step(model.item.weight)
    model.user.weight, model.item.weight = users.written_back(), items.written_back()
