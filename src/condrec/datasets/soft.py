"""Training data that are made up: soft users, soft sequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from condrec.errors import CondrecError

FloatArray = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SoftUsers:
    """Training users that are made up: real numbers in place of interactions.

    Args:
        matrix: weight of every item for every user, from 0 to 1, shape [n_soft, n_items].
        logits: the parameters the matrix was drawn from, same shape, or None if there are none.
    """

    matrix: NDArray[np.float32]
    logits: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        matrix = np.ascontiguousarray(self.matrix, dtype=np.float32)
        object.__setattr__(self, "matrix", matrix)
        if matrix.ndim != 2 or not matrix.size:
            raise CondrecError(
                f"soft users: found shape {matrix.shape}, expected [n_soft, n_items]"
            )
        if not (np.isfinite(matrix).all() and matrix.min() >= 0 and matrix.max() <= 1):
            raise CondrecError("soft users: found weights outside 0 to 1, expected none")
        if self.logits is not None:
            logits = np.ascontiguousarray(self.logits, dtype=np.float32)
            object.__setattr__(self, "logits", logits)
            if logits.shape != matrix.shape or not np.isfinite(logits).all():
                raise CondrecError(
                    f"soft users: found logits of shape {logits.shape}, expected finite ones of "
                    f"shape {matrix.shape}"
                )

    def __len__(self) -> int:
        return len(self.matrix)

    @property
    def n_items(self) -> int:
        """How many items the weights are for."""
        return int(self.matrix.shape[1])

    @property
    def is_binary(self) -> bool:
        """Whether every weight is 0 or 1, so that the rows can be stored as interactions."""
        return bool(((self.matrix == 0) | (self.matrix == 1)).all())


FACTORS = (("core", "users", "times"), ("latent",), ("logits",))
"""What soft sequences may be stored as: Tucker factors, a latent tensor, all logits."""


@dataclass(frozen=True, eq=False)
class SoftSequences:
    """Training sequences that are made up: at every position a distribution over the items.

    The logits of position b of sequence a are the inner products of a latent vector [d] with every
    row of the item table.  The latent tensor [n_sequences, length, d] is stored as it is
    (``latent``) or as Tucker factors, sum_ij core[i, j, k] users[a, i] times[b, j] (fact sheet
    TD3, section 2.1); without a table ``logits`` [n_sequences, length, n_items] are stored.

    Args:
        factors: the learned arrays by name, one of :data:`FACTORS`, float32.
        table: item table the logits are decoded with, shape [n_items, d], or None.
    """

    factors: Mapping[str, FloatArray]
    table: FloatArray | None = None

    def __post_init__(self) -> None:
        factors = {k: np.ascontiguousarray(v, dtype=np.float32) for k, v in self.factors.items()}
        object.__setattr__(self, "factors", factors)
        if self.table is not None:
            table = np.ascontiguousarray(self.table, dtype=np.float32)
            object.__setattr__(self, "table", table)
        if tuple(factors) not in FACTORS or (self.table is None) != ("logits" in factors):
            raise CondrecError(
                f"soft sequences: found {sorted(factors)} and "
                f"{'no' if self.table is None else 'a'} table, expected logits alone, or a table "
                "with core, users and times or with latent"
            )
        stored = [*factors.values(), *([] if self.table is None else [self.table])]
        if not all(np.isfinite(array).all() for array in stored):
            raise CondrecError("soft sequences: found numbers that are not finite, expected none")
        latent = self.latent
        fits = latent.ndim == 3 and latent.size
        if self.table is not None:
            fits = fits and self.table.ndim == 2 and self.table.shape[1] == latent.shape[2]
        if not fits:
            shapes = {k: v.shape for k, v in factors.items()}
            width = "none" if self.table is None else self.table.shape
            raise CondrecError(
                f"soft sequences: found shapes {shapes} and table {width}, expected ones that "
                "fit together"
            )

    def __len__(self) -> int:
        return int(self.latent.shape[0])

    @property
    def latent(self) -> FloatArray:
        """The latent tensor (the logits themselves where no table decodes it)."""
        if "core" not in self.factors:
            return next(iter(self.factors.values()))
        core, users, times = (self.factors[name] for name in FACTORS[0])
        try:
            found = np.einsum("ijk,ai,bj->abk", core, users, times, optimize=True)
        except ValueError as error:
            raise CondrecError(f"soft sequences: factors do not fit together: {error}") from None
        return np.asarray(found, dtype=np.float32)

    @property
    def length(self) -> int:
        """Positions of a sequence."""
        return int(self.latent.shape[1])

    @property
    def n_items(self) -> int:
        """How many items the distributions are over."""
        return int(self.latent.shape[2] if self.table is None else len(self.table))

    @property
    def n_learned(self) -> int:
        """Stored numbers without the table."""
        return sum(array.size for array in self.factors.values())

    def distributions(self) -> FloatArray:
        """Return every distribution, softmax over the items, [n_sequences, length, n_items]."""
        logits = self.latent if self.table is None else self.latent @ self.table.T
        weights = np.exp(logits - logits.max(axis=2, keepdims=True))
        return np.asarray(weights / weights.sum(axis=2, keepdims=True), dtype=np.float32)


@dataclass(frozen=True, eq=False)
class ItemTable:
    """Item vectors of a model of the full data, which sequence models start from.

    Args:
        values: shape [n_items, d].
        frozen: whether learners leave them as they are.
    """

    values: FloatArray
    frozen: bool = False

    def __post_init__(self) -> None:
        values = np.ascontiguousarray(self.values, dtype=np.float32)
        object.__setattr__(self, "values", values)
        if values.ndim != 2 or not np.isfinite(values).all():
            raise CondrecError(
                f"item table: found shape {values.shape}, expected finite numbers [n_items, d]"
            )
