"""What encoding each distinct item once a batch saves, and a word table of the words in use.

Compares the library's training step with two that encode every candidate and every history entry
separately: a plain one, padded to the longest text as published implementations are, and one on
the library's own unpadded lists, which shows what the repeats alone cost.  All use the same
weights, batches, loss and optimiser, and must agree on the loss.

    python benchmarks/encode_once.py [--batch 512] [--steps 2] [--repeats 5]
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from condrec.datasets import Dataset, Ragged, load_dataset
from condrec.errors import CondrecError
from condrec.recommenders import NAML, NRMS, Fastformer, TextModelConfig
from condrec.recommenders.fastformer import FastformerEncoder, FastformerModel
from condrec.recommenders.layers import AdditiveAttention, WordTable
from condrec.recommenders.naml import NAMLModel
from condrec.recommenders.negatives import draw_negatives
from condrec.recommenders.nrms import NRMSModel, SelfAttentionEncoder
from condrec.recommenders.text_model import RaggedTensor, TextModel

MODELS: tuple[type[TextModelConfig], ...] = (NAML, NRMS, Fastformer)
VOCABULARY = 30_522
AGREEMENT = 1e-5


def pool(attention: AdditiveAttention, x: Tensor, mask: Tensor) -> Tensor:
    """Pool padded lists [n, l, d] into [n, d]; an empty list gives zeros."""
    logits = attention.query(torch.tanh(attention.project(x))).squeeze(2)
    weight = logits.masked_fill(~mask, -1e9).softmax(1) * mask
    return torch.einsum("nl,nld->nd", weight, x)


def never_empty(mask: Tensor) -> Tensor:
    """Return the mask with empty lists attending to padding, which pooling drops again."""
    return mask | ~mask.any(1, keepdim=True)


def plain_self_attention(encoder: SelfAttentionEncoder, x: Tensor, mask: Tensor) -> Tensor:
    """Encode padded lists as NRMS does."""
    mixed = encoder.attention(x, x, x, ~never_empty(mask), need_weights=False)[0]
    return pool(encoder.pool, encoder.dropout(mixed), mask)


def plain_fastformer(encoder: FastformerEncoder, x: Tensor, mask: Tensor) -> Tensor:
    """Encode padded lists as Fastformer does."""
    x = encoder.dropout(encoder.norm_in(x + encoder.position.weight[: x.shape[1]]))
    mixed = encoder.attention(x, never_empty(mask))
    x = encoder.norm_attention(x + encoder.dropout(mixed))
    x = encoder.norm_out(x + encoder.dropout(encoder.feed_forward(x)))
    return pool(encoder.pool, x, mask)


def plain_items(model: TextModel, words: Tensor, mask: Tensor) -> Tensor:
    """Encode padded texts [n, l] one by one, whether they repeat or not."""
    x = nn.functional.embedding(words, model.words.weight)
    if isinstance(model, NAMLModel):
        kernel = torch.stack(model.window.weight.chunk(3, dim=0), dim=2)
        padded = (x * mask[:, :, None]).transpose(1, 2)
        x = nn.functional.conv1d(padded, kernel, model.bias, padding=1).transpose(1, 2)
        return pool(model.word_attention, model.dropout(torch.relu(x)), mask)
    if isinstance(model, NRMSModel):
        return plain_self_attention(model.item_encoder, model.project(x), mask)
    assert isinstance(model, FastformerModel)
    return plain_fastformer(model.item_encoder, model.project(x), mask)


def plain_users(model: TextModel, items: Tensor, mask: Tensor) -> Tensor:
    """Encode users from padded histories [n, l, h]."""
    if isinstance(model, NAMLModel):
        return pool(model.item_attention, items, mask)
    if isinstance(model, NRMSModel):
        return plain_self_attention(model.user_encoder, items, mask)
    assert isinstance(model, FastformerModel)
    return plain_fastformer(model.user_encoder, items, mask)


@dataclass
class Setting:
    """A model with its optimiser, and the data both implementations read."""

    model: TextModel
    texts: Ragged
    histories: Ragged

    def __post_init__(self) -> None:
        """Lay the data out for either implementation once."""
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=5e-3)
        self.flat = RaggedTensor.of(self.texts, "cpu"), RaggedTensor.of(self.histories, "cpu")
        self.words, self.word_mask = map(torch.from_numpy, self.texts.padded())
        self.history, self.history_mask = map(torch.from_numpy, self.histories.padded())

    def once(self, users: Tensor, candidates: Tensor) -> Tensor:
        """Score as the library does: every distinct item of the batch is encoded once."""
        return self.model.logits(*self.flat, users, candidates)

    def unpadded(self, users: Tensor, candidates: Tensor) -> Tensor:
        """Score with the library's encoders, each occurrence of an item by itself."""
        texts, histories = self.flat
        history, layout = histories.take(users)
        wanted = torch.cat([candidates.flatten(), history])
        items = self.model.encode_items(self.model.words.weight, *texts.take(wanted))
        n_candidates = candidates.numel()
        read = self.model.encode_users(items[n_candidates:], layout)
        return torch.einsum("bh,bch->bc", read, items[:n_candidates].view(*candidates.shape, -1))

    def padded(self, users: Tensor, candidates: Tensor) -> Tensor:
        """Score as a plain implementation does, each occurrence padded and by itself."""
        wanted = torch.cat([candidates, self.history[users]], dim=1)
        items = plain_items(
            self.model, self.words[wanted.flatten()], self.word_mask[wanted.flatten()]
        ).view(*wanted.shape, -1)
        n_candidates = candidates.shape[1]
        read = plain_users(self.model, items[:, n_candidates:], self.history_mask[users])
        return torch.einsum("bh,bch->bc", read, items[:, :n_candidates])


