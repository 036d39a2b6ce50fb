from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from condrec.errors import CondrecError
from condrec.text import ExtractiveLanguageModel
from condrec.text.clean import content_words, plain_text
from condrec.text.extractive import VERSION, clause_scores, top_words

MODEL = ExtractiveLanguageModel()
TITLES = ["Clock Song (1995)", "Four Rooms", "Heat", "", "E.T. the Extra-Terrestrial", ""]
DESCRIPTIONS = [
    "A sailor clock named Bruno feels lonely when a new desert runner clock, Max Miller, "
    "arrives. Together, they cross the hills to find a workshop for their keeper, Anna.",
    "",
    "Heat is about a thief - and a detective, Dr. Vera Holm.",
    "",
    "An alien.",
    "of the",
]
CATEGORIES = ["Animation|Children's", "", "crime", "drama", "", ""]
# The text of movies and weird input alike.
WORDS = "toy space ranger war love story the of in 1995 Dr. <b>bold</b> &amp; - cowboy, alien. \x00"
texts = st.lists(st.sampled_from(WORDS.split(" ")), max_size=25).map(" ".join) | st.text()
items = st.lists(st.tuples(texts, texts, texts), max_size=6)


def condense(rows: list[tuple[str, str, str]], model: ExtractiveLanguageModel = MODEL) -> list[str]:
    return model.condense_items(*([row[i] for row in rows] for i in range(3)))


def test_condensed_texts_golden() -> None:
    """A change of these raises VERSION, so that recorded runs are done again."""
    assert VERSION == 1
    assert MODEL.condense_items(TITLES, DESCRIPTIONS, CATEGORIES) == [
        "Clock Song (1995): sailor clock named Bruno feels lonely when a new desert "
        "(animation children)",
        "Four Rooms",
        "Heat: thief, detective, Vera Holm (crime)",
        "drama",
        "E.T. the Extra-Terrestrial: alien",
        "of the",
    ]


def test_interests_golden() -> None:
    histories = [
        ["Toy space", "Space war", "Love <i>toy</i>"],
        ["War story", "war and war"],
        [],
        ["the of", "1995"],
    ]
    assert MODEL.interests(histories) == [
        ["space", "toy", "war", "love"],
        ["war", "story"],
        [],
        [],
    ]


def test_clause_scores_hand_case() -> None:
    # One item: every word has the same weight, so the scores are cosines of counts.
    (scores,) = clause_scores(["toy"], [["toy ranger", "horse", "of the"]], [""])
    # The whole is toy 2, ranger 1, horse 1.
    whole = math.sqrt(4 + 1 + 1)
    expected = [3 / (math.sqrt(2) * whole), 1 / whole, 0]
    np.testing.assert_allclose(scores, expected, atol=1e-8)


def test_clause_scores_weigh_words_by_rarity() -> None:
    first, _ = clause_scores(["", "horse"], [["zebra", "horse"], []], ["", ""])
    rare, common = math.log(3 / 2) + 1, 1.0
    whole = math.hypot(rare, common)
    np.testing.assert_allclose(first, [rare / whole, common / whole], atol=1e-8)


def test_top_words_hand_case() -> None:
    # User 0 read texts 0, 0 and 1; user 2 read text 1; user 1 read nothing.
    reads = np.array([0, 0, 0, 2]), np.array([0, 0, 1, 1])
    users, words, vocabulary = top_words(*reads, ["toy space", "toy war"], 3, 2)
    assert vocabulary == ["space", "toy", "war"]
    # User 0: toy 3 x (ln 4/3 + 1) = 3.86 before space 2 x (ln 4/2 + 1) = 3.39 (and space stands
    # in one text only); user 2: toy before war, which stands in one text only.
    assert list(zip(users.tolist(), [vocabulary[w] for w in words], strict=True)) == [
        (0, "toy"),
        (0, "space"),
        (2, "toy"),
        (2, "war"),
    ]


