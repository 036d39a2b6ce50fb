"""Made-up results: a plan of real runs, rows and metrics of ranked lists invented for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from condrec.experiments import Run, make_run
from condrec.experiments.record import COLUMNS
from condrec.report.plan import planned
from condrec.report.results import Results, joined

GRID = "tf-dcon-table-3"
Configuration = tuple[str, str, float | None, dict[str, Any]]
"""Method, recommender, budget and settings."""


def row(run: Run, metric: str, value: float, split: str = "test", **other: Any) -> dict[str, Any]:
    """Return a recorded row of a run."""
    settings = {k: v for k, v in run.settings().items() if k != "edition"}
    settings |= {"test_content": "training"} if split == "test" else {}
    base = dict.fromkeys(COLUMNS, 0) | {
        "key": run.key(),
        "version": "0.1.0",
        "grid": GRID,
        "dataset": run.dataset,
        "data_split": "made up",
        "method": run.method,
        "edition": run.condenser().edition,
        "settings": settings,
        "budget": np.nan if run.budget is None else run.budget,
        "recommender": run.recommender,
        "seed": run.seed,
        "draw": run.seed,
        "split": split,
        "metric": metric,
        "value": value,
        "n_users": 10,
        "n_positives": 2000,
        "n_negatives": 500,
        "seconds_condense": 2.0,
        "seconds_train": 3.0,
        "device": "cpu (made up)",
        "commit": "0123456789",
        "date": "2026-01-01",
    }
    found = base | other
    return found | {"settings": json.dumps(found["settings"], sort_keys=True)}


@pytest.fixture
def made_up() -> Callable[..., Results]:
    """Return a function that invents results.

    Its arguments: configurations, the value of NDCG@5 by (configuration number, seed), seeds,
    and metrics of ranked lists by configuration number: an array [n_seeds, n_lists].
    """

    def make(
        configurations: Sequence[Configuration],
        values: Mapping[tuple[int, int], float],
        seeds: Sequence[int] = (0, 1),
        lists: Mapping[int, np.ndarray] | None = None,
        profile: str = "real",
    ) -> Results:
        runs, rows, groups = [], [], {}
        for i, (method, model, budget, settings) in enumerate(configurations):
            for place, seed in enumerate(seeds):
                run = make_run("embedded", method, model, seed, budget, settings)
                runs.append(run)
                if (i, seed) in values:
                    rows.append(row(run, "NDCG@5", values[i, seed]))
                    rows.append(row(run, "outer_steps", 1.0, split="train"))
                    if lists is not None:
                        groups[run.key(), "NDCG@5"] = lists[i][place]
        plan = planned(GRID, runs)
        frame = pd.DataFrame(rows, columns=COLUMNS)
        return Results(
            GRID,
            profile,
            plan,
            joined(plan, frame),
            lambda key, model, metric: groups.get((key, metric)),
            joined(plan, frame.iloc[:0]),
        )

    return make
