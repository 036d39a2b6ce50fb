"""The offline stand-in for a language model: it picks words instead of writing them."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import chain, dropwhile, pairwise

import numpy as np
from numpy.typing import NDArray

from condrec.errors import CondrecError
from condrec.text.clean import (
    content_words,
    inverse_document_frequency,
    plain_text,
    word_counts,
)
from condrec.text.language_models import Usage, history_texts, item_texts

VERSION = 1

# Where a description may be taken apart: at a space after a mark (but not after "Dr." or "J."),
# or at a dash between spaces.
_CLAUSE_END = re.compile(
    r"(?<=[,;:.!?])(?<![A-Z][a-z]\.)(?<![A-Z]\.)(?<!Mrs\.) | [-\u2013\u2014]+ "
)
_EDGE = " ,;:.!?-\u2013\u2014"
# How many words of a category are named in the condensed text, and the shortest clause
# start that still says something.
_CATEGORY_WORDS = 2
_SHORTEST_START = 3


@dataclass(frozen=True)
class ExtractiveLanguageModel:
    """Condenses by picking what scores highest, without any model and the same every time.

    An item becomes its title, then those clauses of its description that are closest to the
    item as a whole, then its category.  A user's interests are the words typical of the history.

    Args:
        limit_words: longest condensed text in words; the default is about 20 word pieces.
        limit_interests: most interest words a user gets.

    Raises:
        CondrecError: a limit below one.

    Source: the questions are those of Wu et al. 2023, Eq. 2 and 3; the scores are one step of
    LexRank (Erkan and Radev 2004) and TF-IDF.
    """

    limit_words: int = 15
    limit_interests: int = 5

    def __post_init__(self) -> None:
        for name in ("limit_words", "limit_interests"):
            if getattr(self, name) < 1:
                raise CondrecError(f"{name}: found {getattr(self, name)}, expected at least 1")

    @property
    def name(self) -> str:
        """How results name the model."""
        return "extractive"

    @property
    def usage(self) -> Usage:
        """Nothing: no language model is asked."""
        return Usage()

    def condense_items(
        self, titles: Sequence[str], descriptions: Sequence[str], categories: Sequence[str]
    ) -> list[str]:
        """Return one readable text of at most ``limit_words`` words an item.

        Args:
            titles: text of n items.
            descriptions: longer text of the n items, or nothing at all.
            categories: category of the n items, or nothing at all.

        Returns:
            "Title: clause, clause (category)", each clause from its first new word on.  What is
            empty is left out, so that an item without any text gives an empty string.
        """
        fields = item_texts(titles, descriptions, categories)
        plain = [[plain_text(text) for text in field] for field in fields]
        clauses = [_clauses(description) for description in plain[1]]
        scores = clause_scores(plain[0], clauses, plain[2])
        return [
            self._compose(*item) for item in zip(plain[0], clauses, scores, plain[2], strict=True)
        ]

    def _compose(
        self, title: str, clauses: list[str], scores: NDArray[np.float64], category: str
    ) -> str:
        """Put one item's text together within the limit."""
        words = title.split()[: self.limit_words]
        known = set(content_words(" ".join(words)))
        # Categories are often paths ("Animation|Children's"): their words, without the marks.
        label = content_words(category) or category.split()
        label = [word for word in label if word not in known][:_CATEGORY_WORDS]
        label = label[: self.limit_words - len(words)]
        room = self.limit_words - len(words) - len(label)
        chosen: dict[int, str] = {}
        for place in np.lexsort((np.arange(len(scores)), -scores)):
            # "Heat is about a thief" after the title "Heat" starts at "thief".
            clause = list(dropwhile(lambda w: _adds_nothing(w, known), clauses[place].split()))
            if len(clause) > room and not chosen and room >= _SHORTEST_START:
                clause = clause[:room]
                while _adds_nothing(clause[-1]):  # stops: the first word adds something
                    clause.pop()
            if 0 < len(clause) <= room:
                chosen[int(place)] = " ".join(clause)
                known.update(content_words(chosen[int(place)]))
                room -= len(clause)
        about = ", ".join(chosen[place] for place in sorted(chosen))
        start = " ".join(words).rstrip(_EDGE if about else " ")
        text = ": ".join(part for part in (start, about) if part)
        named = " ".join(word for word in label if word not in known)
        if text and named:
            return f"{text} ({named})"
        # Stop words alone are still better than an item without any text.
        return text or named or " ".join(" ".join(clauses).split()[: self.limit_words])

    def interests(self, histories: Sequence[Sequence[str]]) -> list[list[str]]:
        """Return up to ``limit_interests`` single words of every user's history, best first.

        Args:
            histories: for every user the texts of the items in the history.

        Returns:
            Lower-case words; an empty list for a history without a content word.
        """
        checked = history_texts(histories)
        texts = sorted(set(chain.from_iterable(checked)))
        place = {text: row for row, text in enumerate(texts)}
        lengths = np.fromiter((len(each) for each in checked), np.int64, len(checked))
        # Each distinct text is taken apart once, however many users read it.
        rows = np.repeat(np.arange(len(checked)), lengths)
        columns = np.fromiter(
            (place[text] for text in chain.from_iterable(checked)), np.int64, lengths.sum()
        )
        users, words, vocabulary = top_words(
            rows, columns, [plain_text(text) for text in texts], len(checked), self.limit_interests
        )
        picked = [vocabulary[word] for word in words]
        ends = np.searchsorted(users, np.arange(len(checked) + 1)).tolist()
        return [picked[start:end] for start, end in pairwise(ends)]


