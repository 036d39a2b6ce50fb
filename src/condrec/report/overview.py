"""The picture on the front page and in the README: quality kept against stored bytes.

``python -m condrec.report.overview FILE.svg`` draws it from the recorded results.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from condrec.report.figures import OURS, PALETTE, floor_lines, legend_below, use_style
from condrec.report.results import recorded_results
from condrec.report.tables import floors, lines


class Task(NamedTuple):
    """One panel: a task has a measure of its own, so methods of different tasks share no axis."""

    title: str
    grid: str
    dataset: str
    model: str
    metric: str
    methods: tuple[str, ...]
    floors: str
    """The grid that holds the floors on the same split."""


TASKS = (
    Task(
        "Texts and clicks, MovieLens\nTF-DCon, NAML",
        "tf-dcon-table-3",
        "tfdcon-movielens",
        "naml",
        "NDCG@5",
        ("released-condensed", "tf-dcon"),
        "tf-dcon-table-3",
    ),
    Task(
        "Clicks, MovieLens-1M\nDistill-CF, ∞-AE",
        "distill-cf-figure-1",
        "ml-1m",
        "infinite-ae",
        "HR@10",
        ("distill-cf", "distill-cf-binarised"),
        "distill-cf-table",
    ),
    Task(
        "Interactions, MovieLens-100K\nDConRec, BPR-MF",
        "dconrec-overall",
        "ml-100k",
        "bpr-mf",
        "NDCG@10",
        ("dconrec",),
        "dconrec-overall",
    ),
    Task(
        "Sequences, Amazon Magazine\nTD3, SASRec",
        "td3-overall",
        "magazine@leave-one-out-5-3",
        "sasrec",
        "NDCG@10",
        ("td3",),
        "td3-overall",
    ),
)
KINDS = {
    "the condensation method": (OURS, "o"),
    "random choice or random numbers": (PALETTE[1], "^"),
    "other choices of real data": (PALETTE[6], "s"),
}
SHOWN = ("popularity", "random scores")


def kept(task: Task) -> tuple[pd.DataFrame, dict[str, float]]:
    """Return what each recorded set of a task keeps, and what the floors reach, in percent.

    Returns:
        One row a set: set, kind, ``bytes %``, ``kept %`` and its standard deviation over seeds
        ``sd``, all relative to the same model on the full data of the same split; and the floors.
    """
    results = recorded_results(task.grid, dataset=task.dataset)
    if task.grid == "tf-dcon-table-3":
        results = results.where(negatives="dislikes")
    chosen = results.where(recommender=task.model)
    methods = chosen.plan.drop_duplicates("line").set_index("line")["method"]
    table = lines(chosen, [task.metric])
    table = table[table["seeds"] > 0].assign(method=lambda rows: rows["line"].map(methods))
    full = table[table["method"] == "none"].iloc[0]
    table = table[table["method"] != "none"]
    shown = pd.DataFrame(
        {
            "set": table["set"],
            "kind": [_kind(method, task.methods) for method in table["method"]],
            "bytes %": 100 * table["bytes"] / full["bytes"],
            "kept %": 100 * table[task.metric] / full[task.metric],
            "sd": 100 * table[f"{task.metric} sd"] / full[task.metric],
        }
    )
    reached = floors(recorded_results(task.floors, dataset=task.dataset), task.metric)
    wanted = [name for name in SHOWN if name in reached]
    return shown, {name: 100 * reached[name] / full[task.metric] for name in wanted}


def _kind(method: str, own: tuple[str, ...]) -> str:
    names = list(KINDS)
    if method in own:
        return names[0]
    return names[1] if "random" in method else names[2]


def overview() -> Figure:
    """Draw what is kept against stored bytes, one panel a task, floors and full data as lines."""
    use_style()
    figure = Figure(figsize=(8.6, 7.4), layout="constrained")
    grid = figure.subplots(2, 2)  # two by two: side by side the text is too small for a page
    axes = list(grid.flat)
    for task, axis in zip(TASKS, axes, strict=True):
        table, reached = kept(task)
        axis.axhline(100, color="#222222", lw=1, label="full data")
        for kind, (color, mark) in KINDS.items():
            part = table[table["kind"] == kind]
            axis.errorbar(
                part["bytes %"],
                part["kept %"],
                yerr=part["sd"].fillna(0.0),
                fmt=mark,
                color=color,
                capsize=2,
                ms=5,
                alpha=0.85,
                label=kind,
            )
        floor_lines(axis, reached, axis.axhline)
        axis.set(xscale="log", xlim=(0.1, 2000), ylim=(0, 108), title=task.title)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in grid[1]:
        axis.set_xlabel("stored bytes, % of the full data")
    for axis in grid[:, 0]:
        axis.set_ylabel("quality kept, % of the full data's")
    legend_below(figure, axes)
    return figure


if __name__ == "__main__":
    overview().savefig(sys.argv[1], metadata={"Date": None})
