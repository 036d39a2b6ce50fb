"""Item texts of a condensed set: a language model's, or cheap ones of the same length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import (
    Dataset,
    Ragged,
    encode_words,
    part_of,
    read_released_content,
    released_content_order,
)
from condrec.errors import CondrecError
from condrec.text import (
    ExtractiveLanguageModel,
    LanguageModel,
    RecordedLanguageModel,
    open_language_model,
    tokenizer,
)

VERSION = 1
"""Raised by hand when the texts a setting gives change."""
CONTENTS = (
    "original",
    "auto",
    "recorded",
    "extractive",
    "truncated",
    "random",
    "title",
    "released-condensed",
    "released-random",
    "realigned-random",
)
TOKEN_LIMIT = 20
"""Word pieces of a condensed text at most (fact sheet TF-DCon, section 2.4)."""
PARENTHESES = (1006, 1007)
"""Ids of "(" and ")" in bert-base-uncased."""


def with_content(dataset: Dataset, content: str, seed: int) -> Dataset:
    """Return the data set with the item texts replaced (Wu et al. 2023, Eq. 2).

    Args:
        dataset: its ``tokens`` are the original texts.
        content: ``original``; ``recorded`` (the language model's recorded replies),
            ``extractive`` (the offline summary) or ``auto`` (recorded where there are replies);
            ``truncated`` and ``random`` (as many original tokens as ``auto`` has, the first ones
            or random ones in their order); ``released-condensed``, ``released-random``
            (of MovieLens misaligned: titles and descriptions of different films) and
            ``realigned-random`` (MovieLens' tokens put back to their films), as published.
        seed: fixes the draw of ``random``.
    """
    if content == "original":
        return dataset
    if dataset.tokens is None:
        raise CondrecError(f"content {content}: {dataset.name} has no item texts to condense")
    if content in ("released-condensed", "released-random"):
        kind = content.removeprefix("released-")
        released = read_released_content(kind, part_of(dataset.name))
        # The sample of MIND holds the first of the release's items.
        tokens = released.take(np.arange(dataset.n_items))
    elif content == "realigned-random":
        tokens = realigned_random()
    else:
        tokens = short_texts(dataset, content, seed)
    return replace(dataset, tokens=tokens)


def is_asked(kind: str) -> bool:
    """Say whether a setting names a language model to ask, such as ``server:MODEL``."""
    return ":" in kind


def language_model(dataset: Dataset, kind: str = "auto") -> LanguageModel:
    """Return the recorded replies of a data set, the offline extractive model, or one to ask."""
    if is_asked(kind):
        return open_language_model(kind)
    recorded = dataset.replies is not None and kind in ("auto", "recorded")
    if recorded and dataset.replies is not None:
        return RecordedLanguageModel(dataset.replies.contents, dataset.replies.interests)
    if kind == "recorded":
        raise CondrecError(f"{dataset.name}: found no recorded replies; use extractive")
    return ExtractiveLanguageModel()


def short_texts(dataset: Dataset, content: str, seed: int) -> Ragged:
    """Return the tokens of short item texts, see :func:`with_content`."""
    original = dataset.tokens
    assert original is not None
    titles = dataset.titles or tuple("" for _ in range(dataset.n_items))
    if content == "title":
        return encode(dataset, list(titles))
    written = content in ("recorded", "extractive") or is_asked(content)
    model = language_model(dataset, content if written else "auto")
    texts = model.condense_items(titles, dataset.descriptions, dataset.categories)
    condensed = encode(dataset, texts)
    if content == "truncated":
        return shorten(original, condensed.lengths, None)
    if content == "random":
        return shorten(original, condensed.lengths, np.random.default_rng([seed, 13]))
    return condensed


def encode(dataset: Dataset, texts: list[str]) -> Ragged:
    """Return token ids of new texts in the data set's own vocabulary, at most 20 a text."""
    if dataset.vocabulary:
        return encode_words(texts, dataset.vocabulary, TOKEN_LIMIT)
    return Ragged.from_lists(tokenizer().encode(texts, TOKEN_LIMIT))


def shorten(tokens: Ragged, lengths: NDArray[np.int64], rng: np.random.Generator | None) -> Ragged:
    """Keep at most ``lengths[i]`` tokens of list i: the first, or random ones in their order."""
    owner = np.repeat(np.arange(len(tokens)), tokens.lengths)
    place = np.arange(len(tokens.values)) - np.repeat(tokens.offsets[:-1], tokens.lengths)
    if rng is not None:
        # Rank of a random key within the list: a random permutation of the places.
        order = np.lexsort((rng.random(len(owner)), owner))
        place[order] = place.copy()
    kept = place < lengths[owner]
    return Ragged.group(owner[kept], tokens.values[kept], len(tokens))


def realigned_random() -> Ragged:
    """Return the released random content with each description put back to its own film.

    In row p of the release's file the first tokens are drawn from the title of the row's own
    item, the others from the description of item p (data README).
    """
    original, random = read_released_content("original"), read_released_content("random")
    titles: list[list[int]] = [[] for _ in range(len(original))]
    descriptions: list[list[int]] = [[] for _ in range(len(original))]
    for row, item in enumerate(released_content_order("random")):
        tokens = random[item].tolist()
        n_title = title_tokens(tokens, original[item].tolist())
        titles[item], descriptions[row] = tokens[:n_title], tokens[n_title:]
    return Ragged.from_lists([a + b for a, b in zip(titles, descriptions, strict=True)])


def title_tokens(tokens: list[int], title: list[int]) -> int:
    """Return how many leading tokens can have been drawn, in order, from a title.

    Parentheses match anywhere: the authors drew from titles with the year in parentheses.
    """
    left = iter(title)
    for n, token in enumerate(tokens):
        if token not in PARENTHESES and token not in left:
            return n
    return len(tokens)
