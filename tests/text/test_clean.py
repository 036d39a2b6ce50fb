from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.errors import CondrecError
from condrec.text.clean import (
    content_words,
    inverse_document_frequency,
    plain_text,
    text_list,
    word_counts,
)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("<b>Blue</b> Train", "Blue Train"),
        ("Tom &amp; Jerry", "Tom & Jerry"),
        ("&lt;i&gt;hidden&lt;/i&gt; tag", "hidden tag"),
        ("3 < 4 and 5 > 2", "3 < 4 and 5 > 2"),
        ("<!-- note -->seen", "seen"),
        ("a\x00b\nc\td", "a b c d"),
        ("right\u202eto\u200bleft", "righttoleft"),
        ("half \ud83d pair", "half pair"),
        ("  \xa0 ", ""),
        ("", ""),
    ],
)
def test_plain_text_hand_cases(found: str, expected: str) -> None:
    assert plain_text(found) == expected


@given(st.text())
def test_plain_text_is_one_clean_line(text: str) -> None:
    plain = plain_text(text)
    assert plain == " ".join(plain.split())
    assert all(ord(c) >= 32 and not 0xD800 <= ord(c) < 0xE000 for c in plain)


@pytest.mark.parametrize("hostile", ["<" * 100_000, "<a" * 50_000, "!" * 100_000, "&" * 100_000])
def test_cleaning_takes_linear_time(hostile: str) -> None:
    start = time.perf_counter()
    content_words(plain_text(hostile))
    assert time.perf_counter() - start < 30  # quadratic: minutes


def test_content_words_hand_case() -> None:
    text = "The Woody's toys don't fly: R2D2 and a café, toys!"
    assert content_words(text) == ["woody", "toys", "fly", "café", "toys"]


def test_content_words_keep_short_words_of_other_scripts() -> None:
    assert content_words("人 is it") == ["人"]


def test_word_counts_hand_case() -> None:
    counts, words = word_counts(["toy space toy", "", "space horse"])
    assert words == ["horse", "space", "toy"]
    np.testing.assert_array_equal(counts.toarray(), [[0, 1, 2], [0, 0, 0], [1, 1, 0]])


@pytest.mark.parametrize("texts", [[], ["", "the of"]])
def test_word_counts_without_a_word(texts: list[str]) -> None:
    counts, words = word_counts(texts)
    assert words == []
    assert counts.shape == (len(texts), 0)


def test_inverse_document_frequency_hand_case() -> None:
    counts, _ = word_counts(["toy space toy", "", "space horse"])
    once, twice = math.log(4 / 2) + 1, math.log(4 / 3) + 1
    np.testing.assert_allclose(inverse_document_frequency(counts), [once, twice, once])


def test_text_list_refuses_what_is_no_list_of_texts() -> None:
    assert text_list("titles", ("a", "")) == ["a", ""]
    with pytest.raises(CondrecError, match=r"titles: found one text, expected a list"):
        text_list("titles", "Toy Story")
    with pytest.raises(CondrecError, match=r"titles: found float nan in row 1, expected text"):
        text_list("titles", ["a", float("nan")])  # type: ignore[list-item]
