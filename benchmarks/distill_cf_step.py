"""What a step of Distill-CF costs by parts, and what cheaper sampling and batches save.

One step draws 500 soft users (200 Gumbel samples), builds two kernels, solves, predicts real users
and goes back.  The published way draws noise for every soft user and predicts every real user;
the others share the noise, leave it out, or predict a batch.  Seconds are medians on one thread;
the last column is the ratio to the published way in the same process.

    python benchmarks/distill_cf_step.py [--datasets ml-1m,magazine] [--repeats 3]
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from condrec.condensers import DistillCF
from condrec.condensers.distill_cf_algebra import kernels, multinomial_loss, projected
from condrec.datasets import SparseMatrix, interaction_matrix, load_dataset
from condrec.errors import CondrecError

N_SOFT = 500
SHAPES = {"ml-1m": (6040, 3706, 131), "magazine": (3092, 1305, 2)}
"""Users, items and mean row, to make data of the same shape where the files are missing."""
WAYS: dict[str, tuple[dict[str, Any], int]] = {
    "published: own noise, all users": ({"gumbel": "independent"}, 0),
    "shared noise, all users": ({"gumbel": "shared"}, 0),
    "shared noise, 1,000 users": ({"gumbel": "shared"}, 1000),
    "no noise, 1,000 users": ({"gumbel": "none"}, 1000),
}
PARTS = ("sampling", "kernels", "solve", "scores", "backward")


def rows_of(name: str) -> tuple[SparseMatrix, str]:
    """Return the training rows, or made-up ones of the same shape and density."""
    try:
        data = load_dataset(name)
    except CondrecError:
        n_users, n_items, mean = SHAPES[name]
        rng = np.random.default_rng(0)
        made = rng.random((n_users, n_items)) < mean / n_items
        from scipy import sparse

        return sparse.csr_matrix(made.astype(np.float32)), f"{name} (made up, same shape)"
    return interaction_matrix(data.train, data.n_users, data.n_items), name


def step(method: DistillCF, logits: Tensor, rows: SparseMatrix) -> dict[str, float]:
    """Return the seconds of every part of one step."""
    seconds: dict[str, float] = {}

    def timed(part: str, call: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        found = call()
        seconds[part] = time.perf_counter() - start
        return found

    generator = torch.Generator().manual_seed(0)
    weights = timed("sampling", lambda: method.draw(logits, generator))
    kernel, queries = timed("kernels", lambda: kernels(weights, rows, 1))
    solved = timed("solve", lambda: projected(kernel, queries, 1.0))
    loss = timed("scores", lambda: multinomial_loss(solved @ weights, rows))
    timed("backward", loss.backward)
    logits.grad = None
    return seconds


def main() -> None:
    """Print the table of every data set."""
    options = argparse.ArgumentParser()
    options.add_argument("--datasets", default="ml-1m,magazine")
    options.add_argument("--repeats", type=int, default=3)
    given = options.parse_args()
    torch.set_num_threads(1)
    for name in given.datasets.split(","):
        rows, label = rows_of(name)
        logits = torch.from_numpy(rows[:N_SOFT].toarray()).requires_grad_()
        print(f"\nA step of Distill-CF on {label}: {N_SOFT} soft users, {rows.shape[0]:,} users")
        print(f"{'seconds':34}" + "".join(f"{part:>10}" for part in (*PARTS, "all", "ratio")))
        first = 0.0
        for way, (settings, batch) in WAYS.items():
            method = DistillCF(edition="strict", **settings)
            some = rows[:batch] if batch else rows
            step(method, logits, some)  # warm up
            runs = [step(method, logits, some) for _ in range(given.repeats)]
            middle = {part: statistics.median(run[part] for run in runs) for part in PARTS}
            total = sum(middle.values())
            first = first or total
            shown = "".join(f"{middle[part]:10.3f}" for part in PARTS)
            print(f"{way:34}{shown}{total:10.3f}{total / first:10.2f}", flush=True)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"\nLargest memory of this process: {peak:.1f} GiB")


if __name__ == "__main__":
    main()
