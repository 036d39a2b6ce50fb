"""The grids of TD3: overall quality, transfer between models, ablation, the searches.

The paper's tables are in no source at hand, so the grids are ours; numbers of sequences, lengths
and rates are those of the official scripts (fact sheet TD3, section 2.6).  Primary is the edition
``frozen``, what the published code intends, with settings chosen on validation.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from condrec.experiments.grids.base import Grid, Scale, Settings, is_small, unique
from condrec.experiments.run import Run
from condrec.recommenders.sequence import SOFT_STEPS

LEAD = "sasrec"
MODELS = ("sasrec", "gru4rec", "bert4rec", "narm")
MODEL_SETTINGS: dict[str, Settings] = {
    "gru4rec": {"learning_rate": 5e-3},
    "narm": {"learning_rate": 5e-3},
    "bert4rec": {"learning_rate": 5e-3, "patience": 40},
}
"""Settings of the models on real sequences, where TD3's own defaults, SASRec's, were worse on
validation rows of both data sets."""
FLOORS = ("popularity", "markov", "item-knn")
N_SEQUENCES = {"embedded-sequences": 6}
"""Soft sequences (M), 30 on both real data sets."""
LENGTH = {"magazine@leave-one-out-5-3": 20, "embedded-sequences": 20}
"""Positions of a sequence and most items a model reads (L); 50 elsewhere."""
PUBLISHED: dict[str, Settings] = {
    "magazine@leave-one-out-5-3": {"outer_batch_size": 1024, "outer_learning_rate": 0.01},
    "embedded-sequences": {
        **{"outer_batch_size": 2048, "outer_epochs": 2, "inner_steps": 8, "window": 4},
        **{"inner_batch_size": 3, "earliest": 1},
    },
}
"""Settings of the official scripts that are not TD3's defaults here, which are ML-100K's."""
_WIDE: Settings = {
    **{"start": "untrained", "rank_users": 16, "rank_times": 16, "targets": "all"},
    **{"inner_steps": 40, "window": 15, "outer_learning_rate": 0.05},
}
CHOSEN: dict[str, Settings] = {
    "ml-100k@leave-one-out": {**_WIDE, "outer_epochs": 8},
    "magazine@leave-one-out-5-3": {**_WIDE, "outer_epochs": 200},
    "embedded-sequences": {
        **PUBLISHED["embedded-sequences"],
        **{"start": "untrained", "targets": "all"},
    },
}
"""Settings of the primary variant, chosen by validation NDCG@10 on Magazine, one seed, in trials by
hand that ``td3-search`` repeats; on ML-100K the same, for as many steps as two cores allow."""
_NARROW: Settings = {
    **{"rank_users": 8, "rank_times": 8, "outer_batch_size": 1024, "outer_learning_rate": 0.03},
}
SEARCH: tuple[Settings, ...] = (
    {
        **{**_NARROW, "targets": "cut", "inner_steps": 60, "window": 20, "outer_epochs": 60},
    },
    {
        **{**_NARROW, "targets": "cut", "inner_steps": 60, "window": 20, "outer_epochs": 30},
        **{"start": "checkpoints"},
    },
    {**_NARROW, "outer_epochs": 50},
    {**_NARROW, "outer_epochs": 50, "edition": "reset"},
    {
        **{**_NARROW, "inner_steps": 20, "window": 20, "inner_learning_rate": 0.02},
        **{"outer_batch_size": 4096, "outer_learning_rate": 0.05, "outer_epochs": 150},
    },
    {"form": "dense", "outer_learning_rate": 0.3, "outer_epochs": 100},
    {"rank_users": 32, "rank_times": 32},
    {"targets": "cut"},
    {"start": "checkpoints"},
    {"edition": "reset"},
    {"edition": "strict"},
)
"""What was tried for the primary variant, as changes of it, and what lies around it."""
MODEL_SEARCH: dict[str, tuple[Settings, ...]] = {
    "markov": tuple({"smoothing": m} for m in (5, 100, 300, 1000)),
    "sasrec": (
        {"batch_size": 32, "patience": 10},
        {"batch_size": 32, "patience": 10, "learning_rate": 3e-3},
        {
            **{"batch_size": 32, "patience": 10, "learning_rate": 2e-3, "dropout": 0.3},
            **{"attention_dropout": 0.3, "epochs": 45},
        },
        {
            **{"learning_rate": 3e-3, "attention_dropout": 0.2, "dropout": 0.4},
            **{"epochs": 40, "patience": 6},
        },
        {"learning_rate": 3e-3, "n_layers": 2, "epochs": 40, "patience": 6},
    ),
    "gru4rec": (
        {"learning_rate": 1e-3},
        {"batch_size": 16},
        {"batch_size": 16, "learning_rate": 2e-3},
        {"epochs": 40, "patience": 5},
        {"learning_rate": 3e-3, "dropout": 0.4, "epochs": 40, "patience": 6},
    ),
    "bert4rec": (
        {"learning_rate": 1e-3, "patience": 20},
        {"patience": 20},
        {"patience": 20, "batch_size": 16},
        {"patience": 20, "batch_size": 16, "learning_rate": 2e-3},
        {"epochs": 60, "patience": 8},
        {
            **{"batch_size": 32, "learning_rate": 2e-3, "attention_dropout": 0.2},
            **{"mask_rate": 0.4, "epochs": 60, "patience": 8},
        },
    ),
    "narm": (
        {"learning_rate": 1e-3},
        {"batch_size": 16},
        {"batch_size": 16, "learning_rate": 2e-3},
        {"epochs": 40, "patience": 5},
    ),
}
"""What was tried for the models on either data set, on validation rows, one seed, as changes of
their settings.  SASRec kept its defaults, which are TD3's sizes: nothing was better by more than
seeds differ."""
ABLATION: tuple[Settings, ...] = (
    {"alignment": 0.0},
    {"targets": "last"},
    {"rank_users": 4, "rank_times": 4},
    {"rank_users": 8, "rank_times": 8},
    {"truncation": "last"},
    {"truncation": "full"},
    {"window": 1},
    {"form": "dense", "outer_learning_rate": 0.3},
)
"""Changes of the primary variant; a window of 1 matches single steps, nearly first order."""

LONGEST = 10_000
"""A length that keeps sequences whole."""
EQUAL_NUMBERS = {
    "ml-100k@leave-one-out": (0.0137, 0.0483, 0.3226),
    "magazine@leave-one-out-5-3": (0.3765,),
}
"""Shares of the training positives that take as many bytes, two ids each, as TD3's factors as
published, as those of the primary variant, and as these and the item table together, where that is
less than all; a test computes them."""


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
    if method in ("none", "random-sequences"):  # the latter by share; else see kept()
        settings |= MODEL_SETTINGS.get(model, {})
    if method != "none":
        settings["length"] = length(scale)
    if is_small(scale):
        settings["epochs"] = 5
        settings |= {"full_epochs": 6} if method != "none" else {}
    settings |= more
    return scale.runs(method, budget, model, **settings)


def learned(scale: Scale, model: str = LEAD, method: str = "td3", **more: Any) -> list[Run]:
    """Return the primary variant, or a change of it."""
    chosen = CHOSEN.get(scale.dataset, CHOSEN["ml-100k@leave-one-out"])
    settings = {"edition": "frozen", **chosen, **more}
    settings = {**targets(settings), **settings}
    return trained(scale, method, n_sequences(scale), model, **settings)


def unlearned(scale: Scale, model: str = LEAD, edition: str = "frozen") -> list[Run]:
    """Return random soft sequences of the primary variant's shape, trained on in the same way."""
    chosen = CHOSEN.get(scale.dataset, CHOSEN["ml-100k@leave-one-out"])
    shape = {k: v for k, v in chosen.items() if k in ("rank_users", "rank_times")}
    settings = {**shape, **targets(chosen), "edition": edition}
    return trained(scale, "random-soft-sequences", n_sequences(scale), model, **settings)


