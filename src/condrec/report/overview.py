"""The picture on the front page and in the README: quality kept against stored bytes.

``python -m condrec.report.overview FILE.svg`` draws it from the recorded results.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from condrec.report.figures import GREY, OURS, PALETTE, legend_below, use_style
from condrec.report.results import recorded_results
from condrec.report.tables import FLOORS, floors, lines


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
    counts: tuple[str, ...] = FLOORS
    """What counts as a floor of this task: scores that no training changes."""


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
        (*FLOORS, "item-knn"),
    ),
)
KINDS: dict[str, dict[str, Any]] = {
    # Open and on top: what it is held against stays visible beneath.
    "the condensation method": {"color": OURS, "fmt": "o", "ms": 8, "mfc": "none", "zorder": 5},
    "random choice or random numbers": {"color": PALETTE[1], "fmt": "^", "ms": 5, "zorder": 4},
    "other choices": {"color": GREY, "fmt": "s", "ms": 5, "zorder": 3},
}
CLOSE = 15
"""Below a floor this near to the next line above it stands its name, in percent; else above it."""


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
    reached = floors(recorded_results(task.floors, dataset=task.dataset), task.metric, task.counts)
    lowest_first = sorted(reached.items(), key=lambda item: item[1])
    return shown, {name: 100 * value / full[task.metric] for name, value in lowest_first}


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
    panels = [kept(task) for task in TASKS]
    # One limit for all, so that a percent is as high in every panel.
    tops = [
        max((table["kept %"] + table["sd"]).max(), *reached.values()) for table, reached in panels
    ]
    for task, (table, reached), axis in zip(TASKS, panels, axes, strict=True):
        axis.axhline(100, color="#222222", lw=1, label="full data")
        for kind, style in KINDS.items():
            part = table[table["kind"] == kind]
            axis.errorbar(
                part["bytes %"],
                part["kept %"],
                yerr=part["sd"].fillna(0.0),
                capsize=2,
                alpha=0.85,
                label=kind,
                **style,
            )
        axis.set(xscale="log", xlim=(0.1, 2000), ylim=(0, 1.06 * max(tops)), title=task.title)
        _draw_floors(axis, reached, left=table["bytes %"].min() > 1)
        axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    for axis in grid[1]:
        axis.set_xlabel("stored bytes, % of the full data")
    for axis in grid[:, 0]:
        axis.set_ylabel("quality kept, % of the full data's")
    legend_below(figure, axes)
    return figure


def _draw_floors(axis: Axes, reached: dict[str, float], left: bool) -> None:
    """Draw each floor as a dashed line with its name, at the side where no set lies."""
    others = [*reached.values(), 100.0]
    for name, value in reached.items():
        axis.axhline(value, linestyle="--", color=GREY, lw=1.3, label="a floor, by its name")
        below = any(0 < other - value < CLOSE for other in others)
        axis.annotate(
            name,
            (0.02 if left else 0.98, value),
            xycoords=("axes fraction", "data"),
            xytext=(0, -2 if below else 2),
            textcoords="offset points",
            ha="left" if left else "right",
            va="top" if below else "bottom",
            fontsize=9,
            color="#444444",
        )


if __name__ == "__main__":
    overview().savefig(sys.argv[1], metadata={"Date": None})
