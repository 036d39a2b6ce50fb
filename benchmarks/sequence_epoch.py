"""What an epoch of the sequence models costs: one causal pass a window, or a sample a prefix.

Here a pass over a window predicts the next item at every position.  The usual way makes every
prefix of a sequence a sample of its own, padded to the longest, and predicts at the last position
alone: 97,171 rows of 50 on ML-100K.  Both train the same model with the full softmax and Adam and
predict the same items; the usual way uses torch's own dropout and cross-entropy.  It is timed on a
few of its batches, drawn at random, and scaled to all of them.  Seconds are those of the
processor, on one thread; every repeat times both in turn.

    python benchmarks/sequence_epoch.py [--models sasrec,gru4rec] [--repeats 3] [--batches 2]
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from condrec.datasets import Dataset, Ragged, load_dataset, training_sequences
from condrec.errors import CondrecError
from condrec.recommenders import recommender
from condrec.recommenders.sequence import SequenceConfig

USUAL_BATCH = 2048
"""Prefixes a step; the default of RecBole."""


def prefixes(sequences: Ragged, rows: NDArray[np.int64], length: int) -> list[torch.Tensor]:
    """Return the padded prefixes that end before the entries ``rows``, their sizes and the next.

    Args:
        sequences: items of each user.
        rows: which entries are predicted, in the flat list of all but the first of each user.
        length: most items of a prefix, and the width it is padded to.
    """
    owner = np.repeat(np.arange(len(sequences)), sequences.lengths)
    place = np.arange(len(owner)) - sequences.offsets[owner]
    ends = np.flatnonzero(place)[rows]
    sizes = np.minimum(place[ends], length)
    column = np.arange(length)
    ids = sequences.values[np.minimum((ends - sizes)[:, None] + column, len(owner) - 1)]
    ids[column >= sizes[:, None]] = 0
    return [torch.from_numpy(each) for each in (ids, sizes, sequences.values[ends])]


def epoch(config: SequenceConfig, data: Dataset, seed: int) -> float:
    """Return the seconds of an epoch here: the second of a fit that validates one user."""
    one_user = replace(data, validation=data.validation.where([0]))
    ends: list[float] = []
    replace(config, epochs=2).fit(one_user, seed, keep=lambda *_: ends.append(time.process_time()))
    return ends[1] - ends[0]


def plain(model: nn.Module) -> nn.Module:
    """Return the model with torch's own dropout in place of the library's, which is faster."""
    for module in list(model.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.Dropout):
                setattr(module, name, nn.Dropout(child.p))
    return model


def usual_epoch(config: SequenceConfig, data: Dataset, seed: int, n_batches: int) -> float:
    """Return the seconds of an epoch of prefixes, scaled from some of its batches."""
    sequences = training_sequences(data)
    n_rows = int((sequences.lengths - 1).sum())
    torch.manual_seed(seed)
    model = plain(config.build(data.n_items).train())
    adam = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    order = np.random.default_rng(seed).permutation(n_rows)
    seconds, used = 0.0, 0
    for number in range(n_batches + 1):
        rows = order[number * USUAL_BATCH : (number + 1) * USUAL_BATCH]
        if not len(rows):
            break
        ids, sizes, following = prefixes(sequences, rows, config.max_length)
        start = time.process_time()
        vectors = model.last(model.embed(ids), sizes)
        loss = functional.cross_entropy(model.scores(vectors), following)
        adam.zero_grad()
        loss.backward()
        adam.step()
        if number or n_rows <= USUAL_BATCH:  # the first warms up
            seconds += time.process_time() - start
            used += len(rows)
    return seconds * n_rows / used


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--models", default="sasrec,gru4rec")
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--batches", type=int, default=2, help="of the usual way, a repeat")
    given = options.parse_args()
    torch.set_num_threads(1)
    try:
        data = load_dataset("ml-100k@leave-one-out")
    except CondrecError:
        print("ml-100k is not in CONDREC_DATA: the embedded sequences instead")
        data = load_dataset("embedded-sequences")
    lengths = training_sequences(data).lengths
    n_rows = int((lengths - 1).sum())
    print(
        f"{data.name}: {n_rows:,} next items of {len(lengths):,} users, one thread.  The usual way "
        f"is scaled from {given.batches} of its {-(-n_rows // USUAL_BATCH)} batches of "
        f"{USUAL_BATCH} a repeat.\nSeconds are medians of {given.repeats} repeats [min, max]."
    )
    print("| model | epoch here, s | usual epoch, s | times cheaper |\n|---|---|---|---|")
    for name in given.models.split(","):
        config = recommender(name)
        pairs = [
            (epoch(config, data, seed), usual_epoch(config, data, seed, given.batches))
            for seed in range(given.repeats)
        ]
        here, usual = zip(*pairs, strict=True)
        ratio = [b / a for a, b in pairs]
        shown = " | ".join(
            f"{statistics.median(values):.2f} [{min(values):.2f}, {max(values):.2f}]"
            for values in (here, usual, ratio)
        )
        print(f"| {name} | {shown} |", flush=True)


if __name__ == "__main__":
    main()
