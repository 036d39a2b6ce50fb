"""The interest words of users, and what the language model's words cost."""

from __future__ import annotations

from collections import Counter

from condrec.condensers.content import is_asked, language_model
from condrec.datasets import Dataset
from condrec.settings import require
from condrec.text import Usage, estimated_usage, open_language_model, tokenizer

INTERESTS = ("auto", "recorded", "extractive", "categories")
MOST_CATEGORIES = 5


def history_texts(dataset: Dataset) -> list[list[str]]:
    """Return each user's history as texts, the input of Eq. 3; empty where there are no titles."""
    titles = dataset.titles or tuple("" for _ in range(dataset.n_items))
    details = dataset.descriptions or tuple("" for _ in range(dataset.n_items))
    texts = [f"{a}. {b}".strip(". ") for a, b in zip(titles, details, strict=True)]
    return [[texts[i] for i in history] for history in dataset.histories.to_lists()]


def interest_words(dataset: Dataset, kind: str) -> list[list[str]]:
    """Return the interest words of every user (Wu et al. 2023, Eq. 3).

    Args:
        dataset: with histories, and texts or recorded replies.
        kind: one of :data:`INTERESTS`, or a language model to ask.
    """
    if kind == "categories":
        return category_words(dataset)
    return language_model(dataset, kind).interests(history_texts(dataset))


def category_words(dataset: Dataset) -> list[list[str]]:
    """Return the five categories most frequent in each user's history: interests for nothing.

    A category such as ``Animation|Children's`` counts for each of its parts; equal counts go by
    the alphabet.
    """
    require(bool(dataset.categories), f"interests: {dataset.name} has no categories of items")
    parts = [category.split("|") for category in dataset.categories]
    words = []
    for history in dataset.histories.to_lists():
        counts = Counter(part for item in history for part in parts[item] if part)
        ordered = sorted(counts, key=lambda word: (-counts[word], word))
        words.append(ordered[:MOST_CATEGORIES])
    return words


def language_model_cost(dataset: Dataset, content: str, interests: str) -> dict[str, float]:
    """Ask what is to be asked, and return what the answers cost, recorded ones included.

    Args:
        dataset: the full data.
        content: kind of the item texts, see :func:`condrec.condensers.content.with_content`.
        interests: kind of the interest words; empty if none are used.

    Returns:
        ``language_model_requests`` and ``language_model_tokens``; of a model that was asked also
        ``language_model_replaced``, unusable answers that extractive ones stand in for.
    """
    usage, replaced, replies = Usage(), 0, dataset.replies
    titles = list(dataset.titles or [""] * dataset.n_items)
    asked = {kind: open_language_model(kind) for kind in {content, interests} if is_asked(kind)}
    if content in asked:
        asked[content].condense_items(titles, dataset.descriptions, dataset.categories)
    if interests in asked:
        asked[interests].interests(history_texts(dataset))
    for model in asked.values():
        usage, replaced = usage + model.usage, replaced + model.n_replaced
    if replies is not None and content in ("auto", "recorded"):
        usage += estimated_usage(titles, replies.contents, tokenizer())
    if replies is not None and interests in ("auto", "recorded"):
        prompts = [" ".join(texts) for texts in history_texts(dataset)]
        words = [", ".join(each) for each in replies.interests]
        usage += estimated_usage(prompts, words, tokenizer())
    cost: dict[str, float] = {
        "language_model_requests": usage.requests,
        "language_model_tokens": usage.tokens,
    }
    return cost | ({"language_model_replaced": replaced} if asked else {})
