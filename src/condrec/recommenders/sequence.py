"""What the sequence models share: ids or distributions in, next items out, one training loop.

A model reads sequences of item ids [b, L] or of distributions over the items [b, L, n_items]
through the same forward pass: an id is looked up in the item table, a distribution averages the
table's rows (fact sheet TD3, section 2.2).  Sequences are padded on the right, so that a causal
model never reads padding, and the item space has no id for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from condrec.datasets import Dataset, Ragged, SoftSequences, SparseMatrix, training_sequences
from condrec.errors import CondrecError
from condrec.recommenders.base import FullRanker, TrainingLog, resolve_device
from condrec.recommenders.epochs import EpochConfig, fit_by_epochs
from condrec.settings import require

SOFT_STEPS = 20
"""Steps on soft sequences that count as an epoch: a pass over a handful of them is too short."""
INITIAL_STD = 0.02


@dataclass(frozen=True)
class SequenceConfig(EpochConfig):
    """Sizes and training settings shared by the sequence models; sizes are TD3's."""

    VERSION: ClassVar[int] = 1
    batch_size: int = 64
    """Windows of a sequence a step."""
    patience: int = 10
    """Validations in a row without a better score before training stops."""
    validate_every: int = 1
    """Epochs between validations; the last epoch is always validated."""
    select_on: str = "NDCG@10"
    """Validation metric that selects the weights, over the full catalogue."""
    embedding_size: int = 32
    """Length of the vectors of items and of hidden states."""
    max_length: int = 50
    """Most recent items that are read."""
    dropout: float = 0.2
    """Dropout rate of embeddings and layers."""
    regularization: float = 0.0
    """Adam's weight decay."""
    soft_batch_size: int = 0
    """Soft sequences a step, consecutive blocks in turn; 0 takes all."""
    soft_learning_rate: float = 5e-3
    """Adam's rate on soft sequences."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "embedding_size")
        self.require_at_least(2, "max_length")
        self.require_at_least(0, "regularization", "soft_batch_size", "soft_learning_rate")
        require(
            0 <= self.dropout < 1, f"{self.NAME}: dropout: found {self.dropout}, expected [0, 1)"
        )

    def build(self, n_items: int) -> SequenceModel:
        """Build the untrained model; its weights come from torch's generator."""
        raise NotImplementedError

    def fit(
        self,
        dataset: Dataset,
        seed: int,
        device: str = "cpu",
        keep: Callable[[int, SequenceModel], None] | None = None,
    ) -> FittedSequenceModel:
        """Train on sequences, real or soft, and keep the best epoch on validation.

        Args:
            dataset: a leave-one-out split; its users' validation items select the weights.
            seed: fixes initial weights, order and dropout.
            device: ``auto``, ``cpu`` or ``cuda``.
            keep: called after every epoch with its number (from 1) and the model.

        Raises:
            CondrecError: another split or soft users, no sequence of two items, no validation
                row, or a loss that is not finite.
        """
        if not dataset.next_item or dataset.soft is not None:
            raise CondrecError(
                f"{self.NAME}: found {dataset.name} with split {dataset.data_split}"
                f"{' and soft users' if dataset.soft is not None else ''}, expected sequences; "
                "choose the split leave-one-out"
            )
        place = resolve_device(device)
        gpus = [torch.cuda.current_device()] if place == "cuda" else []
        # Weights and dropout draw from torch's generator: seed it inside a fork only.
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(seed)
            model = self.build(dataset.n_items).to(place)
            if dataset.soft_sequences is None:
                train = self._hard_epochs(model, dataset, seed)
            else:
                train = self._soft_epochs(model, dataset.soft_sequences)

            def epoch(number: int) -> float:
                loss = train(number)
                if keep is not None:
                    keep(number, model)
                return loss

            return fit_by_epochs(
                *(self, dataset, seed, model, epoch),
                lambda log: FittedSequenceModel(model, log),
            )

    def _hard_epochs(
        self, model: SequenceModel, dataset: Dataset, seed: int
    ) -> Callable[[int], float]:
        ids, lengths, fresh = windows(training_sequences(dataset), self.max_length)
        place = model.items.weight.device
        table = [torch.from_numpy(array).to(place) for array in (ids, lengths, fresh)]
        rng = np.random.default_rng([seed, 67])
        optimizer = torch.optim.Adam(
            model.parameters(), lr=self.learning_rate, weight_decay=self.regularization
        )

        def train(number: int) -> float:
            order = torch.from_numpy(rng.permutation(len(ids))).to(place)
            losses = []
            for batch in order.split(self.batch_size):
                loss = model.hard_loss(*(array[batch] for array in table))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return float(torch.stack(losses).mean())

        return train

    def _soft_epochs(
        self, model: SequenceModel, sequences: SoftSequences
    ) -> Callable[[int], float]:
        place = model.items.weight.device
        start_from(model, sequences)
        soft = torch.from_numpy(sequences.distributions()).to(place)
        blocks = soft.split(self.soft_batch_size or len(soft))
        optimizer = torch.optim.Adam(
            [each for each in model.parameters() if each.requires_grad],
            lr=self.soft_learning_rate,
            weight_decay=self.regularization,
        )

        def train(number: int) -> float:
            losses = []
            for step in range(SOFT_STEPS):
                loss = model.soft_loss(blocks[step % len(blocks)])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return float(torch.stack(losses).mean())

        return train


