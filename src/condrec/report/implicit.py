"""Tables of sets of implicit feedback: quality beside size, counted in every unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from condrec.evaluation import half_width
from condrec.experiments.grids.distill_cf import N_USERS
from condrec.report.formatting import count, mean_sd, number
from condrec.report.implicit_labels import implicit_label
from condrec.report.labels import data_label, metric_label
from condrec.report.matching import kept_shares
from condrec.report.published import published
from condrec.report.results import Results
from condrec.report.tables import folded, lines, seeds_done

METRICS = ("NDCG@10", "HR@10", "PSP@10")
OTHERS = ("NDCG@100", "HR@100", "Recall@10", "Coverage@10", "LongTail@10", "AUC")
"""What stands beside: longer lists, recall, items and rare items that are ever shown, AUC."""
_PLANNED = ("dataset", "recommender", "method", "edition", "budget")
_PARAMETERS = ("noise", "top", "n_samples", "gumbel", "lambda")


def measured(
    results: Results,
    metrics: Sequence[str] = METRICS,
    split: str = "test",
    against: str = "infinite-ae",
) -> pd.DataFrame:
    """Return one row a planned configuration, as numbers.

    Args:
        results: of grids on implicit feedback.
        metrics: which metrics.
        split: see :func:`condrec.report.tables.lines`.
        against: the model whose result on the full data is 100 % of what can be kept.

    Returns:
        The columns of :func:`condrec.report.tables.lines` and: data, dataset, recommender,
        method, edition, budget, noise, top, n_samples, gumbel, lambda; series (the set's name
        without its size); k (the budget as a number of average users); bytes
        without item texts; weights (stored real numbers); users %, interactions % and bytes % of
        the full data; per metric ``<metric> ±``, half the 95 % t interval over seeds, and
        ``<metric> kept``, percent of what the model ``against`` reaches on the full data with the
        same seeds, lambda chosen on validation where it has one, with ``<metric> kept sd`` and
        ``<metric> kept ±`` of the shares seed by seed.
    """
    table = lines(results, metrics, split).rename(columns={"likes": "interactions"})
    first = results.plan.drop_duplicates("line").set_index("line")
    for name in _PLANNED:
        table[name] = table["line"].map(first[name])
    for name in _PARAMETERS:
        table[name] = [first.loc[line, "parameters"].get(name) for line in table["line"]]
    table["k"] = [
        round(b * N_USERS.get(name, 1000)) if b < 1 else b
        for b, name in zip(table["budget"], table["dataset"], strict=True)
    ]
    table["data"] = table["dataset"].map(data_label)
    table["series"] = [_series(first.loc[line]) for line in table["line"]]
    # Item texts are the same in every set and no model here reads them.
    table["bytes"] = table["bytes"] - 2 * table["tokens"]
    soft = (table["interactions"] == 0) & (table["users"] > 0)
    table["weights"] = np.where(soft, table["bytes"] / 4, 0.0)
    full = table[(table["method"] == "none") & (table["noise"] == 0)]
    known = full[full["bytes"].notna()].drop_duplicates("dataset").set_index("dataset")
    for name in ("users", "interactions", "bytes"):
        table[f"{name} %"] = 100 * table[name] / table["dataset"].map(known[name])
    chosen = full[(full["recommender"] == against) & full["lambda"].isna()]
    chosen = chosen.drop_duplicates("dataset")
    of_data = dict(zip(chosen["dataset"], chosen["line"], strict=True))
    for metric in metrics:
        table[f"{metric} ±"] = [
            half_width(sd, n) for sd, n in zip(table[f"{metric} sd"], table["seeds"], strict=True)
        ]
        kept = _kept(results.values(metric, split), table, of_data)
        table[f"{metric} kept"], table[f"{metric} kept sd"] = kept["mean"], kept["sd"]
        table[f"{metric} kept ±"] = [
            half_width(sd, n) for sd, n in zip(kept["sd"], kept["seeds"], strict=True)
        ]
    return table


def _kept(values: pd.DataFrame, table: pd.DataFrame, full: Mapping[str, int]) -> pd.DataFrame:
    """Return what is kept of the full data, in percent, by row of the table.

    Args:
        values: a metric's recorded rows.
        table: lines, with their data sets.
        full: the line of the full data by data set.

    Returns:
        mean, sd and number (seeds) of the shares, see :func:`kept_shares`.
    """
    by_seed = {line: part.set_index("seed")["value"] for line, part in values.groupby("line")}
    none = pd.Series(dtype=float)
    found = []
    for line, dataset in zip(table["line"], table["dataset"], strict=True):
        base = by_seed.get(full.get(dataset, -1), none)
        shares = kept_shares(by_seed.get(line, none), base)
        itself = line == full.get(dataset)  # 100 by definition, without a spread
        sd = np.nan if itself else shares.std()
        found.append({"mean": shares.mean(), "sd": sd, "seeds": len(shares)})
    return pd.DataFrame(found, index=table.index, columns=["mean", "sd", "seeds"])


def _series(planned: pd.Series) -> str:
    """Return a set's name without its size, lambda and noise."""
    parameters = planned["parameters"] | {"lambda": None, "noise": 0.0}
    name = implicit_label(
        planned["method"], planned["edition"], None, parameters, planned["dataset"]
    )
    by_share = planned["method"] == "majority" and planned["budget"] < 1
    return name + (", equal interactions" if by_share else "")


