"""Flat lists against the plain ways of writing the same thing."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from condrec.datasets import Ragged
from condrec.recommenders.fastformer import FastAttention, Fastformer
from condrec.recommenders.layers import AdditiveAttention, Lists, WordTable
from condrec.recommenders.naml import NAML
from condrec.recommenders.nrms import SelfAttentionEncoder
from condrec.recommenders.text_model import RaggedTensor

LENGTHS = [3, 0, 1, 12, 8, 9, 0]
some_lengths = st.lists(st.integers(0, 12), min_size=1, max_size=8)


def layout(lengths: list[int]) -> Lists:
    n = torch.tensor(lengths, dtype=torch.int64)
    place = [torch.arange(length) for length in lengths]
    return Lists(torch.repeat_interleave(torch.arange(len(n)), n), torch.cat(place), len(n))


def entries(lengths: list[int], size: int) -> Tensor:
    return torch.randn(sum(lengths), size, generator=torch.Generator().manual_seed(1))


def parts(x: Tensor, lengths: list[int]) -> list[Tensor]:
    return list(x.split(lengths))


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def test_take_gives_entries_and_layout() -> None:
    texts = RaggedTensor.of(Ragged.from_lists([[7, 8], [], [9]]), "cpu")
    values, lists = texts.take(torch.tensor([2, 0, 1, 0]))
    assert values.tolist() == [9, 7, 8, 7, 8]
    assert lists.owner.tolist() == [0, 1, 1, 3, 3]
    assert lists.place.tolist() == [0, 0, 1, 0, 1]
    assert lists.n == 4


@given(some_lengths, st.data())
def test_take_equals_ragged_take(lengths: list[int], data: st.DataObject) -> None:
    values = np.arange(sum(lengths))
    ragged = Ragged(values, np.concatenate([[0], np.cumsum(lengths)]))
    rows = data.draw(st.lists(st.integers(0, len(lengths) - 1), max_size=6))
    found, lists = RaggedTensor.of(ragged, "cpu").take(torch.tensor(rows, dtype=torch.int64))
    expected = ragged.take(rows)
    assert found.tolist() == expected.values.tolist()
    assert torch.bincount(lists.owner, minlength=lists.n).tolist() == expected.lengths.tolist()


def test_pad_hand_case() -> None:
    x = torch.tensor([[1.0], [2.0], [3.0]])
    padded, mask = layout([2, 0, 1]).pad(x)
    assert padded.squeeze(2).tolist() == [[1, 2], [0, 0], [3, 0]]
    assert mask.tolist() == [[True, True], [False, False], [True, False]]


def test_pad_of_nothing() -> None:
    padded, mask = layout([0, 0]).pad(torch.zeros(0, 3))
    assert padded.shape == (2, 1, 3)
    assert not mask.any()


@given(some_lengths)
def test_pad_equals_ragged_padded(lengths: list[int]) -> None:
    values = np.arange(1, sum(lengths) + 1)
    ragged = Ragged(values, np.concatenate([[0], np.cumsum(lengths)]))
    padded, mask = layout(lengths).pad(torch.tensor(values)[:, None])
    expected, expected_mask = ragged.padded()
    assert padded.squeeze(2).tolist() == expected.tolist()
    assert mask.tolist() == expected_mask.tolist()


def centre(x: Tensor, mask: Tensor) -> Tensor:
    """An attention that mixes: each entry less the mean of its list."""
    mean = x.sum(1, keepdim=True) / mask.sum(1)[:, None, None].clamp(min=1)
    return x - mean


@given(some_lengths)
def test_mix_equals_one_padded_computation(lengths: list[int]) -> None:
    lists, x = layout(lengths), entries(lengths, 4)
    plain = centre(*lists.pad(x))[lists.owner, lists.place]
    torch.testing.assert_close(lists.mix(x, centre), plain)


def test_mix_hands_over_two_groups_of_similar_length() -> None:
    shapes = []

    def attend(x: Tensor, mask: Tensor) -> Tensor:
        shapes.append(tuple(mask.shape))
        assert mask.any(1).all()
        return x

    x = entries(LENGTHS, 4)
    assert torch.equal(layout(LENGTHS).mix(x, attend), x)
    assert shapes == [(3, 8), (2, 12)]


def test_mix_passes_gradients_to_every_entry() -> None:
    x = entries(LENGTHS, 4).requires_grad_()
    layout(LENGTHS).mix(x, lambda padded, mask: 2 * padded).sum().backward()
    assert x.grad is not None
    assert (x.grad == 2).all()


def loop_attention(attention: AdditiveAttention, x: Tensor, lengths: list[int]) -> Tensor:
    pooled = []
    for part in parts(x, lengths):
        weight = attention.query(torch.tanh(attention.project(part))).softmax(0)
        pooled.append((weight * part).sum(0))
    return torch.stack(pooled)


def test_additive_attention_equals_a_loop_over_lists() -> None:
    attention, x = AdditiveAttention(4, 3), entries(LENGTHS, 4)
    found = attention(x, layout(LENGTHS))
    torch.testing.assert_close(found, loop_attention(attention, x, LENGTHS))
    assert (found[1] == 0).all() and (found[6] == 0).all()


def test_additive_attention_hand_case() -> None:
    attention = AdditiveAttention(1, 1)
    with torch.no_grad():
        for parameter in attention.parameters():
            parameter.fill_(1.0)
        attention.project.bias.zero_()
    x = torch.tensor([[0.0], [1.0]])
    weight = np.exp([0.0, np.tanh(1.0)])
    assert attention(x, layout([2])).item() == pytest.approx(weight[1] / weight.sum())


def test_additive_attention_gradients_equal_the_loop() -> None:
    attention = AdditiveAttention(4, 3).double()
    x = entries(LENGTHS, 4).double().requires_grad_()
    wanted = torch.randn(len(LENGTHS), 4, dtype=torch.float64)
    inputs = [x, *attention.parameters()]
    found = torch.autograd.grad((attention(x, layout(LENGTHS)) * wanted).sum(), inputs)
    expected = torch.autograd.grad((loop_attention(attention, x, LENGTHS) * wanted).sum(), inputs)
    torch.testing.assert_close(found, expected)


def test_additive_attention_survives_large_logits() -> None:
    attention = AdditiveAttention(2, 2)
    with torch.no_grad():
        attention.query.weight.fill_(500.0)
    x = 100 * entries([2, 3], 2)
    found = attention(x, layout([2, 3]))
    assert torch.isfinite(found).all()
    torch.testing.assert_close(found, loop_attention(attention, x, [2, 3]))


@given(some_lengths, st.randoms(use_true_random=False))
def test_additive_attention_ignores_the_order_of_entries(lengths: list[int], random) -> None:  # type: ignore[no-untyped-def]
    attention, x = AdditiveAttention(4, 3), entries(lengths, 4)
    shuffled = [part[random.sample(range(len(part)), len(part))] for part in parts(x, lengths)]
    lists = layout(lengths)
    torch.testing.assert_close(attention(torch.cat(shuffled), lists), attention(x, lists))


def test_naml_convolution_equals_conv1d_of_each_item() -> None:
    model = NAML(embedding_size=6, hidden_size=4, attention_size=3).model().eval()
    nn.init.normal_(model.bias)
    conv = nn.Conv1d(6, 4, 3, padding=1)
    with torch.no_grad():
        conv.weight.copy_(torch.stack(model.window.weight.chunk(3, dim=0), dim=2))
        conv.bias.copy_(model.bias)  # type: ignore[union-attr]
    word_vectors = torch.randn(10, 6)
    words = torch.randint(10, (sum(LENGTHS),))
    states = [
        torch.relu(conv(word_vectors[part].T[None])[0].T) if len(part) else torch.zeros(0, 4)
        for part in parts(words, LENGTHS)
    ]
    expected = loop_attention(model.word_attention, torch.cat(states), LENGTHS)
    found = model.encode_items(word_vectors, words, layout(LENGTHS))
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_nrms_attention_equals_multihead_attention_of_each_list() -> None:
    encoder, x = SelfAttentionEncoder(8, 2, 3, dropout=0.3).eval(), entries(LENGTHS, 8)
    mixed = [
        encoder.attention(part[None], part[None], part[None])[0][0] if len(part) else part
        for part in parts(x, LENGTHS)
    ]
    expected = loop_attention(encoder.pool, torch.cat(mixed), LENGTHS)
    torch.testing.assert_close(encoder(x, layout(LENGTHS)), expected, atol=1e-6, rtol=1e-5)


def literal_fastformer(attention: FastAttention, x: np.ndarray) -> np.ndarray:
    """Equations 1 to 7 of Wu et al. 2021, entry by entry and head by head."""

    def apply(linear: nn.Linear, vector: np.ndarray) -> np.ndarray:
        return linear.weight.detach().numpy() @ vector + linear.bias.detach().numpy()

    def pooled(logits: np.ndarray, vectors: np.ndarray) -> np.ndarray:
        out = np.zeros(size)
        for head in range(attention.n_heads):
            place = slice(head * head_size, (head + 1) * head_size)
            weight = np.exp(logits[:, head] / np.sqrt(head_size))
            weight /= weight.sum()
            for share, vector in zip(weight, vectors, strict=True):
                out[place] += share * vector[place]
        return out

    size = x.shape[1]
    head_size = size // attention.n_heads
    query, key = (
        np.array([apply(linear, row) for row in x]) for linear in (attention.query, attention.key)
    )
    global_query = pooled(np.array([apply(attention.query_weight, q) for q in query]), query)
    mixed = key * global_query
    global_key = pooled(np.array([apply(attention.key_weight, p) for p in mixed]), mixed)
    return np.array(
        [apply(attention.transform, v * global_key) + q for v, q in zip(query, query, strict=True)]
    )


def test_fast_attention_equals_its_equations() -> None:
    attention, x = FastAttention(6, 3), entries(LENGTHS, 6)
    found = layout(LENGTHS).mix(x, attention)
    for part, mixed in zip(parts(x, LENGTHS), parts(found, LENGTHS), strict=True):
        if len(part):
            expected = literal_fastformer(attention, part.numpy())
            np.testing.assert_allclose(mixed.detach().numpy(), expected, atol=1e-5)


def test_fastformer_encodes_each_list_on_its_own_and_reads_positions() -> None:
    config = Fastformer(hidden_size=16, attention_size=4, longest_list=10)
    encoder, x = config.model().item_encoder.eval(), entries(LENGTHS, 16)
    together = encoder(x, layout(LENGTHS))
    for part, found in zip(parts(x, LENGTHS), together, strict=True):
        alone = encoder(part, layout([len(part)]))[0]
        torch.testing.assert_close(found, alone, atol=1e-5, rtol=1e-5)
    backwards = encoder(parts(x, LENGTHS)[0].flip(0), layout([3]))[0]
    assert not torch.allclose(backwards, together[0], atol=1e-4)


def test_word_table_finds_trained_and_never_seen_words() -> None:
    table = WordTable(torch.tensor([2, 5, 7]), vocabulary_size=9, embedding_size=4)
    assert torch.equal(table.weight, table.initial[[2, 5, 7]])
    with torch.no_grad():
        table.weight.add_(1.0)
    wanted = torch.tensor([7, 0, 2, 6, 8, 5])
    expected = table.initial[wanted] + torch.tensor([1.0, 0, 1, 0, 0, 1])[:, None]
    torch.testing.assert_close(table.rows(wanted), expected)
    assert not table.rows(wanted).requires_grad
    # A word id above the table, from another vocabulary, shares the last random vector.
    assert torch.equal(table.rows(torch.tensor([100])), table.initial[-1:])


def test_word_table_saves_the_trained_words_only() -> None:
    state = WordTable(torch.tensor([2, 5]), 30_522, 4).state_dict()
    assert sorted(state) == ["weight", "words"]
    assert state["weight"].shape == (2, 4)