def clause_scores(
    titles: Sequence[str], clauses: Sequence[Sequence[str]], categories: Sequence[str]
) -> list[NDArray[np.float64]]:
    """Score every clause by the cosine between its TF-IDF words and those of its whole item.

    Args:
        titles: plain texts of n items.
        clauses: the clauses of the n items.
        categories: plain texts of the n items.

    Returns:
        For every item the scores of its clauses, from 0 (nothing in common, or no content
        word) to 1.

    Source: Erkan and Radev 2004 (LexRank), degree centrality, with the item as the one neighbour.
    """
    lengths = np.fromiter((len(each) for each in clauses), np.int64, len(clauses))
    wholes = [
        " . ".join([title, *parts, category])
        for title, parts, category in zip(titles, clauses, categories, strict=True)
    ]
    flat = list(chain.from_iterable(clauses))
    counts, _ = word_counts(wholes + flat)
    weights = inverse_document_frequency(counts[: len(wholes)])
    weighted = counts.multiply(weights[None, :]).tocsr()
    norms = np.sqrt(weighted.multiply(weighted).sum(axis=1))
    whole_of = np.repeat(np.arange(len(wholes)), lengths)
    clause_rows, whole_rows = weighted[len(wholes) :], weighted[whole_of]
    products = clause_rows.multiply(whole_rows).sum(axis=1)
    scale = norms[len(wholes) :] * norms[whole_of]
    cosines = np.divide(products, scale, out=np.zeros(len(flat)), where=scale > 0)
    # Rounded, so that the last bit of a sum never decides between equal clauses.
    return np.split(np.round(cosines, 9), np.cumsum(lengths)[:-1]) if len(lengths) else []


def top_words(
    users: NDArray[np.int64],
    texts: NDArray[np.int64],
    contents: Sequence[str],
    n_users: int,
    limit: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    """Return the words most typical of each user among the texts the user read.

    The score of a word is the number of the user's texts that hold it times its inverse
    document frequency over users.  Words the user read once stand behind those that recur, and
    words found in one text of all stand last: a rare name would otherwise beat every taste.
    Equal scores go by the alphabet.

    Args:
        users: who read, shape [n_reads].
        texts: which text it was, shape [n_reads].
        contents: the plain texts that ``texts`` points into.
        n_users: number of users.
        limit: most words a user gets.

    Returns:
        User and word of every pick, users ascending and each user's best word first, and the
        vocabulary the words point into.
    """
    from scipy.sparse import csr_array

    counts, vocabulary = word_counts(contents)
    counts.data[:] = 1
    reads = csr_array((np.ones(len(users)), (users, texts)), shape=(n_users, len(contents)))
    found = (reads @ counts).tocsr()
    rare = np.bincount(counts.indices, minlength=len(vocabulary)) == 1
    weights = inverse_document_frequency(found)
    row = np.repeat(np.arange(n_users), np.diff(found.indptr))
    word = found.indices.astype(np.int64)
    score = np.round(found.data * weights[word], 9)
    order = np.lexsort((word, -score, rare[word], found.data < 2, row))
    rank = np.arange(len(row)) - np.repeat(found.indptr[:-1], np.diff(found.indptr))
    picks = order[rank < limit]
    return row[picks], word[picks], vocabulary


def _clauses(description: str) -> list[str]:
    """Return the clauses of a plain text, without the marks between them."""
    return [part for part in (p.strip(_EDGE) for p in _CLAUSE_END.split(description)) if part]


def _adds_nothing(word: str, known: Set[str] = frozenset()) -> bool:
    """Tell whether a word holds neither a number nor a content word beyond the ``known``."""
    return set(content_words(word)) <= known and not any(c.isdigit() for c in word)
