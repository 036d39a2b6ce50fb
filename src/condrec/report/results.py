"""Results ready for tables and figures: recorded on real data, or computed afresh."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from condrec.experiments import (
    Run,
    grid,
    is_complete,
    local_executor,
    missing,
    recorded,
    recorded_groups,
    rows_of,
    run_folder,
    run_grid,
)
from condrec.experiments.reproduce import scales

LABELS = {
    "none": "full data",
    "released-condensed": "TF-DCon, released set",
    "released-random": "Random, released set",
    "released-majority": "Majority, released set",
    "tf-dcon": "TF-DCon, ours",
    "k-medoids": "k-medoids",
    "random-users": "random users",
    "stratified-users": "stratified users",
    "majority": "most active users",
    "random-interactions": "random interactions",
}
MODEL_LABELS = {
    "naml": "NAML",
    "nrms": "NRMS",
    "fastformer": "Fastformer",
    "random": "random scores",
    "popularity": "popularity",
    "like-ratio": "like-ratio",
}


def fresh(name: str, profile: str, device: str = "cpu") -> pd.DataFrame:
    """Run what is missing of a grid at a profile's scale and return its tidy rows.

    Args:
        name: the grid.
        profile: ``quick`` takes minutes on two cores.
        device: ``auto``, ``cpu`` or ``cuda``.
    """
    runs: list[Run] = [run for scale in scales(profile) for run in grid(name).build(scale)]
    todo = missing(runs)
    if todo:
        with local_executor("cpu", workers=1 if len(todo) < 4 else None) as executor:
            run_grid(todo, executor, device)
    folders = {run.key(): run_folder(run) for run in runs}
    return pd.concat([rows_of(f, name) for f in folders.values() if is_complete(f)])


def with_settings(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with one column a setting (prefix ``set_``), missing ones empty."""
    parsed = pd.DataFrame([json.loads(text) for text in rows["settings"]], index=rows.index)
    return pd.concat([rows, parsed.add_prefix("set_")], axis=1)


def select(rows: pd.DataFrame, **wanted: Any) -> pd.DataFrame:
    """Return the rows whose columns, or settings, have the wanted values.

    A setting that is not listed in a row has its default, written here as None.
    """
    table = with_settings(rows) if any(name not in rows.columns for name in wanted) else rows
    chosen = np.ones(len(table), dtype=bool)
    for name, value in wanted.items():
        column = name if name in table.columns else f"set_{name}"
        found = table[column] if column in table.columns else pd.Series(None, table.index, object)
        chosen &= found.isna().to_numpy() if value is None else (found == value).to_numpy()
    return rows[chosen]


def label(row: Mapping[str, Any]) -> str:
    """Return what a condensed set is called in tables: method, edition, budget, texts."""
    name = LABELS.get(row["method"], row["method"])
    notes = []
    if row["method"] in ("tf-dcon", "random-interactions"):
        notes.append(str(row["edition"]).replace("_", " "))
    if pd.notna(row["budget"]) and float(row["budget"]) < 1:
        notes.append(f"{100 * float(row['budget']):.1f} % of positives")
    elif pd.notna(row["budget"]) and row["method"] in ("tf-dcon",):
        notes.append(f"K = {int(row['budget'])}")
    return name + (f" ({', '.join(notes)})" if notes else "")


def summary(rows: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return mean, standard deviation (over seeds, ddof 1) and number of seeds of each group."""
    grouped = rows.groupby(list(by), sort=False, dropna=False)["value"]
    table = grouped.agg(["mean", "std", "count"]).rename(columns={"std": "sd", "count": "n"})
    return table.reset_index()


def group_matrix(name: str, rows: pd.DataFrame, metric: str) -> np.ndarray:
    """Return a metric of every ranked list, one row a run in the order of seeds and draws.

    Args:
        name: the grid.
        rows: recorded rows of one configuration (its seeds), one model.
        metric: ``NDCG@1`` or ``NDCG@5``.

    Returns:
        Shape [n_runs, n_groups].
    """
    runs = rows.drop_duplicates("key").sort_values(["seed", "draw"])
    stored = recorded_groups(name, runs["recommender"].iloc[0])
    return np.stack([stored[f"{key}:{metric}"] for key in runs["key"]])


__all__ = [
    "LABELS",
    "MODEL_LABELS",
    "fresh",
    "group_matrix",
    "label",
    "recorded",
    "select",
    "summary",
    "with_settings",
]
