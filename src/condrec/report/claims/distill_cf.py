"""The claims of Distill-CF."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from condrec.evaluation import mean_interval
from condrec.experiments.grids.distill_cf import BUDGETS, LAMBDA, N_USERS, fit_lambda
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
from condrec.report.formatting import LEAST, no_finer
from condrec.report.mapping import Line, PaperMapping
from condrec.report.mapping.distill_cf import DISTILLED, FULL, FULL_AT_5, PUBLISHED_EDITION
from condrec.report.matching import Recorded, kept_shares, run_values

KEPT = 96.0
"""Percent of the full data's quality from which the paper counts it as kept."""
DATASETS = ("ml-1m", "magazine")
MODEL = "infinite-ae"


def kept_percent(
    recorded: Recorded, grid: str, dataset: str, line: Line, budget: float, whole: Line = FULL
) -> pd.Series:
    """Return test NDCG@10 in percent of the full data's, run by run; these have a single run."""
    ours = run_values(recorded.runs(grid, dataset, line, MODEL, budget), "NDCG@10", "test")
    full = run_values(recorded.runs(grid, dataset, whole, MODEL), "NDCG@10", "test")
    return kept_shares(ours, full)


def keeps_quality(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test that the headline set keeps a percentage of the full data's quality, on all data."""
    parts = {
        name: kept_percent(recorded, "distill-cf-table", name, DISTILLED, BUDGETS[-1])
        for name in DATASETS
    }
    what = f"test NDCG@10 of {BUDGETS[-1]} distilled users in percent of the full data's"
    label, evidence = above(parts, value, f"{what}, above {value:g}")
    beside = {
        name: kept_percent(recorded, "distill-cf-table", name, PUBLISHED_EDITION, BUDGETS[-1])
        for name in DATASETS
    }
    found = [f"{named(name)} {kept.mean():.1f}" for name, kept in beside.items() if len(kept)]
    if found and label != "not run":
        evidence += f"; that is edition strict, edition as_published keeps: {', '.join(found)}"
    found = kept_at_fixed_lambda(recorded)
    if found and label != "not run":
        evidence += f"; of the full data at lambda = {LAMBDA:g}, not the one validation chooses, "
        evidence += f"edition strict keeps: {', '.join(found)}"
    return label, evidence


def kept_at_fixed_lambda(recorded: Recorded) -> list[str]:
    """Return, data set by data set, what the headline set keeps of the full data at lambda = 5."""
    parts = {
        name: kept_percent(recorded, "distill-cf-table", name, DISTILLED, BUDGETS[-1], FULL_AT_5)
        for name in DATASETS
    }
    return [
        f"{named(name)} {in_words(mean_interval(kept), 1)}"
        for name, kept in parts.items()
        if len(kept) > 1
    ]


def small_share(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test how small the smallest set is that keeps 96 %, counted in users and in bytes."""
    grid = "distill-cf-figure-1"
    full = recorded.runs(grid, dataset, FULL, MODEL)
    for n_users in BUDGETS:
        kept = kept_percent(recorded, grid, dataset, DISTILLED, n_users)
        if len(kept) < 2 or mean_interval(kept).low <= KEPT:
            continue
        runs = recorded.runs(grid, dataset, DISTILLED, MODEL, n_users)
        users, size = (
            100 * count(runs.iloc[-1]) / count(full.iloc[-1]) for count in (_users, _bytes)
        )
        label = "reproduced" if max(users, size) <= value else "not reproduced"
        return label, (
            f"on {named(dataset)} the smallest set above {KEPT:g} % of the full data's test "
            f"NDCG@10 has {n_users} users: {users:.2f} % of the users, {size:.1f} % of the "
            "stored bytes"
        )
    if full.empty or recorded.runs(grid, dataset, DISTILLED, MODEL, BUDGETS[-1]).empty:
        return NOT_RUN
    return "not reproduced", (
        f"on {named(dataset)} no set up to {BUDGETS[-1]} of {N_USERS.get(dataset, 0):,} users is "
        f"shown to be above {KEPT:g} % of the full data's test NDCG@10"
    )


def _users(row: pd.Series) -> float:
    return float(row["n_users"])


def _bytes(row: pd.Series) -> float:
    """Return stored bytes without item texts, which no model here reads."""
    return float(row["bytes"]) - 2 * float(row["n_tokens"])


def times_faster(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test how many times longer fitting to all users takes than to distilled ones."""
    full = _costs(recorded, dataset, Line("none", settings={"lambda": LAMBDA}), np.nan)
    found = {}
    for n in BUDGETS:
        settings = {**DISTILLED.settings, "lambda": fit_lambda(dataset, DISTILLED.method, n)}
        found[n] = _costs(recorded, dataset, replace(DISTILLED, settings=settings), n)
    done = {n: costs for n, costs in found.items() if costs is not None}
    if full is None or not done:
        return NOT_RUN
    keep = [n for n, costs in done.items() if 100 * costs.ndcg >= KEPT * full.ndcg]
    best = min(keep, default=max(done), key=lambda n: done[n].fit)
    ratio = full.fit / done[best].fit
    label = "inconclusive" if ratio >= value / 2 else "not reproduced"
    said = [
        f"with {n} users ({100 * done[n].ndcg / full.ndcg:.1f} % of the full data's NDCG@10) "
        f"fitting is {no_finer(full.fit / done[n].fit, done[n].fit):,.0f} times faster, fitting "
        "and scoring "
        f"{full.use / done[n].use:,.1f} times, distilling included "
        f"{full.use / (done[n].use + done[n].condense):,.2f} times"
        for n in dict.fromkeys((best, max(done)))
    ]
    which = "the quickest set that keeps" if keep else "the largest set, for none keeps"
    evidence = (
        f"on {named(dataset)}, one fit with the lambda that validation chooses, {which} at least "
        f"{KEPT:g} % of the full data's NDCG@10: {'; '.join(said)}"
    )
    return "reproduced" if ratio >= value else label, evidence


@dataclass(frozen=True)
class _Costs:
    """Seconds to fit, score and condense, and the test NDCG@10 they buy."""

    fit: float
    score: float
    condense: float
    ndcg: float

    @property
    def use(self) -> float:
        """Fit and score."""
        return self.fit + self.score


def _costs(recorded: Recorded, dataset: str, line: Line, budget: float) -> _Costs | None:
    runs = recorded.runs("distill-cf-speed", dataset, line, MODEL, budget)
    if runs.empty:
        return None
    fit, condense = (float(runs[f"seconds_{name}"].iloc[-1]) for name in ("train", "condense"))
    score = float(run_values(runs, "seconds_evaluate", "train").mean())
    ndcg = float(run_values(runs, "NDCG@10", "test").mean())
    return _Costs(max(fit, LEAST), score, condense, ndcg)


def steps_to_best(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test how many steps the published edition needs to its best validation."""
    labels, found = [], []
    for name in DATASETS:
        runs = recorded.runs("distill-cf-table", name, PUBLISHED_EDITION, MODEL, float(BUDGETS[-1]))
        steps = run_values(runs, "outer_steps", "train")
        if steps.empty:
            labels.append("not run")
            continue
        settings = runs["parameters"].iloc[-1]
        best = (steps - settings["outer_patience"]).clip(lower=settings["validation_interval"])
        interval = mean_interval(best)
        at_limit = int((steps >= settings["steps"]).sum())
        label = side(-interval.high, -interval.low, -1.5 * value)
        labels.append("inconclusive" if at_limit and label == "reproduced" else label)
        # A run that was cut off may have had its best step anywhere in the last stretch.
        ended = f"{at_limit} ended at the limit of {settings['steps']} steps"
        if at_limit == len(steps):
            found.append(
                f"{named(name)} from {best.min():.0f} to {steps.max():.0f}, not known closer: "
                f"{ended}"
            )
        else:
            least = f"{named(name)} {in_words(interval, 0)}"
            found.append(f"{least} at least, {ended}" if at_limit else least)
    if not found:
        return NOT_RUN
    return joined(labels), f"steps to the best validation: {'; '.join(found)}"


CHECKS: dict[str, Check] = {
    "keeps-96-to-105": keeps_quality,
    "a-thousandth-of-the-data": small_share,
    "up-to-1000-times-faster": times_faster,
    "about-100-steps": steps_to_best,
}
"""The test of each claim, by its id in ``claims.csv``."""
