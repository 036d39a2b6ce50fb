"""Finding the recorded runs of a configuration, and their values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pandas as pd

from condrec.condensers import CONDENSERS
from condrec.errors import CondrecError
from condrec.evaluation import NEWS_METRICS, QUALITY_METRICS, quality
from condrec.experiments.grids import GRIDS
from condrec.experiments.record import COLUMNS
from condrec.recommenders import RECOMMENDERS
from condrec.report.mapping import Line
from condrec.settings import parameters

SECOND = "uni100"
"""The protocol of next items that is not their data's own."""


@dataclass(frozen=True, eq=False)
class Recorded:
    """Recorded rows with their parameters filled in, ready to be looked up."""

    groups: Mapping[tuple[str, ...], pd.DataFrame]
    datasets: frozenset[str]
    full: frozenset[str] = frozenset()
    """Data sets with a recorded run on the full data."""

    @classmethod
    def from_rows(cls, rows: pd.DataFrame) -> Recorded:
        """Prepare the rows of any grids.

        Raises:
            CondrecError: columns of the contract are missing.
        """
        if rows.empty:
            return cls({}, frozenset())
        if missing := [name for name in COLUMNS if name not in rows.columns]:
            raise CondrecError(
                f"recorded rows: found no column {missing}, expected all of {COLUMNS}"
            )
        columns = (rows["method"], rows["recommender"], rows["settings"])
        configured = list(zip(*columns, strict=True))
        by_settings = {each: _parameters(*each) for each in set(configured)}
        filled = [by_settings[each] for each in configured]
        table = rows.assign(parameters=pd.Series(filled, index=rows.index, dtype=object))
        keys = ["grid", "dataset", "method", "edition", "recommender"]
        groups = {tuple(map(str, key)): part for key, part in table.groupby(keys, sort=False)}
        full = table.loc[table["method"] == "none", "dataset"]
        return cls(groups, frozenset(table["dataset"]), frozenset(full))

    def runs(
        self, grid: str, dataset: str, line: Line, recommender: str, budget: float = np.nan
    ) -> pd.DataFrame:
        """Return the rows of one configuration, one version of each seed and draw.

        Args:
            grid: column of the rows.
            dataset: column of the rows.
            line: the configuration; the grid's primary setting is added to its own, and no noise.
            recommender: column of the rows.
            budget: where known, a recorded budget must equal it.

        Raises:
            CondrecError: the rows belong to several configurations.
        """
        found = self.groups.get((grid, dataset, line.method, line.edition, recommender))
        if found is None:
            return pd.DataFrame(columns=[*COLUMNS, "parameters"])
        primary = GRIDS[grid].primary if grid in GRIDS else {}
        wanted = {"noise": 0.0} | dict(primary) | dict(line.settings)
        # A parameter that a row does not have (a floor has no negatives) cannot differ.
        fits = [all(p.get(k, v) == v for k, v in wanted.items()) for p in found["parameters"]]
        rows = found[fits]
        budgets = pd.to_numeric(rows["budget"], errors="coerce")
        if not np.isnan(budget):
            rows = rows[budgets.isna() | np.isclose(budgets, budget)]
        kinds = rows.drop_duplicates(["settings", "budget"])
        kinds = kinds.assign(
            parameters=[
                json.dumps({k: v for k, v in p.items() if k != "test_content"}, sort_keys=True)
                for p in kinds["parameters"]
            ]
        ).drop_duplicates(["parameters", "budget"])
        if len(kinds) > 1:
            raise CondrecError(
                f"{grid}: found {len(kinds)} configurations of {line.method} with {recommender}: "
                f"{'; '.join(kinds['settings'])} (budgets {list(kinds['budget'])}), expected one; "
                "name the setting that singles one out in report/mapping, or delete the rows of "
                "settings that are no longer planned"
            )
        # Rows of an older version stay in the file; the latest one of a seed counts.
        rows = rows.sort_values("date", kind="stable")
        one = ["seed", "draw", "split", "protocol", "metric"]
        return rows.drop_duplicates(one, keep="last")


def of_metric(rows: pd.DataFrame, metric: str, split: str) -> pd.DataFrame:
    """Return the rows of one metric of a split.

    Args:
        rows: columns of ``data/recorded``.
        metric: under the data's own protocol, or, where next items are ranked under a second one,
            named with it as single users' metrics are: ``uni100:NDCG@10``.
        split: ``test``, ``validation`` or ``train``.
    """
    protocol, _, name = metric.rpartition(":")
    second = rows["protocol"] == (protocol or SECOND)
    ranked = second if protocol else ~second
    return rows[(rows["metric"] == name) & (rows["split"] == split) & ranked]


def run_values(runs: pd.DataFrame, metric: str, split: str) -> pd.Series:
    """Return a metric of every run, indexed by (seed, draw); see :func:`of_metric`.

    ``total_steps`` is the product of outer and inner steps; ``n_users`` of a condensed set is the
    column of that name.
    """
    if metric == "total_steps":
        outer, inner = (run_values(runs, f"{kind}_steps", split) for kind in ("outer", "inner"))
        return outer * inner
    if metric == "n_users" and (runs["method"] != "none").any():
        return _indexed(runs.drop_duplicates(["seed", "draw"], keep="last"), "n_users")
    return _indexed(of_metric(runs, metric, split), "value")


def kept_shares(ours: pd.Series, full: pd.Series) -> pd.Series:
    """Return values in percent of those on the full data, run by run.

    Each run is held against the one of the same index (its seed) on the full data, so that the
    spread of the shares holds that of both; a single run on the full data counts for all.

    Args:
        ours: a metric of the runs on a set.
        full: the same on the full data, the same index.
    """
    alike = full[full.index.isin(ours.index)]
    if len(alike) > 1:
        return (100 * ours / alike).dropna()
    return (100 * ours / (alike if len(alike) else full).mean()).dropna()


def quality_values(runs: pd.DataFrame, full: pd.DataFrame) -> pd.Series:
    """Return Quality in percent of every run against the full-data run of the same seed.

    On MIND the paper takes the metrics at 5 and 10, elsewhere at 1 and 5.
    """
    news = runs["dataset"].astype(str).str.startswith("mind").any()
    metrics = NEWS_METRICS if news else QUALITY_METRICS
    ours, rival = (
        pd.DataFrame({m: run_values(each, m, "test") for m in metrics}).dropna()
        for each in (runs, full)
    )
    shared = ours.index.intersection(rival.index)
    values = [quality(ours.loc[i].to_dict(), rival.loc[i].to_dict(), metrics) for i in shared]
    return pd.Series(values, index=shared, dtype=float)


def _indexed(rows: pd.DataFrame, column: str) -> pd.Series:
    return rows.set_index(["seed", "draw"])[column].astype(float).sort_index()


def _parameters(method: str, recommender: str, settings: str) -> dict[str, Any]:
    """Return every parameter of a row: the recorded ones and the defaults of the others."""
    known: dict[str, Any] = {"noise": 0.0}
    for kind in (CONDENSERS.get(method), RECOMMENDERS.get(recommender)):
        if kind is not None:
            default = {f.name: f.default for f in fields(kind)}
            known |= {name: default[field] for name, field in parameters(kind).items()}
    known.pop("edition", None)
    return known | dict(json.loads(settings))
