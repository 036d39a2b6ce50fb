"""Settings and training of the sequence models, on real and on soft sequences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from condrec.datasets import (
    Dataset,
    Ragged,
    SoftSequences,
    SparseMatrix,
    training_sequences,
)
from condrec.errors import CondrecError
from condrec.recommenders.base import FullRanker, TrainingLog, resolve_device
from condrec.recommenders.epochs import EpochConfig, fit_by_epochs
from condrec.recommenders.sequence_model import (
    SOFT_TARGETS,
    SequenceModel,
    start_from,
    targets_of,
)
from condrec.recommenders.windows import windows
from condrec.settings import require

SOFT_STEPS = 20
"""Steps on soft sequences that count as an epoch: a pass over a handful of them is too short."""
BLOCK = 256
"""Predictions whose logits are held at once in training."""


@dataclass(frozen=True)
class SequenceConfig(EpochConfig):
    """Sizes and training settings shared by the sequence models; sizes are TD3's."""

    VERSION: ClassVar[int] = 1
    batch_size: int = 64
    """Windows of a sequence a step."""
    patience: int = 20
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
    soft_targets: str = "last"
    """What a step on soft sequences predicts, one of ``SOFT_TARGETS``: the ``last`` position, a
    random earlier one too (``cut``), or ``all`` positions, as it does on real sequences."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "embedding_size")
        self.require_at_least(2, "max_length")
        self.require_at_least(0, "regularization", "soft_batch_size", "soft_learning_rate")
        require(
            self.soft_targets in SOFT_TARGETS,
            f"{self.NAME}: soft_targets: found {self.soft_targets!r}, expected one of "
            f"{', '.join(SOFT_TARGETS)}",
        )
        require(
            0 <= self.dropout < 1, f"{self.NAME}: dropout: found {self.dropout}, expected [0, 1)"
        )

    @property
    def context(self) -> int:
        """Items a prediction reads at most."""
        return self.max_length

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
            CondrecError: another split or soft users, no sequence of two items, soft sequences
                of one position or of more than are read, no validation row, or a loss that is not
                finite.
        """
        require_sequences(self.NAME, dataset)
        place = resolve_device(device)
        gpus = [torch.cuda.current_device()] if place == "cuda" else []
        # Weights and dropout draw from torch's generator: seed it inside a fork only.
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(seed)
            model = self.build(dataset.n_items).to(place)
            if dataset.item_table is not None:
                start_from(model, dataset.item_table)
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

    def _adam(self, model: SequenceModel, rate: float) -> torch.optim.Adam:
        trained = [each for each in model.parameters() if each.requires_grad]
        return torch.optim.Adam(trained, lr=rate, weight_decay=self.regularization)

    def _hard_epochs(
        self, model: SequenceModel, dataset: Dataset, seed: int
    ) -> Callable[[int], float]:
        # The longest step is the cheapest.
        ids, lengths, fresh = windows(training_sequences(dataset), self.context, self.context)
        place = model.items.weight.device
        table = [torch.from_numpy(array).to(place) for array in (ids, lengths, fresh)]
        rng = np.random.default_rng([seed, 67])
        optimizer = self._adam(model, self.learning_rate)

        def train(number: int) -> float:
            order = torch.from_numpy(rng.permutation(len(ids))).to(place)
            losses = []
            for batch in order.split(self.batch_size):
                optimizer.zero_grad()
                losses.append(add_gradients(model, *(array[batch] for array in table)))
                optimizer.step()
            return float(torch.stack(losses).mean())

        return train

    def _soft_epochs(
        self, model: SequenceModel, sequences: SoftSequences
    ) -> Callable[[int], float]:
        if not 2 <= sequences.length <= self.context + 1:
            raise CondrecError(
                f"{self.NAME}: found soft sequences of {sequences.length} positions, expected 2 to "
                f"{self.context + 1}; set max_length"
            )
        place = model.items.weight.device
        soft = torch.from_numpy(sequences.distributions()).to(place)
        blocks = soft.split(self.soft_batch_size or len(soft))
        optimizer = self._adam(model, self.soft_learning_rate)

        def train(number: int) -> float:
            losses = []
            for step in range(SOFT_STEPS):
                block = blocks[step % len(blocks)]
                loss = model.soft_loss(block, *targets_of(self.soft_targets, block))
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                losses.append(loss.detach())
            return float(torch.stack(losses).mean())

        return train


def add_gradients(model: SequenceModel, ids: Tensor, lengths: Tensor, fresh: Tensor) -> Tensor:
    """Add the gradients of ``hard_loss`` to the weights' and return the loss, detached.

    The gradient of the logits, softmax less the item predicted, is written down: so a block of
    predictions stays in the processor's cache and its memory is used again.
    """
    vectors, targets = model.predictions(ids, lengths, fresh)
    table, read = model.items.weight, vectors.detach()
    outer, upstream = torch.zeros_like(table), torch.empty_like(read)
    logits, weights = read.new_empty(2, min(BLOCK, len(read)), len(table))
    loss = read.new_zeros(())
    with torch.no_grad():
        for start in range(0, len(read), BLOCK):
            here = slice(start, start + BLOCK)
            some, rows = read[here], torch.arange(len(read[here]), device=read.device)
            torch.mm(some, table.T, out=logits[: len(rows)])
            share = torch.softmax(logits[: len(rows)], 1, out=weights[: len(rows)])
            loss -= share[rows, targets[here]].clamp_min(1e-30).log().sum()
            share[rows, targets[here]] -= 1
            torch.mm(share, table, out=upstream[here])
            outer.addmm_(share.T, some, alpha=1 / len(read))
    vectors.backward(upstream.div_(len(read)))
    if table.requires_grad:
        table.grad = outer if table.grad is None else table.grad.add_(outer)
    return loss / len(read)


def sets_of_items(owner: str) -> CondrecError:
    """Return the error for users known by sets of items alone."""
    return CondrecError(
        f"{owner}: found users known by sets of items, expected sequences; choose the split "
        "leave-one-out"
    )


def require_sequences(owner: str, dataset: Dataset) -> None:
    """Refuse data whose users are no sequences.

    Raises:
        CondrecError: another split than leave-one-out, or soft users.
    """
    if not dataset.next_item or dataset.soft is not None:
        raise CondrecError(
            f"{owner}: found {dataset.name} with split {dataset.data_split}"
            f"{' and soft users' if dataset.soft is not None else ''}, expected sequences; "
            "choose the split leave-one-out"
        )


@dataclass(frozen=True, eq=False)
class FittedSequenceModel(FullRanker):
    """A trained sequence model."""

    model: SequenceModel
    log: TrainingLog

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.floating]:
        """Refuse users whose order of items is not given."""
        raise sets_of_items("sequence model")

    def score_next(
        self, users: NDArray[np.int64], known: SparseMatrix, sequences: Ragged
    ) -> NDArray[np.float32]:
        """Score every item as the next; a user nothing is known of gets equal scores."""
        scores = np.zeros((len(sequences), self.model.items.num_embeddings), dtype=np.float32)
        some = np.flatnonzero(sequences.lengths)
        if len(some):
            with torch.no_grad():
                vectors = self.model.encode(sequences.take(some))
                scores[some] = self.model.scores(vectors).cpu().numpy()
        return scores
