"""What the tests of claims share: intervals over runs, and one verdict on several things."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from condrec.evaluation import Interval, mean_interval
from condrec.report.formatting import signed
from condrec.report.labels import MODEL_LABELS, data_label
from condrec.report.mapping import PaperMapping
from condrec.report.matching import Recorded, kept_shares, run_values

Answer = tuple[str, str]
Check = Callable[[float, str, Recorded, PaperMapping], Answer]
NOT_RUN: Answer = ("not run", "nothing is recorded that tests it")


def kept_percent(ours: pd.DataFrame, full: pd.DataFrame, metric: str) -> pd.Series:
    """Return a metric in percent of the same model's on the full data: :func:`kept_shares`.

    Args:
        ours: recorded rows of the runs on a set.
        full: the same on the full data.
        metric: a metric of the test.
    """
    values, base = (run_values(rows, metric, "test") for rows in (ours, full))
    return kept_shares(values, base)


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
        interval = mean_interval(values)
        labels.append(side(interval.low, interval.high, bound))
        found.append(measured(named(model), in_words(interval, digits)))
    if set(labels) <= {"not run"}:
        return NOT_RUN
    return joined(labels), f"{what}: {'; '.join(found)}"


def named(part: str) -> str:
    """Return what a model or data set is called in the book, or the words themselves."""
    return MODEL_LABELS.get(part, data_label(part))


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


def in_words(interval: Interval, digits: int, unit: str = "", difference: bool = False) -> str:
    """Return an interval of a mean over runs in words.

    Args:
        interval: see :func:`condrec.evaluation.mean_interval`.
        digits: decimals.
        unit: said after the mean.
        difference: whether numbers above zero bear a plus sign.
    """
    texts = [signed(x, digits) for x in (interval.mean, interval.low, interval.high)]
    mean, low, high = texts if difference else (text.removeprefix("+") for text in texts)
    spread = f"{low} to {high}, {interval.n_runs} runs" if interval.n_runs > 1 else "one run"
    return f"{mean}{unit} ({spread})"
