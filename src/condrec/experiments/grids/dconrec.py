"""The grids of DConRec: overall quality at a quarter of the data, transfer, ablation, the search.

The paper's tables are not at hand, so the grids are ours.  Primary is the ``strict`` edition with
the credit of the formula; ``as_published`` and the credit by pair stand beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from condrec.experiments.grids.base import Grid, Scale, Settings, is_small, unique
from condrec.experiments.run import Run, make_run

BUDGET = 0.25
"""Share of the training positives, the paper's."""
SIZES = (0.05, 0.1, 0.25, 0.5)
LEAD = "bpr-mf"
BACKBONES = ("bpr-mf", "lightgcn", "ngcf", "xsimgcl")
ITERATIONS = (30, 75, 300)
"""Outer iterations of the convergence curve, beside the chosen number and none."""
PUBLISHED_SHARE = {"ml-100k": 0.472, "ml-1m": 0.475, "ciao": 0.545}
"""Share of the training positives that ``as_published`` really stores at that budget, for rivals
of equal size; a test holds it against the recorded rows."""
_PATIENT: Settings = {"epochs": 300, "patience": 10, "select_on": "NDCG@10"}
_QUICK: Settings = {**_PATIENT, "patience": 5}
MODELS: dict[str, dict[str, Settings]] = {
    "ml-100k": {
        "bpr-mf": {
            **{**_PATIENT, "batch_size": 2048, "learning_rate": 2e-3, "n_negatives": 4},
            **{"regularization": 0.01},
        },
        "lightgcn": {**_QUICK, "learning_rate": 0.01, "regularization": 0.001},
        "ngcf": {
            **{**_QUICK, "batch_size": 8192, "learning_rate": 5e-3, "n_negatives": 4},
            **{"regularization": 0.01},
        },
        "xsimgcl": {
            **{**_PATIENT, "batch_size": 4096, "learning_rate": 2e-3, "contrast_weight": 0.03},
            # On few users its quality stands still for long before it rises.
            **{"epochs": 1000, "patience": 20},
        },
    },
}
MODELS["ml-1m"] = {LEAD: MODELS["ml-100k"][LEAD]}
MODELS["ciao"] = {
    LEAD: {**MODELS["ml-100k"][LEAD], "learning_rate": 5e-4, "regularization": 0.001},
}
"""Settings of the models by data set, tuned on the validation rows of the full data in trials by
hand, one seed, which grid ``dconrec-models`` repeats."""
MODEL_SEARCH: dict[str, tuple[Settings, ...]] = {
    "bpr-mf": (
        {},
        {"learning_rate": 1e-3, "n_negatives": 1, "regularization": 0.0},
        {"learning_rate": 1e-3, "n_negatives": 1},
        {"n_negatives": 1, "regularization": 0.02},
        {"n_negatives": 1, "regularization": 0.03},
        {"n_negatives": 8, "regularization": 0.02},
        {"n_negatives": 1, "batch_size": 4096, "learning_rate": 5e-3},
        {"batch_size": 4096, "learning_rate": 5e-3, "patience": 4},
    ),
    "lightgcn": (
        {},
        {"regularization": 0.01},
        {"regularization": 1e-4, "n_negatives": 4},
        {"regularization": 1e-4, "learning_rate": 5e-3},
        {"regularization": 1e-4, "learning_rate": 5e-3, "n_layers": 2, "batch_size": 4096},
        {"regularization": 1e-4, "learning_rate": 2e-3, "batch_size": 4096},
    ),
    "ngcf": (
        {},
        {"n_negatives": 1},
        {"n_negatives": 1, "regularization": 0.001},
        {"n_negatives": 1, "regularization": 0.001, "learning_rate": 0.01, "n_layers": 3},
        {
            **{"n_negatives": 1, "regularization": 1e-4, "learning_rate": 2e-3},
            **{"batch_size": 4096, "patience": 6},
        },
    ),
    "xsimgcl": (
        {},
        {"contrast_weight": 0.01, "learning_rate": 5e-3, "patience": 6},
        {"learning_rate": 0.01, "batch_size": 8192, "patience": 5},
        {"learning_rate": 5e-3, "regularization": 0.001, "batch_size": 8192, "patience": 5},
        {
            **{"contrast_weight": 0.02, "learning_rate": 0.01, "n_negatives": 4},
            **{"batch_size": 8192, "patience": 5},
        },
        {"contrast_weight": 0.1},
        {"contrast_weight": 0.1, "noise_size": 0.1, "regularization": 0.001},
    ),
}
"""What was tried for each model, as changes of its settings."""
CIAO_SEARCH: tuple[Settings, ...] = (
    {"learning_rate": 2e-3, "regularization": 0.01},
    {"learning_rate": 2e-3, "regularization": 0.02},
    {"learning_rate": 2e-3},
    {"learning_rate": 2e-3, "regularization": 1e-4},
    {"learning_rate": 2e-3, "n_negatives": 1},
    {"learning_rate": 2e-3, "batch_size": 8192},
    {"learning_rate": 1e-3, "batch_size": 8192, "regularization": 0.01},
    {"regularization": 0.01},
)
"""What was tried for the lead model on Ciao beside that; the first are the settings of ML-100K."""
_INNER: Settings = {"inner_batch_size": 1024, "inner_learning_rate": 0.02}
CHOSEN: dict[str, Settings] = {
    "ml-100k": {
        **{"augment": 0.3, "tail_degree": 24, "iterations": 150, "decay_every": 0},
        **{"score_learning_rate": 0.03, **_INNER},
    },
    "ml-1m": {
        **{"augment": 0.3, "tail_degree": 29, "iterations": 150, "decay_every": 0},
        **{"score_learning_rate": 0.03, **_INNER, "inner_batch_size": 8192},
    },
    "ciao": {
        **{"augment": 0.3, "tail_degree": 8, "iterations": 150, "decay_every": 0},
        **{"score_learning_rate": 0.03, **_INNER, "inner_batch_size": 2048},
    },
    "embedded-implicit": {
        **{"augment": 0.3, "tail_degree": 9, "iterations": 10, "decay_every": 0},
        **{"score_learning_rate": 0.03, **_INNER, "inner_batch_size": 512},
    },
}
"""Settings of the strict edition by data set, chosen on ML-100K by validation NDCG@10 in trials by
hand, which grid ``dconrec-search`` repeats.  By data set go ``tail_degree``, which makes a fifth to
a quarter of the users quiet ones, and ``inner_batch_size``, which makes an inner training some 20
to 26 steps long."""
SEARCH: tuple[Settings, ...] = (
    {"augment": 0.0},
    {"augment": 0.9},
    {"score_learning_rate": 0.01},
    {"score_learning_rate": 0.1},
    {"n_masks": 16},
    {"outer_set": "validation"},
    {"outer_set": "all"},
    {"inner_epochs": 3},
    {"inner_learning_rate": 5e-3},
    {"inner_batch_size": 1024},
)
"""Tried one at a time, with every credit."""


