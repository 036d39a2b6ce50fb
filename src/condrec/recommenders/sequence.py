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

from condrec.datasets import (
    Dataset,
    ItemTable,
    Ragged,
    SoftSequences,
    SparseMatrix,
    training_sequences,
)
from condrec.errors import CondrecError
from condrec.recommenders.base import FullRanker, TrainingLog, resolve_device
from condrec.recommenders.epochs import EpochConfig, fit_by_epochs
from condrec.recommenders.windows import windows
from condrec.settings import require

SOFT_STEPS = 20
"""Steps on soft sequences that count as an epoch: a pass over a handful of them is too short."""
SOFT_TARGETS = ("last", "cut", "all")
INITIAL_STD = 0.02
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
        # The longest step is the cheapest, and was no worse than half of it on ML-100K.
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

    def read(self, sequences: Tensor, lengths: Tensor) -> Tensor:
        """Return :meth:`hidden` of ids or distributions."""
        return self.hidden(self.embed(sequences), lengths)

    def last(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Return what has been read of whole sequences, shape [b, d]."""
        return self.hidden(embedded, lengths)[torch.arange(len(lengths)), lengths - 1]

    def scores(self, vectors: Tensor) -> Tensor:
        """Return the logits of every item as the next, shape [..., n_items]."""
        return vectors @ self.items.weight.T

    def predictions(self, ids: Tensor, lengths: Tensor, fresh: Tensor) -> tuple[Tensor, Tensor]:
        """Return the vectors that predict items, shape [n, d], and these items, shape [n].

        Args:
            ids: windows, shape [b, L + 1]; position t predicts entry t + 1.
            lengths: entries of each window, from 2, shape [b].
            fresh: which positions' next items count, shape [b, L].
        """
        return self.read(ids[:, :-1], lengths - 1)[fresh], ids[:, 1:][fresh]

    def hard_loss(self, ids: Tensor, lengths: Tensor, fresh: Tensor) -> Tensor:
        """Return the mean cross-entropy, full softmax, of :meth:`predictions`."""
        vectors, targets = self.predictions(ids, lengths, fresh)
        return functional.cross_entropy(self.scores(vectors), targets)

    def soft_loss(
        self, sequences: Tensor, cut: Tensor | None = None, everywhere: bool = False
    ) -> Tensor:
        """Return the mean divergence KL(target || prediction) (fact sheet TD3, section 2.2).

        Args:
            sequences: distributions, shape [b, L, n_items]; the last position is the target.
            cut: another target position of each sequence, shape [b], predicted from what stands
                before it; the loss is the mean of both then (section 2.3).
            everywhere: every position but the first is a target.
        """
        embedded = self.embed(sequences)[:, :-1]  # sliced after: the input is the larger copy
        whole = torch.full((len(sequences),), embedded.shape[1], device=embedded.device)
        if everywhere:
            read = self.hidden(embedded, whole)
            return divergence(sequences[:, 1:].flatten(0, 1), self.scores(read).flatten(0, 1))
        if cut is None:
            return divergence(sequences[:, -1], self.scores(self.last(embedded, whole)))
        # One causal pass reads both prefixes.
        read, rows = self.hidden(embedded, whole), torch.arange(len(sequences))
        ends = [(sequences[:, -1], read[:, -1]), (sequences[rows, cut], read[rows, cut - 1])]
        both = [divergence(target, self.scores(vectors)) for target, vectors in ends]
        return (both[0] + both[1]) / 2


class Dropout(nn.Dropout):
    """Dropout whose mask is drawn as uniform numbers: a quarter of the time of torch's own."""

    def forward(self, x: Tensor) -> Tensor:
        """Zero a share ``p`` of the entries in training, scale the others by 1 / (1 - p)."""
        if not self.training or self.p == 0:
            return x
        return x * (torch.rand_like(x) >= self.p).to(x.dtype).div_(1 - self.p)


def add_gradients(model: SequenceModel, ids: Tensor, lengths: Tensor, fresh: Tensor) -> Tensor:
    """Add the gradients of ``hard_loss`` to the weights' and return the loss, detached.

    The gradient of the logits, softmax less the item predicted, is written down: half the time of
    autograd, as a block of predictions stays in the processor's cache and its memory is reused.
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


def divergence(target: Tensor, logits: Tensor) -> Tensor:
    """Return KL(target || softmax(logits)), mean over rows; the entropy counts, as it is learned.

    Args:
        target: distributions, shape [b, n_items].
        logits: shape [b, n_items].
    """
    log_target = torch.log(target.clamp_min(1e-30))
    return (target * (log_target - functional.log_softmax(logits, dim=1))).sum(1).mean()


def random_cut(n: int, length: int) -> Tensor | None:
    """Return random target positions p in {5, ..., L - 2}, shape [n] (fact sheet TD3, 2.3).

    Returns:
        None where sequences of that length hold no such position.
    """
    return torch.randint(5, length - 1, (n,)) if length >= 7 else None


def targets_of(targets: str, batch: Tensor) -> tuple[Tensor | None, bool]:
    """Return what ``soft_loss`` takes behind a batch, drawn anew, for one of SOFT_TARGETS."""
    cut = random_cut(len(batch), batch.shape[1]) if targets == "cut" else None
    return cut, targets == "all"


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


def start_from(model: SequenceModel, table: ItemTable) -> None:
    """Give a model the item vectors that a summary brings along, frozen if it says so.

    Raises:
        CondrecError: a table of another size than the model's.
    """
    values = torch.from_numpy(table.values)
    if values.shape != model.items.weight.shape:
        raise CondrecError(
            f"item table: found shape {tuple(values.shape)}, expected "
            f"{tuple(model.items.weight.shape)}; set embedding_size to {values.shape[1]}"
        )
    with torch.no_grad():
        model.items.weight.copy_(values)
    model.items.weight.requires_grad_(not table.frozen)


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
