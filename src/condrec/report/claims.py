"""The claims a paper makes in words, each put to the test named in ``claims.csv``.

Intervals are 95 % t intervals over runs.  A claim about every model is reproduced where all
models bear it out, not reproduced where one contradicts it, else inconclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from condrec.errors import unknown_name
from condrec.experiments.grids.tf_dcon import ALPHAS, MODELS
from condrec.report.mapping import Line, PaperMapping
from condrec.report.matching import Recorded, quality_values, run_values

Answer = tuple[str, str]
Check = Callable[[float, str, Recorded, PaperMapping], Answer]
NOT_RUN: Answer = ("not run", "nothing is recorded that tests it")


def check_claim(claim: Mapping[str, Any], recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Return the verdict on a claim and the evidence in one sentence.

    Args:
        claim: a row of :func:`condrec.report.published.claims`.
        recorded: all recorded rows.
        mapping: the paper's; a claim that names no data set is tested on its ``checked_on``.

    Raises:
        CondrecError: a claim that no test is written for.
    """
    if claim["id"] not in CHECKS:
        raise unknown_name("claim", claim["id"], CHECKS)
    check, value = CHECKS[claim["id"]], float(claim["value"])
    dataset = claim["dataset"] or mapping.checked_on
    label, evidence = check(value, dataset, recorded, mapping)
    if label == "not run" and dataset in mapping.missing_data:
        label, evidence = "not attempted", mapping.missing_data[dataset]
        other, elsewhere = check(value, mapping.checked_on, recorded, mapping)
        if other != "not run":
            evidence += f"; elsewhere: {elsewhere}"
    return label, evidence


def over_runs(values: pd.Series) -> tuple[float, float, float]:
    """Return mean, low and high of the 95 % t interval; one run has no bounds."""
    mean, n = float(values.mean()), len(values)
    if n < 2:
        return mean, -np.inf, np.inf
    half = float(stats.t.ppf(0.975, n - 1) * values.std(ddof=1) / np.sqrt(n))
    return mean, mean - half, mean + half


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
            found.append(f"{model} not run")
            continue
        mean, low, high = over_runs(values)
        labels.append(
            "reproduced" if low > bound else "not reproduced" if high < bound else "inconclusive"
        )
        found.append(f"{model} {_interval(mean, low, high, len(values), digits)}")
    if set(labels) <= {"not run"}:
        return NOT_RUN
    return joined(labels), f"{what}: {'; '.join(found)}"


def _interval(mean: float, low: float, high: float, n: int, digits: int) -> str:
    if n < 2:
        return f"{mean:.{digits}f} (one run)"
    return f"{mean:.{digits}f} ({low:.{digits}f} to {high:.{digits}f}, {n} runs)"


def _qualities(
    table: str, dataset: str, recorded: Recorded, mapping: PaperMapping
) -> dict[str, pd.Series]:
    """Return Quality of the released condensed set, by model."""
    answered = mapping.tables[table]
    ours, full = (answered.lines[method][0] for method in ("tf-dcon", "none"))
    return {
        model: quality_values(
            recorded.runs(answered.grid, dataset, ours, model),
            recorded.runs(answered.grid, dataset, full, model),
        )
        for model in MODELS
    }


def quality_of_all(
    table: str, value: float, dataset: str, recorded: Recorded, mapping: PaperMapping
) -> Answer:
    """Test that Quality lies above a percentage for every model."""
    parts = _qualities(table, dataset, recorded, mapping)
    return above(parts, value, f"Quality on {dataset}, above {value:g} %")


def quality_of_best(
    table: str, value: float, dataset: str, recorded: Recorded, mapping: PaperMapping
) -> Answer:
    """Test that Quality lies above a percentage for the model with the highest one."""
    parts = {k: v for k, v in _qualities(table, dataset, recorded, mapping).items() if len(v)}
    if not parts:
        return NOT_RUN
    best = max(parts, key=lambda model: float(parts[model].mean()))
    what = f"highest Quality on {dataset}, above {value:g} %"
    return above({best: parts[best]}, value, what)


