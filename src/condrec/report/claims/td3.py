"""The claims of TD3; the paper's tables are not at hand, what its abstract says is."""

from __future__ import annotations

import pandas as pd

from condrec.report.claims.base import (
    NOT_RUN,
    Answer,
    Check,
    above,
    interval,
    kept_percent,
    over_runs,
)
from condrec.report.labels import DATA_LABELS, MODEL_LABELS, metric_label
from condrec.report.mapping import Line, PaperMapping
from condrec.report.mapping.td3 import (
    FULL,
    LEAD,
    LEARNED,
    N_SEQUENCES,
    OTHER_EDITION,
    OTHERS,
    PAPERS_DATA,
    PUBLISHED_EDITION,
    RANDOM_REAL,
    RANDOM_SOFT,
)
from condrec.report.matching import Recorded, run_values

OVERALL, TRANSFER = "td3-overall", "td3-transfer"
METRICS = ("uni100:NDCG@10", "uni100:MRR@10")
"""Ranked among 100 sampled items, as the paper does."""
FULL_RANKING = ("NDCG@10", "MRR@10")
BESIDE = {
    "as published": PUBLISHED_EDITION,
    "random soft sequences with the same item vectors": RANDOM_SOFT,
    "random real ones with them": RANDOM_REAL,
}


def _runs(recorded: Recorded, grid: str, dataset: str, line: Line, model: str) -> pd.DataFrame:
    return recorded.runs(grid, dataset, line, model, N_SEQUENCES)


def _kept(
    recorded: Recorded, grid: str, dataset: str, line: Line, model: str, *metrics: str
) -> dict[str, pd.Series]:
    """Return what a model keeps under each metric, by their names."""
    ours, full = (_runs(recorded, grid, dataset, each, model) for each in (line, FULL))
    found = {
        f"{MODEL_LABELS[model]} {metric_label(each)}": kept_percent(ours, full, each)
        for each in metrics
    }
    return {name: values for name, values in found.items() if len(values)}


def as_good(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test whether the learned sequences keep all of the full data's quality.

    Data of another edition than the paper's are evidence only.
    """
    where = DATA_LABELS.get(dataset, dataset)
    parts = _kept(recorded, OVERALL, dataset, LEARNED, LEAD, *METRICS)
    label, evidence = above(parts, value, f"percent kept on {where}, above {value:g}")
    if not parts or label == "not run":
        return NOT_RUN
    items = [evidence]
    ranked = _kept(recorded, OVERALL, dataset, LEARNED, LEAD, *FULL_RANKING)
    items.append(_words("among the whole catalogue", ranked))
    for words, line in BESIDE.items():
        beside = _kept(recorded, OVERALL, dataset, line, LEAD, METRICS[0])
        items.append(_words(words, beside) if beside else f"{words} not run")
    if dataset == PAPERS_DATA:
        items.append("the paper also drops users and items with fewer than 5 rows")
    else:
        items.append("the paper's tables are not at hand")
    if dataset == OTHER_EDITION:
        items.append("the paper's Magazine is of the edition of 2023, ours of 2018")
        label = "not comparable"
    return label, "; ".join(items)


def _words(what: str, parts: dict[str, pd.Series]) -> str:
    found = [f"{name} {interval(*over_runs(x), len(x), 1)}" for name, x in parts.items()]
    return f"{what}: {', '.join(found)}"


def other_models(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test whether sequences learned with one model serve others better than unlearned ones."""
    gains, items = {}, []
    for model in OTHERS:
        ours, soft = (
            run_values(_runs(recorded, TRANSFER, dataset, line, model), METRICS[0], "test")
            for line in (LEARNED, RANDOM_SOFT)
        )
        gain = (100 * (ours - soft)).dropna()
        gains[MODEL_LABELS[model]] = gain
        kept = _kept(recorded, TRANSFER, dataset, LEARNED, model, METRICS[0])
        if len(gain) and kept:
            items.append(_words("percent kept", kept))
    what = f"points of {metric_label(METRICS[0])} above random soft sequences with the same item "
    label, evidence = above(gains, value, f"{what}vectors, learned with {MODEL_LABELS[LEAD]}", 2)
    return (label, evidence) if label == "not run" else (label, "; ".join([evidence, *items]))


def times_faster(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Say how many times shorter a training is; a page that names no measure is not tested."""
    items = []
    for name in (PAPERS_DATA, OTHER_EDITION):
        full, ours = (
            _runs(recorded, OVERALL, name, each, LEAD).drop_duplicates(["seed", "draw"])
            for each in (FULL, LEARNED)
        )
        if full.empty or ours.empty:
            continue
        seconds = float(full["seconds_train"].mean())
        using = seconds / max(float(ours["seconds_train"].mean()), 0.001)  # to the millisecond
        making = float(ours["seconds_condense"].mean()) / seconds
        items.append(
            f"{DATA_LABELS[name]}: a training of {MODEL_LABELS[LEAD]} on the sequences is "
            f"{using:.1f} times shorter than on the full data, making them took {making:.1f} full "
            "trainings"
        )
    if not items:
        return NOT_RUN
    unknown = f"the page that says {value:g} names neither the data nor what is timed"
    return "not comparable", "; ".join([unknown, *items])


CHECKS: dict[str, Check] = {
    "td3-as-good": as_good,
    "td3-as-good-magazine": as_good,
    "td3-as-good-elsewhere": as_good,
    "td3-other-models": other_models,
    "td3-times-faster": times_faster,
}
"""The test of each claim, by its id in ``claims.csv``."""
