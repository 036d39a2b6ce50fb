"""One style for all figures: colour-blind safe, readable on light and on dark pages."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9", "#8C8C8C")
"""Okabe and Ito's colours, without the yellow that vanishes on white."""


def use_style() -> None:
    """Set matplotlib up once a notebook; figures bring their own white card for dark pages."""
    mpl.rcParams.update(
        {
            "figure.facecolor": "white",
            "figure.figsize": (7.0, 4.0),
            "figure.dpi": 110,
            "savefig.bbox": "tight",
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "grid.color": "#d9d9d9",
            "grid.linewidth": 0.6,
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "font.size": 10,
            "legend.frameon": False,
            "svg.hashsalt": "condrec",
        }
    )


def dots_with_spread(
    table: pd.DataFrame, metric: str, floors: dict[str, float], title: str = ""
) -> Figure:
    """Draw mean and standard deviation of every set, one panel a model, floors as lines.

    Args:
        table: columns model, set, ours, sd (see :func:`condrec.report.tables.answer`) of one
            metric.
        metric: the metric's name, for the axis.
        floors: value of each floor by its name.
        title: above the panels.
    """
    models = list(dict.fromkeys(table["model"]))
    names = list(dict.fromkeys(table["set"]))
    size = (3.0 + 2.4 * len(models), 0.9 + 0.3 * len(names))
    figure, axes = plt.subplots(1, len(models), sharex=True, sharey=True, figsize=size)
    for axis, model in zip([axes] if len(models) == 1 else axes, models, strict=True):
        part = table[table["model"] == model].set_index("set").reindex(names)
        place = range(len(names))
        axis.errorbar(part["ours"], place, xerr=part["sd"], fmt="o", capsize=3, color=PALETTE[0])
        if part["published"].notna().any():
            axis.plot(part["published"], place, "D", mfc="none", color=PALETTE[4])
        for (name, value), style in zip(floors.items(), ("--", "-.", ":"), strict=False):
            axis.axvline(value, linestyle=style, color=PALETTE[6], linewidth=1.2, label=name)
        axis.set(title=model, xlabel=metric)
    first = axes if len(models) == 1 else axes[0]
    first.set_yticks(range(len(names)), names)
    first.invert_yaxis()
    handles = [
        plt.Line2D([], [], marker="o", linestyle="", color=PALETTE[0], label="ours, mean ± sd"),
        plt.Line2D(
            [], [], marker="D", linestyle="", mfc="none", color=PALETTE[4], label="published"
        ),
        *first.get_lines()[-len(floors) :],
    ]
    figure.legend(handles=handles, loc="upper center", ncols=len(handles), bbox_to_anchor=(0.5, 0))
    figure.suptitle(title)
    figure.tight_layout()
    return figure
