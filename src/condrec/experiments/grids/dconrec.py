"""The grids of DConRec: overall quality at a quarter of the data, transfer, ablation, the search.

The paper's tables are not at hand, so the grids are ours.  Primary is the ``strict`` edition with
the credit of the formula; ``as_published`` and the credit by pair stand beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from condrec.experiments.grids.base import Grid, Scale, Settings
from condrec.experiments.run import Run, make_run

BUDGET = 0.25
"""Share of the training positives, the paper's."""
SIZES = (0.05, 0.1, 0.25, 0.5)
LEAD = "bpr-mf"
BACKBONES = ("bpr-mf", "lightgcn", "ngcf", "xsimgcl")
ITERATIONS = (30, 75, 300)
"""Outer iterations of the convergence curve, beside the chosen number and none."""
_PATIENT: Settings = {"epochs": 300, "patience": 10, "select_on": "NDCG@10"}
MODELS: dict[str, dict[str, Settings]] = {
    "ml-100k": {
        "bpr-mf": {
            **_PATIENT,
            **{"learning_rate": 2e-3, "regularization": 0.01, "n_negatives": 4},
            **{"batch_size": 2048},
        },
    },
}
"""Settings of the models by data set, tuned on the validation rows of the full data."""
_INNER: Settings = {"inner_batch_size": 1024, "inner_learning_rate": 0.02}
CHOSEN: dict[str, Settings] = {
    "ml-100k": {
        **{"augment": 0.3, "tail_degree": 24, "iterations": 150, "decay_every": 0},
        **{"score_learning_rate": 0.03, **_INNER},
    },
    "embedded-implicit": {
        **{"augment": 0.3, "tail_degree": 3, "iterations": 20, "decay_every": 0},
        **{"score_learning_rate": 0.03, **_INNER, "inner_batch_size": 512},
    },
}
"""Settings of the strict edition by data set, chosen by validation NDCG@10 (grid
``dconrec-search``); ``tail_degree`` makes about a fifth of the users quiet ones."""
SEARCH: tuple[Settings, ...] = (
    {"augment": 0.0},
    {"augment": 0.9},
    {"score_learning_rate": 0.01},
    {"score_learning_rate": 0.1},
    {"n_masks": 16},
    {"outer_set": "validation"},
    {"inner_epochs": 3},
    {"inner_learning_rate": 5e-3},
)
"""Tried one at a time, with the credit of the formula and by pair."""


def is_small(scale: Scale) -> bool:
    """Say whether the data are the generated ones, where a minute is too long."""
    return scale.dataset.startswith("embedded")


def trained(
    scale: Scale, method: str, budget: float | None, model: str = LEAD, **more: Any
) -> list[Run]:
    """Return one run a seed of a model with its settings on the data set."""
    quick = {"epochs": 30, "select_on": "NDCG@10"} if is_small(scale) else _PATIENT
    settings = MODELS.get(scale.dataset, {}).get(model, quick)
    return scale.runs(method, budget, model, **settings, **more)


def strict(scale: Scale, **more: Any) -> Settings:
    """Return the settings of the primary edition on a data set."""
    return {"edition": "strict", **CHOSEN.get(scale.dataset, CHOSEN["ml-100k"]), **more}


def by_pair(scale: Scale, **more: Any) -> Settings:
    """Return the same with the credit by pair."""
    return strict(scale, credit="pair", **more)


def frozen(scale: Scale, **more: Any) -> Settings:
    """Return the settings of ``strict`` that make the candidates, for scores that stay."""
    chosen = strict(scale, **more)
    return {k: v for k, v in chosen.items() if k in ("edition", "augment", "tail_degree")}


def as_published(scale: Scale, **more: Any) -> Settings:
    """Return the official defaults, with as many iterations as the strict edition."""
    return {"edition": "as_published", "iterations": strict(scale)["iterations"], **more}


