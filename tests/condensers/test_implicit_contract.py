"""What every condenser of implicit feedback must do, whether its users are real or soft."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from condrec.condensers import CONDENSERS, Condenser, condenser, size, size_report
from condrec.condensers.shared_work import fingerprint
from condrec.condensers.soft_sequences import SequenceCondenser
from condrec.datasets import Dataset, load_saved_dataset, save_dataset
from condrec.errors import CondrecError
from condrec.recommenders import InfiniteAE

LEARN = {"steps": 4, "validation_interval": 2, "outer_batch_size": 40, "n_samples": 5}
KEEP = {"edition": "strict", "tail_degree": 0}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "none": ("none", {}),
    "random-users": ("random-users", {}),
    "stratified-users": ("stratified-users", {}),
    "majority": ("majority", {}),
    "random-interactions": ("random-interactions", {}),
    "svp-cf": ("svp-cf", {"proxy_epochs": 2}),
    "svp-cf, users": ("svp-cf", {"proxy_epochs": 2, "level": "users"}),
    "random-soft": ("random-soft", {}),
    "distill-cf": ("distill-cf", LEARN),
    "distill-cf, strict": ("distill-cf", {**LEARN, "edition": "strict"}),
    "distill-cf, independent": ("distill-cf", {**LEARN, "gumbel": "independent"}),
    "distill-cf, no noise": ("distill-cf", {**LEARN, "gumbel": "none", "outer_dropout": 0.3}),
    "frozen-scores": ("frozen-scores", KEEP),
    "dconrec": ("dconrec", {**KEEP, "iterations": 3}),
    "dconrec, by pair": ("dconrec", {**KEEP, "iterations": 3, "credit": "pair"}),
    "dconrec, lightgcn": ("dconrec", {**KEEP, "iterations": 2, "backbone": "lightgcn"}),
    "dconrec, published": ("dconrec", {"iterations": 3, "edition": "as_published"}),
    "distill-cf, binarised": ("distill-cf", {**LEARN, "top": 4}),
}
WITHOUT_CHANCE = ("none", "majority")
INEXACT = ("dconrec, published",)
"""Its budget bounds an expected size."""
PEEKS = ("dconrec, published",)
"""Its negatives avoid the items of the test rows."""
every_case = pytest.mark.parametrize("case", sorted(CASES))


def make(case: str) -> Condenser:
    name, settings = CASES[case]
    return condenser(name, settings)


def condense(case: str, dataset: Dataset, seed: int = 0, budget: float = 8) -> Dataset:
    method = make(case)
    return method.condense(dataset, budget if method.unit else None, seed)


def is_soft(case: str) -> bool:
    return CASES[case][0] in ("random-soft", "distill-cf")


def test_every_method_for_implicit_feedback_has_a_case() -> None:
    texts = {"tf-dcon", "k-medoids"} | {name for name in CONDENSERS if name.startswith("released")}
    sequential = {name for name, kind in CONDENSERS.items() if issubclass(kind, SequenceCondenser)}
    assert {name for name, _ in CASES.values()} == set(CONDENSERS) - texts - sequential


@every_case
def test_a_number_is_met_exactly(case: str, implicit_dataset: Dataset) -> None:
    if case in INEXACT:
        return
    condensed = condense(case, implicit_dataset)
    if is_soft(case):
        assert condensed.soft is not None and condensed.soft.matrix.shape == (8, 30)
        assert len(condensed.train) == 0
    elif make(case).unit == "interactions":
        assert len(condensed.train) == 8
    elif case != "none":
        assert len(condensed.train_users) == 8


@every_case
def test_a_share_is_met(case: str, implicit_dataset: Dataset) -> None:
    if not make(case).unit or case in INEXACT:
        return
    condensed = condense(case, implicit_dataset, budget=0.2)
    if is_soft(case):  # of the 89 training users
        assert condensed.soft is not None and len(condensed.soft) == 18
    else:
        assert len(condensed.train) == round(0.2 * len(implicit_dataset.train))


@every_case
@pytest.mark.parametrize("budget", [None, 0, -1, float("nan"), 2.5, 10_000])
def test_refuses_impossible_budgets(
    case: str, budget: float | None, implicit_dataset: Dataset
) -> None:
    method = make(case)
    if not method.unit:
        budget = 5
    with pytest.raises(CondrecError, match="budget: found"):
        method.condense(implicit_dataset, budget, 0)


@every_case
def test_same_seed_same_set_other_seed_other_set(case: str, implicit_dataset: Dataset) -> None:
    first, again, other = (fingerprint(condense(case, implicit_dataset, s)) for s in (3, 3, 4))
    assert first == again
    assert (first == other) == (case in WITHOUT_CHANCE)


@every_case
def test_leaves_the_global_random_state_alone(case: str, implicit_dataset: Dataset) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    condense(case, implicit_dataset)
    assert torch.equal(torch_state, torch.get_rng_state())
    for before, after in zip(numpy_state, np.random.get_state(), strict=True):
        assert np.array_equal(before, after)


@every_case
def test_never_sees_the_test_rows(case: str, implicit_dataset: Dataset) -> None:
    nothing = dataclasses.replace(implicit_dataset, test=implicit_dataset.test.where([]))
    first, second = (condense(case, each) for each in (implicit_dataset, nothing))
    assert (fingerprint(first) == fingerprint(second)) == (case not in PEEKS)


@every_case
def test_the_real_users_stay_known_and_validated(case: str, implicit_dataset: Dataset) -> None:
    condensed = condense(case, implicit_dataset)
    assert condensed.test is implicit_dataset.test
    assert condensed.validation is implicit_dataset.validation
    for column in ("user", "item"):
        known, train = condensed.known_rows, implicit_dataset.train
        assert np.array_equal(getattr(known, column), getattr(train, column))
    scores = InfiniteAE(lambda_=1.0).fit(condensed, 0).score(condensed, condensed.test)
    assert np.isfinite(scores).all()


@every_case
def test_saved_and_loaded_equal(case: str, implicit_dataset: Dataset, tmp_path: Path) -> None:
    condensed = condense(case, implicit_dataset)
    save_dataset(condensed, tmp_path)
    loaded = load_saved_dataset(tmp_path)
    assert fingerprint(loaded) == fingerprint(condensed)
    assert size(loaded) == size(condensed)
    assert np.array_equal(loaded.known_rows.item, condensed.known_rows.item)
    if condensed.soft is not None and condensed.soft.logits is not None:
        assert loaded.soft is not None and loaded.soft.logits is not None
        assert np.array_equal(loaded.soft.logits, condensed.soft.logits)


@every_case
def test_the_size_is_reported_four_ways(case: str, implicit_dataset: Dataset) -> None:
    condensed = condense(case, implicit_dataset)
    report = size_report(condensed, implicit_dataset)
    assert sorted(report) == ["bytes_pct", "positives_pct", "tokens_pct", "users_pct"]
    found = size(condensed)
    if case == "distill-cf, binarised":
        assert (found.n_users, found.n_positives, found.bytes) == (8, 8 * 4, 8 * 8 * 4)
    elif is_soft(case):
        assert (found.n_users, found.n_positives, found.bytes) == (8, 0, 4 * 8 * 30)
    else:
        assert report["users_pct"] <= 100
        assert report["positives_pct"] <= 100 or case in INEXACT


@every_case
def test_configuration_round_trip(case: str) -> None:
    method = make(case)
    settings = dataclasses.asdict(method)
    assert condenser(CASES[case][0], {k: str(v) for k, v in settings.items()}) == method
    with pytest.raises(CondrecError, match="unknown parameter of method .*did you mean 'edition'"):
        condenser(CASES[case][0], {"editions": "strict"})