def test_top_words_go_by_score_not_by_the_alphabet() -> None:
    # Both words recur and stand in two texts; zebra was read three times, apple twice.
    reads = np.zeros(3, np.int64), np.array([0, 0, 1])
    _, words, vocabulary = top_words(*reads, ["zebra apple", "zebra", "apple"], 1, 2)
    assert [vocabulary[w] for w in words] == ["zebra", "apple"]


def test_top_words_put_what_recurs_first() -> None:
    # All 12 users read "common" twice, users 0 and 1 "odd" once: 2 x 1 < ln 13/3 + 1 = 2.47.
    users = np.concatenate([np.repeat(np.arange(12), 2), [0, 1]])
    texts = np.array([0] * 24 + [1, 2])
    users, words, vocabulary = top_words(users, texts, ["common", "odd one", "odd two"], 12, 5)
    assert [vocabulary[w] for w in words[users == 0]] == ["common", "odd"]


@given(items, st.integers(1, 20))
@settings(deadline=None)
def test_condensed_texts_properties(rows: list[tuple[str, str, str]], limit: int) -> None:
    model = ExtractiveLanguageModel(limit_words=limit)
    found = condense(rows, model)
    assert found == condense(rows, model)
    assert found[::-1] == condense(rows[::-1], model)
    for (title, description, category), text in zip(rows, found, strict=True):
        assert len(text.split()) <= limit
        assert text == plain_text(text) or "<" in text or "&" in text
        source = plain_text(title) + " " + plain_text(description) + " " + plain_text(category)
        assert {w.lower() for w in content_words(text)} <= set(content_words(source))
        assert bool(text) or not content_words(source)


@given(st.lists(st.lists(texts, max_size=5), max_size=6), st.integers(1, 7), st.randoms())
@settings(deadline=None)
def test_interests_properties(histories: list[list[str]], limit: int, random: object) -> None:
    model = ExtractiveLanguageModel(limit_interests=limit)
    found = model.interests(histories)
    order = list(range(len(histories)))
    random.shuffle(order)  # type: ignore[attr-defined]
    assert model.interests([histories[i] for i in order]) == [found[i] for i in order]
    assert model.interests([history[::-1] for history in histories]) == found
    for history, words in zip(histories, found, strict=True):
        known = {word for text in history for word in content_words(plain_text(text))}
        assert set(words) <= known
        assert len(words) == min(limit, len(known)) == len(set(words))


def test_a_word_that_recurs_beats_rare_names() -> None:
    others = [["Comedy night", "Comedy day"], ["Quiet drama"]]
    (first, *_) = MODEL.interests([["Comedy Zanzibar", "Comedy Quixote", "Wild Xanadu"], *others])
    assert first[0] == "comedy"


def test_a_taste_shows() -> None:
    space = ["space ranger", "space war", "star ranger"]
    horse = ["wild horse", "horse farm", "wild river"]
    found = MODEL.interests([space, horse])
    assert found[0][:2] == ["ranger", "space"]
    assert found[1][:2] == ["horse", "wild"]


@pytest.mark.parametrize("name", ["limit_words", "limit_interests"])
def test_refuses_limits_below_one(name: str) -> None:
    with pytest.raises(CondrecError, match=f"{name}: found 0, expected at least 1"):
        ExtractiveLanguageModel(**{name: 0})


def test_nothing_in_nothing_out() -> None:
    assert MODEL.condense_items([], [], []) == []
    assert MODEL.interests([]) == []
    assert MODEL.condense_items(["", "..."], ["", "!?"], []) == ["", "..."]


def test_hostile_text_takes_linear_time() -> None:
    start = time.perf_counter()
    for hostile in ("!" * 100_000, ", " * 3_000, "- " * 50_000, "a'" * 50_000, "<p" * 50_000):
        MODEL.condense_items(["Toy"], [hostile], [hostile])
        MODEL.interests([[hostile]])
    assert time.perf_counter() - start < 30  # quadratic: minutes
