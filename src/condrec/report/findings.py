"""Findings: a heading that states one, held against the recorded rows whenever it is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from condrec.errors import CondrecError
from condrec.report.comparisons import BETTER, NOT_RUN, WORSE
from condrec.report.figures import GREY, PALETTE, legend_below, not_run_yet, panels
from condrec.report.labels import MODEL_LABELS, PAPER_LABELS, data_label
from condrec.report.published import published
from condrec.report.results import Results
from condrec.report.tables import METRICS, lines

BY_CHANCE = 0.05
"""Share of comparisons that may read better with no true difference: about 1 in 40 does."""
RUNS = 5
"""Runs behind a printed mean: the paper says five."""
NOTHING = "nothing is recorded for it yet"


@dataclass
class Findings:
    """Collects what a page states, so that one table can say it all."""

    stated: list[dict[str, str]] = field(default_factory=list)

    def state(
        self, heading: str, paper: str, chapter: str, holds: bool | None, evidence: str
    ) -> str:
        """Take a finding in, and return its evidence for the page.

        Args:
            heading: the finding, as the page's heading words it.
            paper: as ``data/published`` names it.
            chapter: where it was measured, by its title.
            holds: whether the recorded rows bear the heading out; None where none are recorded.
            evidence: a sentence with the numbers.

        Raises:
            CondrecError: the rows contradict the heading.
        """
        if holds is not None and not holds:
            raise CondrecError(
                f"finding {heading!r}: the recorded rows say otherwise ({evidence}); change the "
                "heading and its text, or drop the finding"
            )
        evidence = NOTHING if holds is None else evidence
        self.stated.append(
            {
                "Finding": heading,
                "Paper": PAPER_LABELS[paper],
                "Chapter": chapter,
                "Evidence": evidence,
            }
        )
        return evidence[:1].upper() + evidence[1:] + "."

    def table(self) -> pd.DataFrame:
        """Return one row a finding, numbered in the order they were stated."""
        frame = pd.DataFrame(self.stated)
        frame.insert(0, "No.", [str(i + 1) for i in range(len(frame))])
        return frame


def none_better(table: pd.DataFrame) -> bool | None:
    """Say whether no more comparisons read *better* than chance makes; None where none was run."""
    return _share(table, BETTER, lambda share: share <= BY_CHANCE)


def all_worse(table: pd.DataFrame) -> bool | None:
    """Say whether every comparison reads *worse*; None where none was run."""
    return _share(table, WORSE, lambda share: share == 1)


def all_better(table: pd.DataFrame) -> bool | None:
    """Say whether every comparison reads *better*; None where none was run."""
    return _share(table, BETTER, lambda share: share == 1)


def _share(table: pd.DataFrame, word: str, enough: Any) -> bool | None:
    done = table[table["reads"] != NOT_RUN]
    return bool(enough((done["reads"] == word).mean())) if len(done) else None


def in_words(table: pd.DataFrame) -> str:
    """Say how comparisons read, e.g. ``better in 1 and worse in 2 of 4 comparisons``."""
    done = table.loc[table["reads"] != NOT_RUN, "reads"]
    if len(done) == 1:
        return str(done.iloc[0])
    counts = [f"{word} in {n}" for word in (BETTER, WORSE) if (n := int((done == word).sum()))]
    return f"{' and '.join(counts) or 'neither better nor worse in any'} of {len(done)} comparisons"


def repeated(
    results: Results, models: Sequence[str], **wanted: Any
) -> list[tuple[Results, list[str]]]:
    """Return each data set's results with the models that ran a configuration twice or more.

    A single run of what is planned for several seeds says nothing about other seeds.

    Args:
        results: of one or several data sets.
        models: recommenders that may be compared.
        wanted: singles the configuration out, see :meth:`Results.where`.
    """
    found = []
    for name in dict.fromkeys(results.plan["dataset"]):
        part = results.where(dataset=name)
        done = {
            model: lines(part.where(recommender=model, **wanted), ())["seeds"].max()
            for model in models
        }
        enough = [model for model, seeds in done.items() if seeds >= 2]
        if enough:
            found.append((part, enough))
    return found


def printed_metrics(dataset: str) -> pd.DataFrame:
    """Return the metrics TF-DCon's paper prints of trained models on a data set."""
    printed = published("tf-dcon")
    chosen = (printed["dataset"] == dataset) & printed["metric"].isin(METRICS)
    return printed[chosen & printed["value"].notna()].reset_index(drop=True)