class SequenceModel(nn.Module):
    """Base of the models: an item table, shared by input and output, and a reader of sequences.

    Sub-classes implement :meth:`hidden`.

    Args:
        n_items: size of the catalogue.
        config: sizes and dropout.
    """

    def __init__(self, n_items: int, config: SequenceConfig) -> None:
        super().__init__()
        self.max_length = config.max_length
        self.items = nn.Embedding(n_items, config.embedding_size)
        nn.init.normal_(self.items.weight, std=INITIAL_STD)

    def forward(self, task: str, *arguments: Any) -> Any:
        """Call a method by name, so that ``functional_call`` reaches every one of them."""
        return getattr(self, task)(*arguments)

    def embed(self, sequences: Tensor) -> Tensor:
        """Return vectors of ids [b, L] or distributions [b, L, n_items], shape [b, L, d]."""
        if sequences.is_floating_point():
            return sequences @ self.items.weight
        return self.items(sequences)

    def hidden(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Return what has been read up to every position, shape [b, L, d].

        Args:
            embedded: vectors, shape [b, L, d].
            lengths: entries of each sequence, from 1, shape [b].
        """
        raise NotImplementedError

    def last(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Return what has been read of whole sequences, shape [b, d]."""
        return self.hidden(embedded, lengths)[torch.arange(len(lengths)), lengths - 1]

    def scores(self, vectors: Tensor) -> Tensor:
        """Return the logits of every item as the next, shape [..., n_items]."""
        return vectors @ self.items.weight.T

    def hard_loss(self, ids: Tensor, lengths: Tensor, fresh: Tensor) -> Tensor:
        """Return the mean cross-entropy of the next items, full softmax.

        Args:
            ids: windows, shape [b, L + 1]; position t predicts entry t + 1.
            lengths: entries of each window, from 2, shape [b].
            fresh: which positions' next items count, shape [b, L].
        """
        read = self.hidden(self.embed(ids[:, :-1]), lengths - 1)
        return functional.cross_entropy(self.scores(read[fresh]), ids[:, 1:][fresh])

    def soft_loss(self, sequences: Tensor, cut: Tensor | None = None) -> Tensor:
        """Return the mean divergence KL(target || prediction) (fact sheet TD3, section 2.2).

        Args:
            sequences: distributions, shape [b, L, n_items]; the last position is the target.
            cut: another target position of each sequence, shape [b], predicted from what stands
                before it; the loss is the mean of both then (section 2.3).
        """
        embedded = self.embed(sequences[:, :-1])
        whole = torch.full((len(sequences),), embedded.shape[1], device=embedded.device)
        if cut is None:
            return divergence(sequences[:, -1], self.scores(self.last(embedded, whole)))
        # One causal pass reads both prefixes.
        read, rows = self.hidden(embedded, whole), torch.arange(len(sequences))
        ends = [(sequences[:, -1], read[:, -1]), (sequences[rows, cut], read[rows, cut - 1])]
        both = [divergence(target, self.scores(vectors)) for target, vectors in ends]
        return (both[0] + both[1]) / 2


def divergence(target: Tensor, logits: Tensor) -> Tensor:
    """Return KL(target || softmax(logits)), mean over rows; the entropy counts, as it is learned.

    Args:
        target: distributions, shape [b, n_items].
        logits: shape [b, n_items].
    """
    log_target = torch.log(target.clamp_min(1e-30))
    return (target * (log_target - functional.log_softmax(logits, dim=1))).sum(1).mean()


def windows(
    sequences: Ragged, max_length: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Cut sequences into overlapping windows in which every next item counts once.

    A window moves half its length at a time, so that every next item but those near the beginning
    of a sequence is predicted from at least half a window; one causal pass over a window gives
    all its predictions.

    Args:
        sequences: items of each user, oldest first; shorter ones than 2 have nothing to predict.
        max_length: most items L a prediction reads.

    Returns:
        Ids [n_windows, L + 1], padded with 0; entries of each window [n_windows]; whether the
        item after each position counts in this window [n_windows, L].

    Raises:
        CondrecError: no sequence of two items.
    """
    step = max(max_length // 2, 1)
    starts, ends, owners, firsts = [], [], [], []
    lengths = sequences.lengths
    # Windows end at the last item and step back; each counts what the one before has not.
    end = lengths.copy()
    while (alive := np.flatnonzero(end >= 2)).size:
        start = np.maximum(end[alive] - max_length - 1, 0)
        first = np.where(start == 0, 1, end[alive] - step)
        owners.append(alive)
        starts.append(start)
        ends.append(end[alive])
        firsts.append(first)
        end[alive] = np.where(start == 0, 0, end[alive] - step)
    if not owners:
        raise CondrecError(
            "sequences: found none of two items or more, expected some to predict a next item from"
        )
    owner, start, stop, first = map(np.concatenate, (owners, starts, ends, firsts))
    size = stop - start
    width = int(size.max())
    place = np.arange(width)
    inside = place < size[:, None]
    ids = np.zeros((len(owner), width), dtype=np.int64)
    ids[inside] = sequences.values[
        (sequences.offsets[owner] + start)[:, None].repeat(width, 1)[inside]
        + np.broadcast_to(place, inside.shape)[inside]
    ]
    fresh = inside[:, 1:] & (place[1:] + start[:, None] >= first[:, None])
    return ids, size, fresh


def start_from(model: SequenceModel, sequences: SoftSequences) -> None:
    """Give a model the item table that soft sequences bring along, frozen if they say so.

    Raises:
        CondrecError: a table of another size than the model's.
    """
    if sequences.start is None:
        return
    table = torch.from_numpy(sequences.start)
    if table.shape != model.items.weight.shape:
        raise CondrecError(
            f"soft sequences: found an item table of shape {tuple(table.shape)}, expected "
            f"{tuple(model.items.weight.shape)}; set embedding_size to {table.shape[1]}"
        )
    with torch.no_grad():
        model.items.weight.copy_(table)
    model.items.weight.requires_grad_(not sequences.frozen)


@dataclass(frozen=True, eq=False)
class FittedSequenceModel(FullRanker):
    """A trained sequence model."""

    model: SequenceModel
    log: TrainingLog

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.floating]:
        """Refuse users whose order of items is not given."""
        raise CondrecError(
            "sequence model: found users known by sets of items, expected sequences; choose the "
            "split leave-one-out"
        )

    def score_next(
        self, users: NDArray[np.int64], known: SparseMatrix, sequences: Ragged
    ) -> NDArray[np.float32]:
        """Score every item as the next; a user nothing is known of gets equal scores."""
        weight = self.model.items.weight
        scores = np.zeros((len(sequences), weight.shape[0]), dtype=np.float32)
        some = np.flatnonzero(sequences.lengths)
        if len(some):
            recent = sequences.take(some).truncate(self.model.max_length, "last")
            ids = torch.from_numpy(recent.padded()[0]).to(weight.device)
            lengths = torch.from_numpy(recent.lengths).to(weight.device)
            with torch.no_grad():
                vectors = self.model.last(self.model.embed(ids), lengths)
                scores[some] = self.model.scores(vectors).cpu().numpy()
        return scores
