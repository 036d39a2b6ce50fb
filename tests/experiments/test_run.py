"""A run's key: what changes it, and what does not."""

from __future__ import annotations

import pytest

from condrec.condensers import CONDENSERS
from condrec.errors import CondrecError
from condrec.experiments import make_run
from condrec.recommenders import NAML, RECOMMENDERS


def key(**changed: object) -> str:
    arguments = {
        "dataset": "embedded",
        "method": "tf-dcon",
        "recommender_name": "naml",
        "seed": 0,
        "budget": 60.0,
        "settings": {"alpha": 0.25},
    }
    return make_run(**(arguments | changed)).key()  # type: ignore[arg-type]


def test_equal_runs_have_equal_keys() -> None:
    assert key() == key()
    # A default that is written out is the same run.
    assert key(settings={"alpha": 0.25, "m": 1, "epochs": 50}) == key()
    assert key(settings={"alpha": "0.25"}) == key()
    assert key(draw=0) == key()


@pytest.mark.parametrize(
    "changed",
    [
        {"dataset": "ml-100k"},
        {"method": "k-medoids"},
        {"recommender_name": "nrms"},
        {"seed": 1},
        {"seed": 1, "draw": 0},  # the condenser as before, another training
        {"draw": 1},
        {"budget": 61.0},
        {"settings": {"alpha": 0.5, "m": 2}},
        {"settings": {"alpha": 0.25, "negatives": "random"}},
    ],
)
def test_every_part_of_a_run_is_in_its_key(changed: dict[str, object]) -> None:
    assert key(**changed) != key()


def test_a_raised_version_voids_the_runs_of_that_module_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = key(method="random-users", recommender_name="nrms", settings={})
    before = key()
    monkeypatch.setattr(NAML, "VERSION", NAML.VERSION + 1)
    assert key() != before
    assert key(method="random-users", recommender_name="nrms", settings={}) == other


def test_the_encoder_of_tf_dcon_is_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(recommender_name="nrms")
    monkeypatch.setattr(NAML, "VERSION", NAML.VERSION + 1)
    assert key(recommender_name="nrms") != before


def test_no_parameter_belongs_to_both_a_method_and_a_recommender() -> None:
    from dataclasses import fields

    of_methods = {f.name for cls in CONDENSERS.values() for f in fields(cls)}
    of_models = {f.name for cls in RECOMMENDERS.values() for f in fields(cls)}
    assert not of_methods & of_models


def test_unknown_parameters_are_refused_with_the_nearest_name() -> None:
    with pytest.raises(CondrecError, match="did you mean 'alpha'"):
        key(settings={"alhpa": 1})
    with pytest.raises(CondrecError, match="expected a value of type float"):
        key(settings={"alpha": "much"})