def quality_table(
    table: pd.DataFrame,
    metrics: Sequence[str] = METRICS,
    *,
    data: bool = False,
    model: bool = False,
    kept: bool = True,
) -> pd.DataFrame:
    """Return a table to read: metrics in percent, mean ± sd over seeds.

    Neighbouring sets that were not run take one row.

    Args:
        table: see :func:`measured`.
        metrics: its metrics.
        data: show the data set.
        model: show the model.
        kept: show how much of the full data's first metric is kept.
    """
    shown = []
    for row in folded(table).to_dict("records"):
        one: dict[str, Any] = {"Data": row["data"]} if data else {}
        if model:
            one["Model"] = row["model"]
        one["Training set"] = row["set"]
        for metric in metrics:
            scaled = 100 * row[metric], 100 * row[f"{metric} sd"]
            one[f"{metric_label(metric)}, %"] = mean_sd(*scaled, 2)
        if kept:
            share = row[f"{metrics[0]} kept"], row[f"{metrics[0]} kept ±"]
            one[f"{metric_label(metrics[0])} kept, % (95 % interval)"] = mean_sd(*share, 1)
        one["Seeds"] = seeds_done(row["seeds"], row["planned"], row["hours"])
        shown.append(one)
    return pd.DataFrame(shown)


def size_table(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table to read: what each set stores, in every unit and in percent of the full data.

    Args:
        table: see :func:`measured`.
    """
    table = table[table["seeds"] > 0]
    return pd.DataFrame(
        {
            "Training set": table["set"],
            "Users": table["users"].map(count),
            "Interactions": table["interactions"].map(count),
            "Real numbers": table["weights"].map(count),
            "Megabytes": [number(x / 1e6, 3) for x in table["bytes"]],
            "Users, %": [number(x, 2) for x in table["users %"]],
            "Interactions, %": [number(x, 2) for x in table["interactions %"]],
            "Bytes, %": [number(x, 1) for x in table["bytes %"]],
        }
    )


def size_words(table: pd.DataFrame) -> str:
    """Say in Markdown what the distilled users are beside all interactions; all computed.

    Args:
        table: see :func:`measured`; one sentence a data set, on its largest soft set.
    """
    items = []
    for _, part in table.groupby("dataset", sort=False):
        soft = part[(part["weights"] > 0) & (part["method"] == "distill-cf")]
        full = part[(part["method"] == "none") & part["bytes"].notna()]
        if soft.empty or full.empty:
            continue
        large, every = soft.sort_values("weights").iloc[-1], full.iloc[0]
        width = large["weights"] / large["users"]
        text = (
            f"- **{large['data']}**: {large['users']:,.0f} distilled users are "
            f"{large['users']:,.0f} × {width:,.0f} = {large['weights']:,.0f} real numbers, "
            f"{large['bytes'] / 1e6:,.2f} MB at 4 bytes each; all {every['interactions']:,.0f} "
            f"interactions of {every['users']:,.0f} users take {every['bytes'] / 1e6:,.2f} MB at "
            f"8 bytes each. Counted in users the set is {large['users %']:.1f} % of the data, "
            f"counted in bytes {large['bytes %']:,.0f} %"
        )
        if large["bytes %"] >= 100:
            text += ": the full data are the smaller set, so they *are* the rival of equal bytes"
        items.append(text + ".")
    return "\n".join(["What the sets store:", "", *items]) if items else "Not run yet."


def published_curve(metric: str) -> pd.DataFrame:
    """Return the points read off the README's figure.

    Args:
        metric: ``HR@10`` or ``PSP@10``.

    Returns:
        dataset, series, users and value (a fraction); a point at a share of the users is put at
        that share of our training users.
    """
    printed = published("distill-cf")
    printed = printed[(printed["table"] == "README figure") & (printed["metric"] == metric)]
    printed = printed[printed["dataset"].isin(N_USERS)]
    names = {"random-users": "random users", "distill-cf": "Distill-CF (strict)"}
    share = pd.to_numeric(printed["part"].str.extract(r"([\d.]+) %")[0]) / 100
    return pd.DataFrame(
        {
            "dataset": printed["dataset"],
            "series": printed["method"].map(names).fillna("full data"),
            "users": printed["budget"].fillna(share * printed["dataset"].map(N_USERS)),
            "value": printed["value"] / 100,
        }
    )


def changed_settings(results: Results) -> pd.Series:
    """Return by line how its settings differ from those of the grid's first line, in words."""
    first = results.plan.drop_duplicates("line").set_index("line")["parameters"]
    start = first.iloc[0] if len(first) else {}

    def words(parameters: dict[str, Any]) -> str:
        changed = {k: v for k, v in parameters.items() if start.get(k) != v}
        return ", ".join(f"{k} = {v}" for k, v in changed.items()) or "the start"

    return first.map(words)
