"""Paired comparisons between condensed sets, over users, seeds and draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from condrec.evaluation import Interval, paired_interval
from condrec.experiments import recorded
from condrec.report.results import MODEL_LABELS, group_matrix, label, select


def compare(
    grid: str,
    a: Mapping[str, Any],
    b: Mapping[str, Any],
    metric: str = "NDCG@5",
    **shared: Any,
) -> Interval | None:
    """Return the paired interval of a metric's mean difference a - b on recorded results.

    Args:
        grid: the grid both are recorded in.
        a, b: columns or settings that single out each configuration, e.g. ``method="none"``.
        metric: ``NDCG@1`` or ``NDCG@5``.
        shared: what both have in common, e.g. ``recommender="naml"``.

    Returns:
        The interval, or None where one of them has not been run.
    """
    rows = recorded(grid)
    sides = [select(rows, **{**shared, **side}) for side in (a, b)]
    if any(side.empty for side in sides):
        return None
    first, second = (group_matrix(grid, side, metric) for side in sides)
    return paired_interval(first, second)


def comparison_table(
    grid: str,
    reference: Mapping[str, Any],
    models: Sequence[str],
    metric: str = "NDCG@5",
    **shared: Any,
) -> pd.DataFrame:
    """Compare every recorded configuration with a reference, model by model.

    Returns:
        Columns model, set, difference, low, high, reads; ``reads`` says in words what the 95 %
        interval allows.
    """
    rows = select(recorded(grid), metric=metric, split="test", test_content="training", **shared)
    table = []
    for model in models:
        of_model = rows[rows["recommender"] == model]
        base = select(of_model, **reference)
        if base.empty:
            continue
        for _, runs in of_model.groupby(
            ["method", "edition", "settings", "budget"], sort=False, dropna=False
        ):
            if runs["key"].isin(set(base["key"])).any():
                continue
            interval = paired_interval(
                group_matrix(grid, runs, metric), group_matrix(grid, base, metric)
            )
            table.append(
                {
                    "model": MODEL_LABELS[model],
                    "set": label(runs.iloc[0]),
                    "difference": interval.mean,
                    "low": interval.low,
                    "high": interval.high,
                    "reads": reads(interval),
                }
            )
    return pd.DataFrame(table, columns=["model", "set", "difference", "low", "high", "reads"])


def reads(interval: Interval) -> str:
    """Say in one word what an interval of a difference allows."""
    if interval.low > 0:
        return "better"
    return "worse" if interval.high < 0 else "no difference shown"
