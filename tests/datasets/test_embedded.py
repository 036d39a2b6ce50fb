from __future__ import annotations

import hashlib
import time

import numpy as np
import pytest

from condrec.datasets import Dataset, Interactions, embedded, embedded_vocabulary, encode_words
from condrec.datasets.embedded import SHOWN, words_of
from condrec.datasets.embedded_words import topics


@pytest.fixture(scope="module")
def news() -> Dataset:
    return embedded()


def ndcg_at_5(scores: np.ndarray, rows: Interactions) -> float:
    """Mean NDCG@5 over impressions; the rows of one stand together."""
    label = rows.label.reshape(-1, SHOWN)
    order = np.argsort(-scores.reshape(-1, SHOWN), axis=1, kind="stable")
    discount = 1 / np.log2(np.arange(2, 7))
    gain = (np.take_along_axis(label, order, 1)[:, :5] * discount).sum(1)
    best = np.concatenate([[0], np.cumsum(discount)])[label.sum(1)]
    return float((gain / best).mean())


def test_its_shape_is_the_documented_one(news: Dataset) -> None:
    assert (news.n_users, news.n_items) == (600, 400)
    assert len(news.titles) == len(news.descriptions) == len(news.categories) == 400
    assert len(set(news.categories)) == 12
    assert 5_000 < len(news.train.positives) < 7_000
    assert 1_000 < len(np.unique(news.test.impression)) < 2_000
    for rows in (news.train, news.validation, news.test):
        assert rows.impression is not None
        clicks = np.bincount(np.unique(rows.impression, return_inverse=True)[1], rows.label)
        assert set(clicks) == {1, 2}
        assert (np.unique(rows.impression, return_counts=True)[1] == SHOWN).all()


def test_it_is_made_in_time_and_always_the_same(news: Dataset) -> None:
    start = time.perf_counter()
    again = embedded(0)
    assert time.perf_counter() - start < 2
    other = embedded(1)
    assert again.titles == news.titles and again.interests == news.interests
    for split in ("train", "validation", "test"):
        for column in ("user", "item", "label", "time", "impression"):
            left, right = (getattr(getattr(each, split), column) for each in (news, again))
            assert np.array_equal(left, right)
    assert other.titles != news.titles and other.interests != news.interests


def test_its_bytes_are_the_recorded_ones(news: Dataset) -> None:
    # Every teaching result rests on these bytes: change the number only on purpose.
    parts = [news.train.user, news.train.item, news.train.label, news.train.time]
    parts += [news.test.item, news.test.label, news.histories.values, news.tokens.values]  # type: ignore[union-attr]
    digest = hashlib.sha256(b"".join(part.tobytes() for part in parts))
    digest.update("\n".join(news.titles + news.descriptions).encode())
    assert digest.hexdigest()[:16] == "8339c935809dada6"


def test_time_never_runs_backwards(news: Dataset) -> None:
    train, validation, test = (
        rows.time for rows in (news.train, news.validation, news.test) if rows.time is not None
    )
    assert train.max() < validation.min() and validation.max() < test.min()
    for rows in (news.train, news.validation, news.test):
        assert rows.time is not None and (np.diff(rows.time) >= 0).all()


def test_nobody_meets_an_item_twice(news: Dataset) -> None:
    splits = (news.train, news.validation, news.test)
    user = np.concatenate([r.user for r in splits])
    item = np.concatenate([r.item for r in splits])
    owner = np.repeat(np.arange(600), news.histories.lengths)
    pairs = np.concatenate([user * 400 + item, owner * 400 + news.histories.values])
    assert len(np.unique(pairs)) == len(pairs)
    assert news.histories.lengths.min() >= 6


def test_popularity_has_a_long_tail(news: Dataset) -> None:
    clicks = np.sort(np.bincount(news.train.positives.item, minlength=400))[::-1]
    assert clicks[:40].sum() > 0.3 * clicks.sum()
    assert clicks[200:].sum() < 0.25 * clicks.sum()


def test_interests_beat_popularity_and_popularity_beats_chance(news: Dataset) -> None:
    rows = news.test
    popularity = np.bincount(news.train.positives.item, minlength=400).astype(float)
    followed = [set(words) for words in news.interests]
    about = [set(words_of(text)) for text in news.descriptions]
    match = np.array(
        [bool(followed[u] & about[i]) for u, i in zip(rows.user, rows.item, strict=True)]
    )
    # A model that knows nothing but the texts of the history already beats popularity.
    topic = np.unique(news.categories, return_inverse=True)[1]
    owner = np.repeat(np.arange(600), news.histories.lengths)
    taste = np.zeros((600, 12))
    np.add.at(taste, (owner, topic[news.histories.values]), 1)

    chance = np.mean(
        [ndcg_at_5(np.random.default_rng(s).random(len(rows)), rows) for s in range(5)]
    )
    floor = ndcg_at_5(popularity[rows.item], rows)
    history = ndcg_at_5(taste[rows.user, topic[rows.item]] + 1e-4 * popularity[rows.item], rows)
    oracle = ndcg_at_5(match + 1e-4 * popularity[rows.item], rows)
    assert chance + 0.08 < floor
    assert floor + 0.10 < history
    assert floor + 0.20 < oracle


def test_every_abstract_names_its_subject_and_interests_are_subjects(news: Dataset) -> None:
    subjects = {name: topic for topic, _, _, nouns in topics() for name in nouns}
    for abstract, category in zip(news.descriptions, news.categories, strict=True):
        named = [word for word in words_of(abstract) if word in subjects]
        assert category in {subjects[word] for word in named}
    for words in news.interests:
        assert len(set(words)) == 3 and set(words) <= set(subjects)
        assert len({subjects[word] for word in words}) == 2


def test_its_words_are_written_once() -> None:
    nouns = [noun for topic in topics() for each in topic[3].values() for noun in each]
    assert len(nouns) == len(set(nouns)) == 360
    assert all(len(topic[1]) == len(topic[2]) == 4 for topic in topics())


def test_tokens_spell_title_and_abstract(news: Dataset) -> None:
    assert news.tokens is not None
    assert news.vocabulary[0] == "[PAD]"
    assert list(news.vocabulary[1:]) == sorted(set(news.vocabulary[1:]))
    for i in (0, 7, 399):
        spelled = [news.vocabulary[token] for token in news.tokens[i]]
        assert spelled == words_of(f"{news.titles[i]} {news.descriptions[i]}")
    assert embedded_vocabulary() == news.vocabulary


def test_encode_words_by_hand() -> None:
    encoded = encode_words(["Red, blue; red!", "green", ""], ("[PAD]", "blue", "red"))
    assert [encoded[i].tolist() for i in range(3)] == [[2, 1, 2], [], []]
    assert encode_words(["red blue"], ("[PAD]", "blue", "red"), limit=1)[0].tolist() == [2]
