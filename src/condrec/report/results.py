"""Results ready for tables and figures: recorded on real data, or computed now.

The rows of a table are the *planned* configurations of its grid, in the grid's order, so that
what was not run shows up as not run, and rows of an older version do not show up at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from condrec.errors import CondrecError
from condrec.experiments import (
    Run,
    curve_of,
    grid,
    local_executor,
    missing,
    recorded,
    recorded_groups,
    rows_of,
    run_folder,
    run_grid,
)
from condrec.experiments.reproduce import grid_runs, scales
from condrec.report.matching import of_metric
from condrec.report.plan import planned, selected

FloatArray = NDArray[np.float64]
Groups = Callable[[str, str, str], "FloatArray | None"]


@dataclass(frozen=True, eq=False)
class Results:
    """The planned runs of a grid and the rows of those that were carried out.

    Args:
        grid: name of the grid.
        profile: the scale it was planned at.
        plan: one row a planned run: key, line (runs of one line differ in their seed only),
            dataset, recommender, method, edition, budget, seed, parameters (every setting,
            defaults included), model, set (both as tables call them) and seconds (expected).
        rows: tidy rows of the runs that were carried out (columns of ``data/recorded``), with
            line, model, set and test_content added.
        groups: metric of every ranked list of a run, by key, recommender and metric.
        curves: one row an epoch where the grid keeps them.
    """

    grid: str
    profile: str
    plan: pd.DataFrame
    rows: pd.DataFrame
    groups: Groups
    curves: pd.DataFrame

    def where(self, **wanted: Any) -> Results:
        """Keep the configurations with the wanted columns or parameters.

        Args:
            wanted: a value, or a tuple of values any of which will do.
        """
        return self._of(self.plan[selected(self.plan, wanted)])

    def without(self, **unwanted: Any) -> Results:
        """Drop the configurations that :meth:`where` would keep."""
        return self._of(self.plan[~selected(self.plan, unwanted)])

    def _of(self, plan: pd.DataFrame) -> Results:
        keys = set(plan["key"])
        rows, curves = (each[each["key"].isin(keys)] for each in (self.rows, self.curves))
        return replace(self, plan=plan, rows=rows, curves=curves)

    @property
    def open(self) -> pd.DataFrame:
        """The planned runs that have not been carried out."""
        return self.plan[~self.plan["key"].isin(set(self.rows["key"]))]

    @property
    def models(self) -> list[str]:
        """Names of the planned recommenders, in order."""
        return list(dict.fromkeys(self.plan["recommender"]))

    def values(
        self, metric: str, split: str = "test", test_content: str = "training"
    ) -> pd.DataFrame:
        """Return the rows of one metric; statistics and costs are split ``train``.

        Args:
            metric: under the data's own protocol; ``uni100:NDCG@10`` names the other one that
                next items are ranked under.
            split: ``test``, ``validation`` or ``train``.
            test_content: see :func:`condrec.report.tables.lines`.
        """
        rows = of_metric(self.rows, metric, split)
        return rows[rows["test_content"].isin((test_content, ""))]

    def require_one(self) -> None:
        """Refuse several configurations, whose values would be taken for seeds of one.

        Raises:
            CondrecError: the configurations are several.
        """
        if self.plan["line"].nunique() > 1:
            several = list(dict.fromkeys(self.plan["set"]))
            raise CondrecError(f"{self.grid}: found configurations {several}, expected one")

    def matrix(self, metric: str = "NDCG@5") -> dict[int, FloatArray]:
        """Return a metric of every ranked list by seed; there must be one configuration.

        Args:
            metric: see :meth:`values`.

        Raises:
            CondrecError: the configurations are several.
        """
        self.require_one()
        runs = self.rows.drop_duplicates("key")
        found = {
            int(seed): self.groups(key, model, metric)
            for key, model, seed in zip(runs["key"], runs["recommender"], runs["seed"], strict=True)
        }
        return {seed: values for seed, values in sorted(found.items()) if values is not None}


def combined(*several: Results) -> Results:
    """Return results of several grids as one, to compare across them; a shared run counts once."""
    keys: set[str] = set()
    parts, start = [], 0
    for each in several:
        plan = each.plan[~each.plan["key"].isin(keys)]
        keys |= set(plan["key"])
        parts.append(each._of(plan.assign(line=plan["line"] + start)))
        start += int(each.plan["line"].max()) + 1 if len(each.plan) else 0
    plan = pd.concat([each.plan for each in parts], ignore_index=True)
    line = plan.set_index("key")["line"]
    rows = pd.concat([each.rows for each in parts], ignore_index=True)

    def groups(key: str, model: str, metric: str) -> FloatArray | None:
        owner = next(each for each in parts if key in set(each.plan["key"]))
        return owner.groups(key, model, metric)

    rows = rows.assign(line=rows["key"].map(line))
    return replace(several[0], plan=plan, rows=rows, groups=groups)


def joined(plan: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of planned runs in the plan's order, with the plan's names."""
    names = plan[["key", "line", "model", "set"]]
    table = names.merge(rows, on="key", how="inner")
    contents = [json.loads(text).get("test_content", "") for text in table["settings"]]
    return table.assign(test_content=pd.Series(contents, index=table.index, dtype=object))