Scorer = Callable[[Tensor, Tensor], Tensor]
Batch = tuple[Tensor, Tensor]


def loss_of(score: Scorer, batch: Batch) -> Tensor:
    """Return the softmax loss of a batch; the positives are in column 0."""
    logits = score(*batch)
    return nn.functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64))


def timed_steps(setting: Setting, score: Scorer, batches: list[Batch]) -> float:
    """Train on the batches and return the seconds a step took."""
    start = time.perf_counter()
    for batch in batches:
        loss = loss_of(score, batch)
        setting.optimizer.zero_grad()
        loss.backward()
        setting.optimizer.step()
    return (time.perf_counter() - start) / len(batches)


def batches_of(dataset: Dataset, size: int) -> Iterator[Batch]:
    """Yield users and candidates of random batches, dislikes first among the negatives."""
    rng = np.random.default_rng(0)
    positives, disliked = dataset.train.positives, dataset.train.negatives
    dislikes = Ragged.group(disliked.user, disliked.item, dataset.n_users)
    drawn = draw_negatives(positives.user, dislikes, np.arange(dataset.n_items), 4, rng)
    candidates = np.column_stack([positives.item, drawn])
    while True:
        order = rng.permutation(len(positives))
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            yield torch.from_numpy(positives.user[rows]), torch.from_numpy(candidates[rows])


def build(config: TextModelConfig, dataset: Dataset) -> Setting:
    """Return an untrained model on the data, in training mode."""
    assert dataset.tokens is not None
    torch.manual_seed(0)
    words, place = np.unique(dataset.tokens.values, return_inverse=True)
    model = config.model()
    model.words = WordTable(torch.from_numpy(words), VOCABULARY, config.embedding_size)
    histories = dataset.histories.truncate(config.history_limit, "last")
    return Setting(model.train(), Ragged(place, dataset.tokens.offsets), histories)


def spread(values: list[float], form: str = ".1f") -> str:
    """Return median [smallest, largest]."""
    return f"{statistics.median(values):{form}} [{min(values):{form}}, {max(values):{form}}]"


