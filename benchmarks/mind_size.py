"""What MIND-small costs, from its files to a trained model, in seconds and memory.

Made-up files of MIND-small's size are written to a temporary folder and read; a tenth of the users
is drawn at random (TF-DCon itself needs an encoder trained on the full data first); texts are
condensed without a language model; NAML is trained for one epoch and tested.  An epoch on the full
data follows where it is estimated to end in time, from an epoch on a hundredth of its users.
One thread, one process; its largest memory must stay below 8 GiB.

    python benchmarks/mind_size.py [--share 0.05] [--minutes 10]
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from mind_files import MindSize, write_mind

from condrec.condensers import condenser
from condrec.datasets import Dataset, load_dataset
from condrec.evaluation import mean_metrics, random_expectation
from condrec.experiments.execute import evaluate
from condrec.recommenders import recommender

MOST_GIB = 8.0
T = TypeVar("T")


def peak() -> float:
    """Return the most memory this process ever held, GiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def timed(part: str, call: Callable[[], T]) -> T:
    """Print the seconds of a part and the largest memory so far, and return what it made."""
    start, used = time.perf_counter(), time.process_time()
    made = call()
    passed, worked = time.perf_counter() - start, time.process_time() - used
    print(f"| {part} | {passed:.1f} | {worked:.1f} | {peak():.2f} |", flush=True)
    return made


def some_users(data: Dataset, part: int, content: str) -> Dataset:
    """Return the data of one in ``part`` training users."""
    budget = max(100, len(data.train_users) // part)  # fewer may have no validation row
    return condenser("random-users", {"content": content}).condense(data, budget, seed=0)


def trained_and_tested(data: Dataset, small: Dataset, what: str) -> str:
    """Train for an epoch and test on the full data's impressions; return what came out."""
    config = recommender("naml", {"epochs": 1})
    steps = -(-len(small.train.positives) // config.batch_size)
    fitted = timed(f"train on {what}, {steps} steps", lambda: config.fit(small, 0))
    n_ranked = len(data.validation) + 2 * len(data.test)
    found = timed(f"rank {n_ranked:,} candidates", lambda: evaluate(fitted, data, small, seed=0))
    chance = random_expectation(data.test)["NDCG@5"]
    ndcg = mean_metrics(found["test"])["NDCG@5"]
    return f"NDCG@5 of NAML after an epoch on {what}: {ndcg:.4f}, of random scores: {chance:.4f}"


def main() -> None:
    """Print the table of parts, and below it what was read and learned."""
    options = argparse.ArgumentParser()
    options.add_argument("--share", type=float, default=0.05, help="of MIND-small's size")
    options.add_argument("--minutes", type=float, default=10.0, help="for an epoch on full data")
    given = options.parse_args()
    torch.set_num_threads(1)
    print("| part | seconds | of the processor | largest memory so far, GiB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CONDREC_DATA"] = folder
        made = MindSize().scaled(given.share)
        timed("write the files", lambda: write_mind(Path(folder), made))
        data = timed("read them", lambda: load_dataset("mind-small"))
    parts = (data.train, data.validation, data.test)
    impressions = " + ".join(f"{len(np.unique(rows.group)):,}" for rows in parts)
    notes = [
        f"{data.n_items:,} news, {data.n_users:,} users, {impressions} impressions, "
        f"{sum(map(len, parts)):,} candidates"
    ]
    tenth = timed("draw a tenth of the users, condense texts", lambda: some_users(data, 10, "auto"))
    notes.append(trained_and_tested(data, tenth, "a tenth of the users"))
    few = some_users(data, 100, "original")
    config = recommender("naml", {"epochs": 1})
    probe = timed("train on a hundredth, whole texts", lambda: config.fit(few, 0))
    minutes = probe.log.seconds * len(data.train.positives) / len(few.train.positives) / 60
    if minutes <= given.minutes:
        notes.append(trained_and_tested(data, data, "the full data"))
    else:
        notes.append(f"an epoch on the full data would take about {minutes:.0f} minutes: left out")
    print("", *notes, f"largest memory: {peak():.2f} GiB", sep="\n")
    if peak() >= MOST_GIB:
        sys.exit(f"expected less than {MOST_GIB:.0f} GiB")


if __name__ == "__main__":
    main()