def trained(
    scale: Scale, method: str, budget: float | None, model: str = LEAD, **more: Any
) -> list[Run]:
    """Return one run a seed of a model with its settings on the data set."""
    quick = {"epochs": 30, "select_on": "NDCG@10"} if is_small(scale) else _PATIENT
    settings = MODELS.get(scale.dataset, {}).get(model, quick)
    return scale.runs(method, budget, model, **{**settings, **more})


def strict(scale: Scale, **more: Any) -> Settings:
    """Return the settings of the primary edition on a data set."""
    return {"edition": "strict", **CHOSEN.get(scale.dataset, CHOSEN["ml-100k"]), **more}


def by_pair(scale: Scale, **more: Any) -> Settings:
    """Return the same with the credit by pair."""
    return strict(scale, credit="pair", **more)


def by_user(scale: Scale, **more: Any) -> Settings:
    """Return the same with the credit by user."""
    return strict(scale, credit="user", **more)


def frozen(scale: Scale, **more: Any) -> Settings:
    """Return the settings of ``strict`` that make the candidates, for scores that stay."""
    chosen = strict(scale, **more)
    return {k: v for k, v in chosen.items() if k in ("edition", "augment", "tail_degree")}


def as_published(scale: Scale, **more: Any) -> Settings:
    """Return the official defaults, with as many iterations as the strict edition.

    On the generated data also with its candidates, so that one proxy serves both.
    """
    alike = ("iterations", "augment", "tail_degree") if is_small(scale) else ("iterations",)
    chosen = strict(scale)
    return {"edition": "as_published", **{name: chosen[name] for name in alike}, **more}


