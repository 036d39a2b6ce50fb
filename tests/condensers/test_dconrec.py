from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from condrec.condensers import DConRec, FrozenScores, condenser
from condrec.condensers.candidates import candidates, predicted_pairs
from condrec.condensers.held_out import negative_shares, predicted_shares
from condrec.condensers.inner_training import PairIndex
from condrec.datasets import Dataset, Interactions, Ragged, embedded
from condrec.errors import CondrecError
from condrec.recommenders import FullRanker, TrainingLog

STRICT: dict[str, Any] = {"edition": "strict", "iterations": 2, "tail_degree": 0}


@pytest.fixture(autouse=True)
def own_runs(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDREC_RUNS", str(tmp_path))


class ByItem(FullRanker):
    """Scores every item by its number, the same for all users."""

    log = TrainingLog()

    def score_users(self, users: np.ndarray, known: Any) -> np.ndarray:
        return np.tile(np.arange(known.shape[1], dtype=np.float32), (len(users), 1))


def made(pairs: list[tuple[int, int]], n_users: int, n_items: int, **more: Any) -> Dataset:
    """Return a data set of the given training pairs; user 0 validates and tests."""

    def rows(some: list[tuple[int, int]]) -> Interactions:
        user, item = (np.array(column, dtype=np.int64) for column in zip(*some, strict=True))
        return Interactions(user, item, np.ones(len(some), dtype=np.int64))

    return Dataset(
        name="made",
        n_users=n_users,
        n_items=n_items,
        train=rows(pairs),
        validation=rows(more.get("validation", [(0, n_items - 1)])),
        test=rows(more.get("test", [(0, n_items - 2)])),
        histories=Ragged.from_lists([[]] * n_users),
        protocol="full",
    )


def held(rows: Interactions) -> set[tuple[int, int]]:
    return set(zip(rows.user.tolist(), rows.item.tolist(), strict=True))


def test_predicted_pairs_by_hand() -> None:
    # User 0 has 2 of 10 items, user 1 has 8, user 2 none (no training user), user 3 all.
    pairs = [(0, 9), (0, 3), *((1, i) for i in range(8)), *((3, i) for i in range(10))]
    user, item = predicted_pairs(ByItem(), made(pairs, 4, 10), ratio=0.9)
    assert user.tolist() == [0] * 5 + [1] * 2
    assert item.tolist() == [8, 7, 6, 5, 4, 9, 8]


def test_a_ratio_above_the_least_number() -> None:
    pairs = [(0, i) for i in range(8)]
    _, item = predicted_pairs(ByItem(), made(pairs, 1, 30), ratio=0.9)
    assert item.tolist() == [29, 28, 27, 26, 25, 24, 23]  # floor(7.2)


def test_an_empty_proxy_is_refused() -> None:
    full = made([(u, i) for u in range(3) for i in range(4)], 3, 4)
    with pytest.raises(CondrecError, match="found no unseen item to predict.*augment = 0"):
        condenser("dconrec", STRICT).condense(full, 0.5, 0)
    kept = condenser("dconrec", {**STRICT, "augment": 0}).condense(full, 0.5, 0)
    assert len(kept.train) == 6


def test_users_who_have_seen_everything_learn_and_keep_their_budget() -> None:
    pairs = [(0, i) for i in range(12)] + [(u, i) for u in range(1, 9) for i in range(u, u + 4)]
    kept = condenser("dconrec", STRICT).condense(made(pairs, 9, 12), 20, 0)
    assert len(kept.train) == 20


def test_a_budget_below_the_rows_of_quiet_users_is_refused(implicit_dataset: Dataset) -> None:
    method = condenser("dconrec", {**STRICT, "tail_degree": 3})
    with pytest.raises(CondrecError, match="budget: found 8 interactions for .* at most 3 each"):
        method.condense(implicit_dataset, 8, 0)


def test_texts_are_refused() -> None:
    with pytest.raises(CondrecError, match="under protocol listed, expected implicit feedback"):
        condenser("dconrec", STRICT).condense(embedded(), 0.5, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_masks": 0}, "n_masks: found 0, expected at least 1"),
        ({"augment": -1.0}, "augment: found -1.0, expected at least 0"),
        ({"inner_learning_rate": 0.0}, "inner_learning_rate: found 0.0, expected above 0"),
        ({"backbone": "lightgnc"}, "did you mean 'lightgcn'"),
        ({"proxy": "naml"}, "proxy of dconrec"),
        ({"credit": "item"}, "credit: found 'item'"),
        ({"credit": "user"}, "choose edition=strict"),
        ({"outer_set": "test"}, "outer_set: found 'test'"),
    ],
)
def test_refuses_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        DConRec(**settings)


