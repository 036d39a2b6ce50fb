"""Markov by hand."""

from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets import Dataset, Ragged, SoftSequences
from condrec.errors import CondrecError
from condrec.recommenders import Markov
from condrec.recommenders.markov import FittedMarkov, transitions

SEQUENCES = Ragged.from_lists([[0, 1, 2, 1], [], [0, 1], [3]])


def test_transitions_by_hand() -> None:
    counts, share = transitions(SEQUENCES, 5)
    expected = np.zeros((5, 5))
    expected[0, 1], expected[1, 2], expected[2, 1] = 2, 1, 1
    assert (counts.toarray() == expected).all()
    np.testing.assert_allclose(share, np.array([2, 3, 1, 1, 0]) / 7)


@given(st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=6))
def test_transitions_are_those_of_a_plain_loop(lists: list[list[int]]) -> None:
    expected = np.zeros((5, 5))
    for items in lists:
        for first, second in pairwise(items):
            expected[first, second] += 1
    assert (transitions(Ragged.from_lists(lists), 5)[0].toarray() == expected).all()


def test_scores_by_hand(sequence_dataset: Dataset) -> None:
    counts, share = transitions(SEQUENCES, 5)
    log = Markov().fit(sequence_dataset, 0).log
    fitted = FittedMarkov(counts, share, 2.0, log)
    known = Ragged.from_lists([[3, 1], [], [0], [4]])
    found = fitted.score_next(np.arange(4), None, known)
    popular = np.array([2, 3, 1, 1, 0]) / 7
    after_one, after_zero = (2 * popular + [0, 0, 1, 0, 0]) / 3, (2 * popular + [0, 2, 0, 0, 0]) / 4
    # Nothing known, or a last item that nothing ever followed: the popularity.
    np.testing.assert_allclose(found, [after_one, popular, after_zero, popular], rtol=1e-6)
    np.testing.assert_allclose(found.sum(1), 1)


def test_refuses_soft_sequences(sequence_dataset: Dataset) -> None:
    soft = SoftSequences({"logits": np.zeros((2, 3, sequence_dataset.n_items), dtype=np.float32)})
    data = dataclasses.replace(
        sequence_dataset, train=sequence_dataset.train.where([]), soft_sequences=soft
    )
    with pytest.raises(CondrecError, match="markov: found soft sequences.*such as sasrec"):
        Markov().fit(data, 0)


@pytest.mark.parametrize("smoothing", [0, -1, float("nan")])
def test_refuses_smoothing_that_is_none(smoothing: float) -> None:
    with pytest.raises(CondrecError, match="markov: smoothing: found .*, expected above 0"):
        Markov(smoothing=smoothing)
