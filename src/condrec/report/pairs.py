"""Paired comparisons on several data sets at once, sizes in bytes or interactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pandas as pd

from condrec.report.comparisons import compare
from condrec.report.labels import data_label
from condrec.report.results import Results
from condrec.report.tables import lines

Pair = tuple[Mapping[str, Any], Mapping[str, Any]]


def by_data(results: Results) -> dict[str, Results]:
    """Return the results of each data set by what it is called."""
    names = dict.fromkeys(results.plan["dataset"])
    return {data_label(name): results.where(dataset=name) for name in names}


def selections(results: Results, **wanted: Any) -> list[dict[str, Any]]:
    """Return what singles each configuration out, for :func:`condrec.report.comparisons.compare`.

    Args:
        results: of one data set.
        wanted: see :meth:`Results.where`.
    """
    return [{"line": line} for line in dict.fromkeys(results.where(**wanted).plan["line"])]


def distinct(
    results: Results, choices: Sequence[Mapping[str, Any]], metric: str = "NDCG@10"
) -> list[Mapping[str, Any]]:
    """Return those of several choices that led to different values; the first of equal ones.

    Validation may choose what is fixed beside it: then both are one result, to be counted once.

    Args:
        results: of one data set.
        choices: what singles each out, see :meth:`Results.where`.
        metric: the metric that is compared, on the test rows.
    """
    found: dict[tuple[float, ...], Mapping[str, Any]] = {}
    for one in choices:
        found.setdefault(tuple(results.where(**one).values(metric)["value"]), one)
    return list(found.values())


def compare_each(
    results: Results,
    pairs: Callable[[Results], list[Pair]],
    metric: str = "NDCG@10",
    models: Sequence[str] = ("infinite-ae",),
    over: str = "lists",
    stored: Callable[[Results], str] | None = None,
) -> pd.DataFrame:
    """Compare pairs of configurations on every data set.

    Args:
        results: of one or several data sets.
        pairs: the pairs of a data set, given its results.
        metric: see :func:`condrec.report.comparisons.compare`.
        models: see there.
        over: see there.
        stored: what to say of a set's size; None says its bytes.

    Returns:
        Its columns; ``model`` names the data set, and the model where there are several.
    """
    tables = [
        compare(part, pairs(part), metric, models, stored or stored_bytes, over).assign(data=name)
        for name, part in by_data(results).items()
    ]
    table = pd.concat(tables, ignore_index=True)
    several = len(models) > 1
    names = table["data"] + ", " + table["model"] if several else table["data"]
    return table.assign(model=names).drop(columns="data")


def stored_bytes(side: Results, kilo: bool = False) -> str:
    """Return a training set's size for :func:`condrec.report.comparisons.compare`.

    Args:
        side: one configuration.
        kilo: in kB, for small sets; else in MB.
    """
    sizes = lines(side, ())
    if sizes.empty or not sizes["seeds"].iloc[0]:
        return ""
    size = (sizes["bytes"] - 2 * sizes["tokens"]).iloc[0]
    return f"{size / 1e3:,.0f} kB" if kilo else f"{size / 1e6:,.2f} MB"


stored_kilobytes = partial(stored_bytes, kilo=True)


def stored_interactions(side: Results) -> str:
    """Return how many interactions a training set stores, on average over seeds."""
    sizes = lines(side, ())
    if sizes.empty or not sizes["seeds"].iloc[0]:
        return ""
    return f"{sizes['likes'].iloc[0]:,.0f}"