def test_frozen_scores_never_learn() -> None:
    with pytest.raises(CondrecError, match="iterations: found 3, expected 0; choose dconrec"):
        FrozenScores(iterations=3)


@pytest.mark.parametrize("edition", ["strict", "as_published"])
def test_quiet_users_keep_everything(edition: str, implicit_dataset: Dataset) -> None:
    degree = np.bincount(implicit_dataset.train.user, minlength=90)
    quiet = np.flatnonzero((degree > 0) & (degree <= 2))
    assert len(quiet)
    method = condenser("dconrec", {"edition": edition, "iterations": 2, "tail_degree": 2})
    kept = method.condense(implicit_dataset, 0.5, 0)
    every = held(implicit_dataset.train.where(np.isin(implicit_dataset.train.user, quiet)))
    assert every <= held(kept.train)
    if edition == "strict":  # they count
        assert len(kept.train) == round(0.5 * len(implicit_dataset.train))


def test_no_pair_is_stored_twice_and_the_outer_rows_are_no_candidates(
    implicit_dataset: Dataset,
) -> None:
    found = DConRec(**STRICT).learn(implicit_dataset, 0.5, seed=1)
    pairs = list(zip(found["user"], found["item"], strict=True))
    assert len(set(pairs)) == len(pairs)
    real = ~found["predicted"]
    n = len(implicit_dataset.train)
    assert real.sum() == n - round(0.1 * n)
    train = held(implicit_dataset.train)
    assert all((pair in train) == is_real for pair, is_real in zip(pairs, real, strict=True))
    assert found["scores"].sum() == pytest.approx(round(0.5 * n))


def test_all_training_rows_may_be_outer_rows_and_candidates(implicit_dataset: Dataset) -> None:
    found = candidates(implicit_dataset, "bpr-mf", 0.0, 2, "all", 0, "cpu")
    train = held(implicit_dataset.train)
    assert held(found.outer) == train
    assert set(zip(found.user.tolist(), found.item.tolist(), strict=True)) == train
    kept = DConRec(**STRICT | {"outer_set": "all"}).condense(implicit_dataset, 0.5, 1)
    assert len(kept.train) == round(0.5 * len(implicit_dataset.train))


def test_the_published_bound_counts_predicted_pairs(implicit_dataset: Dataset) -> None:
    method = DConRec(iterations=40, score_learning_rate=0.1, tail_degree=0, decay_every=0)
    found = method.learn(implicit_dataset, 0.3, seed=1)
    n, m = len(implicit_dataset.train), int(found["predicted"].sum())
    rate = round(0.3 * n) / n
    assert rate * n < found["scores"].sum() <= rate * (n + m) + 1e-6


def planted() -> tuple[Dataset, set[tuple[int, int]]]:
    """Return 30 users in two groups with items of their own, 5 right and 3 wrong pairs each."""
    rng = np.random.default_rng(0)
    right, wrong, validation = [], [], []
    for user in range(30):
        own, other = 10 * (user % 2), 10 * (1 - user % 2)
        mine = [(user, own + int(i)) for i in rng.permutation(10)]
        right += mine[:5]
        validation += mine[5:8]
        wrong += [(user, other + int(i)) for i in rng.permutation(10)[:3]]
    return made(right + wrong, 30, 20, validation=validation), set(wrong)


