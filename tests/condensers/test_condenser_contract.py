"""What every condenser must do, whichever it is."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from condrec.condensers import CONDENSERS, Condenser, condenser, size, size_report
from condrec.condensers import tf_dcon as tf_dcon_module
from condrec.condensers.shared_work import fingerprint
from condrec.condensers.soft_sequences import SequenceCondenser
from condrec.datasets import Dataset, Interactions, load_saved_dataset, save_dataset
from condrec.errors import CondrecError

# The sentence encoder that needs no model; the extractive texts, where a method condenses texts.
OFFLINE = {"sentence_encoder": "tfidf-svd"}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "none": ("none", {}),
    "none, short texts": ("none", {"content": "extractive"}),
    "none, random texts": ("none", {"content": "random"}),
    "random-users": ("random-users", {}),
    "random-users, strict": ("random-users", {"edition": "strict"}),
    "stratified-users": ("stratified-users", {}),
    "stratified-users, strict": ("stratified-users", {"edition": "strict"}),
    "random-interactions": ("random-interactions", {}),
    "random-interactions, strict": ("random-interactions", {"edition": "strict"}),
    "majority": ("majority", {"content": "truncated"}),
    "majority, strict": ("majority", {"edition": "strict", "validation": "full"}),
    "svp-cf": ("svp-cf", {"proxy_epochs": 2}),
    "svp-cf, users": ("svp-cf", {"proxy_epochs": 2, "level": "users"}),
    "k-medoids": ("k-medoids", {}),
    "tf-dcon": ("tf-dcon", OFFLINE),
    "tf-dcon, strict": ("tf-dcon", {**OFFLINE, "edition": "strict"}),
    "tf-dcon, m = 2": ("tf-dcon", {**OFFLINE, "m": 2}),
    "tf-dcon, strict, m = 2": ("tf-dcon", {**OFFLINE, "edition": "strict", "m": 2}),
    "tf-dcon, users": ("tf-dcon", {**OFFLINE, "level": "user", "alpha": 1.0}),
}
WITHOUT_CHANCE = ("none", "none, short texts", "majority", "majority, strict")
every_case = pytest.mark.parametrize("case", sorted(CASES))
# With m = 2 and the users' own ids a cluster brings two users.
one_user_a_unit = pytest.mark.parametrize("case", sorted(set(CASES) - {"tf-dcon, m = 2"}))


@pytest.fixture(autouse=True)
def cheap_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a user's vector be the sum of random item vectors instead of a trained model's."""

    def embed(dataset: Dataset, encoder: str, seed: int, device: str = "cpu") -> np.ndarray:
        items = np.random.default_rng([seed, 1]).normal(size=(dataset.n_items, 6))
        vectors = np.zeros((dataset.n_users, 6))
        owner = np.repeat(np.arange(dataset.n_users), dataset.histories.lengths)
        np.add.at(vectors, owner, items[dataset.histories.values])
        return vectors

    monkeypatch.setattr(tf_dcon_module, "user_embeddings", embed)
    monkeypatch.setattr(tf_dcon_module, "encoder_cost", lambda *_: {"seconds": 2.0})


def make(case: str) -> Condenser:
    name, settings = CASES[case]
    return condenser(name, settings)


def condense(case: str, dataset: Dataset, seed: int = 0, budget: float | None = 8) -> Dataset:
    method = make(case)
    return method.condense(dataset, budget if method.unit else None, seed)


def rows(interactions: Interactions) -> Counter[tuple[int, ...]]:
    columns = (interactions.user, interactions.item, interactions.label)
    return Counter(zip(*(column.tolist() for column in columns), strict=True))


def test_every_method_has_a_case() -> None:
    tried = {name for name, _ in CASES.values()}
    # These need implicit feedback or sequences: they have contracts of their own.
    others = {"distill-cf", "random-soft", "dconrec", "frozen-scores"}
    others |= {name for name, kind in CONDENSERS.items() if issubclass(kind, SequenceCondenser)}
    assert {name for name in CONDENSERS if not name.startswith("released-")} == tried | others


@one_user_a_unit
def test_a_number_is_met_exactly(case: str, tiny_dataset: Dataset) -> None:
    method = make(case)
    condensed = condense(case, tiny_dataset)
    if method.unit == "users":
        assert len(condensed.train_users) == 8
    elif method.unit == "interactions":
        assert len(condensed.train.positives) == 8
    else:
        assert condensed.train is tiny_dataset.train


