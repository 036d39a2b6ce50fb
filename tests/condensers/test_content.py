from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.condensers.content import (
    TOKEN_LIMIT,
    encode,
    language_model,
    realigned_random,
    shorten,
    title_tokens,
    with_content,
)
from condrec.datasets import Dataset, Ragged, Replies, read_released_content
from condrec.errors import CondrecError
from condrec.text import ExtractiveLanguageModel, RecordedLanguageModel

CONTENTS = tuple(f"say {word}" for word in ("goal", "vote", "film", "planet", "match")) * 5


def lists(ragged: Ragged | None) -> list[list[int]]:
    assert ragged is not None
    return [ragged[i].tolist() for i in range(len(ragged))]


def is_part(part: list[int], whole: list[int]) -> bool:
    """Tell whether ``part`` can be got from ``whole`` by leaving out entries."""
    left = iter(whole)
    return all(entry in left for entry in part)


@pytest.fixture
def told(tiny_dataset: Dataset) -> Dataset:
    return dataclasses.replace(tiny_dataset, replies=Replies(CONTENTS, ()))


def test_original_is_left_alone(tiny_dataset: Dataset) -> None:
    assert with_content(tiny_dataset, "original", 0) is tiny_dataset


def test_only_the_tokens_change(tiny_dataset: Dataset) -> None:
    short = with_content(tiny_dataset, "extractive", 0)
    assert dataclasses.replace(short, tokens=tiny_dataset.tokens).__dict__ == tiny_dataset.__dict__


def test_encode_uses_the_own_vocabulary(tiny_dataset: Dataset) -> None:
    words = tiny_dataset.vocabulary
    found = lists(encode(tiny_dataset, ["Goal: the team, (unknown) vote.", "", "star " * 30]))
    expected = [[words.index(word) for word in ("goal", "the", "team", "vote")], []]
    assert found == [*expected, [words.index("star")] * TOKEN_LIMIT]


def test_recorded_and_auto_take_the_replies(told: Dataset) -> None:
    recorded = with_content(told, "recorded", 0)
    assert lists(recorded.tokens) == lists(with_content(told, "auto", 0).tokens)
    assert recorded.tokens is not None
    assert recorded.tokens[1].tolist() == [told.vocabulary.index("vote")]
    assert isinstance(language_model(told), RecordedLanguageModel)
    assert isinstance(language_model(told, "extractive"), ExtractiveLanguageModel)


def test_auto_is_extractive_without_replies(tiny_dataset: Dataset) -> None:
    auto, extractive = (with_content(tiny_dataset, c, 0) for c in ("auto", "extractive"))
    assert lists(auto.tokens) == lists(extractive.tokens)
    for short, item in zip(lists(auto.tokens), range(25), strict=True):
        said = f"{tiny_dataset.titles[item]} {tiny_dataset.descriptions[item]} topic".split()
        assert short
        assert {tiny_dataset.vocabulary[i] for i in short} <= set(said)
    with pytest.raises(CondrecError, match="tiny: found no recorded replies; use extractive"):
        with_content(tiny_dataset, "recorded", 0)


def test_truncated_and_random_are_as_long_as_auto_and_keep_the_order(told: Dataset) -> None:
    assert told.tokens is not None
    lengths = with_content(told, "auto", 0).tokens.lengths  # type: ignore[union-attr]
    expected = np.minimum(lengths, told.tokens.lengths)
    truncated = lists(with_content(told, "truncated", 0).tokens)
    random = lists(with_content(told, "random", 0).tokens)
    for i, whole in enumerate(lists(told.tokens)):
        assert truncated[i] == whole[: expected[i]]
        assert len(random[i]) == expected[i]
        assert is_part(random[i], whole)
    assert random == lists(with_content(told, "random", 0).tokens)
    assert random != lists(with_content(told, "random", 1).tokens)
    assert truncated == lists(with_content(told, "truncated", 1).tokens)


def test_shorten_draws_every_selection_equally_often() -> None:
    n = 6000
    kept = shorten(Ragged.from_lists([[1, 2, 3, 4]] * n), np.full(n, 2), np.random.default_rng(0))
    counts = Counter(map(tuple, lists(kept)))
    assert sorted(counts) == [(1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4)]
    assert sum((count - n / 6) ** 2 / (n / 6) for count in counts.values()) < 20.5


@given(
    st.lists(st.lists(st.integers(0, 9), max_size=7), min_size=1, max_size=6),
    st.lists(st.integers(0, 9), min_size=6, max_size=6),
    st.one_of(st.none(), st.integers(0, 99)),
)
def test_shorten_properties(texts: list[list[int]], lengths: list[int], seed: int | None) -> None:
    rng = None if seed is None else np.random.default_rng(seed)
    found = lists(shorten(Ragged.from_lists(texts), np.array(lengths[: len(texts)]), rng))
    for short, whole, length in zip(found, texts, lengths, strict=False):
        assert len(short) == min(length, len(whole))
        assert is_part(short, whole)
        if rng is None:
            assert short == whole[:length]


def test_texts_are_needed(tiny_dataset: Dataset) -> None:
    silent = dataclasses.replace(tiny_dataset, tokens=None)
    with pytest.raises(CondrecError, match="content auto: tiny has no item texts to condense"):
        with_content(silent, "auto", 0)


@pytest.mark.parametrize(
    ("tokens", "title", "expected"),
    [
        ([5, 7, 9], [5, 6, 7], 2),
        ([7, 5], [5, 6, 7], 1),  # the order counts
        ([1006, 5, 1007, 8], [5], 3),  # parentheses match anywhere
        ([5, 5], [5], 1),
        ([], [5], 0),
        ([5], [], 0),
    ],
)
def test_title_tokens(tokens: list[int], title: list[int], expected: int) -> None:
    assert title_tokens(tokens, title) == expected


@pytest.mark.usefixtures("real_data")
def test_released_random_content_is_misaligned_and_ours_is_not() -> None:
    """Count the description words that the film's own condensed text says too.

    Of words found in under 100 condensed texts, 1 % do in the released random content and 40 %
    once the descriptions are back at their films.
    """
    original, released = read_released_content("original"), read_released_content("random")
    condensed, realigned = read_released_content("condensed"), realigned_random()
    films = np.bincount(np.concatenate([np.unique(text) for text in lists(condensed)]))

    def share(contents: Ragged) -> float:
        hits = []
        for item, text in enumerate(lists(contents)):
            own = set(condensed[item].tolist())
            start = title_tokens(text, original[item].tolist())
            hits += [
                word in own for word in text[start:] if word >= len(films) or films[word] < 100
            ]
        assert len(hits) > 11_000
        return float(np.mean(hits))

    assert share(released) == pytest.approx(0.011, abs=0.002)
    assert share(realigned) == pytest.approx(0.396, abs=0.01)
    # The same words, elsewhere.
    assert sorted(realigned.values.tolist()) == sorted(released.values.tolist())
    assert realigned.values.mean() == pytest.approx(released.values.mean())
    assert 15.2 < realigned.lengths.mean() < 15.3
