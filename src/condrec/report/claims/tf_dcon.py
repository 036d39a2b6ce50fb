"""The claims of TF-DCon."""

from __future__ import annotations

from functools import partial
from typing import Any

import pandas as pd

from condrec.evaluation import mean_interval
from condrec.experiments.grids.tf_dcon import ALPHAS, MODELS
from condrec.report.claims.base import (
    NOT_RUN,
    Answer,
    Check,
    above,
    in_words,
    joined,
    named,
    side,
)
from condrec.report.mapping import Line, PaperMapping
from condrec.report.matching import Recorded, quality_values, run_values


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
    return above(parts, value, f"Quality on {named(dataset)}, above {value:g} %")


def quality_of_best(
    table: str, value: float, dataset: str, recorded: Recorded, mapping: PaperMapping
) -> Answer:
    """Test that Quality lies above a percentage for the model with the highest one."""
    parts = {k: v for k, v in _qualities(table, dataset, recorded, mapping).items() if len(v)}
    if not parts:
        return NOT_RUN
    best = max(parts, key=lambda model: float(parts[model].mean()))
    what = f"highest Quality on {named(dataset)}, above {value:g} %"
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
            seconds.append(f"{named(model)} {long.mean():.1f} against {short.mean():.1f} s")
    label, evidence = above(parts, value, f"times faster on {named(dataset)}, above {value:g}")
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
    return label, f"{what} on {named(dataset)} from {sizes[0]:,} to {sizes[1]:,}, {change}"


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
        interval = mean_interval(gain)
        labels.append(side(interval.low, interval.high, 0))
        text = in_words(interval, 4, difference=True)
        found.append(f"{named(model)}, alpha {a:g} less alpha {b:g}, {text}")
    if not found:
        return NOT_RUN
    what = (
        f"test NDCG@5 on {named(dataset)}, raw distances, of the best weight above 0 and below 1 "
        "less the best of the others"
    )
    return joined(labels), f"{what}: {'; '.join(found)}"


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
        found_for = {encoder: mean_interval(deviation[encoder]) for encoder in MODELS}
        for each in found_for.values():
            inside = -value < each.low and each.high < value
            outside = each.low > value or each.high < -value
            labels.append(
                "reproduced" if inside else "not reproduced" if outside else "inconclusive"
            )
        worst = max(found_for, key=lambda encoder: abs(found_for[encoder].mean))
        text = in_words(found_for[worst], 2, " %", difference=True)
        found.append(f"{named(model)}, on the set of encoder {named(worst)}, {text}")
    if not found:
        return NOT_RUN
    what = (
        f"alike would mean within ± {value:g} % of the mean over the encoders; the largest "
        f"deviation of test NDCG@5 on {named(dataset)}"
    )
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
"""The test of each claim, by its id in ``claims.csv``."""