@one_user_a_unit
def test_the_largest_budget_keeps_everyone(case: str, tiny_dataset: Dataset) -> None:
    method = make(case)
    if not method.unit:
        return
    most = expected = len(tiny_dataset.train.positives) if method.unit == "interactions" else 29
    if isinstance(method, tf_dcon_module.TFDCon):
        most = 27  # users 3 and 17 have no history to cluster by
        with pytest.raises(CondrecError, match=r"budget: found 28 users.*has 27 with.*a history"):
            condense(case, tiny_dataset, budget=28)
        # Users with the same vector cannot be told apart: they stay in one cluster.
        read = {frozenset(tiny_dataset.histories[u].tolist()) for u in tiny_dataset.train_users}
        expected = len(read - {frozenset()})
    condensed = condense(case, tiny_dataset, budget=most)
    kept = condensed.train.positives if method.unit == "interactions" else condensed.train_users
    assert len(kept) == expected


@every_case
@pytest.mark.parametrize("share", [0.03, 0.2, 0.51, 0.999])
def test_a_share_of_the_positives_is_met(case: str, share: float, tiny_dataset: Dataset) -> None:
    method = make(case)
    if not method.unit:
        return
    target = round(share * len(tiny_dataset.train.positives))
    found = len(condense(case, tiny_dataset, budget=share).train.positives)
    if isinstance(method, tf_dcon_module.TFDCon):
        # K follows from the share of users; its positives are only cut, never filled up.
        assert 1 <= found <= target
    else:
        assert found == target


@every_case
def test_a_tiny_share_keeps_one_positive(case: str, tiny_dataset: Dataset) -> None:
    if make(case).unit:
        assert len(condense(case, tiny_dataset, budget=1e-6).train.positives) == 1


@every_case
@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (None, "budget: found none, expected a share"),
        (0, "budget: found 0, expected a number above 0"),
        (-3, "budget: found -3, expected a number above 0"),
        (float("nan"), "budget: found nan"),
        (float("inf"), "budget: found inf"),
        (2.5, "budget: found 2.5, expected a whole number of"),
        (1000, r"budget: found 1000 .*tiny has \d+ .*choose at most that many"),
    ],
)
def test_refuses_impossible_budgets(
    case: str, budget: float | None, message: str, tiny_dataset: Dataset
) -> None:
    method = make(case)
    if not method.unit:
        budget, message = 5, "budget: found 5, but this method takes none"
    with pytest.raises(CondrecError, match=message):
        method.condense(tiny_dataset, budget, 0)


@every_case
def test_one_more_than_there_is_is_refused(case: str, tiny_dataset: Dataset) -> None:
    method = make(case)
    if method.unit:
        most = 29 if method.unit == "users" else len(tiny_dataset.train.positives)
        with pytest.raises(CondrecError, match=f"found {most + 1} .*tiny has {most} with training"):
            method.condense(tiny_dataset, most + 1, 0)


@every_case
def test_same_seed_same_set_other_seed_other_set(case: str, tiny_dataset: Dataset) -> None:
    first, again, other = (
        fingerprint(condense(case, tiny_dataset, seed, budget=10)) for seed in (3, 3, 4)
    )
    assert first == again
    assert (first == other) == (case in WITHOUT_CHANCE)


@every_case
def test_leaves_the_global_random_state_alone(case: str, tiny_dataset: Dataset) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    condense(case, tiny_dataset)
    assert torch.equal(torch_state, torch.get_rng_state())
    for before, after in zip(numpy_state, np.random.get_state(), strict=True):
        assert np.array_equal(before, after)


@every_case
def test_configuration_round_trip(case: str) -> None:
    name, _ = CASES[case]
    method = make(case)
    settings = dataclasses.asdict(method)
    assert condenser(name, settings) == method
    assert condenser(name, {key: str(value) for key, value in settings.items()}) == method
    assert type(method).VERSION >= 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.content = "auto"  # type: ignore[misc]


@every_case
def test_ids_and_the_test_split_stay(case: str, tiny_dataset: Dataset) -> None:
    condensed = condense(case, tiny_dataset)
    assert condensed.test is tiny_dataset.test
    assert (condensed.n_users, condensed.n_items) == (30, 25)
    assert condensed.name == tiny_dataset.name
    assert condensed.vocabulary == tiny_dataset.vocabulary
    assert len(condensed.tokens or ()) == 25


