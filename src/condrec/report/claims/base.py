"""What the tests of claims share: intervals over runs, and one verdict on several things."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy import stats

from condrec.report.formatting import signed
from condrec.report.labels import DATA_LABELS, MODEL_LABELS
from condrec.report.mapping import PaperMapping
from condrec.report.matching import Recorded, run_values

Answer = tuple[str, str]
Check = Callable[[float, str, Recorded, PaperMapping], Answer]
NOT_RUN: Answer = ("not run", "nothing is recorded that tests it")


def over_runs(values: pd.Series) -> tuple[float, float, float]:
    """Return mean, low and high of the 95 % t interval; one run has no bounds."""
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return mean, -np.inf, np.inf
    half = float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half


def kept_percent(ours: pd.DataFrame, full: pd.DataFrame, metric: str) -> pd.Series:
    """Return a metric in percent of the same model's mean on the full data, run by run.

    The mean is that of the seeds the set was run with: seeds differ on the full data, too.

    Args:
        ours: recorded rows of the runs on a set.
        full: the same on the full data.
        metric: a metric of the test.
    """
    values, base = (run_values(rows, metric, "test") for rows in (ours, full))
    if base.empty:
        return base
    alike = base[base.index.isin(values.index)]
    return 100 * values / float((alike if len(alike) else base).mean())


def side(low: float, high: float, bound: float) -> str:
    """Return the verdict on "above the bound" that an interval allows."""
    if low > bound:
        return "reproduced"
    return "not reproduced" if high < bound else "inconclusive"


def joined(labels: list[str]) -> str:
    """Return the verdict on a claim about all of several things."""
    if all(label == "reproduced" for label in labels):
        return "reproduced"
    return "not reproduced" if "not reproduced" in labels else "inconclusive"


def above(parts: Mapping[str, pd.Series], bound: float, what: str, digits: int = 1) -> Answer:
    """Test whether every model's values lie above a bound; models without runs stay open."""
    labels, found = [], []
    for model, values in parts.items():
        if values.empty:
            labels.append("not run")
            found.append(f"{named(model)} not run")
            continue
        mean, low, high = over_runs(values)
        labels.append(side(low, high, bound))
        found.append(measured(named(model), interval(mean, low, high, len(values), digits)))
    if set(labels) <= {"not run"}:
        return NOT_RUN
    return joined(labels), f"{what}: {'; '.join(found)}"


def named(part: str) -> str:
    """Return what a model or data set is called in the book, or the words themselves."""
    return MODEL_LABELS.get(part, DATA_LABELS.get(part, part))


def measured(name: str, text: str) -> str:
    """Return a name and what was measured; a colon keeps a name that ends in a number apart."""
    return f"{name}: {text}" if name[-1:].isdigit() else f"{name} {text}"


def claimed(what: str, bound: str) -> str:
    """Return what is measured and what is claimed of it, so that the one is not read as the other.

    Args:
        what: what is measured, in which unit.
        bound: what is claimed of it, e.g. ``above 98``.
    """
    return f"{what} (claimed: {bound}), measured"


def interval(mean: float, low: float, high: float, n: int, digits: int) -> str:
    """Return an interval of :func:`over_runs` in words."""
    middle, least, most = (_plain(value, digits) for value in (mean, low, high))
    return f"{middle} (one run)" if n < 2 else f"{middle} ({least} to {most}, {n} runs)"


def _plain(value: float, digits: int) -> str:
    """Return a number with a minus sign where it is below zero after rounding."""
    return signed(value, digits).removeprefix("+")