def beside_floors(printed: pd.DataFrame, floors: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    """Return of each metric the highest printed value beside the floors.

    Args:
        printed: see :func:`printed_metrics`.
        floors: value by metric, by the floor's name.
    """
    rows = []
    for metric, part in printed.groupby("metric", sort=False):
        best = part.sort_values("value").iloc[-1]
        of = f"{MODEL_LABELS[best['model']]} on {PAPER_LABELS[best['method']]}"
        row: dict[str, Any] = {"Metric": metric, "Numbers printed": len(part)}
        row |= {"Highest printed": best["value"], "which is": f"{of}, Table {best['table']}"}
        rows.append(row | {name: values[str(metric)] for name, values in floors.items()})
    return pd.DataFrame(rows)


def printed_leads(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return how far TF-DCon's printed numbers lie from their rivals', beside our spread.

    Args:
        verdicts: see :func:`condrec.report.verdicts.verdict_table`.

    Returns:
        One row a printed number of TF-DCon and rival of the same table, data, model and metric for
        which both sides of ours have a spread: lead, ``two errors`` (twice the standard error of
        the difference of two means of five runs) and ``two sd`` (the same for two single runs).
    """
    kept = verdicts[(verdicts["paper"] == "tf-dcon") & verdicts["metric"].isin(METRICS)]
    keys = ["table", "dataset", "part", "model", "metric"]
    kept = kept.loc[kept["sd"].notna(), [*keys, "method", "published", "sd"]]
    ours, others = (kept[(kept["method"] == "tf-dcon") == own] for own in (True, False))
    found = ours.merge(others, on=keys, suffixes=("", " rival"))
    single = np.sqrt(found["sd"] ** 2 + found["sd rival"] ** 2)
    leads = found["published"] - found["published rival"]
    return found[[*keys, "method rival"]].assign(
        **{"lead": leads, "two errors": 2 * single / np.sqrt(RUNS), "two sd": 2 * single}
    )


def count_leads(leads: pd.DataFrame) -> pd.DataFrame:
    """Return :func:`printed_leads` counted by table and rival, as a table to read."""
    within = leads.assign(
        errors=leads["lead"].abs() <= leads["two errors"], sd=leads["lead"].abs() <= leads["two sd"]
    )
    table = within.groupby(["table", "method rival"], sort=False).agg(
        compared=("lead", "size"), errors=("errors", "sum"), sd=("sd", "sum")
    )
    table = table.reset_index()
    return pd.DataFrame(
        {
            "Table": table["table"],
            "TF-DCon against": table["method rival"].map(PAPER_LABELS),
            "Printed differences": table["compared"],
            "Within two errors of means": table["errors"],
            "Within two sd of single runs": table["sd"],
        }
    )


def printed_quality() -> pd.DataFrame:
    """Return every printed Quality beside the mean of the printed ratios it is said to be.

    Returns:
        table, dataset, model, method, ``printed``, ``mean of ratios`` and ``off``, in percent.
    """
    printed = published("tf-dcon")
    printed = printed[printed["table"].isin(["III", "VI", "VII"]) & (printed["model"] != "")]
    keys = ["table", "dataset", "model"]
    rows = []
    for key, part in printed.groupby(keys, sort=False):
        wide = part.pivot_table(index="method", columns="metric", values="value", sort=False)
        wide = wide.dropna(axis=1)
        if "Quality" not in wide or "none" not in wide.index:
            continue
        metrics = [str(x) for x in wide.columns if str(x).split("@")[0] in ("NDCG", "Recall")]
        for method in wide.index.drop("none"):
            mean = 100 * float((wide.loc[method, metrics] / wide.loc["none", metrics]).mean())
            printed_one = float(wide.loc[method, "Quality"])
            row = {"method": method, "printed": printed_one, "mean of ratios": mean}
            rows.append(dict(zip(keys, key, strict=True)) | row | {"off": printed_one - mean})
    return pd.DataFrame(rows)


def worst_quality(table: pd.DataFrame) -> pd.DataFrame:
    """Return of each table and data set how far :func:`printed_quality` is off, to read."""
    grouped = table.assign(far=table["off"].abs()).groupby(["table", "dataset"], sort=False)["far"]
    shown = grouped.agg(["size", "median", "max"]).reset_index()
    return pd.DataFrame(
        {
            "Table": shown["table"],
            "Data": shown["dataset"].map(data_label),
            "Numbers": shown["size"],
            "Off by, median": [f"{x:.2f}" for x in shown["median"]],
            "Off by, most": [f"{x:.2f}" for x in shown["max"]],
        }
    )


def forest(table: pd.DataFrame, metric: str) -> Figure:
    """Draw every comparison as its difference with the 95 % interval, one panel a model.

    Args:
        table: see :func:`condrec.report.comparisons.compare`.
        metric: what is compared, for the axis.
    """
    done = table[table["reads"] != NOT_RUN]
    done = done.assign(pair=done["set"] + " − " + done["against"])
    if done.empty:
        return not_run_yet()
    models, pairs = (list(dict.fromkeys(done[name])) for name in ("model", "pair"))
    figure, axes = panels(models, 3.6 + 2.8 * len(models), 1.6 + 0.3 * len(pairs))
    for axis, model in zip(axes, models, strict=False):
        part = done[done["model"] == model].set_index("pair").reindex(pairs)
        ends = [part["difference"] - part["low"], part["high"] - part["difference"]]
        axis.errorbar(
            part["difference"],
            np.arange(len(pairs)),
            xerr=ends,
            fmt="o",
            capsize=3,
            color=PALETTE[0],
            label=f"difference of {metric}, 95 % interval",
        )
        axis.axvline(0, color=GREY, linewidth=1.3, linestyle="--", label="no difference")
        axis.set_xlabel("difference")  # of what says the legend: panels are narrow
        axis.xaxis.set_major_locator(MaxNLocator(2))  # intervals, so three ticks
    axes[0].set_yticks(np.arange(len(pairs)), pairs)
    axes[0].set_ylim(len(pairs) - 0.5, -0.5)
    legend_below(figure, axes)
    return figure
