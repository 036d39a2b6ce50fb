"""Seconds of a model in closed form: to fit, to score, and what distilling adds to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from condrec.report.formatting import LEAST, count, no_finer, number
from condrec.report.implicit import measured
from condrec.report.results import Results


def fit_speeds(results: Results, model: str = "infinite-ae") -> pd.DataFrame:
    """Return one row a set of a model that was run, as numbers.

    Args:
        results: of the grid of speed, where every configuration has one run.
        model: the recommender.

    Returns:
        data, dataset, model, set, series, method, users, ``fit s``, ``score s``, ``condense s``;
        the full data's seconds over the set's: ``fit x`` (no finer than milliseconds allow),
        ``use x`` (fit and score) and ``paid x`` (with the set made once for one use); ``uses``,
        how many uses (fit and score) take less time on the set, its making included, than on the
        full data: infinite where no number does.
    """
    table = measured(results.where(recommender=model), ())
    score = results.values("seconds_evaluate", "train").groupby("line")["value"].mean()
    table["score s"] = table["line"].map(score).astype(float)
    table["fit s"] = table["train s"].astype(float).clip(lower=LEAST)
    table = table[table["seeds"] > 0].reset_index(drop=True)
    full = table[table["method"] == "none"].drop_duplicates("dataset").set_index("dataset")
    fit, use = (table["dataset"].map(column) for column in (full["fit s"], _use(full)))
    table["use x"] = use / _use(table)
    table["fit x"] = list(map(no_finer, fit / table["fit s"], table["fit s"]))
    table["paid x"] = use / (_use(table) + table["condense s"])
    saved = use - _use(table)
    table["uses"] = [
        float(np.floor(cost / gain) + 1) if gain > 0 else np.inf
        for cost, gain in zip(table["condense s"].fillna(0.0), saved, strict=True)
    ]
    wanted = ["data", "dataset", "model", "set", "series", "method", "users"]
    wanted += ["fit s", "score s", "condense s", "fit x", "use x", "paid x", "uses"]
    return table[wanted]


def _use(table: pd.DataFrame) -> pd.Series:
    return table["fit s"] + table["score s"]


def speed_table(speeds: pd.DataFrame) -> pd.DataFrame:
    """Return a table to read of :func:`fit_speeds`."""
    small = speeds["method"] != "none"

    def shown(column: str, digits: int) -> list[str]:
        return [
            number(value, digits) if is_small else ""
            for value, is_small in zip(speeds[column], small, strict=True)
        ]

    uses = [
        "" if not is_small else "never" if np.isinf(n) else count(n)
        for n, is_small in zip(speeds["uses"], small, strict=True)
    ]
    return pd.DataFrame(
        {
            "Data": speeds["data"],
            "Model": speeds["model"],
            "Training set": speeds["set"],
            "Make it, s": shown("condense s", 1),
            "Fit, s": [number(x, 3) for x in speeds["fit s"]],
            "Score, s": [number(x, 2) for x in speeds["score s"]],
            "Fit, times faster": shown("fit x", 1),
            "Fit and score": shown("use x", 2),
            "Making included": shown("paid x", 3),
            "Uses that pay it back": uses,
        }
    )


def pace(ratio: float) -> str:
    """Return in words how many times as fast, or how many times as long it takes."""
    if ratio >= 1:
        return f"{ratio:,.2f} times as fast"
    return f"takes {1 / ratio:,.2f} times as long"


def compare_models(speeds: pd.DataFrame) -> str:
    """Say in Markdown how a use of distilled users fares model by model; all computed.

    Args:
        speeds: see :func:`fit_speeds`, of several models; their largest distilled sets count.
    """
    ours = speeds[(speeds["method"] == "distill-cf") & speeds["use x"].notna()]
    if ours.empty:
        return "Not run yet."
    ours = ours.reset_index(drop=True)
    ours = ours.loc[ours.groupby(["dataset", "model"], sort=False)["users"].idxmax()]
    quicker, slower = [], []
    for row in ours.to_dict("records"):
        what, ratio = f"{row['model']} on {row['data']}", row["use x"]
        if ratio >= 1:
            quicker.append(f"{what} ({ratio:,.1f} times as fast)")
        else:
            slower.append(f"{what} (takes {1 / ratio:,.1f} times as long)")
    users = " or ".join(f"{n:,.0f}" for n in sorted(set(ours["users"])))
    lead = f"With {users} distilled users at hand, fitting and scoring beside the full data:"
    named = {"quicker": quicker, "slower": slower}
    items = [f"- *{word}*: {'; '.join(found)}" for word, found in named.items() if found]
    return "\n".join([lead, "", *items])


def conclude(speeds: pd.DataFrame) -> str:
    """Say what distilling buys, one Markdown item a data set; every word computed."""
    items = []
    for data, part in speeds.groupby("data", sort=False):
        ours = part[part["method"] == "distill-cf"]
        if ours.empty or (part["method"] == "none").sum() == 0:
            continue
        row = ours.sort_values("users").iloc[-1]
        chance = part[(part["method"] == "random-users") & (part["users"] == row["users"])]
        text = (
            f"- **{data}**: with {row['users']:,.0f} distilled users fitting is "
            f"{number(row['fit x'], 1)} times as fast as on the full data, fitting and scoring "
            f"together {row['use x']:,.1f} times"
        )
        if len(chance):
            text += f" (as many random users: {chance['use x'].iloc[0]:,.1f} times)"
        text += f"; making the set takes {row['condense s']:,.1f} s, so that "
        text += (
            "no number of uses pays it back"
            if np.isinf(row["uses"])
            else f"it is paid back from use {row['uses']:,.0f} on"
        )
        items.append(text + ".")
    return "\n".join(items) or "Not run yet."
