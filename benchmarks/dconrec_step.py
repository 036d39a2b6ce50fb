"""What an outer iteration of DConRec costs, and an epoch of its models.

First table: one outer iteration with four masks (draws, four short trainings, the outer loss, the
update, the projection) against four one-epoch fits of the same model on sets of the kept size.
Second table: an epoch of BPR-MF and of LightGCN here against a plain implementation, which draws
negatives pair by pair with a Python set and multiplies sparse tensors.  One thread; seconds are
medians, ratios are of the same process.

    python benchmarks/dconrec_step.py [--datasets ml-100k,ml-1m] [--repeats 3]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from scipy import sparse

from condrec.condensers import DConRec, condenser
from condrec.datasets import Dataset, Interactions, Ragged, load_dataset, training_matrix
from condrec.errors import CondrecError
from condrec.recommenders import recommender
from condrec.recommenders.graph import normalised_graph

SHAPES = {"ml-100k": (943, 1682, 86), "ml-1m": (6040, 3706, 131)}
"""Users, items and mean row, to make data of the same shape where the files are missing."""
BUDGET, N_MASKS = 0.25, 4
BATCH = {"bpr-mf": 2048, "lightgcn": 8192}


def data_of(name: str) -> tuple[Dataset, str]:
    """Return the data, or made-up ones of the same shape, and what they are called."""
    try:
        return load_dataset(name), name
    except CondrecError:
        n_users, n_items, mean = SHAPES[name]
        rng = np.random.default_rng(0)
        user = np.repeat(np.arange(n_users), mean)
        item = np.concatenate([rng.permutation(n_items)[: mean + 1] for _ in range(n_users)])
        held = np.arange(len(item)) % (mean + 1) == 0
        ones = np.ones(len(user), dtype=np.int64)
        validation = Interactions(np.arange(n_users), item[held], ones[:n_users])
        made = Dataset(
            name=name,
            n_users=n_users,
            n_items=n_items,
            train=Interactions(user, item[~held], ones),
            validation=validation,
            test=validation,
            histories=Ragged.from_lists([[]] * n_users),
            protocol="full",
        )
        return made, f"{name} (made up, same shape)"


def median(call: Callable[[], float], repeats: int) -> float:
    """Return the median of what a call returns; the first one is not counted."""
    call()
    return statistics.median(call() for _ in range(repeats))


def one_user(data: Dataset) -> Dataset:
    """Return the data with a single validation row: a fit is then nearly its epochs."""
    return replace(data, validation=data.validation.where([0]))


def iteration(data: Dataset, model: str) -> float:
    """Return the seconds of one outer iteration, from the difference of 7 and 2."""
    settings = {"edition": "strict", "augment": 0, "tail_degree": 0, "decay_every": 0}
    method = condenser("dconrec", {**settings, "backbone": model, "inner_batch_size": BATCH[model]})
    assert isinstance(method, DConRec)
    seconds = [replace(method, iterations=n).learn(data, BUDGET, 0)["seconds"] for n in (2, 7)]
    return float(seconds[1] - seconds[0]) / 5


def four_fits(data: Dataset, model: str) -> float:
    """Return the seconds of four one-epoch fits on random sets of the kept size."""
    sets = [
        one_user(condenser("random-interactions").condense(data, BUDGET, seed))
        for seed in range(N_MASKS)
    ]
    config = recommender(model, {"epochs": 1, "batch_size": BATCH[model]})
    start = time.perf_counter()
    for seed, small in enumerate(sets):
        config.fit(small, seed)
    return time.perf_counter() - start


def epoch(data: Dataset, model: str) -> float:
    """Return the seconds of an epoch here, from the difference of fits of 2 and 1."""
    config = recommender(model, {"epochs": 1, "batch_size": BATCH[model], "validate_every": 9})
    few = one_user(data)
    short, long = (replace(config, epochs=n).fit(few, 0).log.seconds for n in (1, 2))
    return float(long - short)


def plain_epoch(data: Dataset, model: str) -> float:
    """Return the seconds of an epoch written plainly."""
    matrix: Any = training_matrix(data)
    n_rows, n_items = matrix.shape
    rows, items = (torch.from_numpy(each.astype(np.int64)) for each in matrix.nonzero())
    taken = [
        set(matrix.indices[a:b]) for a, b in zip(matrix.indptr, matrix.indptr[1:], strict=False)
    ]
    vectors = torch.nn.Embedding(n_rows + n_items, 64)
    graph, _ = normalised_graph(matrix)
    square = sparse.bmat([[None, graph], [graph.T, None]]).tocoo()
    adjacency = torch.sparse_coo_tensor(
        torch.from_numpy(np.stack([square.row, square.col])),
        torch.from_numpy(square.data),
        square.shape,
        is_coalesced=True,
    )
    adam = torch.optim.Adam(vectors.parameters(), lr=5e-3)
    rng = np.random.default_rng(0)
    start = time.perf_counter()
    for batch in torch.randperm(len(rows)).split(BATCH[model]):
        negatives = []
        for row in rows[batch].tolist():
            other = int(rng.integers(n_items))
            while other in taken[row]:
                other = int(rng.integers(n_items))
            negatives.append(other)
        table = vectors.weight
        if model == "lightgcn":
            layers = [table]
            for _ in range(3):
                layers.append(torch.sparse.mm(adjacency, layers[-1]))
            table = torch.stack(layers).mean(0)
        user, liked = table[rows[batch]], table[n_rows + items[batch]]
        other_vectors = table[n_rows + torch.tensor(negatives)]
        loss = torch.nn.functional.softplus(-(user * (liked - other_vectors)).sum(1)).mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
    return time.perf_counter() - start


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--datasets", default="ml-100k,ml-1m")
    options.add_argument("--repeats", type=int, default=3)
    given = options.parse_args()
    torch.set_num_threads(1)
    torch.sparse.check_sparse_tensor_invariants.disable()  # else a warning asks to choose
    named = [data_of(name) for name in given.datasets.split(",")]
    print("| data | model | one outer iteration, s | four one-epoch fits, s | ratio |")
    print("|---|---|---|---|---|")
    for data, name in named:
        for model in BATCH:
            ours, fits = (
                median(partial(call, data, model), given.repeats) for call in (iteration, four_fits)
            )
            print(f"| {name} | {model} | {ours:.3f} | {fits:.3f} | {ours / fits:.2f} |", flush=True)
    print("\n| data | model | epoch, s | plain epoch, s | times faster |\n|---|---|---|---|---|")
    for data, name in named:
        for model in BATCH:
            ours, plain = epoch(data, model), plain_epoch(data, model)
            line = f"| {name} | {model} | {ours:.2f} | {plain:.2f} | {plain / ours:.1f} |"
            print(line, flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\npeak memory {peak:.2f} GiB")


if __name__ == "__main__":
    main()
