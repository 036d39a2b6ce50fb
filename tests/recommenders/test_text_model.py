"""Encoding each distinct item once must not change what is computed."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor

from condrec.datasets import Dataset, Ragged
from condrec.recommenders import NAML, NRMS, Fastformer, TextModelConfig
from condrec.recommenders.layers import Lists, WordTable
from condrec.recommenders.text_model import RaggedTensor, TextModel

SIZES = {"embedding_size": 12, "hidden_size": 16, "attention_size": 8, "dropout": 0.0}
every_model = pytest.mark.parametrize(
    "config", [NAML(**SIZES), NRMS(**SIZES), Fastformer(**SIZES)], ids=lambda c: type(c).__name__
)


def built(config: TextModelConfig, dataset: Dataset) -> TextModel:
    assert dataset.tokens is not None
    torch.manual_seed(0)
    model = config.model().double()
    words = torch.tensor(np.unique(dataset.tokens.values))
    model.words = WordTable(words, len(dataset.vocabulary), config.embedding_size).double()
    return model


def compact(dataset: Dataset) -> RaggedTensor:
    assert dataset.tokens is not None
    place = np.unique(dataset.tokens.values, return_inverse=True)[1]
    return RaggedTensor.of(Ragged(place, dataset.tokens.offsets), "cpu")


def alone(length: int) -> Lists:
    return Lists(torch.zeros(length, dtype=torch.int64), torch.arange(length), 1)


def plain_logits(
    model: TextModel, dataset: Dataset, users: list[int], candidates: list[list[int]]
) -> Tensor:
    """Encode every candidate and every history entry by itself, again and again."""
    texts = compact(dataset)

    def item(i: int) -> Tensor:
        words = texts.values[texts.offsets[i] : texts.offsets[i + 1]]
        return model.encode_items(model.words.weight, words, alone(len(words)))[0]

    rows = []
    for user, row in zip(users, candidates, strict=True):
        history = [item(i) for i in dataset.histories[user]]
        read = torch.stack(history) if history else model.words.weight.new_zeros(0, 16)
        vector = model.encode_users(read, alone(len(history)))[0]
        rows.append(torch.stack([vector @ item(i) for i in row]))
    return torch.stack(rows)


USERS = [0, 3, 5, 0, 12, 17, 5]  # repeated users, and two with an empty history
EVERY = np.arange(25)
CANDIDATES = np.random.default_rng(0).integers(25, size=(len(USERS), 5)).tolist()


@every_model
def test_logits_loss_and_gradients_equal_a_plain_implementation(
    config: TextModelConfig, tiny_dataset: Dataset
) -> None:
    model = built(config, tiny_dataset)
    found = model.logits(
        compact(tiny_dataset),
        RaggedTensor.of(tiny_dataset.histories, "cpu"),
        torch.tensor(USERS),
        torch.tensor(CANDIDATES),
    )
    expected = plain_logits(model, tiny_dataset, USERS, CANDIDATES)
    assert found.shape == (len(USERS), 5)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)
    target = torch.zeros(len(USERS), dtype=torch.int64)
    losses = [torch.nn.functional.cross_entropy(logits, target) for logits in (found, expected)]
    assert abs(float(losses[0].detach()) - float(losses[1].detach())) < 1e-5
    parameters = list(model.parameters())
    gradients = [torch.autograd.grad(loss, parameters, allow_unused=True) for loss in losses]
    for (name, _), first, second in zip(model.named_parameters(), *gradients, strict=True):
        assert first is not None, f"{name} takes no part in the loss"
        torch.testing.assert_close(first, second, atol=1e-8, rtol=1e-6)


@every_model
def test_tables_equal_the_plain_vectors(config: TextModelConfig, tiny_dataset: Dataset) -> None:
    model = built(config, tiny_dataset).eval()
    assert tiny_dataset.tokens is not None
    items = model.item_table(tiny_dataset.tokens, EVERY)
    in_chunks = model.item_table(tiny_dataset.tokens, EVERY, chunk=4)
    torch.testing.assert_close(items, in_chunks)
    some = model.item_table(tiny_dataset.tokens, EVERY[5:9])
    torch.testing.assert_close(some[5:9], items[5:9])
    assert not some[:5].any() and not some[9:].any()
    users = model.user_table(items, tiny_dataset.histories.take(USERS))
    expected = plain_logits(model, tiny_dataset, USERS, CANDIDATES)
    found = torch.einsum("bh,bch->bc", users, items[torch.tensor(CANDIDATES)])
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)
    assert not items.requires_grad


@every_model
def test_item_table_of_texts_with_new_words_and_no_words(
    config: TextModelConfig, tiny_dataset: Dataset
) -> None:
    model = built(config, tiny_dataset).eval()
    known = [3, 4, 5]
    table = Ragged.from_lists([known, [], [0, 3], [*known]])
    items = model.item_table(table, np.arange(4))
    assert items.shape == (4, 16)
    assert torch.isfinite(items).all()
    assert (items[1] == 0).all()
    torch.testing.assert_close(items[0], items[3])


@every_model
def test_dropout_acts_in_training_only(config: TextModelConfig, tiny_dataset: Dataset) -> None:
    model = built(dataclasses.replace(config, dropout=0.5), tiny_dataset)
    arguments = (
        compact(tiny_dataset),
        RaggedTensor.of(tiny_dataset.histories, "cpu"),
        torch.tensor(USERS),
        torch.tensor(CANDIDATES),
    )
    assert not torch.equal(model.logits(*arguments), model.logits(*arguments))
    model.eval()
    assert torch.equal(model.logits(*arguments), model.logits(*arguments))


def test_a_user_is_the_mix_of_the_own_history_only(tiny_dataset: Dataset) -> None:
    model = built(NAML(**SIZES), tiny_dataset).eval()
    assert tiny_dataset.tokens is not None
    items = model.item_table(tiny_dataset.tokens, EVERY)
    users = model.user_table(items, tiny_dataset.histories.take([3, 0]))
    assert (users[0] == 0).all()
    history = items[torch.tensor(tiny_dataset.histories[0])]
    low, high = history.min(0).values, history.max(0).values
    assert ((users[1] >= low - 1e-12) & (users[1] <= high + 1e-12)).all()
