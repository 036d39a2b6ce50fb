"""Settings of TD3's grids: published (fact sheet TD3, section 2.6), chosen and tried."""

from __future__ import annotations

from condrec.experiments.grids.base import Settings

LEAD = "sasrec"
MODELS = ("sasrec", "gru4rec", "bert4rec", "narm")
MODEL_SETTINGS: dict[str, Settings] = {
    "gru4rec": {"learning_rate": 5e-3},
    "narm": {"learning_rate": 5e-3},
    "bert4rec": {"learning_rate": 5e-3, "patience": 40},
}
"""Settings of the models on the full data that are not the defaults, which are TD3's for SASRec.
On Magazine's validation rows, one seed, this rate was better than the default for GRU4Rec and NARM;
BERT4Rec was no better at any that was tried.  On ML-100K the default was tried for SASRec only."""
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
their settings.  SASRec kept its defaults, which are TD3's sizes, though batches of 32 were a little
better on ML-100K."""
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
EQUAL_BYTES = {
    "ml-100k@leave-one-out": (0.0137, 0.0483, 0.3226),
    "magazine@leave-one-out-5-3": (0.3765,),
}
"""Shares of the training positives that take as many bytes, two ids each, as TD3's factors as
published, as those of the primary variant, and as these and the item table together, where that is
less than all; a test computes them."""


def chosen(dataset: str) -> Settings:
    """Return the settings of the primary variant on a data set."""
    return CHOSEN.get(dataset, CHOSEN["ml-100k@leave-one-out"])
