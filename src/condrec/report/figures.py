"""One style for all figures: colour-blind safe, readable on light and on dark pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from textwrap import fill
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
import pandas as pd
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#6E6E6E")
"""Okabe and Ito's colours, without the yellow that vanishes on white."""
OURS, PUBLISHED, GREY = PALETTE[0], PALETTE[1], PALETTE[6]
DASHES = ("--", "-.", ":", (0, (1, 3)))
LETTER = 0.075
"""Width of a letter of figures in inches, on average."""


def use_style() -> None:
    """Set matplotlib up once a notebook: crisp, on a white card that dark pages keep."""
    mpl.rcParams.update(
        {
            "figure.facecolor": "white",
            "figure.dpi": 110,
            "savefig.bbox": "tight",
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#dddddd",
            "grid.linewidth": 0.6,
            "axes.prop_cycle": cycler(color=PALETTE),
            "font.size": 10,
            "legend.frameon": False,
            "svg.hashsalt": "condrec",
        }
    )
    if "inline" in mpl.get_backend():
        from matplotlib_inline.backend_inline import set_matplotlib_formats

        set_matplotlib_formats("svg")


def panels(
    names: list[str],
    width: float,
    height: float,
    share: Literal["both", "y", "none"] = "both",
    across: int = 0,
) -> tuple[Figure, list[Axes]]:
    """Return a figure with one titled panel a name.

    Args:
        names: titles.
        width: of the figure in inches.
        height: of the figure in inches.
        share: which axes all panels have in common.
        across: panels in a row; 0 puts all in one.
    """
    # Not through pyplot: a notebook shows the figure once, where the cell returns it.
    figure = Figure(figsize=(width, height), layout="constrained")
    columns = across or max(1, len(names))
    rows = max(1, -(-len(names) // columns))
    axes = figure.subplots(
        rows, columns, sharex=share == "both", sharey=share != "none", squeeze=False
    ).ravel()
    for axis, name in zip(axes, names, strict=False):
        axis.set_title(name)
    for axis in axes[max(1, len(names)) :]:
        axis.remove()
    return figure, list(axes[: max(1, len(names))])


def not_run_yet(width: float = 7.0, height: float = 1.6) -> Figure:
    """Return one empty panel that says so, for a figure of which nothing is recorded."""
    figure, (axis,) = panels([""], width, height)
    axis.set(xticks=[], yticks=[])
    axis.spines[:].set(visible=True, color="#dddddd")
    axis.text(0.5, 0.5, "not run yet", transform=axis.transAxes, ha="center", va="center")
    return figure


def dots_with_spread(
    table: pd.DataFrame,
    metric: str,
    floors: Mapping[str, float] | None = None,
    across: int = 0,
) -> Figure:
    """Draw mean and standard deviation of every set, one panel a model, floors as lines.

    Args:
        table: columns model, set, the metric, ``<metric> sd`` and, where a paper prints it,
            ``published`` (see :func:`condrec.report.tables.lines`); NaN is left out.
        metric: the metric's name, for the axis.
        floors: value of each floor by its name.
        across: panels in a row, each with its own scale from zero on; 0 puts all in one, on the
            same scale.
    """
    if table.reindex(columns=[metric, "published"]).isna().all(axis=None):
        return not_run_yet()
    models, names = (list(dict.fromkeys(table[column])) for column in ("model", "set"))
    shown = [fill(name, 48) for name in names]  # a long name leaves no room for what is drawn
    n_lines = max(text.count("\n") + 1 for text in shown)
    longest = max(len(line) for text in shown for line in text.split("\n"))
    columns = across or len(models)
    width = 3.0 + 0.08 * max(0, longest - 40) + 2.2 * max(1.4, columns)
    height = 1.5 + (0.12 + 0.15 * n_lines) * len(names)
    if across:
        height *= -(-len(models) // across)
    figure, axes = panels(models, width, height, "y" if across else "both", across)
    what = "mean ± sd" if table[f"{metric} sd"].notna().any() else "mean"
    place = np.arange(len(names))
    for axis, model in zip(axes, models, strict=False):
        part = table[table["model"] == model].set_index("set").reindex(names)
        spread = part[f"{metric} sd"].fillna(0.0)
        axis.errorbar(part[metric], place, xerr=spread, fmt="o", capsize=3, color=OURS, label=what)
        if "published" in part and part["published"].notna().any():
            axis.plot(part["published"], place, "D", mfc="none", color=PUBLISHED, label="published")
        floor_lines(axis, floors or {}, axis.axvline)
        axis.set_xlabel(metric)
        if across:
            axis.set_xlim(0, 1.08 * axis.dataLim.x1)
    axes[0].set_yticks(place, shown)
    axes[0].set_ylim(len(names) - 0.5, -0.5)
    if what != "mean" or floors or "published" in table:  # else there is nothing to tell apart
        legend_below(figure, axes)
    return figure


def stacked_seconds(table: pd.DataFrame) -> Figure:
    """Draw the mean seconds of condensing and of training as one bar a set.

    Args:
        table: columns set, ``condense s`` and ``train s`` (see
            :func:`condrec.report.tables.lines`).
    """
    if table[["condense s", "train s"]].isna().all(axis=None):
        return not_run_yet()
    figure, (axis,) = panels([""], 7.0, 1.2 + 0.35 * len(table))
    before = np.zeros(len(table))
    for name, color in (("condense", PALETTE[1]), ("train", PALETTE[0])):
        seconds = table[f"{name} s"].fillna(0.0).to_numpy()
        axis.barh(table["set"], seconds, left=before, height=0.6, color=color, label=name)
        before = before + seconds
    axis.invert_yaxis()
    axis.set_xlabel("seconds")
    legend_below(figure, [axis])
    return figure


def floor_lines(axis: Axes, floors: Mapping[str, float], draw: Callable[..., Any]) -> None:
    """Draw each floor as a grey line of its own dash."""
    for (name, value), dash in zip(floors.items(), DASHES, strict=False):
        if not np.isnan(value):
            draw(value, linestyle=dash, color=GREY, linewidth=1.3, label=name)


def legend_below(figure: Figure, axes: list[Axes]) -> None:
    """Put one legend of all panels below them, in as many columns as their width holds."""
    found: dict[str, Any] = {}
    for axis in axes:
        for handle, name in zip(*axis.get_legend_handles_labels(), strict=True):
            found.setdefault(name, handle)
    if found:
        width = LETTER * max(map(len, found)) + 0.6  # the line and the gap before a name
        figure.legend(
            list(found.values()),
            list(found),
            loc="outside lower center",
            ncols=max(1, min(len(found), 4, int(figure.get_figwidth() / width))),
        )


def curves(table: pd.DataFrame, metric: str = "NDCG@5") -> Figure:
    """Draw validation curves against seconds, one panel a model, one thin line a run.

    Args:
        table: columns model, set, key, seconds_train (since the start) and value, one row an
            epoch; the best epoch of each run is marked.
        metric: the metric's name, for the axis.
    """
    if table.empty:
        return not_run_yet()
    models, names = (list(dict.fromkeys(table[column])) for column in ("model", "set"))
    figure, axes = panels(models, 2.0 + 2.8 * len(models), 3.6)
    for axis, model in zip(axes, models, strict=False):
        for name, color, mark in zip(names, PALETTE, "os^v", strict=False):
            part = table[(table["model"] == model) & (table["set"] == name)]
            for i, (_, run) in enumerate(part.groupby("key", sort=False)):
                label = name if not i else None
                axis.plot(run["seconds_train"], run["value"], color=color, lw=1, alpha=0.7)
                best = run.loc[run["value"].idxmax()]
                point = [best["seconds_train"]], [best["value"]]
                axis.plot(*point, mark, color=color, markersize=5, label=label)
        axis.set(xscale="log", xlabel="seconds of training")
    axes[0].set_ylabel(f"validation {metric}")
    legend_below(figure, axes)
    return figure


def alpha_curves(
    table: pd.DataFrame,
    metric: str,
    bands: Mapping[str, tuple[float, float]],
    floors: Mapping[str, float] | None = None,
) -> Figure:
    """Draw quality against alpha, raw and standardised, and a band of random users.

    Args:
        table: columns model, alpha, distance, the metric and ``<metric> sd``.
        metric: the metric's name, for the axis.
        bands: by model, mean and standard deviation of random users.
        floors: value of each floor by its name.
    """
    if table[metric].isna().all():
        return not_run_yet()
    models = list(dict.fromkeys(table["model"]))
    figure, axes = panels(models, 2.0 + 2.8 * len(models), 3.6)
    for axis, model in zip(axes, models, strict=False):
        if model in bands:
            mean, sd = bands[model]
            low, high = mean - np.nan_to_num(sd), mean + np.nan_to_num(sd)
            axis.axhspan(low, high, color=GREY, alpha=0.2, lw=0, label="random users, mean ± sd")
        for shift, color, mark, distance in zip(
            (-0.015, 0.015), PALETTE, "os", ("raw", "standardised"), strict=False
        ):
            part = table[(table["model"] == model) & (table["distance"] == distance)]
            axis.errorbar(
                part["alpha"] + shift,
                part[metric],
                yerr=part[f"{metric} sd"].fillna(0.0),
                fmt=f"{mark}-",
                capsize=3,
                lw=1,
                color=color,
                label=f"{distance} distances",
            )
        floor_lines(axis, floors or {}, axis.axhline)
        axis.set_xlabel("alpha")
    axes[0].set_ylabel(metric)
    legend_below(figure, axes)
    return figure


def heat_map(table: pd.DataFrame, rows: str, columns: str, value: str, label: str) -> Figure:
    """Draw a value as a coloured and numbered table, one panel a data set.

    Args:
        table: columns data, ``rows``, ``columns`` and ``value``; NaN stays empty.
        rows: the column down the side.
        columns: the column along the top.
        value: the column that is drawn, with one decimal.
        label: of the colours.
    """
    if table[value].isna().all():
        return not_run_yet()
    names = list(dict.fromkeys(table["data"]))
    across, down = (list(dict.fromkeys(table[each])) for each in (columns, rows))
    longest = max(map(len, down))
    width = 2.6 + 0.08 * max(0, longest - 24) + 1.1 * len(across) * len(names)
    size = width, 1.6 + 0.5 * len(down)
    figure, axes = panels(names, *size)
    low, high = table[value].min(), table[value].max()
    pale = low + 0.47 * (high - low)  # there white and black ink stand out alike, both above 4.5:1
    for axis, name in zip(axes, names, strict=False):
        part = table[table["data"] == name].pivot(index=rows, columns=columns, values=value)
        numbers = part.reindex(index=down, columns=across).to_numpy()
        axis.imshow(numbers, cmap="cividis", vmin=low, vmax=high, aspect="auto")
        for (i, j), each in np.ndenumerate(numbers):
            if not np.isnan(each):
                color = "white" if each < pale else "black"
                axis.text(j, i, f"{each:.1f}", ha="center", va="center", color=color)
        axis.set_xticks(range(len(across)), across, rotation=30)
        axis.set_yticks(range(len(down)), down)
        axis.grid(visible=False)
    figure.colorbar(axes[0].images[0], ax=axes, label=label)
    return figure
