"""The noise study of Distill-CF: what of its clean result each set loses, and the variants."""

from __future__ import annotations

from typing import Any

import pandas as pd

from condrec.evaluation import mean_interval
from condrec.report.comparisons import COLUMNS, reads
from condrec.report.implicit import measured
from condrec.report.labels import data_label
from condrec.report.results import Results


def noise_and_ablation(results: Results) -> tuple[Results, Results]:
    """Split the grid of noise: primary settings at every noise, and the variants of the samples.

    The primary settings are those that also run with noise; without it they stand in both parts.
    The floor is in neither.
    """
    results = results.without(recommender="popularity")
    variants: set[int] = set()
    for name in dict.fromkeys(results.plan["dataset"]):
        ours = results.where(method="distill-cf", dataset=name)
        noisy = ours.without(noise=0.0).plan["parameters"]
        primary = {key: tuple({p[key] for p in noisy}) for key in ("n_samples", "gumbel")}
        variants |= set(ours.without(line=tuple(ours.where(**primary).plan["line"])).plan["line"])
    sizes = results.where(line=tuple(variants)).plan["budget"]
    clean = results.where(method="distill-cf", noise=0.0, budget=tuple(dict.fromkeys(sizes)))
    return results.without(line=tuple(variants)), clean


def samples_label(samples: int, kind: str) -> str:
    """Return what a distilled set is called where the Gumbel samples are what is varied."""
    noise = "no" if kind == "none" else kind
    return f"Distill-CF, {samples} sample{'s' * (samples != 1)}, {noise} Gumbel noise"


def at_worst_noise(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """Return the noisy rows of each data set at the noise that :func:`parts_lost` looks at.

    That is the highest share of noise at which the most sets of the data are recorded.

    Args:
        table: see :func:`condrec.report.implicit.measured`.
        metric: one of its metrics.
    """
    noisy = table[(table["noise"] > 0) & table[metric].notna()]
    sets = noisy.groupby(["dataset", "noise"])[metric].size().reset_index()
    best = sets.sort_values([metric, "noise"]).drop_duplicates("dataset", keep="last")
    return noisy.merge(best[["dataset", "noise"]], on=["dataset", "noise"])


def popularity_lost(results: Results, metric: str) -> str:
    """Say what popularity loses to the most noise it was run with, data set by data set.

    Items drawn at random hardly change which are popular, so that this is about what the measure
    itself loses: true items that are no longer left out, and test items that are.
    """
    found = results.where(recommender="popularity")
    plan = found.plan.drop_duplicates("line").set_index("line")
    noise = pd.Series([p.get("noise", 0.0) for p in plan["parameters"]], index=plan.index)
    values = found.values(metric).groupby("line")["value"].mean()
    table = plan[["dataset"]].assign(noise=noise, value=values).dropna()
    items = []
    for dataset, part in table.groupby("dataset", sort=False):
        by_noise = part.groupby("noise")["value"].mean()
        if 0.0 in by_noise and len(by_noise) > 1:
            most = by_noise.index.max()
            lost = 100 * (1 - by_noise[most] / by_noise[0.0])
            items.append(
                f"On {data_label(str(dataset))} popularity, counted in the noisy rows, loses "
                f"{lost:.1f} % of its clean {metric} at {100 * most:.0f} % noise."
            )
    return " ".join(items) or "Popularity was not run with noise yet."


def parts_lost(results: Results, metric: str) -> pd.DataFrame:
    """Compare which part of its own clean result a distilled set and each sampler lose to noise.

    Args:
        results: sets with and without noise, see :func:`noise_and_ablation`.
        metric: the metric.

    Returns:
        The columns of :func:`condrec.report.comparisons.compare`, 95 % t intervals over seeds;
        the difference is what the sampler loses more, a part of 1.
    """
    table = measured(results, (metric,))
    values = results.values(metric).groupby(["line", "seed"])["value"].mean()
    clean = table[table["noise"] == 0].set_index(["dataset", "series", "k"])["line"]

    def lost(row: Any) -> pd.Series:
        base = clean.get((row["dataset"], row["series"], row["k"]), -1)
        found = [values.loc[line] if line in values else None for line in (base, row["line"])]
        if found[0] is None or found[1] is None:
            return pd.Series(dtype=float)
        return (1 - found[1] / found[0]).dropna()

    drawn = ~table["method"].isin(["none", "distill-cf"])
    found = []
    for ours in at_worst_noise(table, metric).query("method == 'distill-cf'").to_dict("records"):
        alike = (table["dataset"] == ours["dataset"]) & (table["noise"] == ours["noise"])
        for rival in table[drawn & alike & (table["k"] == ours["k"])].to_dict("records"):
            more = (lost(rival) - lost(ours)).dropna()
            row = {"model": ours["data"], "set": ours["set"], "against": rival["set"]}
            row |= {"rows": "", "rows against": "", "seeds": "", "lists": ""}
            interval = mean_interval(more) if len(more) > 1 else None
            if interval is not None:
                row |= {"difference": interval.mean, "low": interval.low, "high": interval.high}
                row["seeds"] = str(interval.n_runs)
            found.append(row | {"reads": reads(interval)})
    frame = pd.DataFrame(found, columns=COLUMNS)
    numbers = ["difference", "low", "high"]
    return frame.astype(dict.fromkeys(numbers, float))