@every_case
def test_rows_come_from_the_same_split_of_the_full_data(case: str, tiny_dataset: Dataset) -> None:
    condensed = condense(case, tiny_dataset)
    whole = rows(tiny_dataset.train)
    if case == "tf-dcon, strict, m = 2":  # the rows of a cluster's users carry one of their ids
        whole = Counter((0, item, label) for _, item, label in whole.elements())
        found = Counter((0, item, label) for _, item, label in rows(condensed.train).elements())
    else:
        found = rows(condensed.train)
        assert rows(condensed.validation) <= rows(tiny_dataset.validation)
    assert found <= whole


@every_case
def test_never_sees_the_test_rows(case: str, tiny_dataset: Dataset) -> None:
    nothing = dataclasses.replace(tiny_dataset, test=tiny_dataset.test.where([]))
    assert fingerprint(condense(case, nothing)) == fingerprint(condense(case, tiny_dataset))


@every_case
def test_validation_is_of_the_kept_users_or_full(case: str, tiny_dataset: Dataset) -> None:
    method = make(case)
    budget = 8 if method.unit else None
    own = dataclasses.replace(method, validation="own").condense(tiny_dataset, budget, 0)
    kept = np.unique(own.train.user) if method.unit else np.arange(30)
    assert set(own.validation.user.tolist()) == set(kept.tolist())
    full = dataclasses.replace(method, validation="full").condense(tiny_dataset, budget, 0)
    assert full.validation is tiny_dataset.validation
    assert rows(full.train) == rows(own.train)


@every_case
def test_strict_draws_uniform_negatives_from_the_condensed_rows_only(
    case: str, tiny_dataset: Dataset
) -> None:
    condensed = condense(case, tiny_dataset)
    if make(case).edition == "strict":
        assert condensed.negative_pool is not None
        assert condensed.negative_pool.tolist() == sorted(set(condensed.train.item.tolist()))
    else:
        assert condensed.negative_pool is None


def same(first: Any, second: Any) -> bool:
    if isinstance(first, np.ndarray):
        return bool(np.array_equal(first, second)) and first.dtype == second.dtype
    if dataclasses.is_dataclass(first):
        return type(first) is type(second) and all(
            same(getattr(first, field.name), getattr(second, field.name))
            for field in dataclasses.fields(first)
        )
    return bool(first == second)


@every_case
def test_saved_and_loaded_equal(case: str, tiny_dataset: Dataset, tmp_path: Path) -> None:
    condensed = condense(case, tiny_dataset)
    save_dataset(condensed, tmp_path)
    loaded = load_saved_dataset(tmp_path)
    assert same(loaded, condensed)
    assert size(loaded) == size(condensed)
    assert not same(loaded, dataclasses.replace(condensed, train=condensed.train.where([0])))


@every_case
def test_the_size_never_exceeds_the_full_data(case: str, tiny_dataset: Dataset) -> None:
    report = size_report(condense(case, tiny_dataset), tiny_dataset)
    assert sorted(report) == ["bytes_pct", "positives_pct", "tokens_pct", "users_pct"]
    assert all(0 < value <= 100 for value in report.values())


@every_case
def test_prepare_tells_its_cost(case: str, tiny_dataset: Dataset) -> None:
    cost = make(case).prepare(tiny_dataset, 8, 0, "cpu")
    assert cost["outer_steps"] == cost["inner_steps"] == 1
    assert ("seconds" in cost) == isinstance(make(case), tf_dcon_module.TFDCon)


@every_case
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"edition": "lax"}, "edition: found 'lax', expected one of"),
        ({"content": "long"}, "content: found 'long', expected one of"),
        ({"validation": "none"}, "validation: found 'none', expected own or full"),
        ({"contents": "auto"}, "unknown parameter of method .*did you mean 'content'"),
    ],
)
def test_refuses_settings_that_cannot_work(
    case: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(CondrecError, match=message):
        condenser(CASES[case][0], settings)


def test_refuses_unknown_methods() -> None:
    with pytest.raises(CondrecError, match="unknown method 'tfdcon'.*did you mean 'tf-dcon'"):
        condenser("tfdcon")


@every_case
def test_texts_are_needed_only_to_condense_texts(case: str, tiny_dataset: Dataset) -> None:
    method = make(case)
    silent = dataclasses.replace(tiny_dataset, tokens=None)
    run: Callable[[], Dataset] = lambda: method.condense(silent, 8 if method.unit else None, 0)  # noqa: E731
    if method.content == "original" or getattr(method, "level", "") == "user":
        assert run().tokens is None
    else:
        with pytest.raises(CondrecError, match="tiny has no item texts to condense"):
            run()
