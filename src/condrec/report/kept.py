"""Tables of chosen interactions: what each model keeps of its own quality on the full data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from condrec.condensers.dconrec import CREDITS, DConRec
from condrec.experiments.grids.dconrec import LEAD
from condrec.report.formatting import count, mean_sd, number
from condrec.report.implicit import measured
from condrec.report.implicit_labels import unusual_settings
from condrec.report.labels import DATA_LABELS, MODEL_LABELS, metric_label
from condrec.report.results import Results
from condrec.report.tables import FLOORS, folded, lines, seeds_done

METRICS = ("Recall@10", "NDCG@10")
TAIL = ("TailUserRecall@10", "TailItemRecall@10")
FACTS = {
    "predicted_pct": "Stored pairs predicted, %",
    "predicted_held_out_pct": "Predicted pairs held out, %",
    "popular_held_out_pct": "As many popular, %",
    "random_held_out_pct": "As many random, %",
    "negatives_held_out_pct": "Negatives held out, %",
    "negatives_held_out_without_pct": "Without predicted, %",
}
"""Recorded shares and their headings: how often a pair is a validation or test positive."""
LIBRARY = {
    ("ml-100k", "ease"): ("27.5", "32.1"),
    ("ml-100k", "lightgcn"): ("24.5", "28.7"),
    ("ml-100k", "bpr-mf"): ("23.8 to 24.5", "28.2 to 29.5"),
}
"""Recall@10 and NDCG@10 in percent that RecBole 1.2.1 reaches with its defaults on a random
80/10/10 split of each user's pairs, full ranking, one or two seeds: a level to reach."""
LOSS_OF_NOTHING = 0.001
"""How near to ln 2 an outer loss says nothing."""
NO_BACKBONE = (*FLOORS, "ease", "item-knn")


def backbones(results: Results) -> list[str]:
    """Return the planned models that are trained on condensed sets."""
    return [name for name in results.models if name not in NO_BACKBONE]


def of_model(
    results: Results, model: str, metrics: Sequence[str] = METRICS, split: str = "test"
) -> pd.DataFrame:
    """Return :func:`condrec.report.implicit.measured` of one model, floors and EASE before it.

    What is kept is kept of this model's own result on the full data.
    """
    chosen = results.where(recommender=(*NO_BACKBONE, model))
    return measured(chosen, metrics, split, against=model)


def of_every_model(
    results: Results, metrics: Sequence[str] = METRICS, split: str = "test"
) -> pd.DataFrame:
    """Return :func:`of_model` of all models one below the other, without floors."""
    parts = [of_model(results.where(recommender=m), m, metrics, split) for m in backbones(results)]
    return pd.concat(parts, ignore_index=True)


def beside_library(shown: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Add to a table to read what RecBole reaches with its defaults, where that is known.

    Args:
        shown: rows to read.
        table: the same rows as numbers, with dataset and recommender.
    """
    pairs = zip(table["dataset"], table["recommender"], strict=True)
    found = [LIBRARY.get(pair, ("", "")) for pair in pairs]
    columns = {f"RecBole {m}, %": [each[i] for each in found] for i, m in enumerate(METRICS)}
    return shown.assign(**columns)


def kept_table(
    table: pd.DataFrame, metrics: Sequence[str] = METRICS, unit: str = "interactions"
) -> pd.DataFrame:
    """Return a table to read: the real size of each set, and per metric its value and what is kept.

    Neighbouring sets that were not run take one row, with the hours of all of them.  What is kept
    is empty for floors and EASE, which are trained on no set.

    Args:
        table: see :func:`of_model`.
        metrics: its metrics.
        unit: what is counted as stored, in percent of the full data: ``interactions``, ``users``
            or ``bytes``.
    """
    shown = []
    for row in folded(table).to_dict("records"):
        one: dict[str, Any] = {
            "Data": row["data"],
            "Model": row["model"],
            "Training set": row["set"],
            "Stored, %": number(row[f"{unit} %"], 1),
        }
        for metric in metrics:
            name = metric_label(metric)
            one[f"{name}, %"] = mean_sd(100 * row[metric], 100 * row[f"{metric} sd"], 2, True)
            # A floor, or EASE, is trained on no set: it keeps no share of its own.
            kept = np.nan if row["recommender"] in NO_BACKBONE else row[f"{metric} kept"]
            spread = row[f"{metric} sd"] * kept / row[metric]
            one[f"{name} kept, %"] = mean_sd(kept, spread, 1, True)
        one["Seeds"] = seeds_done(row["seeds"], row["planned"], row["hours"])
        shown.append(one)
    return pd.DataFrame(shown)


def cut_short(results: Results) -> str:
    """Say which trainings took all epochs they were allowed, so that more might have served."""
    runs = results.rows.drop_duplicates("key")
    most = {
        key: parameters.get("epochs", 0)
        for key, parameters in zip(results.plan["key"], results.plan["parameters"], strict=True)
    }
    trained = runs[(runs["epochs"] > 0) & (runs["key"].map(most) > 0)]
    cut = trained[trained["epochs"] == trained["key"].map(most)]
    if cut.empty:
        return "No training was ended by the most epochs it was allowed." if len(trained) else ""
    every = trained.groupby("line").size()
    items = [
        f"{part['model'].iloc[0]}, {part['set'].iloc[0]} on {_data(part['dataset'].iloc[0])} "
        f"({len(part)} of {every[line]})"
        for line, part in cut.groupby("line", sort=False)
    ]
    return (
        f"Early stopping ended {len(trained) - len(cut)} of {len(trained)} trainings; the others "
        f"took all epochs they were allowed and might have gained by more: {'; '.join(items)}."
    )


def facts_table(results: Results) -> pd.DataFrame:
    """Return how many pairs and negatives of each set were held out; what has none is left out."""
    first = results.plan.drop_duplicates("line").set_index("line")
    shown = {"Data": first["dataset"].map(_data), "Training set": first["set"]}
    done = pd.Series(False, index=first.index)
    for name, heading in FACTS.items():
        values = results.values(name, "train").groupby("line")["value"]
        mean, sd = (each.reindex(first.index) for each in (values.mean(), values.std(ddof=1)))
        done |= mean.notna()
        texts = [mean_sd(*each, 2) for each in zip(mean, sd, strict=True)]
        shown[heading] = pd.Series(texts, index=first.index, dtype=object)
    return pd.DataFrame(shown)[done].reset_index(drop=True)


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
            f"On {_data(dataset)} the published edition's outer loss goes from "
            f"{first[dataset]:.4f} to {last[dataset]:.4f}; ln 2 = {np.log(2):.4f} is that of "
            "vectors which tell nothing"
        )
        if abs(last[dataset] - np.log(2)) < LOSS_OF_NOTHING:
            text += ": one pass at the published rate leaves the inner models there, so no mask "
            text += "shows as better than another"
        items.append(f"{text}.")
    return " ".join(items) or "The published edition was not run yet."


def readable_costs(table: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`cost_table` as a table to read."""
    return pd.DataFrame(
        {
            "Data": table["dataset"].map(_data),
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


def _data(name: str) -> str:
    return DATA_LABELS.get(name, name)


def _parameters(results: Results, table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return every setting of each row's configuration."""
    of_line = dict(zip(results.plan["line"], results.plan["parameters"], strict=True))
    return [of_line[line] for line in table["line"]]
