"""What sets of sequences are called."""

from __future__ import annotations

from typing import Any

import pytest

from condrec.condensers import TD3, condenser
from condrec.experiments.grids import Scale, td3, td3_settings
from condrec.experiments.reproduce import grid_runs
from condrec.report.implicit_labels import implicit_label
from condrec.report.labels import DATA_LABELS, MODEL_LABELS
from condrec.report.plan import planned
from condrec.report.sequence_labels import SEQUENCE_LABELS
from condrec.settings import parameters

MAGAZINE = "magazine@leave-one-out-5-3"
CHOSEN = {**td3_settings.CHOSEN[MAGAZINE], "length": 20}
OFFICIAL = {**td3_settings.PUBLISHED[MAGAZINE], "length": 20}


def label(method: str, settings: dict[str, Any], budget: float = 30) -> str:
    made = condenser(method, settings)
    every = {name: getattr(made, field) for name, field in parameters(made).items()}
    return implicit_label(method, made.edition, budget, every | {"noise": 0.0}, MAGAZINE)


@pytest.mark.parametrize(
    ("method", "settings", "expected"),
    [
        ("td3", OFFICIAL, "TD3 (as published, 30 sequences)"),
        (
            *("td3", {**OFFICIAL, "edition": "frozen"}),
            "TD3 (frozen item vectors, official settings, 30 sequences)",
        ),
        (
            *("td3", {**CHOSEN, "edition": "strict"}),
            "TD3 (sequences alone, chosen settings, 30 sequences)",
        ),
        (
            *("td3", {**CHOSEN, "edition": "frozen", "backbone": "gru4rec", "alignment": 0.0}),
            "TD3 (frozen item vectors, chosen settings, learned with GRU4Rec, no alignment, "
            "30 sequences)",
        ),
        (
            *("td3", {**CHOSEN, "edition": "frozen", "truncation": "full", "form": "dense"}),
            "TD3 (frozen item vectors, chosen settings, dense logits, window over all steps, "
            "30 sequences)",
        ),
        (
            *("farzi", {**CHOSEN, "edition": "frozen"}),
            "Farzi (frozen item vectors, chosen settings, 30 sequences)",
        ),
        (
            *("random-soft-sequences", {"edition": "reset", "length": 20}),
            "random soft sequences (item vectors to start from, 30 sequences)",
        ),
        ("random-sequences", {"length": 20}, "random real sequences (30 sequences)"),
        (
            *("k-medoids-sequences", {"length": 20, "table": "frozen"}),
            "medoids of real sequences (frozen item vectors, 30 sequences)",
        ),
    ],
)
def test_sets_are_called(method: str, settings: dict[str, Any], expected: str) -> None:
    assert label(method, settings) == expected


def test_sets_of_equal_numbers_say_what_they_equal() -> None:
    share = td3_settings.EQUAL_BYTES[MAGAZINE][0]
    found = label("random-sequences", {"length": td3_settings.LONGEST}, share)
    assert found.startswith("random real sequences (as many bytes as published factors, ")
    assert found.endswith(" % of interactions)")


def test_every_change_of_a_setting_is_said() -> None:
    told = label("td3", {**CHOSEN, "edition": "frozen", "outer_weight_decay": 0.5})
    assert "outer_weight_decay = 0.5" in told
    assert TD3().outer_weight_decay != 0.5


@pytest.mark.parametrize("grid", ["td3-overall", "td3-transfer", "td3-ablation", "td3-search"])
@pytest.mark.parametrize("profile", ["quick", "real"])
def test_no_two_sets_of_a_grid_are_called_alike(grid: str, profile: str) -> None:
    plan = planned(grid, grid_runs(grid, profile)).drop_duplicates("line")
    assert not plan.duplicated(["dataset", "recommender", "set"]).any()
    near = ("td3-overall", "td3-search")  # what was tried first lay near the official settings
    assert not plan["set"].str.contains("official").any() or grid in near


def test_methods_models_and_data_have_names() -> None:
    assert {*td3_settings.MODELS, *td3_settings.FLOORS} <= set(MODEL_LABELS)
    assert {MAGAZINE, "ml-100k@leave-one-out", "embedded-sequences"} <= set(DATA_LABELS)
    used = {run.method for run in grid_runs("td3-overall", "real")} - {"none"}
    assert used <= set(SEQUENCE_LABELS)
    assert td3.length(Scale(MAGAZINE, ())) == 20
