"""Plain text and content words, made from text nobody has checked."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from condrec.errors import CondrecError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

# A tag needs a letter right after "<" (or "</", "<!"), so that "3 < 4 and 5 > 2" keeps its middle.
_TAG = re.compile(r"<(?:[/!]?[A-Za-z]|!--)[^<>]*>")
# Controls and line separators become spaces; marks that change direction or hide, and halves
# of surrogate pairs (which no encoder accepts), are dropped.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_INVISIBLE = re.compile(r"[\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")
_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
_POSSESSIVE = re.compile(r"['\u2019]s$")


def text_list(name: str, texts: Sequence[str]) -> list[str]:
    """Return ``texts`` as a list, refusing anything that is not a sequence of strings.

    Args:
        name: what the texts are, for the error message.
        texts: any number of strings.

    Raises:
        CondrecError: one string instead of several, or an entry that is no string (a NaN of
            an empty table cell, say).
    """
    if isinstance(texts, str):
        raise CondrecError(f"{name}: found one text, expected a list of texts; put it in a list")
    listed = list(texts)
    for row, text in enumerate(listed):
        if not isinstance(text, str):
            raise CondrecError(
                f"{name}: found {type(text).__name__} {text!r} in row {row}, expected text; "
                "use an empty string where there is none"
            )
    return listed


def plain_text(text: str) -> str:
    """Return ``text`` on one line without HTML, control characters or invisible marks.

    The result is text, not safe HTML: a page still has to escape it.
    """
    text = _INVISIBLE.sub("", _CONTROL.sub(" ", html.unescape(text)))
    return " ".join(_TAG.sub(" ", text).split())


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def content_words(text: str) -> list[str]:
    """Return the words of ``text`` that carry meaning: lower case, in order, with repeats.

    Digits and underscores separate words like spaces do.  Left out are scikit-learn's English
    stop words, contractions ("don't"), and unaccented words under three letters.  A possessive
    loses its "'s".
    """
    stop = _stop_words()
    words = (_POSSESSIVE.sub("", word.lower()) for word in _WORD.findall(text))
    return [
        word
        for word in words
        if (len(word) > 2 or not word.isascii())
        and word not in stop
        and "'" not in word
        and "\u2019" not in word
    ]


def word_counts(texts: Sequence[str]) -> tuple[csr_array, list[str]]:
    """Count the content words of every text.

    Args:
        texts: n texts, already plain.

    Returns:
        The counts, a sparse matrix [n, number of different words], and the words in
        alphabetical order (both empty if no text has a content word).
    """
    from scipy.sparse import csr_array

    words = [content_words(text) for text in texts]
    vocabulary = sorted(set().union(*words)) if words else []
    place = {word: column for column, word in enumerate(vocabulary)}
    lengths = np.fromiter((len(each) for each in words), np.int64, len(words))
    columns = np.fromiter((place[w] for each in words for w in each), np.int64, lengths.sum())
    rows = np.repeat(np.arange(len(words)), lengths)
    counts = csr_array(
        (np.ones(len(columns)), (rows, columns)), shape=(len(words), len(vocabulary))
    )
    return counts, vocabulary


def inverse_document_frequency(counts: csr_array) -> np.ndarray:
    """Return ln((1 + n) / (1 + documents with the word)) + 1 for every column of ``counts``.

    Source: the smoothed form scikit-learn documents for ``TfidfTransformer``.
    """
    documents, words = counts.shape
    frequency = np.bincount(counts.indices[counts.data != 0], minlength=words)
    weights: np.ndarray = np.log((1 + documents) / (1 + frequency)) + 1
    return weights