def compare_encoding(dataset: Dataset, batch_size: int, n_steps: int, repeats: int) -> None:
    """Print the seconds an epoch takes either way and their ratio, for the three models."""
    n_positives = len(dataset.train.positives)
    batch_size = min(batch_size, n_positives)
    steps_an_epoch = -(-n_positives // batch_size)
    print(
        f"{dataset.name}: {n_positives:,} positives, {steps_an_epoch} steps of {batch_size} an "
        f"epoch, one thread.\nSeconds an epoch, from {n_steps} steps a repeat, {repeats} "
        "alternating repeats: median [min, max]"
    )
    names = ("each item once", "each occurrence", "padded", "occurrence / once", "padded / once")
    print(" " * 11 + "".join(f"{name:22}" for name in names) + "largest loss difference")
    for kind in MODELS:
        batches = batches_of(dataset, batch_size)
        setting = build(kind(dropout=0.0), dataset)
        batch = next(batches)
        scorers = (setting.once, setting.unpadded, setting.padded)
        losses = [float(loss_of(score, batch).detach()) for score in scorers]
        difference = max(losses) - min(losses)
        setting = build(kind(), dataset)
        scorers = (setting.once, setting.unpadded, setting.padded)
        seconds = np.zeros((repeats + 1, len(scorers)))
        for repeat in range(repeats + 1):
            part = [next(batches) for _ in range(n_steps if repeat else 1)]
            seconds[repeat] = [timed_steps(setting, score, part) for score in scorers]
        seconds = steps_an_epoch * seconds[1:]  # the first repeat warms up
        columns = [*seconds.T, seconds[:, 1] / seconds[:, 0], seconds[:, 2] / seconds[:, 0]]
        shown = "".join(f"{spread(column.tolist()):22}" for column in columns)
        print(f"{kind.__name__:11}{shown}{difference:.1e}", flush=True)
        if difference >= AGREEMENT:
            raise SystemExit(f"{kind.__name__}: the losses differ by {difference:.1e}")


def compare_word_tables(dataset: Dataset, repeats: int) -> None:
    """Print what Adam costs on all word pieces and on those that occur in the texts."""
    assert dataset.tokens is not None
    words, place = np.unique(dataset.tokens.values, return_inverse=True)
    rows = {
        VOCABULARY: torch.from_numpy(dataset.tokens.values),
        len(words): torch.from_numpy(place),
    }
    milliseconds: dict[int, list[float]] = {size: [] for size in rows}
    tables = {size: nn.Embedding(size, 256) for size in rows}
    optimizers = {size: torch.optim.Adam(table.parameters()) for size, table in tables.items()}
    for repeat in range(repeats + 1):
        for size, ids in rows.items():
            start = time.perf_counter()
            optimizers[size].zero_grad()
            tables[size](ids).sum().backward()
            optimizers[size].step()
            if repeat:  # the first makes the optimiser's state
                milliseconds[size].append(1000 * (time.perf_counter() - start))
    ratios = [
        b / a for a, b in zip(milliseconds[len(words)], milliseconds[VOCABULARY], strict=True)
    ]
    print(
        f"word table, milliseconds a step for look-up, gradient and Adam: {len(words):,} words in "
        f"use {spread(milliseconds[len(words)])}, all {VOCABULARY:,} "
        f"{spread(milliseconds[VOCABULARY])}, ratio {spread(ratios)}"
    )


def main() -> None:
    """Read the command line and run both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--batch", type=int, default=512, help="positives a step")
    parser.add_argument("--steps", type=int, default=2, help="steps a repeat")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    try:
        dataset = load_dataset("tfdcon-movielens")
    except CondrecError:
        print("tfdcon-movielens is not in CONDREC_DATA: the embedded data set instead")
        dataset = load_dataset("embedded")
    compare_encoding(dataset, arguments.batch, arguments.steps, arguments.repeats)
    compare_word_tables(dataset, 4 * arguments.repeats)


if __name__ == "__main__":
    main()