def condensed(scale: Scale, model: str, budget: float = BUDGET) -> list[Run]:
    """Return DConRec in its editions and every rival, at equal stored training positives."""
    runs = trained(scale, "dconrec", budget, model, **strict(scale))
    runs += trained(scale, "dconrec", budget, model, **by_pair(scale))
    runs += trained(scale, "dconrec", budget, model, **as_published(scale))
    runs += trained(scale, "frozen-scores", budget, model, **frozen(scale))
    for rival in ("random-interactions", "random-users", "stratified-users", "majority", "svp-cf"):
        runs += trained(scale, rival, budget, model)
    return runs


def overall(scale: Scale) -> list[Run]:
    """Every backbone on the full data and on a quarter of it, chosen in every way."""
    runs = [run for floor in ("random", "popularity") for run in scale.runs("none", None, floor)]
    runs.append(make_run(scale.dataset, "none", "ease", scale.seeds[0]))
    for model in (LEAD,) if is_small(scale) else BACKBONES:
        runs += trained(scale, "none", None, model) + condensed(scale, model)
    return runs


def transfer(scale: Scale) -> list[Run]:
    """Sets chosen through one model, used to train another."""
    models = BACKBONES[:2] if is_small(scale) else BACKBONES
    runs = []
    for model in models:
        runs += trained(scale, "none", None, model)
        for backbone in models:
            runs += trained(scale, "dconrec", BUDGET, model, **by_pair(scale, backbone=backbone))
        runs += trained(scale, "frozen-scores", BUDGET, model, **frozen(scale))
    return runs


def ablation(scale: Scale) -> list[Run]:
    """One part left out at a time, and sizes; the lead model."""
    runs = trained(scale, "none", None)
    left_out: tuple[Settings, ...] = ({"tail_degree": 0}, {"augment": 0.0})
    for changed in left_out:
        for settings in (strict(scale, **changed), by_pair(scale, **changed)):
            runs += trained(scale, "dconrec", BUDGET, **settings)
        runs += trained(scale, "frozen-scores", BUDGET, **frozen(scale, **changed))
    quirks: tuple[Settings, ...] = ({"centred": False}, {"accumulate": True}, {"same_start": False})
    for changed in quirks:
        runs += trained(scale, "dconrec", BUDGET, **strict(scale, **changed))
    for size in SIZES[1:3] if is_small(scale) else SIZES:
        runs += trained(scale, "dconrec", size, **strict(scale))
        runs += trained(scale, "dconrec", size, **by_pair(scale))
        runs += trained(scale, "frozen-scores", size, **frozen(scale))
        runs += trained(scale, "random-interactions", size)
        runs += trained(scale, "random-users", size)
    return unique(runs)


def search(scale: Scale) -> list[Run]:
    """Settings one at a time and a convergence curve, judged on validation; two seeds."""
    scale = replace(scale, seeds=tuple(scale.seeds)[:2])
    runs = trained(scale, "frozen-scores", BUDGET, **frozen(scale))
    changes: list[Settings] = [{}]
    if not is_small(scale):
        changes += [*({"iterations": n} for n in ITERATIONS), *SEARCH]
    for changed in changes:
        runs += trained(scale, "dconrec", BUDGET, **by_pair(scale, **changed))
        runs += trained(scale, "dconrec", BUDGET, **strict(scale, **changed))
    if not is_small(scale):
        one = replace(scale, seeds=scale.seeds[:1])
        runs += trained(one, "dconrec", BUDGET, **as_published(scale, iterations=1000))
    return runs


def unique(runs: list[Run]) -> list[Run]:
    """Return every run once."""
    return list({run.key(): run for run in runs}.values())


def _grid(name: str, answers: str, build: Any, **more: Any) -> Grid:
    return Grid(f"dconrec-{name}", answers, build, data="interactions", **more)


GRIDS = (
    _grid("overall", "every backbone at a quarter of the interactions", overall),
    _grid("transfer", "chosen through one model, used for another", transfer, groups=False),
    _grid("ablation", "what each part is worth, and sizes", ablation, groups=False),
    _grid("search", "settings of DConRec, and its convergence", search, groups=False),
)
