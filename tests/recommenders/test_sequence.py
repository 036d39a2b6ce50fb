"""What every sequence model must do: windows, ids and distributions, losses, what starts them."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from condrec.datasets import Dataset, ItemTable, Ragged, SoftSequences, training_sequences
from condrec.errors import CondrecError
from condrec.recommenders import recommender
from condrec.recommenders.base import validation_score
from condrec.recommenders.sequence import add_gradients
from condrec.recommenders.sequence_model import (
    Dropout,
    SequenceModel,
    divergence,
    random_cut,
    start_from,
)
from condrec.recommenders.windows import windows

CAUSAL = ("sasrec", "gru4rec", "narm")
MODELS = (*CAUSAL, "bert4rec")
N_ITEMS = 7
STILL = {"dropout": 0.0}
TRANSFORMER = STILL | {"attention_dropout": 0.0}
NO_DROPOUT: dict[str, dict[str, float]] = {
    "sasrec": TRANSFORMER,
    "gru4rec": STILL,
    "narm": STILL | {"context_dropout": 0.0},
    "bert4rec": TRANSFORMER,
}
every_model = pytest.mark.parametrize("name", MODELS)
every_causal_model = pytest.mark.parametrize("name", CAUSAL)


def built(name: str, n_items: int = N_ITEMS, **settings: Any) -> SequenceModel:
    """Return an untrained model of double precision, its weights large enough to matter."""
    sizes = {"embedding_size": 4, "max_length": 6}
    torch.manual_seed(0)
    model = recommender(name, NO_DROPOUT[name] | sizes | settings).build(n_items).double()
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.5)
    return model


# --- windows -------------------------------------------------------------------------------------


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=6).filter(lambda sizes: max(sizes) > 1),
    st.integers(2, 9),
    st.integers(0, 9),
)
def test_windows_count_every_next_item_once(sizes: list[int], max_length: int, short: int) -> None:
    numbers = iter(range(1000))
    lists = [[next(numbers) for _ in range(size)] for size in sizes]
    step = max(max_length - short, 1)
    ids, lengths, fresh = windows(Ragged.from_lists(lists), max_length, step)
    found = []
    for row, length, counts in zip(ids, lengths, fresh, strict=True):
        assert 2 <= length <= max_length + 1
        assert (row[length:] == 0).all() and not counts[length - 1 :].any()
        for place in np.flatnonzero(counts):
            found.append((int(row[place + 1]), row[: place + 1].tolist()))
    wanted = {items[t]: items[:t] for items in lists for t in range(1, len(items))}
    assert sorted(target for target, _ in found) == sorted(wanted)
    for target, context in found:
        whole = wanted[target]
        # Read is what stands right before, all of it or at least what the step leaves.
        assert context == whole[-len(context) :]
        assert min(len(whole), max_length + 1 - step) <= len(context) <= max_length


def test_windows_by_hand() -> None:
    ids, lengths, fresh = windows(Ragged.from_lists([[1, 2, 3, 4, 5, 6], [7], [8, 9]]), 4)
    assert ids.tolist() == [[2, 3, 4, 5, 6], [8, 9, 0, 0, 0], [1, 2, 3, 4, 0]]
    assert lengths.tolist() == [5, 2, 4]
    assert fresh.astype(int).tolist() == [[0, 0, 1, 1], [1, 0, 0, 0], [1, 1, 1, 0]]
    ids, lengths, fresh = windows(Ragged.from_lists([[1, 2, 3, 4, 5, 6], [7], [8, 9]]), 4, 4)
    assert ids.tolist() == [[2, 3, 4, 5, 6], [8, 9, 0, 0, 0], [1, 2, 0, 0, 0]]
    assert fresh.astype(int).tolist() == [[1, 1, 1, 1], [1, 0, 0, 0], [1, 0, 0, 0]]


def test_windows_refuse_sequences_of_one_item() -> None:
    with pytest.raises(CondrecError, match="found none of two items or more"):
        windows(Ragged.from_lists([[1], [], [2]]), 4)


# --- what is read --------------------------------------------------------------------------------


@every_model
def test_padding_is_never_read(name: str) -> None:
    model = built(name)
    ids, lengths = torch.tensor([[1, 2, 3, 0, 0, 0], [4, 5, 6, 1, 2, 3]]), torch.tensor([3, 6])
    other = torch.where(ids == 0, 5, ids)
    first, second = (model.scores(model.last(model.embed(x), lengths)) for x in (ids, other))
    assert torch.equal(first, second)
    short = model.scores(model.last(model.embed(ids[:1, :3]), lengths[:1]))
    torch.testing.assert_close(first[:1], short)


@every_causal_model
def test_nothing_later_is_read(name: str) -> None:
    model = built(name)
    ids, lengths = torch.tensor([[1, 2, 3, 4, 5]]), torch.tensor([5])
    before = model.read(ids, lengths)
    for place in range(5):
        changed = ids.clone()
        changed[0, place] = 6
        after = model.read(changed, lengths)
        assert torch.equal(before[:, :place], after[:, :place])
        assert (before[:, place:] - after[:, place:]).abs().amax(2).min() > 1e-6


@every_causal_model
def test_the_last_is_what_was_read_at_the_end(name: str) -> None:
    model = built(name)
    ids, lengths = torch.tensor([[1, 2, 3, 0], [4, 5, 6, 1]]), torch.tensor([3, 4])
    every = model.read(ids, lengths)
    torch.testing.assert_close(
        model.last(model.embed(ids), lengths), torch.stack([every[0, 2], every[1, 3]])
    )


@every_model
def test_ids_and_distributions_on_one_item_are_the_same(name: str) -> None:
    model = built(name)
    ids, lengths = torch.tensor([[1, 2, 3, 4], [6, 5, 2, 0]]), torch.tensor([4, 4])
    soft = functional.one_hot(ids, N_ITEMS).double()
    torch.testing.assert_close(model.embed(soft), model.embed(ids))
    torch.testing.assert_close(model.read(soft, lengths), model.read(ids, lengths))


@every_causal_model
def test_soft_loss_on_single_items_is_the_cross_entropy(name: str) -> None:
    model = built(name)
    ids, lengths = torch.tensor([[1, 2, 3, 4], [6, 5, 2, 0]]), torch.tensor([4, 4])
    soft = functional.one_hot(ids, N_ITEMS).double()
    fresh = torch.tensor([[False, False, True]] * 2)
    last = model.hard_loss(ids, lengths, fresh)
    torch.testing.assert_close(model.soft_loss(soft), last)
    cut = torch.tensor([1, 2])
    at_cut = model.hard_loss(
        ids, lengths, torch.tensor([[True, False, False], [False, True, False]])
    )
    torch.testing.assert_close(model.soft_loss(soft, cut), (last + at_cut) / 2)
    every = model.hard_loss(ids, lengths, torch.ones(2, 3, dtype=torch.bool))
    torch.testing.assert_close(model.soft_loss(soft, everywhere=True), every)


# --- losses --------------------------------------------------------------------------------------


def test_divergence_by_hand() -> None:
    target = torch.tensor([[0.5, 0.5, 0.0], [0.25, 0.25, 0.5]])
    logits = torch.log(torch.tensor([[0.25, 0.5, 0.25], [0.5, 0.25, 0.25]])) + 3
    # Row 1: 0.5 ln 2.  Row 2: 0.25 ln(1/2) + 0.5 ln 2 = 0.25 ln 2.
    assert float(divergence(target, logits)) == pytest.approx(0.375 * np.log(2), rel=1e-5)


@given(st.integers(0, 1000))
def test_divergence_is_zero_at_the_target_alone(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(4, 5, generator=generator, dtype=torch.float64)
    other = logits + torch.randn(4, 5, generator=generator, dtype=torch.float64)
    assert float(divergence(logits.softmax(1), logits)) == pytest.approx(0, abs=1e-12)
    assert float(divergence(logits.softmax(1), other)) > 0


@pytest.mark.parametrize("name", CAUSAL)
def test_soft_loss_is_zero_where_the_prediction_is_the_target(name: str) -> None:
    model = built(name)
    soft = torch.randn(3, 5, N_ITEMS, dtype=torch.float64).softmax(2)
    ends = torch.full((3,), 4)
    predicted = model.scores(model.last(model.embed(soft[:, :-1]), ends)).softmax(1)
    exact = torch.cat([soft[:, :-1], predicted[:, None]], 1)
    assert float(model.soft_loss(exact).detach()) == pytest.approx(0, abs=1e-12)
    assert float(model.soft_loss(soft).detach()) > 0.01


@every_model
def test_gradients_by_blocks_are_those_of_the_loss(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("condrec.recommenders.sequence.BLOCK", 2)
    model = built(name)
    batch = [torch.from_numpy(x) for x in windows(Ragged.from_lists([[1, 2, 3, 4], [5, 6]]), 5)]
    torch.manual_seed(4)
    loss = model.hard_loss(*batch)
    wanted = torch.autograd.grad(loss, list(model.parameters()))
    torch.manual_seed(4)
    torch.testing.assert_close(add_gradients(model, *batch), loss.detach())
    for weight, gradient in zip(model.parameters(), wanted, strict=True):
        torch.testing.assert_close(weight.grad, gradient)


@every_model
def test_losses_have_second_derivatives(name: str) -> None:
    """TD3 differentiates a loss behind inner steps: by the weights twice, and by the sequences."""
    model = built(name, 3, **{"embedding_size": 2, "max_length": 4} | tiny_layers(name))
    names, weights = zip(*model.named_parameters(), strict=True)
    soft = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)

    def loss(logits: Tensor, *values: Tensor) -> Any:
        torch.manual_seed(1)  # BERT4Rec draws what it masks
        arguments = ("soft_loss", logits.softmax(2))
        return torch.func.functional_call(model, dict(zip(names, values, strict=True)), arguments)

    inputs = (soft, *(weight.detach().requires_grad_() for weight in weights))
    assert torch.autograd.gradgradcheck(loss, inputs, fast_mode=True)


def tiny_layers(name: str) -> dict[str, int]:
    return {"hidden_size": 2} if name in ("gru4rec", "narm") else {"inner_size": 2}


# --- fitting -------------------------------------------------------------------------------------


@every_model
def test_learns_which_item_follows(name: str, sequence_dataset: Dataset) -> None:
    settings: dict[str, Any] = {"epochs": 20, "learning_rate": 0.01, "batch_size": 8}
    least = 0.75
    if name == "bert4rec":  # cloze: fewer predictions an epoch, and never the next item alone
        settings |= NO_DROPOUT[name] | {"epochs": 60, "patience": 60, "mask_rate": 0.4}
        settings["mask_last_rate"], least = 0.0, 0.6
    config = recommender(name, settings)
    fitted = config.fit(sequence_dataset, 0)
    curve = [row["validation"] for row in fitted.log.curve]
    # Always naming the next two numbers, the likelier first, gives 0.8 + 0.2 / log2(3) = 0.93.
    assert max(curve) > least
    popular = recommender("popularity").fit(sequence_dataset, 0)
    assert validation_score(popular, sequence_dataset, 0, "NDCG@10") < 0.5
    # The weights of the best epoch are the ones that stay.
    assert validation_score(fitted, sequence_dataset, 0, "NDCG@10") == pytest.approx(max(curve))


@every_model
def test_a_user_nothing_is_known_of_gets_equal_scores(name: str, sequence_dataset: Dataset) -> None:
    fitted = recommender(name, {"epochs": 1}).fit(sequence_dataset, 0)
    sequences = Ragged.from_lists([[1, 2], [], [3]])
    scores = fitted.score_next(np.arange(3), None, sequences)
    assert scores.shape == (3, sequence_dataset.n_items)
    assert (scores[1] == scores[1, 0]).all()
    assert scores[0].std() > 0 and scores[2].std() > 0
    alone = fitted.score_next(np.array([2]), None, sequences.take([2]))
    np.testing.assert_allclose(alone[0], scores[2], rtol=1e-5, atol=1e-7)


@every_model
def test_only_the_most_recent_are_read(name: str, sequence_dataset: Dataset) -> None:
    config = recommender(name, {"epochs": 1, "max_length": 4})
    fitted = config.fit(sequence_dataset, 0)
    long = [5, 6, 7, 8, 9, 10]
    recent = long[-config.context :]
    found, wanted = (
        fitted.score_next(np.arange(1), None, Ragged.from_lists([each])) for each in (long, recent)
    )
    np.testing.assert_array_equal(found, wanted)


@every_model
def test_keep_sees_every_epoch(name: str, sequence_dataset: Dataset) -> None:
    seen: list[tuple[int, float]] = []
    config = recommender(name, {"epochs": 3})
    config.fit(
        sequence_dataset,
        0,
        keep=lambda number, model: seen.append((number, float(model.items.weight.detach().sum()))),
    )
    assert [number for number, _ in seen] == [1, 2, 3]
    assert len({total for _, total in seen}) == 3


def soft_dataset(dataset: Dataset, length: int = 8, table: ItemTable | None = None) -> Dataset:
    logits = np.random.default_rng(0).normal(size=(4, length, dataset.n_items))
    return dataclasses.replace(
        dataset,
        train=dataset.train.where([]),
        known=dataset.train,
        soft_sequences=SoftSequences({"logits": logits}),
        item_table=table,
    )


@every_model
@pytest.mark.parametrize("frozen", [True, False])
def test_starts_from_the_item_table(name: str, frozen: bool, sequence_dataset: Dataset) -> None:
    values = np.random.default_rng(1).normal(size=(sequence_dataset.n_items, 32))
    data = soft_dataset(sequence_dataset, table=ItemTable(values, frozen))
    fitted = recommender(name, {"epochs": 2}).fit(data, 0)
    moved = np.abs(fitted.model.items.weight.detach().numpy() - values).max()
    assert moved < 1e-6 if frozen else 1e-4 < moved < 1
    again, other = (recommender(name, {"epochs": 2}).fit(data, seed) for seed in (0, 1))
    scores = [each.score(data, data.test) for each in (fitted, again, other)]
    assert (scores[0] == scores[1]).all() and (scores[0] != scores[2]).any()


@every_model
def test_refuses_an_item_table_of_another_size(name: str) -> None:
    table = ItemTable(np.zeros((N_ITEMS, 5), dtype=np.float32))
    with pytest.raises(CondrecError, match=r"found shape \(7, 5\), expected \(7, 4\); set embed"):
        start_from(built(name), table)


@every_model
@pytest.mark.parametrize("length", [1, 10])
def test_refuses_soft_sequences_it_cannot_read(
    name: str, length: int, sequence_dataset: Dataset
) -> None:
    config = recommender(name, {"epochs": 1, "max_length": 8})
    most = config.context + 1
    message = f"{name}: found soft sequences of {length} positions, expected 2 to {most}"
    with pytest.raises(CondrecError, match=message):
        config.fit(soft_dataset(sequence_dataset, length), 0)
    config.fit(soft_dataset(sequence_dataset, most), 0)


def test_random_cuts_stay_inside() -> None:
    assert random_cut(3, 6) is None
    torch.manual_seed(0)
    found = random_cut(500, 9)
    assert found is not None and set(found.tolist()) == {5, 6, 7}


def test_windows_are_those_of_the_training_sequences(sequence_dataset: Dataset) -> None:
    sequences = training_sequences(sequence_dataset)
    assert windows(sequences, 50)[2].sum() == (sequences.lengths - 1).sum()


def test_dropout_keeps_the_mean() -> None:
    torch.manual_seed(0)
    drop, x = Dropout(0.25), torch.ones(200, 100)
    found = drop(x)
    assert set(found.unique().tolist()) == {0.0, float(torch.tensor(1.0) / 0.75)}
    assert float((found == 0).double().mean()) == pytest.approx(0.25, abs=0.01)
    assert torch.equal(drop.eval()(x), x)
    assert torch.equal(Dropout(0.0)(x), x)
