"""Training on pairs of users and items, shared by BPR-MF, NeuMF and the models of graphs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from condrec.datasets import Dataset, SparseMatrix, training_matrix
from condrec.errors import CondrecError
from condrec.recommenders.base import FullRanker, TrainingLog, resolve_device
from condrec.recommenders.epochs import EpochConfig, fit_by_epochs
from condrec.settings import require

IntArray = NDArray[np.int64]
REMAINDERS = 8
"""Remainders a held pair, in the table that tells most pairs that are not held."""
SERVED_BY = ("own", "known")
REDRAWS = 3
"""Times a negative that the user likes is drawn again before it is kept."""


class PairSampler:
    """Draws the pairs of an epoch.

    Args:
        matrix: training rows, shape [n_rows, n_items]; sparse and binary, or the dense weights of
            soft users, of which each pair is drawn with its weight as probability.
        pool: items negatives are drawn from, uniformly.
        n_negatives: negatives a pair.
    """

    def __init__(
        self, matrix: SparseMatrix | NDArray[np.float32], pool: IntArray, n_negatives: int
    ) -> None:
        self.matrix, self.pool, self.n_negatives = matrix, pool, n_negatives
        self.taken = Membership(matrix) if sparse.issparse(matrix) else None

    def draw(self, rng: np.random.Generator) -> tuple[IntArray, IntArray, IntArray]:
        """Return rows [n], items [n] and negatives [n, n_negatives], in random order.

        A negative that the row holds as well is drawn again, ``REDRAWS`` times at most.
        """
        matrix: Any = self.matrix
        taken = self.taken
        if taken is None:
            matrix = sparse.csr_matrix(rng.random(matrix.shape, dtype=np.float32) < matrix)
            taken = Membership(matrix)
        order = rng.permutation(matrix.nnz)
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))[order]
        items = matrix.indices.astype(np.int64)[order]
        owners = np.repeat(rows, self.n_negatives)
        negatives = draw_negatives(owners, self.pool, taken, rng)
        return rows, items, negatives.reshape(-1, self.n_negatives)


class Membership:
    """Answers which pairs a sparse matrix holds, in memory of the pairs it holds.

    A pair is searched among the sorted keys only if one of the held ones has the same remainder:
    few drawn pairs have, and a search is many times dearer than a look at a table.
    """

    def __init__(self, matrix: SparseMatrix) -> None:
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
        self.n_items = matrix.shape[1]
        keys = np.sort(rows * self.n_items + matrix.indices)
        # A last key above all pairs, so that every search ends at a key.
        self.keys = np.append(keys, np.iinfo(np.int64).max)
        self.remainders = np.zeros(REMAINDERS * len(keys) + 1, dtype=bool)
        self.remainders[keys % len(self.remainders)] = True

    def holds(self, rows: IntArray, items: IntArray) -> NDArray[np.bool_]:
        """Return whether each pair is held, shape of ``rows``."""
        keys = rows * self.n_items + items
        found: NDArray[np.bool_] = self.remainders[keys % len(self.remainders)]
        likely = keys[found]
        found[found] = self.keys[np.searchsorted(self.keys, likely)] == likely
        return found


def draw_negatives(
    owners: IntArray, pool: IntArray, taken: Membership, rng: np.random.Generator
) -> IntArray:
    """Return a uniform item of the pool for each owner, drawn again if the owner's pair is taken.

    It is drawn again ``REDRAWS`` times at most.

    Args:
        owners: row of each negative, shape [n].
        pool: items to draw from.
        taken: pairs to avoid.
        rng: draws.
    """
    negatives = pool[rng.integers(len(pool), size=len(owners))]
    again = np.arange(len(owners))
    for _ in range(REDRAWS):
        again = again[taken.holds(owners[again], negatives[again])]
        negatives[again] = pool[rng.integers(len(pool), size=len(again))]
    return negatives


@dataclass(frozen=True)
class FoldIn:
    """Makes the vector of a user out of his known items: |x|^-power (x F) + offset.

    Args:
        items: F, shape [n_items, d].
        power: how far the sum is divided by the number of known items.
        offset: shape [d].
    """

    items: Tensor
    power: float = 0.0
    offset: Tensor | float = 0.0

    def vectors(self, known: SparseMatrix) -> Tensor:
        """Return vectors, shape [b, d], of rows of known items, shape [b, n_items]."""
        total = torch.from_numpy(np.asarray(known @ self.items.cpu().numpy()))
        count = np.maximum(np.diff(known.indptr), 1).astype(np.float32)
        scaled = total * torch.from_numpy(count[:, None] ** -self.power)
        return scaled.to(self.items.device) + self.offset


class PairwiseModel(torch.nn.Module):
    """A model of vectors of users (rows of the training matrix) and items."""

    def loss(self, rows: Tensor, items: Tensor, negatives: Tensor) -> Tensor:
        """Return the mean loss of pairs: rows [b], items [b], negatives [b, n_negatives]."""
        raise NotImplementedError

    def vectors(self) -> tuple[Tensor, FoldIn]:
        """Return the trained users' vectors, [n_rows, d], and how other users get theirs."""
        raise NotImplementedError

    def scores(self, vectors: Tensor) -> Tensor:
        """Return a score for every item, [b, n_items], of users' vectors, [b, d]."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class FittedPairwise(FullRanker):
    """A trained model of users' and items' vectors.

    A user with training rows has a vector of his own; any other (every one, where the training
    users are soft or users are served by what is known of them) is folded in from his known items.

    Args:
        model: scores vectors.
        users: vectors of the training users, shape [n_rows, d].
        fold_in: makes the vectors of the others.
        row_of: row of every user id in ``users``, -1 without one, shape [n_users].
    """

    model: PairwiseModel
    users: Tensor
    fold_in: FoldIn
    row_of: IntArray
    log: TrainingLog

    @torch.no_grad()
    def score_users(self, users: IntArray, known: SparseMatrix) -> NDArray[np.floating]:
        """Return the scores of all items, see :class:`FullRanker`."""
        rows = torch.from_numpy(self.row_of[users]).to(self.users.device)
        vectors = self.fold_in.vectors(known)
        vectors = torch.where((rows >= 0)[:, None], self.users[rows], vectors)
        scores: NDArray[np.floating] = self.model.scores(vectors).cpu().numpy()
        return scores


@dataclass(frozen=True)
class PairwiseConfig(EpochConfig):
    """Settings of the models that are trained on pairs."""

    embedding_size: int = 64
    """Length of the vectors of users and items."""
    regularization: float = 1e-4
    """Weight of half the squared length of the vectors in a training pair."""
    n_negatives: int = 1
    """Negatives drawn for each pair, anew every epoch."""
    served_by: str = "own"
    """Vector a user is served by: his ``own``, learned from his training rows, where he has any; or
    one folded in from all his ``known`` items, which a small training set may not hold."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "embedding_size", "n_negatives")
        self.require_at_least(0, "regularization")
        require(
            self.served_by in SERVED_BY,
            f"{self.NAME}: served_by: found {self.served_by!r}, expected one of {SERVED_BY}",
        )

    def model(self, matrix: Any, device: str) -> PairwiseModel:
        """Build the untrained model of a training matrix, shape [n_rows, n_items]."""
        raise NotImplementedError

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedPairwise:
        """Train on the pairs of the training users and keep the best weights on validation.

        Args:
            dataset: interactions or soft users, whose pairs are drawn anew every epoch.
            seed: fixes the initial weights, the order of pairs and the negatives.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            CondrecError: no positive validation row, soft users of whom no pair is drawn, or a
                loss that is not finite.
        """
        place = resolve_device(device)
        gpus = [torch.cuda.current_device()] if place == "cuda" else []
        # Initial weights draw from torch's generator: seed it inside a fork only.
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(seed)
            return self._train(dataset, seed, place)

    def _train(self, dataset: Dataset, seed: int, device: str) -> FittedPairwise:
        matrix = training_matrix(dataset)
        pool = dataset.negative_pool
        pool = np.arange(dataset.n_items) if pool is None else pool
        sampler = PairSampler(matrix, pool, self.n_negatives)
        rng = np.random.default_rng([seed, 13])
        model = self.model(matrix, device).to(device)
        # Fused: a step passes over the tables once instead of several times.
        optimizer = torch.optim.Adam(model.parameters(), lr=self.learning_rate, fused=True)
        row_of = np.full(dataset.n_users, -1)
        if self.served_by == "own":
            row_of[dataset.train_users] = np.arange(len(dataset.train_users))

        def epoch(_: int) -> float:
            pairs = [torch.from_numpy(each).to(device) for each in sampler.draw(rng)]
            if not len(pairs[0]):
                raise CondrecError(
                    f"{dataset.name}: drew no pair of the soft users, expected some; their "
                    "weights are too small to train on"
                )
            total = torch.zeros((), device=device)
            for batch in zip(*(each.split(self.batch_size) for each in pairs), strict=True):
                loss = model.loss(*batch)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach() * len(batch[0])
            return float(total) / len(pairs[0])

        def fitted(log: TrainingLog) -> FittedPairwise:
            with torch.no_grad():
                return FittedPairwise(model, *model.vectors(), row_of, log)

        return fit_by_epochs(self, dataset, seed, model, epoch, fitted)


def half_squares(*vectors: Tensor) -> Tensor:
    """Return half the squared length of vectors, summed, a mean over the first axis."""
    return sum((each**2).sum() for each in vectors) / (2 * len(vectors[0]))  # type: ignore[return-value]
