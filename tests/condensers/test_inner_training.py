from __future__ import annotations

import numpy as np
import pytest
import torch

from condrec.condensers import inner_training
from condrec.condensers.inner_training import InnerTraining, PairIndex
from condrec.condensers.outer_loss import OuterLoss
from condrec.condensers.touched_rows import train_touched
from condrec.datasets import Dataset, Interactions
from condrec.recommenders import recommender

N_USERS, N_ITEMS = 12, 20


def make(name: str, **more: object) -> InnerTraining:
    rng = np.random.default_rng(0)
    pairs = rng.permutation(N_USERS * N_ITEMS)[:90]
    config = recommender(name, {"batch_size": 16, "learning_rate": 0.05, "embedding_size": 4})
    return InnerTraining(config, pairs // N_ITEMS, pairs % N_ITEMS, N_USERS, N_ITEMS, **more)  # type: ignore[arg-type]


def masks(n: int = 3, n_kept: int = 40) -> np.ndarray:
    rng = np.random.default_rng(1)
    kept = np.zeros((n, 90), dtype=bool)
    for row in kept:
        row[rng.permutation(90)[:n_kept]] = True
    return kept


def trained(training: InnerTraining, kept: np.ndarray, seed: int = 5) -> list[torch.Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return [u @ i.T for u, i in training.vectors(kept, np.random.default_rng(seed))]


def start_from_fixed_weights(_: InnerTraining, model: torch.nn.Module, n_copies: int) -> None:
    for table in model.children():
        assert isinstance(table, torch.nn.Embedding)
        n = len(table.weight) // n_copies
        fixed = torch.randn(n, table.embedding_dim, generator=torch.Generator().manual_seed(n))
        table.weight.data.copy_(fixed.repeat(n_copies, 1))


@pytest.mark.parametrize("name", ["bpr-mf", "lightgcn"])
def test_a_stack_is_several_trainings(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inner_training, "REDRAWS", 0)  # redraws depend on what others keep
    monkeypatch.setattr(InnerTraining, "_copy_first", start_from_fixed_weights)
    kept = masks()
    together = trained(make(name), kept)
    for mask, found in zip(kept, together, strict=True):
        (alone,) = trained(make(name), mask[None])
        np.testing.assert_allclose(found, alone, rtol=1e-3, atol=1e-5)


def test_copy_by_copy_is_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = masks()
    kept[1] = False  # a copy without pairs stays where it is
    one_by_one = trained(make("bpr-mf"), kept)
    monkeypatch.setattr(InnerTraining, "_by_copy", lambda _self, _n, batches: [list(batches)])
    # The mean over the pairs of two copies is half of each one's own.
    monkeypatch.setattr(
        inner_training, "train_touched", lambda *each: train_touched(*each, weight=2.0)
    )
    together = trained(make("bpr-mf"), kept)
    for found, expected in zip(one_by_one, together, strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)
    start = trained(make("bpr-mf"), np.zeros_like(kept))
    np.testing.assert_array_equal(one_by_one[1], start[1])


@pytest.mark.parametrize("name", ["bpr-mf", "lightgcn", "ngcf", "xsimgcl"])
def test_equal_masks_with_the_same_start_train_alike(name: str) -> None:
    kept = np.repeat(masks(1), 2, axis=0)
    first, second = trained(make(name), kept)
    np.testing.assert_allclose(first, second, rtol=1e-3, atol=1e-5)
    first, second = trained(make(name, same_start=False), kept)
    assert not np.allclose(first, second, rtol=1e-2)


def test_a_batch_holds_a_share_of_every_copy_and_an_epoch_every_pair_once() -> None:
    training, kept = make("bpr-mf"), masks()
    kept[2, :50] = False  # copies of different size
    batches = list(training._batches(kept, np.random.default_rng(0)))
    assert len(batches) == 3  # of the largest copy: 40 pairs, 16 a batch
    found = []
    for rows, columns, negatives in batches:
        copies = rows // N_USERS
        assert set(copies) == {0, 1, 2}
        assert (columns // N_ITEMS == copies).all()
        assert (negatives[:, 0] // N_ITEMS == copies).all()
        found += list(zip(copies, rows % N_USERS, columns % N_ITEMS, strict=True))
    expected = [
        (k, training.user[j], training.item[j]) for k, j in zip(*kept.nonzero(), strict=True)
    ]
    assert sorted(found) == sorted(expected)


def test_negatives_are_not_kept_by_their_copy() -> None:
    training, kept = make("bpr-mf"), masks()
    negatives = training._negatives(kept, np.random.default_rng(0))
    assert negatives.shape == kept.shape
    collisions = 0
    for k, mask in enumerate(kept):
        held = set(zip(training.user[mask], training.item[mask], strict=True))
        collisions += sum(pair in held for pair in zip(training.user, negatives[k], strict=True))
    # A sixth of the pairs is kept: without redraws some 45 of 270 collide, after three 0.2.
    assert collisions <= 3


def test_places_of_pairs() -> None:
    index = PairIndex(np.array([2, 0, 1]), np.array([1, 3, 0]), 4)
    found = index.find(np.array([0, 1, 2, 2, 0]), np.array([3, 0, 1, 2, 0]))
    assert found.tolist() == [1, 2, 0, -1, -1]
    nothing = PairIndex(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64), 4)
    assert nothing.find(np.array([0]), np.array([1])).tolist() == [-1]


def test_outer_loss_by_hand(implicit_dataset: Dataset) -> None:
    rows = Interactions(np.array([0, 0, 3]), np.array([1, 2, 1]), np.ones(3, dtype=np.int64))
    outer = OuterLoss(implicit_dataset, rows, hide_test=False)
    users = torch.zeros(implicit_dataset.n_users, 2)
    items = torch.zeros(implicit_dataset.n_items, 2)
    users[0], users[3] = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 2.0])
    items[1], items[2] = torch.tensor([1.0, 1.0]), torch.tensor([3.0, 0.0])
    found = outer.by_row(users, items, np.array([5, 5, 2]))
    expected = np.log1p(np.exp([-1, -3, -2])) / 3
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    of_users, of_items = outer.of_users(found[None])[0], outer.of_items(found[None])[0]
    assert of_users.sum() == pytest.approx(found.sum()) == of_items.sum()
    np.testing.assert_allclose(of_users[[0, 3]], [expected[:2].sum(), expected[2]], rtol=1e-6)
    np.testing.assert_allclose(of_items[[1, 2]], [expected[[0, 2]].sum(), expected[1]], rtol=1e-6)


@pytest.mark.parametrize("hide_test", [False, True])
def test_outer_negatives_avoid_what_they_should(implicit_dataset: Dataset, hide_test: bool) -> None:
    data = implicit_dataset
    outer = OuterLoss(data, data.validation, hide_test)
    seen = [data.train, data.validation] + ([data.test] if hide_test else [])
    held = {pair for rows in seen for pair in zip(rows.user, rows.item, strict=True)}
    rng = np.random.default_rng(0)
    bad = n = test = 0
    of_test = set(zip(data.test.user, data.test.item, strict=True))
    for _ in range(20):
        pairs = list(zip(outer.rows.user, outer.negatives(rng), strict=True))
        bad += sum(pair in held for pair in pairs)
        test += sum(pair in of_test for pair in pairs)
        n += len(pairs)
    assert bad < 0.02 * n
    assert (test > 0.01 * n) != hide_test
