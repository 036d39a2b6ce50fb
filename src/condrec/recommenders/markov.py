"""Markov chain: the next item follows from the last one."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from condrec.datasets import Dataset, Ragged, SparseMatrix, dense, training_sequences
from condrec.errors import CondrecError
from condrec.recommenders.base import FullRanker, TrainingLog
from condrec.recommenders.sequence import require_sequences, sets_of_items
from condrec.settings import require


@dataclass(frozen=True)
class Markov:
    """First-order Markov chain over items, counted in the training sequences.

    Score of j after i: (c_ij + m p_j) / (c_i + m), where c_ij counts how often j directly follows
    i, c_i is its sum over j, and p_j the share of j among all items.  The estimate with a prior is
    the Dirichlet smoothing of Zhai and Lafferty 2004 (Eq. 6) for word counts.
    """

    VERSION: ClassVar[int] = 1
    smoothing: float = 20.0
    """m: how many counts the popularity is worth."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        require(
            0 < self.smoothing < np.inf,
            f"markov: smoothing: found {self.smoothing}, expected above 0",
        )

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedMarkov:
        """Count; nothing is drawn, and the device is always the CPU.

        Raises:
            CondrecError: another split than leave-one-out, or soft users or sequences.
        """
        start = time.perf_counter()
        require_sequences("markov", dataset)
        if dataset.soft_sequences is not None:
            raise CondrecError(
                "markov: found soft sequences, expected interactions to count; choose a model "
                "that is trained, such as sasrec"
            )
        counts, popularity = transitions(training_sequences(dataset), dataset.n_items)
        log = TrainingLog(seconds=time.perf_counter() - start)
        return FittedMarkov(counts, popularity, self.smoothing, log)


@dataclass(frozen=True, eq=False)
class FittedMarkov(FullRanker):
    """Counted transitions.

    Args:
        counts: how often item j directly follows item i, shape [n_items, n_items].
        popularity: share of every item, shape [n_items].
        smoothing: m, see :class:`Markov`.
    """

    counts: SparseMatrix
    popularity: NDArray[np.float64]
    smoothing: float
    log: TrainingLog

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.floating]:
        """Refuse users whose order of items is not given."""
        raise sets_of_items("markov")

    def score_next(
        self, users: NDArray[np.int64], known: SparseMatrix, sequences: Ragged
    ) -> NDArray[np.float64]:
        """Score every item as the next; a user nothing is known of gets the popularity."""
        some = np.flatnonzero(sequences.lengths)
        last = sequences.values[sequences.offsets[some + 1] - 1]
        counts = np.zeros((len(sequences), len(self.popularity)))
        counts[some] = dense(self.counts[last])
        total = counts.sum(1, keepdims=True)
        return (counts + self.smoothing * self.popularity) / (total + self.smoothing)


def transitions(sequences: Ragged, n_items: int) -> tuple[SparseMatrix, NDArray[np.float64]]:
    """Count which item directly follows which, and how often each occurs.

    Args:
        sequences: items of each user, oldest first.
        n_items: size of the catalogue.

    Returns:
        Counts [n_items, n_items], row i for what follows i, and the share of every item [n_items].
    """
    items = sequences.values
    follows = np.ones(len(items), dtype=bool)
    follows[sequences.offsets[:-1][sequences.lengths > 0]] = False  # first of a sequence
    after = np.flatnonzero(follows)
    ones = np.ones(len(after), dtype=np.float32)
    pairs = (items[after - 1], items[after])
    counts = sparse.csr_matrix((ones, pairs), shape=(n_items, n_items))
    share = np.bincount(items, minlength=n_items) / max(len(items), 1)
    return counts, share
