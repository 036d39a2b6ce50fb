"""Figures of quality against a size or a share of noise, several samplers in one panel."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from condrec.report.figures import (
    GREY,
    LETTER,
    PALETTE,
    floor_lines,
    legend_below,
    not_run_yet,
    panels,
)

BLUE, ORANGE, GREEN, PINK, AMBER, SKY, _ = PALETTE
STYLES = {
    "Distill-CF (strict)": (BLUE, "o", "-"),
    "Distill-CF (as published)": (SKY, "o", "--"),
    "DConRec (strict)": (BLUE, "H", "-"),
    "DConRec (strict, credit by pair)": (SKY, "D", "-"),
    "DConRec (strict, credit by user)": (AMBER, "1", "-"),
    "DConRec (as published)": (BLUE, "+", "none"),
    "frozen scores": (GREY, "x", "--"),
    "random users": (ORANGE, "^", "-"),
    "stratified users": (AMBER, "v", "-"),
    "most active users": (GREEN, "s", "-"),
    "most active users, equal interactions": (GREEN, "X", "--"),
    "random interactions": (PINK, "<", "-"),
    "SVP-CF users": (GREY, ">", "-"),
    "SVP-CF interactions": (GREY, "P", "--"),
    "random soft users, means of groups": (AMBER, "p", ":"),
    "full data": (INK := "#222222", "*", "-"),
}
"""Colour, mark and dash of every series, the same in all figures; no two share all three."""
BINARISED = (
    ("Distill-CF binarised, as many items as a real user", (SKY, "d", "-")),
    ("Distill-CF binarised, several times as many", (SKY, "h", ":")),
)
"""Names and styles of binarised sets, the smaller first: the number of items depends on the data,
what it is to a real user does not."""
PLAIN_BARS = 5
"""From more lines on in a panel, bars are drawn thin and pale."""


def quality_by_size(
    table: pd.DataFrame,
    x: str,
    metric: str,
    published: pd.DataFrame | None = None,
    full: Mapping[str, float] | None = None,
    floors: Mapping[str, Mapping[str, float]] | None = None,
    label: str = "",
    log: bool = True,
    at_sizes: bool = False,
) -> Figure:
    """Draw a metric in percent against a size, one panel a data set, 95 % intervals as bars.

    Args:
        table: columns data, dataset, series, the column ``x``, the metric and ``<metric> ±`` (see
            :func:`condrec.report.implicit.measured`); what is not run is left out.
        x: the column of the size.
        metric: a metric's name.
        published: dataset, series, users and value, drawn as open diamonds.
        full: by data set, the metric on the full data, a horizontal line.
        floors: by data set, value of each floor by its name.
        label: of the axis of sizes; empty takes ``x``.
        log: whether sizes are on a logarithmic axis.
        at_sizes: number the axis at the sizes themselves: for few of them.
    """
    table = table[table[metric].notna() & table[x].notna()]
    if table.empty:
        return not_run_yet()
    names = table.drop_duplicates("dataset").set_index("dataset")["data"].to_dict()
    # A longer legend takes its height from the panels.
    height = 4.3 + 0.12 * max(0, table["series"].nunique() - PLAIN_BARS)
    figure, axes = panels(list(names.values()), max(8.5, 2.2 + 3.3 * len(names)), height, "none")
    for axis, dataset in zip(axes, map(str, names), strict=False):
        part = table[table["dataset"] == dataset]
        binarised, many = iter(BINARISED), part["series"].nunique() > PLAIN_BARS
        for series, points in part.groupby("series", sort=False):
            name = str(series)
            style = STYLES.get(name)
            if style is None:
                known, style = next(binarised, (name, (INK, ".", "-")))
                name = known if " binarised " in name else name
            color, mark, dash = style
            points = points.sort_values(x)
            _, _, bars = axis.errorbar(
                points[x],
                100 * points[metric],
                yerr=100 * points[f"{metric} ±"].fillna(0.0),
                color=color,
                marker=mark,
                linestyle=dash,
                markersize=5,
                lw=1.1,
                capsize=0 if many else 2,
                elinewidth=0.8 if many else 1.1,
                label=name,
            )
            for bar in bars:
                bar.set_alpha(0.5 if many else None)
        sizes = part[x].astype(float)
        if published is not None:
            printed = published[published["dataset"] == dataset]
            sizes = pd.concat([sizes, printed["users"].astype(float)])
            for series, points in printed.groupby("series"):
                color = STYLES.get(str(series), (INK, "", ""))[0]
                axis.plot(
                    points["users"],
                    100 * points["value"],
                    "D",
                    mfc="none",
                    color=color,
                    markersize=6,
                    label=f"published: {str(series).partition(' (')[0]}",
                )
        if (level := (full or {}).get(dataset)) is not None and not np.isnan(level):
            axis.axhline(100 * level, color=INK, lw=1.3, label="full data")
        by_floor = {k: 100 * v for k, v in (floors or {}).get(dataset, {}).items()}
        floor_lines(axis, by_floor, axis.axhline)
        axis.set_xlabel(label or x)
        if log:
            _logarithmic(axis, figure.get_figwidth() / len(axes))
        if at_sizes:
            measured = sorted(set(sizes))
            axis.set_xticks(measured, [f"{size:,.3g}" for size in measured])
        if sizes.max() - sizes.min() <= 0.05 * sizes.max():
            _single(axis, float(sizes.median()), table[x].astype(float))
    axes[0].set_ylabel(f"{metric}, %")
    legend_below(figure, axes)
    return figure


def seconds_by_users(table: pd.DataFrame) -> Figure:
    """Draw seconds to fit and to score against users on logarithmic axes, full data as lines.

    Args:
        table: see :func:`condrec.report.fit_speed.fit_speeds`.
    """
    if table[["fit s", "score s"]].isna().all(axis=None):
        return not_run_yet()
    names = list(dict.fromkeys(table["data"]))
    figure, axes = panels(names, max(8.5, 2.2 + 3.3 * len(names)), 3.8, "none")
    for axis, name in zip(axes, names, strict=False):
        part = table[table["data"] == name]
        small, every = part[part["method"] != "none"], part[part["method"] == "none"]
        for series, points in small.groupby("series", sort=False):
            color, mark, _ = STYLES.get(str(series), (INK, ".", "-"))
            points = points.sort_values("users")
            for what, dash in (("fit", "-"), ("score", ":")):
                text = f"{what}, {series}"
                axis.plot(
                    points["users"],
                    points[f"{what} s"],
                    color=color,
                    marker=mark,
                    linestyle=dash,
                    markersize=5,
                    lw=1.1,
                    label=text,
                )
        for what, dash in (("fit", "-"), ("score", ":")):
            for value in every[f"{what} s"].dropna():
                text = f"{what}, full data"
                axis.axhline(value, color=INK, linestyle=dash, lw=1.3, label=text)
        axis.set(yscale="log", xlabel="users in the set")
        _logarithmic(axis, figure.get_figwidth() / len(axes))
    axes[0].set_ylabel("seconds")
    legend_below(figure, axes)
    return figure


def _logarithmic(axis: Axes, width: float) -> None:
    """Give an axis of sizes, so many inches wide, a logarithmic scale with plain numbers."""
    axis.set_xscale("log")
    low, high = axis.get_xlim()
    decade = width / np.log10(high / low)
    # Threes stand beside the powers of ten where half a decade is wide enough for their digits.
    threes = high < 1000 * low and LETTER * (len(f"{high:,.0f}") + 2) < 0.34 * decade
    axis.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0) if threes else (1.0,)))
    axis.xaxis.set_major_formatter(
        FuncFormatter(lambda x, _: f"{x:,.4g}" if x < 1 else f"{x:,.0f}")
    )
    axis.xaxis.set_minor_formatter(NullFormatter())


def _single(axis: Axes, size: float, every: pd.Series) -> None:
    """Let an axis with one size say so, and span all sizes or else the surroundings of this one."""
    low, high = every.min(), every.max()
    if high - low <= 0.05 * high:
        low, high = (0.5 * size, 1.5 * size) if size else (0.0, 0.3)
    if axis.get_xscale() == "log":
        axis.set_xlim(low / 1.3, high * 1.3)
    else:
        margin = 0.06 * (high - low)
        axis.set_xlim(low - margin, high + margin)
    axis.set_xticks([size], [f"{size:,.3g}"])
    axis.set_xticks([], minor=True)
    axis.set_xlabel(f"{axis.get_xlabel()}\n(only {size:,.3g} recorded)")