def targets(chosen: Settings) -> Settings:
    """Return the setting of learners that predict what TD3's inner ones do."""
    return {"soft_targets": chosen["targets"]} if "targets" in chosen else {}


def official(scale: Scale, edition: str, model: str = LEAD) -> list[Run]:
    """Return TD3 with the settings of the official script."""
    settings = {"edition": edition, **PUBLISHED.get(scale.dataset, {})}
    return trained(scale, "td3", n_sequences(scale), model, **settings)


def kept(scale: Scale, method: str, model: str = LEAD, table: str = "frozen") -> list[Run]:
    """Return real sequences, as many as soft ones and trained on in the same way.

    They are one batch, so that an epoch is one step: rate, steps and patience are made those of a
    training on soft sequences.
    """
    alike = {
        "learning_rate": 5e-3,
        "patience": 20,
        "validate_every": SOFT_STEPS,
        "epochs": 200 * SOFT_STEPS,
    }
    quick = {"learning_rate": 5e-3, "epochs": 5 * SOFT_STEPS, "validate_every": SOFT_STEPS}
    more = quick if is_small(scale) else alike
    return trained(scale, method, n_sequences(scale), model, table=table, **more)


def real(scale: Scale, model: str) -> list[Run]:
    """Return as many real sequences, with and without the item vectors that TD3 ships."""
    runs = []
    for table in ("none", "start", "frozen"):
        runs += kept(scale, "random-sequences", model, table)
    if model == LEAD:
        for method in ("most-recent", "longest", "k-medoids-sequences"):
            for table in ("none", "frozen"):
                runs += kept(scale, method, model, table)
        for share in EQUAL_NUMBERS.get(scale.dataset, ()):
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
        runs += trained(scale, "none", None, model)
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
        runs += trained(scale, "none", None, model) + learned(scale, model)
        runs += unlearned(scale, model)
        runs += kept(scale, "random-sequences", model)
        runs += learned(one, model, backbone="gru4rec")
    return unique(runs)


def ablation(scale: Scale) -> list[Run]:
    """One part of the primary variant changed at a time, and Farzi; the lead model, three seeds."""
    few = replace(scale, seeds=scale.seeds[:3])
    runs = trained(few, "none", None) + learned(few)
    changes = ABLATION[:2] if is_small(scale) else ABLATION
    for changed in changes:
        runs += learned(few, **changed)
    runs += learned(few, method="farzi")
    return unique(runs)


def models(scale: Scale) -> list[Run]:
    """Every model on the full data, and what was tried for it, one seed."""
    runs = [run for floor in FLOORS for run in scale.runs("none", None, floor)]
    for model in MODELS[:2] if is_small(scale) else MODELS:
        runs += trained(scale, "none", None, model)
    one = replace(scale, seeds=scale.seeds[:1])
    for model, tried in () if is_small(scale) else MODEL_SEARCH.items():
        for changed in tried:
            runs += (
                one.runs("none", None, model, **changed)
                if model in FLOORS
                else trained(one, "none", None, model, **changed)
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
