"""How much faster training on a condensed set is, said three ways, then with what it costs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from condrec.report.formatting import mean_sd
from condrec.report.results import Results

WAYS = {
    "epoch": "seconds an epoch",
    "best": "seconds to its best epoch",
    "level": "seconds to the condensed run's level",
    "total": "the same, condensing included",
}
"""The three readings of "faster", and the third with the cost of condensing added."""
NEVER = "Full data never got there"
SECONDS = [
    f"{side} {way}" for way in ("epoch", "best", "level", "stop") for side in ("full", "condensed")
]


def run_speeds(results: Results) -> pd.DataFrame:
    """Return the speed of every pair of runs, full and condensed, of a model and seed.

    Args:
        results: of a grid that keeps curves, one condensed line a model.

    Returns:
        model, seed; for each way of :data:`WAYS` but ``total`` the seconds ``full <way>`` and
        ``condensed <way>``; ``level`` is the condensed run's best validation quality, which takes
        the full run infinitely long where it never gets there; ``stop`` is the whole run, until
        early stopping ends it.
    """
    table = []
    for _, both in results.curves.groupby(["model", "seed"], sort=False):
        runs = {
            "full" if method == "none" else "condensed": run.sort_values("epochs")
            for method, run in both.groupby("method")
        }
        if len(runs) < 2:
            continue
        row: dict[str, Any] = {"model": both["model"].iloc[0], "seed": both["seed"].iloc[0]}
        level = float(runs["condensed"]["value"].max())
        for side, run in runs.items():
            seconds, value = run["seconds_train"].to_numpy(float), run["value"].to_numpy(float)
            row[f"{side} epoch"] = seconds[-1] / len(seconds)
            row[f"{side} best"] = seconds[value.argmax()]
            reached = np.flatnonzero(value >= level)
            row[f"{side} level"] = seconds[reached[0]] if len(reached) else np.inf
            row[f"{side} stop"] = seconds[-1]
        table.append(row | {"level": level})
    return pd.DataFrame(table, columns=["model", "seed", *SECONDS, "level"])


def speed_table(speeds: pd.DataFrame, condensing: float = np.nan) -> pd.DataFrame:
    """Return a table to read: seconds and speed-up of each way, mean ± sd over seeds.

    Args:
        speeds: see :func:`run_speeds`.
        condensing: mean seconds that making the condensed set takes; NaN leaves the last way
            empty.

    Returns:
        Times faster are the means of the seeds' own ratios.  How often the full data never got
        there has a column if it happened.
    """
    table = []
    for model, runs in speeds.groupby("model", sort=False):
        for way, name in WAYS.items():
            full = runs["full level" if way == "total" else f"full {way}"]
            condensed = runs["condensed level" if way == "total" else f"condensed {way}"]
            condensed = condensed + condensing if way == "total" else condensed
            reached = np.isfinite(full)
            ratio = (full / condensed)[reached]
            never = int((~reached).sum())
            table.append(
                {
                    "Model": model,
                    "Measured": name,
                    "Full data": mean_sd(full[reached].mean(), full[reached].std(), 2),
                    "Condensed": mean_sd(condensed.mean(), condensed.std(), 2),
                    "Times faster": mean_sd(ratio.mean(), ratio.std(), 2),
                    NEVER: f"{never} of {len(runs)}" if never else "",
                    "Seeds": str(len(runs)),
                }
            )
    frame = pd.DataFrame(table)
    return frame if frame.empty or frame[NEVER].any() else frame.drop(columns=NEVER)


def conclude(speeds: pd.DataFrame, condensing: float) -> str:
    """Say how much faster condensed training is, one Markdown item a model; every word computed.

    Args:
        speeds: see :func:`run_speeds`.
        condensing: mean seconds that making the condensed set takes, NaN if it was not run.
    """
    items = []
    for model, runs in speeds.groupby("model", sort=False):
        sooner = runs["full level"] / runs["condensed level"]
        reached = np.isfinite(sooner)
        text = (
            f"**{model}**: on the full data an epoch takes "
            f"{_times(runs['full epoch'] / runs['condensed epoch'])} the seconds it takes on the "
            f"condensed data, the best epoch {_times(runs['full best'] / runs['condensed best'])}"
        )
        if reached.any():
            text += (
                f", and to reach the condensed run's level {_times(sooner[reached])} "
                f"({reached.sum()} of {len(runs)} seeds get there)"
            )
            ratio = runs["full level"] / (runs["condensed level"] + condensing)
            if not np.isnan(condensing):
                word = "faster" if ratio[reached].mean() > 1 else "slower"
                text += (
                    f"; with the {condensing:,.1f} s of condensing added, "
                    f"{_times(ratio[reached])}: to reach that level in a single training the "
                    f"detour is **{word}**"
                )
        else:
            text += ", and the full data never reach the condensed run's level"
        items.append(f"- {text}.")
    return "\n".join(items) or "Not run yet."


def conclude_whole_runs(speeds: pd.DataFrame, condensing: float) -> str:
    """Say which training repays the making of the set if every run goes on until it stops.

    Args:
        speeds: see :func:`run_speeds`.
        condensing: mean seconds that making the condensed set takes, NaN if it was not run.
    """
    items = []
    for model, runs in speeds.groupby("model", sort=False):
        full, condensed = runs["full stop"].mean(), runs["condensed stop"].mean()
        text = (
            f"**{model}**: until it stops by itself a run takes {full:,.1f} s on the full data, "
            f"{condensed:,.1f} s on the condensed data"
        )
        if not np.isnan(condensing):
            text += f" and {condensed + condensing:,.1f} s with the condensing: "
            needed = condensing / (full - condensed) if full > condensed else np.inf
            if np.isinf(needed):
                text += "that is never repaid"
            elif needed <= 1:
                text += "the **first** training repays it"
            else:
                text += f"it is repaid after **{needed:,.1f}** trainings"
        items.append(f"- {text}.")
    return "\n".join(items) or "Not run yet."


def with_text_requests(found: pd.DataFrame, results: Results) -> pd.DataFrame:
    """Return the lines with the language model's requests for every set of condensed texts.

    Sets of TF-DCon count what their users and texts took.  The same texts took the same requests
    whoever chose the users, and k-medoids, which reads no interest words, took no others.

    Args:
        found: :func:`condrec.report.tables.lines` of the results, with the language model's
            columns, or some of them.
        results: of the same grid.
    """
    plan = results.plan.drop_duplicates("line").set_index("line")
    content = pd.Series([each.get("content") for each in plan["parameters"]], index=plan.index)
    medoids = found[found["line"].map(plan["method"]) == "k-medoids"]
    filled = found.copy()
    for name in ("language_model_requests", "language_model_tokens"):
        if name in filled:
            texts = dict(zip(medoids["line"].map(content), medoids[name], strict=True))
            filled[name] = filled[name].fillna(filled["line"].map(content).map(texts))
    return filled


def _times(ratio: pd.Series) -> str:
    return f"{ratio.mean():.1f} times"


def condensing_cost(results: Results) -> pd.Series:
    """Return what making TF-DCon's set takes, means over seeds: steps, seconds, requests, words.

    Args:
        results: of the grid of costs, or any with TF-DCon in it.
    """
    ours = results.where(method="tf-dcon", edition="as_published")
    runs = ours.rows.drop_duplicates("key")
    rows = ours.rows[ours.rows["split"] == "train"]
    means = rows.groupby("metric")["value"].mean()
    means["seconds"] = runs["seconds_condense"].astype(float).mean()
    return means
