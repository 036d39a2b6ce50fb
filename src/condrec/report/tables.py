"""Tables that answer a paper's table: published, ours, difference, verdict, floors."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from condrec.report.published import published
from condrec.report.verdicts import verdict

from condrec.report.results import MODEL_LABELS, label, select, summary

PAPER_METHODS = {
    "none": "none",
    "released-condensed": "tf-dcon",
    "tf-dcon": "tf-dcon",
    "released-random": "random",
    "random-users": "random",
    "released-majority": "majority",
    "majority": "majority",
}
"""Our method -> the row of the paper it stands beside."""


def answer(
    rows: pd.DataFrame,
    table: str,
    dataset: str,
    metrics: Sequence[str] = ("NDCG@1", "NDCG@5", "Recall@1", "Recall@5"),
    name: Callable[[pd.Series], str] = label,
) -> pd.DataFrame:
    """Put recorded rows beside a table of the paper.

    Args:
        rows: tidy rows of one protocol (one split, one test content), any models and methods.
        table: the paper's table, e.g. ``III``.
        dataset: the data set the published numbers are for.
        metrics: which metrics, in order.
        name: what a configuration is called.

    Returns:
        One row a model, configuration and metric: model, set, metric, published, ours (mean),
        sd, n, difference, verdict.
    """
    paper = published("tf-dcon")
    paper = paper[(paper["table"] == table) & (paper["dataset"] == dataset)]
    result = []
    keys = ["recommender", "method", "edition", "settings", "budget", "metric"]
    for values, runs in rows[rows["metric"].isin(metrics)].groupby(keys, sort=False, dropna=False):
        first = runs.iloc[0]
        found = paper[
            (paper["model"] == values[0])
            & (paper["method"] == PAPER_METHODS.get(values[1], ""))
            & (paper["metric"] == values[5])
        ]
        ours = runs["value"].to_numpy(float)
        line = {
            "model": MODEL_LABELS[values[0]],
            "set": name(first),
            "metric": values[5],
            "published": float(found["value"].iloc[0]) if len(found) else np.nan,
            "ours": ours.mean(),
            "sd": ours.std(ddof=1) if len(ours) > 1 else np.nan,
            "n": len(ours),
            "difference": np.nan,
            "verdict": "",
        }
        if len(found):
            line["difference"] = line["ours"] - line["published"]
            line["verdict"] = verdict(ours, line["published"]).label
        result.append(line)
    return pd.DataFrame(result)


def pivot(rows: pd.DataFrame, metrics: Sequence[str]) -> pd.DataFrame:
    """Return one line a model and configuration, ``mean ± sd`` a metric, and its size."""
    keys = ["recommender", "method", "edition", "settings", "budget"]
    lines = []
    for _, runs in rows.groupby(keys, sort=False, dropna=False):
        first = runs.iloc[0]
        table = summary(runs, ["metric"]).set_index("metric")
        line = {"model": MODEL_LABELS[first["recommender"]], "set": label(first)}
        for metric in metrics:
            if metric in table.index:
                line[metric] = mean_sd(table.loc[metric, "mean"], table.loc[metric, "sd"])
        per_run = runs.drop_duplicates("key")
        line |= {
            "likes": f"{per_run['n_positives'].mean():,.0f}",
            "dislikes": f"{per_run['n_negatives'].mean():,.0f}",
            "seeds": str(len(per_run)),
        }
        lines.append(line)
    return pd.DataFrame(lines).fillna("")


def mean_sd(mean: float, sd: float, digits: int = 4) -> str:
    """Return ``0.8612 ± 0.0031``, or the mean alone for a single run."""
    return f"{mean:.{digits}f}" + ("" if np.isnan(sd) else f" ± {sd:.{digits}f}")


def markdown(table: pd.DataFrame, digits: int = 4) -> str:
    """Return a table as Markdown; numbers are rounded, empty cells stay empty, text is escaped."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if np.isnan(value) else f"{value:.{digits}f}"
        return html.escape(str(value)).replace("|", "\\|")

    lines = [list(map(str, table.columns)), ["---"] * len(table.columns)]
    lines += [[cell(value) for value in row] for row in table.itertuples(index=False)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


__all__ = ["answer", "markdown", "mean_sd", "pivot", "select"]
