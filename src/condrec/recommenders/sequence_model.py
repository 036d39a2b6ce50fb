"""The sequence models' common base: ids or distributions in, next items out.

A model reads sequences of item ids [b, L] or of distributions over the items [b, L, n_items]
through the same forward pass: an id is looked up in the item table, a distribution averages the
table's rows (fact sheet TD3, section 2.2).  Sequences are padded on the right, so that a causal
model never reads padding, and the item space has no id for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from condrec.datasets import ItemTable, Ragged
from condrec.errors import CondrecError

if TYPE_CHECKING:
    from condrec.recommenders.sequence import SequenceConfig

SOFT_TARGETS = ("last", "cut", "all")
INITIAL_STD = 0.02


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

    def encode(self, sequences: Ragged) -> Tensor:
        """Return what has been read of the most recent items of each sequence, shape [b, d].

        Args:
            sequences: b lists of items, none empty.
        """
        recent, place = sequences.truncate(self.max_length, "last"), self.items.weight.device
        ids, lengths = (torch.from_numpy(x).to(place) for x in (recent.padded()[0], recent.lengths))
        return self.last(self.embed(ids), lengths)

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
    """Dropout whose mask is drawn as uniform numbers: on a CPU cheaper than torch's own."""

    def forward(self, x: Tensor) -> Tensor:
        """Zero a share ``p`` of the entries in training, scale the others by 1 / (1 - p)."""
        if not self.training or self.p == 0:
            return x
        return x * (torch.rand_like(x) >= self.p).to(x.dtype).div_(1 - self.p)


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