def recorded_results(name: str, profile: str = "real", **wanted: Any) -> Results:
    """Return what is recorded of a grid in ``data/recorded``, beside what the profile plans.

    Args:
        name: the grid.
        profile: the profile the grid was recorded under.
        wanted: see :meth:`Results.where`.
    """
    runs = grid_runs(name, profile, _named(name, profile, wanted.get("dataset")))
    plan = planned(name, runs)
    stored: dict[str, Any] = {}

    def groups(key: str, model: str, metric: str) -> FloatArray | None:
        if model not in stored:
            stored[model] = recorded_groups(name, model)
        found: FloatArray | None = stored[model].get(f"{key}:{metric}")
        return found

    curves = joined(plan, recorded(name, "-curves.csv"))
    results = Results(name, profile, plan, joined(plan, recorded(name)), groups, curves)
    return results.where(**wanted)


def _named(name: str, profile: str, wanted: Any) -> list[str] | None:
    """Return the profile's data sets that are wanted, None for all: a plan takes time."""
    if wanted is None:
        return None
    chosen = wanted if isinstance(wanted, tuple) else (wanted,)
    return [s.dataset for s in scales(profile, grid(name)) if s.dataset in chosen]


def fresh(
    name: str,
    profile: str = "quick",
    device: str = "auto",
    seeds: Sequence[int] | None = None,
    models: Sequence[str] | None = None,
    **wanted: Any,
) -> Results:
    """Carry out what is missing of a grid at a profile's scale, and return the results.

    Args:
        name: the grid.
        profile: ``quick`` takes seconds to a minute a grid.
        device: ``auto``, ``cpu`` or ``cuda``.
        seeds: instead of the profile's.
        models: instead of the profile's.
        wanted: only these configurations, see :meth:`Results.where`.
    """
    runs: list[Run] = []
    for scale in scales(profile, grid(name)):
        chosen = replace(scale, seeds=seeds or scale.seeds, models=models or scale.models)
        runs += grid(name).build(chosen)
    plan = planned(name, runs)
    plan = plan[selected(plan, wanted)]
    todo = missing([run for run in runs if run.key() in set(plan["key"])])
    if todo:
        with _executor(name, todo, device) as executor:
            run_grid(todo, executor, device)
    folders = {key: run_folder(runs[0]).with_name(key) for key in plan["key"]}

    def groups(key: str, model: str, metric: str) -> FloatArray | None:
        with np.load(folders[key] / "per_group.npz", allow_pickle=False) as found:
            protocol, _, own = metric.rpartition(":")
            block = f"test_{protocol}:{own}" if protocol else f"test:{own}"
            if block not in found.files:
                return None
            # Users without a positive row count as 0, as in the mean and in the recorded file.
            return np.nan_to_num(found[block].astype(np.float64))

    rows = pd.concat([rows_of(folder, name) for folder in folders.values()])
    epochs = [curve_of(folder, name) for folder in folders.values()]
    curves = pd.concat([each for each in epochs if len(each)] or epochs[:1])
    return Results(name, profile, plan, joined(plan, rows), groups, joined(plan, curves))


def _executor(name: str, todo: Sequence[Run], device: str) -> Executor:
    """Return this very process for generated data, where starting others would take longer."""
    if all(run.dataset.startswith("embedded") for run in todo):
        import torch

        return ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
    from condrec.recommenders import resolve_device

    return local_executor(resolve_device(device), grid(name).workers)