def faster(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test how many times longer training on the full data takes, run by run."""
    condensed = Line("released-condensed", settings={"validation": "full"})
    parts, seconds = {}, []
    for model in MODELS:
        long, short = (
            recorded.runs("tf-dcon-figure-4", dataset, line, model)
            .drop_duplicates(["seed", "draw"])
            .set_index(["seed", "draw"])["seconds_train"]
            .astype(float)
            for line in (Line("none"), condensed)
        )
        parts[model] = (long / short).dropna()
        if len(parts[model]):
            seconds.append(f"{model} {long.mean():.1f} against {short.mean():.1f} s")
    label, evidence = above(parts, value, f"times faster on {dataset}, above {value:g}")
    return label, f"{evidence}; mean seconds: {'; '.join(seconds)}" if seconds else evidence


def shrinks(
    columns: tuple[str, ...],
    what: str,
    value: float,
    dataset: str,
    recorded: Recorded,
    mapping: PaperMapping,
) -> Answer:
    """Test that what the released condensed set stores is smaller by a percentage."""
    table = mapping.tables["IV"]
    sizes = []
    for method in ("none", "tf-dcon"):
        line = table.lines[method][0]
        runs = recorded.runs(table.grid, dataset, line, table.recommender)
        if runs.empty:
            return NOT_RUN
        sizes.append(int(runs[list(columns)].iloc[-1].astype(int).sum()))
    percent = 100 * (1 - sizes[1] / sizes[0])
    label = "reproduced" if percent >= value else "not reproduced"
    change = f"{abs(percent):.1f} % {'fewer' if percent >= 0 else 'more'}"
    return label, f"{what} on {dataset}: {sizes[0]} to {sizes[1]}, {change}"


def alpha_inside(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test that the best alpha strictly between 0 and 1 beats the best of the others."""
    labels, found = [], []
    for model in MODELS:
        curve = {
            alpha: _ndcg(recorded, "tf-dcon-figure-5", dataset, model, alpha=alpha, distance="raw")
            for alpha in ALPHAS
        }
        inside = {a: v for a, v in curve.items() if 0 < a < 1 and len(v)}
        outside = {a: v for a, v in curve.items() if not 0 < a < 1 and len(v)}
        if not inside or not outside:
            labels.append("not run")
            continue
        a, b = (max(side, key=lambda x: float(side[x].mean())) for side in (inside, outside))
        gain = (inside[a] - outside[b]).dropna()
        mean, low, high = over_runs(gain)
        labels.append("reproduced" if low > 0 else "not reproduced" if high < 0 else "inconclusive")
        text = _interval(mean, low, high, len(gain), 4)
        found.append(f"{model} alpha {a:g} less alpha {b:g}: {text}")
    if not found:
        return NOT_RUN
    return joined(labels), f"test NDCG@5 on {dataset}, raw distances: {'; '.join(found)}"


def encoders_alike(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test that every encoder's set is within a percentage of the mean over encoders."""
    labels, found = [], []
    for model in MODELS:
        columns = {
            encoder: _ndcg(recorded, "tf-dcon-table-5", dataset, model, encoder=encoder)
            for encoder in MODELS
        }
        table = pd.DataFrame(columns).dropna()
        if table.empty:
            labels.append("not run")
            continue
        deviation = 100 * (table.div(table.mean(axis=1), axis=0) - 1)
        bounds = {encoder: over_runs(deviation[encoder]) for encoder in MODELS}
        for _, low, high in bounds.values():
            inside, outside = -value < low and high < value, low > value or high < -value
            labels.append(
                "reproduced" if inside else "not reproduced" if outside else "inconclusive"
            )
        worst = max(bounds, key=lambda encoder: abs(bounds[encoder][0]))
        found.append(f"{model} with encoder {worst} {_interval(*bounds[worst], len(table), 2)}")
    if not found:
        return NOT_RUN
    what = f"largest deviation of test NDCG@5 on {dataset} in percent, within {value:g}"
    return joined(labels), f"{what}: {'; '.join(found)}"


def _ndcg(recorded: Recorded, grid: str, dataset: str, model: str, **settings: Any) -> pd.Series:
    runs = recorded.runs(grid, dataset, Line("tf-dcon", settings=settings), model)
    return run_values(runs, "NDCG@5", "test")


CHECKS: dict[str, Check] = {
    "mind-97-at-5": partial(quality_of_all, "III"),
    "mind-users-97": partial(quality_of_best, "VII"),
    "mind-users-93": partial(quality_of_all, "VII"),
    "five-times-faster": faster,
    "contents-minus-61": partial(shrinks, ("n_tokens",), "word pieces"),
    "users-minus-98": partial(shrinks, ("n_positives", "n_negatives"), "training rows"),
    "alpha-between-0-and-1": alpha_inside,
    "encoders-alike": encoders_alike,
    "better-than-original": partial(quality_of_all, "III"),
}
"""The test of every claim, by its id in ``claims.csv``."""
