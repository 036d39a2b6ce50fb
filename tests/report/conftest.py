"""Made-up results: a plan of real runs, rows and metrics of ranked lists invented for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from condrec.experiments import GRIDS, Run, Scale, make_run
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


SEEDS = (0, 1, 2, 3, 4)
N_ITEMS = 100
FULL = {"n_users": 6040, "n_positives": 80_000}
METRICS = ("HR@10", "NDCG@10", "PSP@10", "HR@100", "NDCG@100", "Recall@10", "AUC")
Values = Callable[[Run], float]


def rows_of_run(run: Run, grid: str, value: float, steps: float = 250) -> list[dict[str, Any]]:
    """Return the rows of one run: every metric has the same value; sizes follow the method."""
    settings = {k: v for k, v in run.settings().items() if k != "edition"}
    small = run.budget is not None
    n_users = int(run.budget) if run.budget and run.budget >= 1 else FULL["n_users"]
    soft = run.method in ("distill-cf", "random-soft") and not settings.get("top")
    n_positives = 0 if soft else 10 * n_users if small else FULL["n_positives"]
    base: dict[str, Any] = dict.fromkeys(COLUMNS, 0) | {
        "key": run.key(),
        "version": "0.1.0",
        "grid": grid,
        "dataset": run.dataset,
        "data_split": "released",
        "method": run.method,
        "edition": run.condenser().edition,
        "settings": json.dumps(settings, sort_keys=True),
        "budget": run.budget,
        "recommender": run.recommender,
        "seed": run.seed,
        "draw": run.condenser_seed,
        "protocol": "full",
        "n_users": n_users,
        "n_positives": n_positives,
        "n_tokens": 50,
        "bytes": 8 * n_positives + (4 * n_users * N_ITEMS if soft else 0) + 2 * 50,
        "seconds_condense": 30.0 if run.method == "distill-cf" else 0.0,
        "seconds_train": n_users / 1000,
        "device": "cpu (made up)",
        "commit": "0123456789",
        "date": "2026-01-01",
    }
    found = [base | {"split": "test", "metric": m, "value": value} for m in METRICS]
    found += [base | {"split": "validation", "metric": "HR@100", "value": value}]
    costs = {"outer_steps": steps, "inner_steps": 1.0, "seconds_evaluate": 1.0}
    return found + [base | {"split": "train", "metric": m, "value": v} for m, v in costs.items()]


@pytest.fixture
def implicit_rows() -> Callable[..., pd.DataFrame]:
    """Return a function that invents the recorded rows of a grid of Distill-CF.

    Its arguments: the value of every metric of a run, the grid's name, the data set, and the
    steps that learning took.
    """

    def make(values: Values, grid: str, dataset: str = "ml-1m", steps: float = 250) -> pd.DataFrame:
        runs = {run.key(): run for run in GRIDS[grid].build(Scale(dataset, SEEDS))}
        rows = [r for run in runs.values() for r in rows_of_run(run, grid, values(run), steps)]
        return pd.DataFrame(rows, columns=COLUMNS)

    return make


@pytest.fixture
def implicit_results(implicit_rows: Callable[..., pd.DataFrame]) -> Callable[..., Results]:
    """Return a function that invents the results of a grid of Distill-CF on one data set.

    Its arguments: those of ``implicit_rows``; every ranked list of a run has the run's value.
    """

    def make(values: Values, grid: str, dataset: str = "ml-1m") -> Results:
        runs = GRIDS[grid].build(Scale(dataset, SEEDS))
        plan = planned(grid, runs)
        rows = joined(plan, implicit_rows(values, grid, dataset))
        of_key = {run.key(): values(run) for run in runs}
        rng = np.random.default_rng(0)
        users = rng.normal(0, 0.001, 40)
        return Results(grid, "real", plan, rows, lambda key, *_: of_key[key] + users, rows.iloc[:0])

    return make


@pytest.fixture
def dconrec_value() -> Values:
    """Return the values of DConRec's grids: 0.3 learned, 0.2 other sets, 0.1 floors.

    The full data's are by model.
    """
    full = {"bpr-mf": 0.4, "lightgcn": 0.5, "ngcf": 0.4, "xsimgcl": 0.4}

    def value(run: Run) -> float:
        step = 0.001 * (run.seed - 2)
        if run.method == "none":
            return full.get(run.recommender, 0.1)
        return (0.3 if run.method == "dconrec" else 0.2) + step

    return value


@pytest.fixture
def dconrec_overall(implicit_results: Callable[..., Results], dconrec_value: Values) -> Results:
    found = implicit_results(dconrec_value, "dconrec-overall", "ml-100k")
    return found.without(served_by="known")


@pytest.fixture
def with_rows() -> Callable[..., Results]:
    """Return a function that adds rows of split ``train`` to the runs that learn or freeze."""

    def add(results: Results, **more: float) -> Results:
        some = results.rows[results.rows["metric"] == "outer_steps"]
        some = some[some["method"].isin(["dconrec", "frozen-scores"])]
        rows = [some.assign(metric=name, value=found) for name, found in more.items()]
        return replace(results, rows=pd.concat([results.rows, *rows], ignore_index=True))

    return add