def condensed(scale: Scale, model: str, budget: float = BUDGET) -> list[Run]:
    """Return DConRec in its editions and every rival, at equal stored training positives."""
    runs = trained(scale, "dconrec", budget, model, **strict(scale))
    runs += trained(scale, "dconrec", budget, model, **by_pair(scale))
    runs += trained(scale, "dconrec", budget, model, **by_user(scale))
    runs += trained(scale, "dconrec", budget, model, **as_published(scale))
    runs += trained(scale, "frozen-scores", budget, model, **frozen(scale))
    for rival in ("random-interactions", "random-users", "stratified-users", "majority", "svp-cf"):
        runs += trained(scale, rival, budget, model)
    if scale.dataset in PUBLISHED_SHARE:
        real = PUBLISHED_SHARE[scale.dataset]
        runs += trained(scale, "random-interactions", real, model)
        runs += trained(scale, "random-users", real, model)
    return runs


def overall(scale: Scale) -> list[Run]:
    """Every backbone on the full data and on a quarter of it, chosen in every way."""
    runs = [run for floor in ("random", "popularity") for run in scale.runs("none", None, floor)]
    runs.append(make_run(scale.dataset, "none", "ease", scale.seeds[0]))
    for model in (LEAD,) if is_small(scale) else BACKBONES:
        runs += trained(scale, "none", None, model) + condensed(scale, model)
        if model == LEAD:
            runs += served_by_known(scale)
    return runs


def served_by_known(scale: Scale) -> list[Run]:
    """Return the lead model with every user folded in from all his known items."""
    known = {"served_by": "known"}
    runs = trained(scale, "none", None, **known)
    runs += trained(scale, "dconrec", BUDGET, **by_pair(scale), **known)
    runs += trained(scale, "frozen-scores", BUDGET, **frozen(scale), **known)
    for rival in ("random-interactions", "random-users"):
        runs += trained(scale, rival, BUDGET, **known)
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
        runs += trained(scale, "dconrec", size, **by_user(scale))
        runs += trained(scale, "frozen-scores", size, **frozen(scale))
        runs += trained(scale, "random-interactions", size)
        runs += trained(scale, "random-users", size)
    return unique(runs)


def search(scale: Scale) -> list[Run]:
    """Settings one at a time and a convergence curve, judged on validation; two seeds."""
    scale = replace(scale, seeds=tuple(scale.seeds)[:2])
    runs = trained(scale, "frozen-scores", BUDGET, **frozen(scale))
    curve: list[Settings] = [{}]
    curve += [] if is_small(scale) else [{"iterations": n} for n in ITERATIONS]
    for changes in (curve, () if is_small(scale) else SEARCH):
        for settings in (by_pair, strict, by_user):
            for changed in changes:
                runs += trained(scale, "dconrec", BUDGET, **settings(scale, **changed))
    if not is_small(scale):
        one = replace(scale, seeds=scale.seeds[:1])
        runs += trained(one, "dconrec", BUDGET, **as_published(scale, iterations=1000))
    return unique(runs)


def models(scale: Scale) -> list[Run]:
    """Every setting tried for the models, on the full data, one seed."""
    one = replace(scale, seeds=scale.seeds[:1])
    if is_small(scale):
        return trained(one, "none", None)
    runs = []
    for model in BACKBONES:
        for changed in MODEL_SEARCH[model]:
            runs += trained(one, "none", None, model, **changed)
    for changed in CIAO_SEARCH if scale.dataset == "ciao" else ():
        runs += trained(one, "none", None, LEAD, **changed)
    return unique(runs)


def _grid(name: str, answers: str, build: Any, **more: Any) -> Grid:
    return Grid(f"dconrec-{name}", answers, build, data="interactions", **more)


GRIDS = (
    _grid("overall", "every backbone at a quarter of the interactions", overall),
    _grid("transfer", "chosen through one model, used for another", transfer, groups=False),
    _grid("ablation", "what each part is worth, and sizes", ablation, groups=False),
    _grid("search", "settings of DConRec, and its convergence", search, groups=False),
    _grid("models", "settings of the models, chosen on validation", models, groups=False),
)
