"""What sets of DConRec are called; those of Distill-CF stand in ``test_implicit``."""

from __future__ import annotations

from typing import Any

import pytest

from condrec.condensers import condenser
from condrec.experiments.grids import dconrec
from condrec.experiments.grids.base import Scale
from condrec.report.implicit_labels import USUAL, implicit_label, unusual_settings
from condrec.report.labels import DATA_LABELS, MODEL_LABELS
from condrec.settings import parameters

SCALE = Scale("ml-100k", (0,))


def label(method: str, settings: dict[str, Any], budget: float | None = 0.25) -> str:
    made = condenser(method, settings)
    every = {name: getattr(made, field) for name, field in parameters(made).items()}
    return implicit_label(method, made.edition, budget, every | {"noise": 0.0}, "ml-100k")


@pytest.mark.parametrize(
    ("method", "settings", "expected"),
    [
        ("dconrec", dconrec.strict(SCALE), "DConRec (strict, 25.0 % of interactions)"),
        (
            *("dconrec", dconrec.by_pair(SCALE, backbone="lightgcn")),
            "DConRec (strict, credit by pair, through LightGCN, 25.0 % of interactions)",
        ),
        (
            *("dconrec", {"edition": "as_published"}),
            "DConRec (as published, asked for 25.0 % of interactions)",
        ),
        (
            *("dconrec", dconrec.strict(SCALE, tail_degree=0, augment=0.0)),
            "DConRec (strict, no long tail, no predicted pairs, 25.0 % of interactions)",
        ),
        (
            *("dconrec", dconrec.strict(SCALE, centred=False, accumulate=True, iterations=1)),
            "DConRec (strict, 1 iteration, plain estimator, gradients pile up, 25.0 % of "
            "interactions)",
        ),
        (
            *("dconrec", dconrec.strict(SCALE, outer_set="validation", n_masks=16)),
            "DConRec (strict, 16 masks, outer loss on validation rows, 25.0 % of interactions)",
        ),
        ("frozen-scores", dconrec.frozen(SCALE), "frozen scores (25.0 % of interactions)"),
        (
            *("frozen-scores", dconrec.frozen(SCALE, augment=0.0)),
            "frozen scores (no predicted pairs, 25.0 % of interactions)",
        ),
        ("random-users", {}, "random users (25.0 % of interactions)"),
    ],
)
def test_sets_are_called(method: str, settings: dict[str, Any], expected: str) -> None:
    assert label(method, settings) == expected


def test_a_number_is_counted_in_the_unit_of_the_method() -> None:
    assert label("dconrec", dconrec.strict(SCALE), 500) == "DConRec (strict, 500 interactions)"
    assert label("random-users", {}, 50) == "random users (50 users)"


def test_every_setting_has_words() -> None:
    for name in ("dconrec", "frozen-scores"):
        named = set(USUAL["dconrec"].words) | {"content", "edition", "validation"}
        assert set(parameters(USUAL[name].kind)) == named
    assert unusual_settings("random-users", "as_published", {}) == []


def test_models_and_data_of_the_method_have_names() -> None:
    assert {MODEL_LABELS[name] for name in dconrec.BACKBONES} >= {"NGCF", "XSimGCL"}
    assert {"ml-100k", "ml-1m", "ciao", "gowalla", "dianping", "ml-20m"} <= set(DATA_LABELS)
