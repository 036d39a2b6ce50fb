"""The claims of DConRec; the paper's tables are not at hand, its abstract is."""

from __future__ import annotations

import numpy as np
import pandas as pd

from condrec.condensers import DConRec
from condrec.evaluation import mean_interval
from condrec.experiments.grids.dconrec import BACKBONES, LEAD
from condrec.report.claims.base import (
    NOT_RUN,
    Answer,
    Check,
    above,
    claimed,
    in_words,
    joined,
    kept_percent,
    side,
)
from condrec.report.labels import MODEL_LABELS, data_label
from condrec.report.mapping import Line, PaperMapping
from condrec.report.mapping.dconrec import (
    FULL,
    LEARNED,
    OTHER_DATA,
    PAPERS_DATA,
    PUBLISHED_EDITION,
    SHARE,
)
from condrec.report.matching import Recorded, run_values

GRID = "dconrec-overall"
METRICS = ("Recall@10", "NDCG@10")
EDITIONS = {"as published": PUBLISHED_EDITION, "strict": LEARNED}


def _runs(recorded: Recorded, dataset: str, line: Line, model: str) -> pd.DataFrame:
    return recorded.runs(GRID, dataset, line, model, SHARE)


def _kept_percent(
    recorded: Recorded, dataset: str, line: Line, model: str, metric: str
) -> pd.Series:
    ours, full = (_runs(recorded, dataset, each, model) for each in (line, FULL))
    return kept_percent(ours, full, metric)


def _parts(recorded: Recorded, dataset: str) -> dict[str, pd.Series]:
    """Return what every model that was run keeps, by metric and model."""
    found = {
        f"{MODEL_LABELS[model]} {metric}": _kept_percent(recorded, dataset, LEARNED, model, metric)
        for model in BACKBONES
        for metric in METRICS
    }
    return {name: values for name, values in found.items() if len(values)}


def keeps_there(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test what a quarter keeps on one data set; data the paper does not use decide nothing."""
    label, evidence = above(_parts(recorded, dataset), value, _what(value, dataset))
    return ("not comparable", evidence) if _foreign(label, dataset) else (label, evidence)


def keeps_elsewhere(
    value: float, dataset: str, recorded: Recorded, mapping: PaperMapping
) -> Answer:
    """Test what a quarter keeps on the paper's other sets; other data are evidence only."""
    papers, others = (
        {name: above(_parts(recorded, name), value, _what(value, name)) for name in names}
        for names in (PAPERS_DATA, OTHER_DATA)
    )
    labels = [label for label, _ in papers.values()]
    found = [
        f"{data_label(name)} not run" if label == "not run" else evidence
        for name, (label, evidence) in papers.items()
    ]
    found += [evidence for label, evidence in others.values() if label != "not run"]
    if set(labels) == {"not run"}:
        return ("not run", "; ".join(found)) if len(found) > len(papers) else NOT_RUN
    return joined(labels), "; ".join(found)


def _what(value: float, dataset: str) -> str:
    where = data_label(dataset)
    where += ", none of the paper's sets" if dataset in OTHER_DATA else ""
    return claimed(f"percent that {100 * SHARE:g} % keep on {where}", f"above {value:g}")


def _foreign(label: str, dataset: str) -> bool:
    return label != "not run" and dataset in OTHER_DATA


def lightweight(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Test that a set is made in less time than one training on the full data takes."""
    labels, found = [], []
    for name in (*PAPERS_DATA, *OTHER_DATA):
        full, made = (_runs(recorded, name, each, LEAD) for each in (FULL, PUBLISHED_EDITION))
        if full.empty or made.empty:
            continue
        seconds = _of_run(made, "seconds_condense") / _of_run(full, "seconds_train")
        interval = mean_interval(seconds.dropna())
        labels.append(side(-interval.high, -interval.low, -value))
        steps = float((run_values(made, "gradient_steps", "train") / _gradient_steps(full)).mean())
        settings = made["parameters"].iloc[-1]
        found.append(
            f"{data_label(name)} {in_words(interval, 2)} in "
            f"seconds, {steps:.2f} in gradient steps, with {settings['iterations']:,} of the "
            f"official {DConRec.iterations:,} iterations"
        )
    if not found:
        return NOT_RUN
    what = "making the set with the published edition over one training of "
    what += f"{MODEL_LABELS[LEAD]} on the full data"
    what = claimed(what, f"below {value:g}, as we read it")
    return joined(labels), f"{what}: {'; '.join(found)}"


def _of_run(runs: pd.DataFrame, column: str) -> pd.Series:
    found = runs.drop_duplicates(["seed", "draw"]).set_index(["seed", "draw"])
    return found[column].astype(float)


def _gradient_steps(runs: pd.DataFrame) -> pd.Series:
    """Return the optimiser's steps of each training: epochs by batches of positives."""
    batch = int(runs["parameters"].iloc[-1]["batch_size"])
    return _of_run(runs, "epochs") * np.ceil(_of_run(runs, "n_positives") / batch)


def converges(value: float, dataset: str, recorded: Recorded, mapping: PaperMapping) -> Answer:
    """Say how far the outer loss fell; a theorem whose conditions the code breaks is not tested."""
    found = []
    for name in (*PAPERS_DATA, *OTHER_DATA):
        for words, line in EDITIONS.items():
            runs = _runs(recorded, name, line, LEAD)
            first, last = (
                run_values(runs, f"outer_loss_{each}", "train") for each in ("first", "last")
            )
            change = (100 * (last / first - 1)).dropna()
            if len(change):
                text = in_words(mean_interval(change), 1)
                found.append(f"{data_label(name)}, {words}: {text}")
    if not found:
        return NOT_RUN
    return "not comparable", (
        "the published code lets gradients pile up, which makes it another scheme than the one the "
        "guarantee is about; change of the outer loss, last against first tenth of the "
        f"iterations, in percent: {'; '.join(found)}"
    )


CHECKS: dict[str, Check] = {
    "dianping-98": keeps_there,
    "others-90": keeps_elsewhere,
    "lightweight": lightweight,
    "convergence": converges,
}
"""The test of each claim, by its id in ``claims.csv``."""
