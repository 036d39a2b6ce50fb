"""Tables of chosen interactions: what each model keeps of its own quality on the full data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from condrec.report.formatting import mean_sd, number
from condrec.report.implicit import changed_settings, measured
from condrec.report.labels import MODEL_LABELS, data_label, metric_label
from condrec.report.pairs import by_data
from condrec.report.results import Results
from condrec.report.tables import FLOORS, folded, seeds_done

METRICS = ("Recall@10", "NDCG@10")
TAIL = ("TailUserRecall@10", "TailItemRecall@10")
LIBRARY = {
    ("ml-100k", "ease"): ("27.5", "32.1"),
    ("ml-100k", "lightgcn"): ("24.5", "28.7"),
    ("ml-100k", "bpr-mf"): ("23.8 to 24.5", "28.2 to 29.5"),
}
"""Recall@10 and NDCG@10 in percent that RecBole 1.2.1 reaches with its defaults on a random
80/10/10 split of each user's pairs, full ranking, one or two seeds: a level to reach."""
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


def settings_tried(results: Results, metric: str) -> pd.DataFrame:
    """Return :func:`of_every_model` on validation rows; ``set`` says what each row changes.

    Args:
        results: of models on the full data; the first row of each is what the grids use.
        metric: what the settings were chosen by.
    """
    tried = of_every_model(results, (metric,), "validation")
    changed = {
        line: words.replace("the start", "as used")
        for part in by_data(results).values()
        for model in backbones(part)
        for line, words in changed_settings(part.where(recommender=model)).items()
    }
    return tried.assign(set=tried["line"].map(changed))


def tried_table(tried: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return a table to read of :func:`settings_tried`."""
    shown = folded(tried)
    values = zip(100 * shown[metric], 100 * shown[f"{metric} sd"], strict=True)
    return pd.DataFrame(
        {
            "Data": shown["data"],
            "Model": shown["model"],
            "Differs in": shown["set"].replace("every set", "every setting"),
            f"Validation {metric}, %": [mean_sd(*each, 2) for each in values],
            "Seeds": list(map(seeds_done, shown["seeds"], shown["planned"], shown["hours"])),
        }
    )


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
            own = row["recommender"] not in NO_BACKBONE
            kept, sd = (row[f"{metric} kept{x}"] if own else np.nan for x in ("", " sd"))
            one[f"{name} kept, %"] = mean_sd(kept, sd, 1, True)
        one["Seeds"] = seeds_done(row["seeds"], row["planned"], row["hours"])
        shown.append(one)
    return pd.DataFrame(shown)


def below_popularity(results: Results, model: str, metric: str = "NDCG@10") -> str:
    """Say which sets train a model that popularity of the full data beats, data by data.

    What such a set keeps is a share of a level, not of use.
    """
    items = []
    for name, part in of_model(results, model, (metric,)).groupby("data", sort=False):
        floor = part.loc[part["recommender"] == "popularity", metric]
        trained = part[(part["recommender"] == model) & part[metric].notna()]
        if floor.isna().all() or trained.empty:
            continue
        below = trained[trained[metric] < floor.iloc[0]]
        listed = "; ".join(
            f"{row['set']} {100 * row[metric]:.2f}" for row in below.to_dict("records")
        )
        items.append(
            f"On {name} popularity reaches {100 * floor.iloc[0]:.2f} % {metric_label(metric)}; "
            f"{MODEL_LABELS[model]} "
            + (
                f"lies below it on {len(below)} of {len(trained)} sets: {listed}."
                if listed
                else "lies above it on every set."
            )
        )
    return " ".join(items) or "Not run yet."


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
        f"{part['model'].iloc[0]}, {part['set'].iloc[0]} on {data_label(part['dataset'].iloc[0])} "
        f"({len(part)} of {every[line]})"
        for line, part in cut.groupby("line", sort=False)
    ]
    return (
        f"Early stopping ended {len(trained) - len(cut)} of {len(trained)} trainings; the others "
        f"took all epochs they were allowed and might have gained by more: {'; '.join(items)}."
    )