def learned_on_planted(credit: str) -> tuple[float, NDArray[np.float64]]:
    """Return by how many standard errors right pairs lie above wrong ones, and the outer losses."""
    data, wrong = planted()
    inner = {"inner_learning_rate": 0.03, "inner_batch_size": 64, "inner_epochs": 5}
    outer = {"iterations": 100, "n_masks": 8, "score_learning_rate": 0.03, "decay_every": 0}
    method = DConRec(
        **{**STRICT, **inner, **outer}, credit=credit, augment=0.0, outer_set="validation"
    )
    found = method.learn(data, 0.6, seed=0)
    pairs = zip(found["user"].tolist(), found["item"].tolist(), strict=True)
    is_wrong = np.array([pair in wrong for pair in pairs])
    right, bad = found["scores"][~is_wrong], found["scores"][is_wrong]
    error = np.sqrt(right.var() / len(right) + bad.var() / len(bad))
    return (right.mean() - bad.mean()) / error, found["outer_losses"]


@pytest.mark.parametrize("credit", ["all", "pair"])
def test_learning_finds_wrong_pairs(credit: str) -> None:
    above, losses = learned_on_planted(credit)
    assert above > 3
    assert losses[-20:].mean() < losses[:20].mean()


def test_credit_by_user_prefers_pairs_that_harm_others() -> None:
    above, _ = learned_on_planted("user")
    assert above < -3


def test_held_out_shares_by_hand() -> None:
    # 6 items; user 0 has 0 and 1, and 5 (validation) and 4 (test) are held out.
    data = made([(0, 0), (0, 1), (1, 0), (1, 2)], 2, 6)
    found = predicted_shares(data, np.array([0, 0]), np.array([5, 3]))
    # Unseen by popularity: 2, then 3, 4, 5 in order; two of four unseen items are held out.
    assert found == {
        "predicted_held_out_pct": 50.0,
        "popular_held_out_pct": 0.0,
        "random_held_out_pct": 50.0,
    }
    kept = Interactions(np.array([0, 0]), np.array([0, 5]), np.ones(2, dtype=np.int64))
    shares = negative_shares(data, replace(data, train=kept))
    # With the pair of 5: of four items left 4 is held out; without it 4 and 5 of five.
    assert shares == {"negatives_held_out_pct": 25.0, "negatives_held_out_without_pct": 40.0}
    # User 1 has three pairs and nothing held out; he weighs three fifths in both shares.
    rows = [(0, 0), (0, 5), (1, 0), (1, 2), (1, 3)]
    user, item = np.array(rows).T
    more = Interactions(user, item, np.ones(5, dtype=np.int64))
    data = made([(0, 0), (0, 1), (1, 0), (1, 2), (1, 3)], 2, 6)
    shares = negative_shares(data, replace(data, train=more))
    assert shares["negatives_held_out_pct"] == pytest.approx(25 * 2 / 5)
    assert shares["negatives_held_out_without_pct"] == pytest.approx(40 * 2 / 5)


def test_facts_are_recorded(implicit_dataset: Dataset) -> None:
    method = condenser("dconrec", STRICT)
    cost = method.prepare(implicit_dataset, 0.5, 0, "cpu")
    assert cost["outer_steps"] == 2 and cost["inner_steps"] == 4
    assert cost["gradient_steps"] > 0 and cost["seconds"] > 0
    assert cost["outer_loss_first"] > 0
    kept = method.condense(implicit_dataset, 0.5, 0)
    facts = method.facts(implicit_dataset, kept, 0.5, 0, "cpu")
    known = PairIndex(implicit_dataset.train.user, implicit_dataset.train.item, 30)
    n_predicted = (known.find(kept.train.user, kept.train.item) < 0).sum()
    assert facts["predicted_pct"] == pytest.approx(100 * n_predicted / len(kept.train))
    assert 0 <= facts["predicted_held_out_pct"] <= 100
