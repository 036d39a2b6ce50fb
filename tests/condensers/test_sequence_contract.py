"""What every condenser of sequences must do, whether they are real or soft."""

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
from condrec.evaluation import next_item_metrics
from condrec.recommenders import GRU4Rec, SASRec

SHORT: dict[str, Any] = {"length": 8}
LEARN: dict[str, Any] = {
    **{**SHORT, "outer_epochs": 1, "inner_steps": 4, "window": 2, "outer_batch_size": 200},
    "earliest": 1,
}
SOFT: dict[str, tuple[str, dict[str, Any]]] = {
    "td3": ("td3", LEARN),
    "td3, reset": ("td3", {**LEARN, "edition": "reset"}),
    "td3, frozen": ("td3", {**LEARN, "edition": "frozen", "start": "untrained"}),
    "td3, strict": ("td3", {**LEARN, "edition": "strict"}),
    "td3, dense": ("td3", {**LEARN, "form": "dense", "edition": "frozen"}),
    "td3, gru4rec": ("td3", {**LEARN, "backbone": "gru4rec", "targets": "all"}),
    "farzi": ("farzi", {**LEARN, "edition": "frozen"}),
    "random-soft-sequences": ("random-soft-sequences", SHORT),
}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    **SOFT,
    "random-sequences": ("random-sequences", SHORT),
    "random-sequences, frozen": ("random-sequences", {**SHORT, "table": "frozen"}),
    "most-recent": ("most-recent", SHORT),
    "longest": ("longest", SHORT),
    "k-medoids-sequences": ("k-medoids-sequences", SHORT),
}
WITHOUT_CHANCE = ("most-recent", "longest")
every_case = pytest.mark.parametrize("case", sorted(CASES))


@pytest.fixture(autouse=True)
def two_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train the full-data model for two epochs only."""
    kinds = {"sasrec": SASRec, "gru4rec": GRU4Rec}

    def quick(self: SequenceCondenser) -> Any:
        return kinds[self.backbone](max_length=self.length, epochs=2, embedding_size=8)

    monkeypatch.setattr(SequenceCondenser, "model", quick)


def condense(case: str, dataset: Dataset, seed: int = 0, budget: float = 6) -> Dataset:
    name, settings = CASES[case]
    return condenser(name, settings).condense(dataset, budget, seed)


def test_every_method_for_sequences_has_a_case() -> None:
    sequential = {name for name, kind in CONDENSERS.items() if issubclass(kind, SequenceCondenser)}
    assert {name for name, _ in CASES.values()} == sequential


@every_case
def test_a_number_is_met_exactly(case: str, sequence_dataset: Dataset) -> None:
    condensed = condense(case, sequence_dataset)
    if case in SOFT:
        made = condensed.soft_sequences
        assert made is not None and (len(made), made.length) == (6, 8)
        assert made.n_items == sequence_dataset.n_items and not len(condensed.train)
        np.testing.assert_allclose(made.distributions().sum(2), 1, atol=1e-5)
    else:
        assert len(condensed.train_users) == 6
        assert np.bincount(condensed.train.user).max() <= 8


@every_case
@pytest.mark.parametrize("budget", [None, 0, -1, float("nan"), 2.5, 10_000])
def test_refuses_impossible_budgets(
    case: str, budget: float | None, sequence_dataset: Dataset
) -> None:
    name, settings = CASES[case]
    with pytest.raises(CondrecError, match="budget: found"):
        condenser(name, settings).condense(sequence_dataset, budget, 0)


NEEDLESS = ("random-sequences", "most-recent", "longest")


@every_case
def test_who_needs_the_full_data_model_counts_its_seconds(
    case: str, sequence_dataset: Dataset
) -> None:
    name, settings = CASES[case]
    cost = condenser(name, settings).prepare(sequence_dataset, 6, 0, "cpu")
    if case in NEEDLESS:
        assert "seconds" not in cost and "seconds_pretrain" not in cost
    else:
        assert 0 < cost["seconds_pretrain"] <= cost["seconds"]


@every_case
def test_same_seed_same_set_other_seed_other_set(case: str, sequence_dataset: Dataset) -> None:
    first, again, other = (fingerprint(condense(case, sequence_dataset, s)) for s in (3, 3, 4))
    assert first == again
    assert (first == other) == (case in WITHOUT_CHANCE)


@every_case
def test_leaves_the_global_random_state_alone(case: str, sequence_dataset: Dataset) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    condense(case, sequence_dataset)
    assert torch.equal(torch_state, torch.get_rng_state())
    for before, after in zip(numpy_state, np.random.get_state(), strict=True):
        assert np.array_equal(before, after)


@every_case
def test_never_sees_the_test_rows(case: str, sequence_dataset: Dataset) -> None:
    nothing = dataclasses.replace(sequence_dataset, test=sequence_dataset.test.where([]))
    first, second = (condense(case, each) for each in (sequence_dataset, nothing))
    assert fingerprint(first) == fingerprint(second)


@every_case
def test_every_user_stays_known_and_every_model_trains(
    case: str, sequence_dataset: Dataset
) -> None:
    condensed = condense(case, sequence_dataset)
    assert condensed.test is sequence_dataset.test
    assert condensed.validation is sequence_dataset.validation
    assert np.array_equal(condensed.known_rows.item, sequence_dataset.train.item)
    for model in (SASRec, GRU4Rec):
        fitted = model(max_length=8, epochs=1, embedding_size=8).fit(condensed, 0)
        found = next_item_metrics(fitted.score_next, sequence_dataset)
        assert all(np.isfinite(each.values["NDCG@10"]).all() for each in found.values())


@every_case
def test_auto_is_the_device_that_is_there(case: str, sequence_dataset: Dataset) -> None:
    name, settings = CASES[case]
    found = condenser(name, settings).condense(sequence_dataset, 6, 0, device="auto")
    if not torch.cuda.is_available():
        assert fingerprint(found) == fingerprint(condense(case, sequence_dataset))


@every_case
def test_saved_and_loaded_equal(case: str, sequence_dataset: Dataset, tmp_path: Path) -> None:
    condensed = condense(case, sequence_dataset)
    save_dataset(condensed, tmp_path)
    loaded = load_saved_dataset(tmp_path)
    assert fingerprint(loaded) == fingerprint(condensed)
    assert size(loaded) == size(condensed)
    assert sorted(size_report(condensed, sequence_dataset)) == [
        *("bytes_pct", "positives_pct", "tokens_pct", "users_pct")
    ]


@every_case
def test_configuration_round_trip(case: str) -> None:
    name, settings = CASES[case]
    method: Condenser = condenser(name, settings)
    again = {key: str(value) for key, value in dataclasses.asdict(method).items()}
    assert condenser(name, again) == method
