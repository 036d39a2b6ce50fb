"""The claims of TD3; the paper's tables are not at hand, what its abstract says is."""

from __future__ import annotations

import pandas as pd

from condrec.evaluation import mean_interval
from condrec.report.claims.base import (
    NOT_RUN,
    Answer,
    Check,
    above,
    claimed,
    in_words,
    kept_percent,
    measured,
)
from condrec.report.labels import MODEL_LABELS, data_label, metric_label
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
    where = data_label(dataset)
    parts = _kept(recorded, OVERALL, dataset, LEARNED, LEAD, *METRICS)
    label, evidence = above(parts, value, claimed(f"percent kept on {where}", f"{value:g} or more"))
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


def as_good_elsewhere(
    value: float, dataset: str, recorded: Recorded, mapping: PaperMapping
) -> Answer:
    """Test the same on data that are not at hand; what other data show has its own claim."""
    label, evidence = as_good(value, dataset, recorded, mapping)
    if label != "not run" and dataset == mapping.checked_on:
        evidence = f"on {data_label(dataset)}, as said of the claim on these data"
    return label, evidence


def _words(what: str, parts: dict[str, pd.Series]) -> str:
    found = [measured(name, in_words(mean_interval(x), 1)) for name, x in parts.items()]
    return f"{what}: {', '.join(found)}"


def other_models(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test whether sequences learned with one model serve others better than unlearned ones.

    What data of another edition than the paper's show is evidence only.
    """
    gains, kept = _gains(recorded, TRANSFER, dataset)
    what = f"points of {metric_label(METRICS[0])} above random soft sequences with the same item "
    what += f"vectors, learned with {MODEL_LABELS[LEAD]}"
    label, evidence = above(gains, value, what, 2)
    where = f"its test is on {data_label(dataset)}, in the grid of transfer"
    items = [f"{where}, which was not run" if label == "not run" else evidence, *kept]
    elsewhere = {k: v for k, v in _gains(recorded, OVERALL, OTHER_EDITION)[0].items() if len(v)}
    if elsewhere:
        beside = f"on {data_label(OTHER_EDITION)}, in the overall grid, {what}"
        items.append(above(elsewhere, value, beside, 2)[1])
    elif label == "not run":
        return NOT_RUN
    return label, "; ".join(items)


def _gains(recorded: Recorded, grid: str, dataset: str) -> tuple[dict[str, pd.Series], list[str]]:
    """Return what learning adds to each other model, in points, and in words what each keeps."""
    gains, words = {}, []
    for model in OTHERS:
        ours, soft = (
            run_values(_runs(recorded, grid, dataset, line, model), METRICS[0], "test")
            for line in (LEARNED, RANDOM_SOFT)
        )
        gain = (100 * (ours - soft)).dropna()
        gains[MODEL_LABELS[model]] = gain
        kept = _kept(recorded, grid, dataset, LEARNED, model, METRICS[0])
        if len(gain) and kept:
            words.append(_words("percent kept", kept))
    return gains, words


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
            f"{data_label(name)}: a training of {MODEL_LABELS[LEAD]} on the sequences is "
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
    "td3-as-good-elsewhere": as_good_elsewhere,
    "td3-other-models": other_models,
    "td3-times-faster": times_faster,
}
"""The test of each claim, by its id in ``claims.csv``."""
