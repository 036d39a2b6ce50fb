"""What making and using a condensed set costs beside training on the full data."""

from __future__ import annotations

import numpy as np
import pandas as pd

from condrec.experiments.grids.dconrec import LEAD
from condrec.report.formatting import count, number
from condrec.report.labels import data_label
from condrec.report.results import Results
from condrec.report.tables import lines


def cost_table(
    results: Results, model: str = LEAD, making: pd.Series | None = None
) -> pd.DataFrame:
    """Return what making and using each set costs beside one training on the full data.

    Args:
        results: of one or several data sets.
        model: whose trainings are counted.
        making: seconds to make the set of each line, where not those recorded.

    Returns:
        One row a set that was run, as numbers: line, dataset, set, ``condense s``, ``train s`` and
        ``full s``; ``steps`` and ``full steps`` of gradients; ``condense x``, making the set over
        one full training; ``uses`` after which making it is paid back (infinite for never).
    """
    chosen = results.where(recommender=model)
    table = lines(chosen, ("gradient_steps",), "train").merge(
        chosen.plan.drop_duplicates("line")[["line", "dataset", "method", "parameters"]], on="line"
    )
    epochs = chosen.rows.drop_duplicates("key").groupby("line")["epochs"].mean()
    batch = [p.get("batch_size", 1) for p in table["parameters"]]
    trained = table["line"].map(epochs) * np.ceil(table["likes"] / batch)
    if making is not None:
        table["condense s"] = table["line"].map(making)
    table = table.assign(steps=table["gradient_steps"].fillna(0.0), trained=trained)
    full = table[table["method"] == "none"].drop_duplicates("dataset").set_index("dataset")
    table["full s"] = table["dataset"].map(full["train s"])
    table["full steps"] = table["dataset"].map(full["trained"])
    table["condense x"] = table["condense s"] / table["full s"]
    saved = table["full s"] - table["train s"]
    uses = np.ceil(table["condense s"] / saved.where(saved > 0))
    table["uses"] = uses.fillna(np.inf)
    table = table[(table["seeds"] > 0) & (table["method"] != "none")]
    columns = ["line", "dataset", "set", "condense s", "train s", "full s", "steps", "full steps"]
    return table[[*columns, "condense x", "uses"]].reset_index(drop=True)


def readable_costs(table: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`cost_table` as a table to read."""
    return pd.DataFrame(
        {
            "Data": table["dataset"].map(data_label),
            "Training set": table["set"],
            "Seconds to make": [number(x, 1) for x in table["condense s"]],
            "Seconds to train on it": [number(x, 1) for x in table["train s"]],
            "Seconds on the full data": [number(x, 1) for x in table["full s"]],
            "Made in full trainings": [number(x, 2) for x in table["condense x"]],
            "Gradient steps to make": table["steps"].map(count),
            "Steps of a full training": table["full steps"].map(count),
            "Uses that pay it back": [
                "never" if np.isinf(x) else f"{max(x, 1):,.0f}" for x in table["uses"]
            ],
        }
    )
