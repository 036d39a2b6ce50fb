"""What an outer step of TD3 costs, in seconds and memory, and where the time goes.

The gradient through a window of inner steps is computed in two ways with the same result: with the
graph of the whole window, and step by step backwards with one step's graph at a time.  Each way
runs in a process of its own, whose peak memory is counted above what it holds before the window.
One thread; seconds are medians of runs in turn, so that their ratio is fair.

    python benchmarks/td3_step.py [--shape ml-100k] [--window 40] [--repeats 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from condrec.condensers.unrolled import (
    Adam,
    Learner,
    State,
    Window,
    ordinary_steps,
    plain_gradient,
    window_gradient,
)
from condrec.recommenders import SASRec
from condrec.recommenders.sequence_model import random_cut

SHAPES = {"ml-100k": (1682, 50, 164), "magazine": (900, 20, 212)}
"""Items, length of a sequence, real windows in an outer batch."""
N_SEQUENCES, BATCH = 30, 15
WAYS = {"step by step": window_gradient, "whole graph": plain_gradient}


class Problem:
    """An outer step on made-up data of a real shape."""

    def __init__(self, shape: str, window: int) -> None:
        torch.set_num_threads(1)
        torch.manual_seed(0)
        n_items, length, n_real = SHAPES[shape]
        self.model = SASRec(max_length=length).build(n_items)
        self.learner = Learner(self.model)
        self.soft = torch.randn(N_SEQUENCES, length, n_items).softmax(2)
        blocks = [slice(at, at + BATCH) for at in range(0, N_SEQUENCES, BATCH)]
        self.window = Window([blocks[k % 2] for k in range(window)], list(range(window)))
        self.real = (
            torch.randint(n_items, (n_real, length + 1)),
            torch.full((n_real,), length + 1),
            torch.arange(length).repeat(n_real, 1) % 2 == 0,
        )
        self.adam = Adam(5e-3, 5e-5)
        self.state = State.begin(self.learner.flat())

    def inner(self, theta: Tensor, batch: Tensor) -> Tensor:
        """Return the inner loss, dropout on."""
        cut = random_cut(len(batch), batch.shape[1])
        loss: Tensor = self.learner.call(theta, "soft_loss", batch, cut)
        return loss

    def outer(self, theta: Tensor) -> Tensor:
        """Return the outer loss without the alignment."""
        loss: Tensor = self.learner.call(theta, "hard_loss", *self.real)
        return loss

    def gradient(self, way: str) -> Any:
        """Differentiate through the window."""
        return WAYS[way](self.inner, self.outer, self.state, self.soft, self.window, self.adam)


def peak() -> float:
    """Return the most memory this process ever held, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds(call: Callable[[], Any], repeats: int) -> float:
    """Return the median time of a call; the first one is not counted."""
    call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def alone(shape: str, window: int, way: str, repeats: int) -> dict[str, float]:
    """Measure one way in this process."""
    problem = Problem(shape, window)
    problem.outer(problem.state.theta.requires_grad_()).backward()  # type: ignore[no-untyped-call]
    before = peak()
    took = seconds(lambda: problem.gradient(way), repeats)
    return {"seconds": took, "memory": peak() - before, "all": peak()}


def main() -> None:
    """Print both tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--shape", choices=SHAPES, default="ml-100k")
    options.add_argument("--window", type=int, default=40)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--way", choices=WAYS)
    given = options.parse_args()
    if given.way:
        print(json.dumps(alone(given.shape, given.window, given.way, given.repeats)))
        return
    each: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
    for _ in range(given.repeats):  # in turn, so that a busy machine slows both
        for way in WAYS:
            command = [sys.executable, __file__, "--shape", given.shape, "--way", way]
            command += ["--window", str(given.window), "--repeats", "1"]
            done = subprocess.run(command, capture_output=True, check=True)
            each[way].append(json.loads(done.stdout))
    found = {
        way: {name: statistics.median(row[name] for row in rows) for name in rows[0]}
        for way, rows in each.items()
    }
    print(f"{given.shape}, window {given.window}\n")
    print("| gradient | seconds | memory of the window, MiB | peak of the process, MiB |")
    print("|---|---|---|---|")
    for way, row in found.items():
        print(f"| {way} | {row['seconds']:.2f} | {row['memory']:.0f} | {row['all']:.0f} |")
    ours, plain = found.values()
    print(
        f"\nratio: time {ours['seconds'] / plain['seconds']:.2f}, memory of the window "
        f"{ours['memory'] / plain['memory']:.2f}, of the process {ours['all'] / plain['all']:.2f}"
    )
    problem = Problem(given.shape, given.window)
    parts = {
        "a step without graph": lambda: ordinary_steps(
            problem.inner, problem.state, problem.soft, problem.window, problem.adam
        ),
        "a step of the window, there and back": lambda: problem.gradient("step by step"),
        "the outer loss": lambda: problem.outer(problem.state.theta),
    }
    print("\n| part | milliseconds |\n|---|---|")
    for name, call in parts.items():
        share = given.window if "step" in name else 1
        print(f"| {name} | {1000 * seconds(call, given.repeats) / share:.1f} |")


if __name__ == "__main__":
    main()
