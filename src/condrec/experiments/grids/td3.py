"""The grids of TD3: overall quality, transfer between models, ablation, the searches.

The paper's tables are in no source at hand, so the grids are ours.  Primary is the edition
``frozen``, what the published code intends, with settings chosen on validation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from condrec.experiments.grids.base import Grid, Scale, Settings, is_small, unique
from condrec.experiments.grids.td3_settings import (
    ABLATION,
    EQUAL_BYTES,
    FLOORS,
    LEAD,
    LENGTH,
    LONGEST,
    MODEL_SEARCH,
    MODEL_SETTINGS,
    MODELS,
    N_SEQUENCES,
    PUBLISHED,
    SEARCH,
    chosen,
)
from condrec.experiments.run import Run
from condrec.recommenders.sequence import SOFT_STEPS


def n_sequences(scale: Scale) -> int:
    """Return M on a data set."""
    return N_SEQUENCES.get(scale.dataset, 30)


def length(scale: Scale) -> int:
    """Return L on a data set."""
    return LENGTH.get(scale.dataset, 50)


def trained(
    scale: Scale, method: str, budget: float | None, model: str = LEAD, **more: Any
) -> list[Run]:
    """Return one run a seed of a sequence model that reads as many items as L."""
    settings: Settings = {"max_length": length(scale)}
    if method != "none":
        settings["length"] = length(scale)
    if is_small(scale):
        settings["epochs"] = 5
        settings |= {"full_epochs": 6} if method != "none" else {}
    settings |= more
    return scale.runs(method, budget, model, **settings)


def full(scale: Scale, model: str = LEAD, **more: Any) -> list[Run]:
    """Return a model on the full data with the settings that suit it."""
    return trained(scale, "none", None, model, **{**MODEL_SETTINGS.get(model, {}), **more})


def learned(scale: Scale, model: str = LEAD, method: str = "td3", **more: Any) -> list[Run]:
    """Return the primary variant, or a change of it."""
    settings = {"edition": "frozen", **chosen(scale.dataset), **more}
    settings = {**targets(settings), **settings}
    return trained(scale, method, n_sequences(scale), model, **settings)


def unlearned(scale: Scale, model: str = LEAD, edition: str = "frozen") -> list[Run]:
    """Return random soft sequences of the primary variant's shape, trained on in the same way."""
    settings = chosen(scale.dataset)
    shape = {k: v for k, v in settings.items() if k in ("rank_users", "rank_times")}
    settings = {**shape, **targets(settings), "edition": edition}
    return trained(scale, "random-soft-sequences", n_sequences(scale), model, **settings)


def targets(settings: Settings) -> Settings:
    """Return the setting of learners that predict what TD3's inner ones do."""
    return {"soft_targets": settings["targets"]} if "targets" in settings else {}


def official(scale: Scale, edition: str, model: str = LEAD) -> list[Run]:
    """Return TD3 with the settings of the official script."""
    settings = {"edition": edition, **PUBLISHED.get(scale.dataset, {})}
    return trained(scale, "td3", n_sequences(scale), model, **settings)


def kept(scale: Scale, method: str, model: str = LEAD, table: str = "frozen") -> list[Run]:
    """Return real sequences, as many as soft ones and trained on in the same way.

    They are one batch, so that an epoch is one step: rate, steps and patience are made those of a
    training on soft sequences.
    """
    epochs = (5 if is_small(scale) else 200) * SOFT_STEPS
    alike = {"learning_rate": 5e-3, "validate_every": SOFT_STEPS, "epochs": epochs}
    return trained(scale, method, n_sequences(scale), model, table=table, **alike)


def real(scale: Scale, model: str) -> list[Run]:
    """Return as many real sequences, with and without the item vectors that TD3 ships."""
    runs = []
    for table in ("none", "start", "frozen"):
        runs += kept(scale, "random-sequences", model, table)
    if model == LEAD:
        for method in ("most-recent", "longest", "k-medoids-sequences"):
            for table in ("none", "frozen"):
                runs += kept(scale, method, model, table)
        for share in EQUAL_BYTES.get(scale.dataset, ()):
            whole = {"length": LONGEST, "max_length": length(scale)}
            runs += trained(scale, "random-sequences", share, model, **whole)
    return runs


def overall(scale: Scale) -> list[Run]:
    """Every model on the full data and on a handful of sequences, made or kept in every way.

    What takes hours to learn comes last: the official settings take 720 outer steps of 120 inner
    ones on MovieLens.
    """
    runs = [run for floor in FLOORS for run in scale.runs("none", None, floor)]
    names = (LEAD,) if is_small(scale) else MODELS
    for model in names:
        runs += full(scale, model)
        for edition in ("frozen", "reset", "strict"):
            runs += unlearned(scale, model, edition)
        runs += real(scale, model) + learned(scale, model)
    for edition in ("reset", "strict"):
        for model in names:
            runs += learned(scale, model, edition=edition)
    for model in names:
        runs += official(scale, "as_published", model)
        # Drifted vectors have no control; these start from the same ones.
        runs += trained(scale, "random-soft-sequences", n_sequences(scale), model, edition="reset")
    for edition in () if is_small(scale) else ("reset", "frozen", "strict"):
        runs += official(scale, edition)
    return unique(runs)


def transfer(scale: Scale) -> list[Run]:
    """Sequences learned with one model, used to train the others; GRU4Rec learns once."""
    models = MODELS[:2] if is_small(scale) else MODELS
    one = replace(scale, seeds=scale.seeds[:1])
    runs = []
    for model in models:
        runs += full(scale, model) + learned(scale, model)
        runs += unlearned(scale, model)
        runs += kept(scale, "random-sequences", model)
        runs += learned(one, model, backbone="gru4rec")
    return unique(runs)


def ablation(scale: Scale) -> list[Run]:
    """One part of the primary variant changed at a time, and Farzi; the lead model, three seeds."""
    few = replace(scale, seeds=scale.seeds[:3])
    runs = full(few) + learned(few)
    changes = ABLATION[:2] if is_small(scale) else ABLATION
    for changed in changes:
        runs += learned(few, **changed)
    runs += learned(few, method="farzi")
    return unique(runs)


def models(scale: Scale) -> list[Run]:
    """Every model on the full data, and what was tried for it, one seed."""
    runs = [run for floor in FLOORS for run in scale.runs("none", None, floor)]
    for model in MODELS[:2] if is_small(scale) else MODELS:
        runs += full(scale, model)
    one = replace(scale, seeds=scale.seeds[:1])
    for model, tried in () if is_small(scale) else MODEL_SEARCH.items():
        for changed in tried:
            runs += (
                one.runs("none", None, model, **changed)
                if model in FLOORS
                else full(one, model, **changed)
            )
    return unique(runs)


def search(scale: Scale) -> list[Run]:
    """Settings of the primary variant, chosen on validation, one seed."""
    one = replace(scale, seeds=scale.seeds[:1])
    runs = learned(one)
    for changed in () if is_small(scale) else SEARCH:
        runs += learned(one, **changed)
    return unique(runs)


def _grid(name: str, answers: str, build: Any, **more: Any) -> Grid:
    return Grid(f"td3-{name}", answers, build, data="sequences", **more)


GRIDS = (
    _grid("overall", "a handful of sequences for thousands of users", overall),
    _grid("transfer", "learned with one model, used for others", transfer, groups=False),
    _grid("ablation", "what each part of TD3 is worth", ablation, groups=False),
    _grid("models", "the models on the full data", models),
    _grid("search", "settings of TD3, chosen on validation", search, groups=False),
)
