"""What DConRec's learning does: its losses, its false negatives, the rows it learns from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from condrec.condensers.dconrec import CREDITS, DConRec
from condrec.report.formatting import mean_sd
from condrec.report.implicit_labels import unusual_settings
from condrec.report.kept import of_every_model
from condrec.report.labels import MODEL_LABELS, data_label
from condrec.report.results import Results

FACTS = {
    "predicted_pct": "Stored pairs predicted, %",
    "predicted_held_out_pct": "Predicted pairs held out, %",
    "popular_held_out_pct": "As many popular, %",
    "random_held_out_pct": "As many random, %",
    "negatives_held_out_pct": "Negatives held out, %",
    "negatives_held_out_without_pct": "Without predicted, %",
}
"""Recorded shares and their headings: how often a pair is a validation or test positive."""
LOSS_OF_NOTHING = 0.001
"""How near to ln 2 an outer loss says nothing."""


def facts_table(results: Results) -> pd.DataFrame:
    """Return how many pairs and negatives of each set were held out; what has none is left out."""
    first = results.plan.drop_duplicates("line").set_index("line")
    shown = {"Data": first["dataset"].map(data_label), "Training set": first["set"]}
    done = pd.Series(False, index=first.index)
    for name, heading in FACTS.items():
        values = results.values(name, "train").groupby("line")["value"]
        mean, sd = (each.reindex(first.index) for each in (values.mean(), values.std(ddof=1)))
        done |= mean.notna()
        digits = 3 if "negatives" in name else 2  # small on a large catalogue
        texts = [mean_sd(*each, digits) for each in zip(mean, sd, strict=True)]
        shown[heading] = pd.Series(texts, index=first.index, dtype=object)
    return pd.DataFrame(shown)[done].reset_index(drop=True)


def published_loss(results: Results) -> str:
    """Say in Markdown whether the published edition's outer loss told its masks apart.

    Vectors that rank at random have a BPR loss of ln 2; inner models that end there cannot say
    which mask is better.

    Args:
        results: of one model, on one or several data sets.
    """
    published = results.where(method="dconrec", edition="as_published")
    first, last = (
        published.values(f"outer_loss_{end}", "train").groupby("dataset")["value"].mean()
        for end in ("first", "last")
    )
    items = []
    for dataset in last.index:
        text = (
            f"On {data_label(dataset)} the published edition's outer loss goes from "
            f"{first[dataset]:.4f} to {last[dataset]:.4f}; ln 2 = {np.log(2):.4f} is that of "
            "vectors which tell nothing"
        )
        if abs(last[dataset] - np.log(2)) < LOSS_OF_NOTHING:
            text += ": one pass at the published rate leaves the inner models there, so no mask "
            text += "shows as better than another"
        items.append(f"{text}.")
    return " ".join(items) or "The published edition was not run yet."


def losses_by_size(results: Results) -> str:
    """Say from where to where the outer loss goes at each size.

    Vectors that rank at random have a loss of ln 2; where it stays there, nothing can be learned.

    Args:
        results: learned sets of one setting, at one or several sizes.
    """
    ends = [
        results.values(f"outer_loss_{end}", "train").groupby(["dataset", "budget"])["value"].mean()
        for end in ("first", "last")
    ]
    items = []
    for dataset in dict.fromkeys(ends[0].index.get_level_values("dataset")):
        first, last = (each[dataset] for each in ends)
        steps = ", ".join(
            f"{100 * size:g} %: {first[size]:.4f} to {last[size]:.4f}" for size in first.index
        )
        items.append(
            f"On {data_label(dataset)} the outer loss goes, from the first to the last tenth of "
            f"the iterations, at {steps}; ln 2 is {np.log(2):.4f}."
        )
    return " ".join(items) or "Not run yet."


def transfer(results: Results, metric: str = "NDCG@10") -> pd.DataFrame:
    """Return what each model keeps on sets that were chosen through each model.

    Returns:
        One row a set: data, chosen (the model it was chosen through, or ``frozen scores``), model
        (that is trained on it) and ``<metric> kept`` with ``±`` and sd; NaN where not run.
    """
    table = of_every_model(results, (metric,))
    table = table[table["method"].isin(["dconrec", "frozen-scores"])]
    chosen = [
        f"through {MODEL_LABELS[p['backbone']]}" if method == "dconrec" else "frozen scores"
        for method, p in zip(table["method"], _parameters(results, table), strict=True)
    ]
    return table.assign(chosen=chosen).reset_index(drop=True)


def by_iterations(results: Results, metric: str = "NDCG@10") -> pd.DataFrame:
    """Return validation quality against outer iterations, all other settings as chosen.

    Returns:
        The rows of :func:`of_every_model` that differ from the chosen settings in iterations
        and credit only, or are the published edition's, with ``iterations``.
    """
    table = of_every_model(results, (metric,), "validation")
    table = table[table["method"] == "dconrec"]
    parameters = _parameters(results, table)
    series = []
    for edition, p in zip(table["edition"], parameters, strict=True):
        by = "" if p["credit"] == "all" else f", credit by {p['credit']}"
        series.append(f"DConRec ({'strict' if edition == 'strict' else 'as published'}{by})")
    table = table.assign(iterations=[p["iterations"] for p in parameters], series=series)
    shown = _as_chosen(results, table, "iterations") | (table["edition"] == "as_published")
    return table[shown].reset_index(drop=True)


def outer_rows(results: Results, table: pd.DataFrame) -> list[str]:
    """Return the rows each set was learned on: validation, training, all training, or none."""
    words = {"train": "training", "all": "all training"}
    found = []
    for method, edition, p in zip(
        table["method"], table["edition"], _parameters(results, table), strict=True
    ):
        chosen = DConRec(edition=edition, outer_set=p["outer_set"]).outer_rows
        found.append(words.get(chosen, chosen) if method == "dconrec" else "none")
    return found


def by_outer_rows(results: Results, metric: str = "NDCG@10") -> pd.DataFrame:
    """Return quality by the rows of the outer loss, on the validation and on the test rows.

    A choice that was learned on validation rows fits the rows that rate settings; what it is worth
    shows on rows that it has not seen.

    Returns:
        The rows of :func:`of_every_model` of frozen scores and of learned sets, edition strict,
        that differ from the chosen settings in credit and outer rows only, credit by credit; with
        ``outer rows``, ``<metric> validation`` and its sd.
    """
    table = of_every_model(results, (metric,))
    table["outer rows"] = outer_rows(results, table)
    seen = of_every_model(results, (metric,), "validation").set_index("line")
    for name in (metric, f"{metric} sd"):
        table[name.replace(metric, f"{metric} validation")] = table["line"].map(seen[name])
    learned = (table["edition"] == "strict") & _as_chosen(results, table, "outer_set")
    frozen = table["method"] == "frozen-scores"
    credit = [CREDITS.index(p["credit"]) for p in _parameters(results, table)]
    place = pd.factorize(table["dataset"])[0]
    ordered = table.assign(place=place, first=~frozen, credit=credit)[learned | frozen]
    ordered = ordered.sort_values(["place", "first", "credit"], kind="stable")
    return ordered.drop(columns=["place", "first", "credit"]).reset_index(drop=True)


def _as_chosen(results: Results, table: pd.DataFrame, free: str) -> pd.Series:
    """Whether sets of DConRec have the chosen settings, but for the credit and a free one."""
    found = []
    for row, p in zip(table.to_dict("records"), _parameters(results, table), strict=True):
        others = {name: x for name, x in p.items() if name not in (free, "credit")}
        unusual = unusual_settings(row["method"], row["edition"], others, row["dataset"])
        found.append(row["method"] == "dconrec" and not unusual)
    return pd.Series(found, index=table.index, dtype=bool)


def _parameters(results: Results, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return every setting of each row's configuration."""
    of_line = dict(zip(results.plan["line"], results.plan["parameters"], strict=True))
    return [of_line[line] for line in table["line"]]
