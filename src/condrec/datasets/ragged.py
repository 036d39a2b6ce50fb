"""Lists of different lengths, and the checks that every column of ids goes through."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from condrec.errors import CondrecError

IntArray = NDArray[np.int64]


def whole_numbers(name: str, values: ArrayLike) -> IntArray:
    """Return ``values`` as a one-dimensional int64 array, or say what is wrong with them."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise CondrecError(f"{name}: found {array.ndim} dimensions, expected one")
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array) | (array != np.floor(array))
        if bad.any():
            row = int(np.argmax(bad))
            raise CondrecError(
                f"{name}: found {array[row]} in row {row}, expected whole numbers; clean the column"
            )
    elif array.dtype.kind not in "iub":
        raise CondrecError(f"{name}: found values of type {array.dtype}, expected whole numbers")
    return array.astype(np.int64)


def check_range(name: str, values: IntArray, stop: int) -> None:
    """Refuse ids outside [0, stop)."""
    bad = (values < 0) | (values >= stop)
    if bad.any():
        row = int(np.argmax(bad))
        raise CondrecError(f"{name}: found id {values[row]} in row {row}, expected 0 to {stop - 1}")


@dataclass(frozen=True, eq=False)
class Ragged:
    """Lists of different lengths, stored flat.

    Args:
        values: all entries, one list after the other, shape [total].
        offsets: where each list starts; list i is ``values[offsets[i]:offsets[i+1]]``,
            shape [n_lists + 1].
    """

    values: IntArray
    offsets: IntArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "values", whole_numbers("values", self.values))
        object.__setattr__(self, "offsets", whole_numbers("offsets", self.offsets))
        ends_match = (
            len(self.offsets) and self.offsets[0] == 0 and self.offsets[-1] == len(self.values)
        )
        if not ends_match or (np.diff(self.offsets) < 0).any():
            raise CondrecError("offsets: expected to start at 0, never fall, end at len(values)")

    @classmethod
    def from_lists(cls, lists: Iterable[ArrayLike]) -> Ragged:
        """Build from a sequence of lists of whole numbers."""
        arrays = [whole_numbers("list", each) for each in lists]
        lengths = [len(a) for a in arrays]
        values = np.concatenate(arrays) if arrays else np.empty(0, np.int64)
        return cls(values, np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]))

    @classmethod
    def group(cls, keys: IntArray, values: IntArray, n_lists: int) -> Ragged:
        """Gather ``values`` by ``keys`` in [0, n_lists); the order within a list is kept."""
        order = np.argsort(keys, kind="stable")
        lengths = np.bincount(keys, minlength=n_lists)
        return cls(values[order], np.concatenate([[0], np.cumsum(lengths)]))

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, i: int) -> IntArray:
        return self.values[self.offsets[i] : self.offsets[i + 1]]

    @property
    def lengths(self) -> IntArray:
        """Length of every list, shape [n_lists]."""
        return np.diff(self.offsets)

    def to_lists(self) -> list[list[int]]:
        """Return every list as a Python list."""
        return [part.tolist() for part in np.split(self.values, self.offsets[1:-1])]

    def take(self, rows: ArrayLike) -> Ragged:
        """Return the lists ``rows``, in that order (a row may be taken twice)."""
        index = whole_numbers("rows", rows)
        check_range("rows", index, len(self))
        lengths = self.lengths[index]
        offsets = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], lengths)
        return Ragged(self.values[np.repeat(self.offsets[index], lengths) + within], offsets)

    def truncate(self, longest: int, keep: str = "first") -> Ragged:
        """Return the lists cut to ``longest`` entries, keeping the first or the last ones."""
        lengths = self.lengths
        position = np.arange(len(self.values)) - np.repeat(self.offsets[:-1], lengths)
        if keep == "last":
            position = np.repeat(lengths, lengths) - 1 - position
        cut = np.minimum(lengths, longest)
        return Ragged(self.values[position < longest], np.concatenate([[0], np.cumsum(cut)]))

    def padded(self, fill: int = 0, least: int = 1) -> tuple[IntArray, NDArray[np.bool_]]:
        """Return a matrix [n_lists, longest] padded with ``fill`` and the mask of real entries."""
        lengths = self.lengths
        width = max(int(lengths.max(initial=0)), least)
        mask = np.arange(width) < lengths[:, None]
        matrix = np.full(mask.shape, fill, dtype=np.int64)
        matrix[mask] = self.values
        return matrix, mask
