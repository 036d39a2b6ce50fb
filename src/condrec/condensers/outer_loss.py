"""The loss of trained vectors on other rows (fact sheet DConRec, section 2.4)."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from condrec.condensers.policy_gradient import FloatArray
from condrec.datasets import Dataset, Interactions, interaction_matrix
from condrec.recommenders.pairwise import Membership, draw_negatives

IntArray = NDArray[np.int64]
CHUNK = 2**16
"""Rows whose vectors are held at once."""


class OuterLoss:
    """The BPR loss of trained vectors on outer rows (section 2.4), row by row.

    The official code sums the means of its batches; a mean over rows differs by a constant
    factor, which Adam does not see.

    Args:
        dataset: negatives avoid its training positives, and the outer rows.
        rows: the outer rows.
        hide_test: whether negatives avoid validation and test items too, as published.
    """

    def __init__(self, dataset: Dataset, rows: Interactions, hide_test: bool) -> None:
        self.rows, self.n_users, self.n_items = rows, dataset.n_users, dataset.n_items
        parts = [dataset.train.positives, rows]
        parts += [dataset.validation.positives, dataset.test.positives] if hide_test else []
        self._avoided = Membership(
            sum(interaction_matrix(each, dataset.n_users, dataset.n_items) for each in parts)
        )

    def negatives(self, rng: np.random.Generator) -> IntArray:
        """Return a uniform item for each row, none that is avoided: see :func:`draw_negatives`."""
        return draw_negatives(self.rows.user, np.arange(self.n_items), self._avoided, rng)

    @torch.no_grad()
    def by_row(self, users: torch.Tensor, items: torch.Tensor, negatives: IntArray) -> FloatArray:
        """Return each row's part of the mean loss, shape [n_rows].

        Args:
            users: final vectors, shape [n_users, d].
            items: final vectors, shape [n_items, d].
            negatives: an item a row, shape [n_rows].
        """
        columns = zip(
            *(
                torch.from_numpy(each).to(users.device).split(CHUNK)
                for each in (self.rows.user, self.rows.item, negatives)
            ),
            strict=True,
        )
        loss = torch.cat(
            [
                torch.nn.functional.softplus(-(users[u] * (items[i] - items[j])).sum(1))
                for u, i, j in columns
            ]
        )
        found: FloatArray = loss.double().cpu().numpy() / len(self.rows)
        return found

    def of_users(self, by_row: FloatArray) -> FloatArray:
        """Return each user's part of the loss, [K, n_users], of each row's, [K, n_rows]."""
        return np.stack([np.bincount(self.rows.user, each, self.n_users) for each in by_row])

    def of_items(self, by_row: FloatArray) -> FloatArray:
        """Return each item's part of the loss, as the wanted one, [K, n_items]."""
        return np.stack([np.bincount(self.rows.item, each, self.n_items) for each in by_row])
