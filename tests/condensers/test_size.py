from __future__ import annotations

import dataclasses

import pytest

from condrec.condensers import size, size_report
from condrec.datasets import Dataset, Interactions, Ragged


@pytest.fixture
def full() -> Dataset:
    """Users 0 and 1 have likes, user 2 has a dislike only."""
    train = Interactions([0, 0, 1, 1, 2], [0, 1, 2, 3, 3], [1, 1, 1, 0, 0])
    histories = Ragged.from_lists([[3], [0, 1, 2], [0, 1]])
    tokens = Ragged.from_lists([[7, 8], [9], [], [7, 7, 7]])
    return Dataset("full", 3, 4, train, train, train, histories, tokens=tokens)


def test_size_hand_case(full: Dataset) -> None:
    found = size(full)
    assert (found.n_users, found.n_positives, found.n_negatives) == (2, 3, 2)
    assert found.n_tokens == 6
    # Five rows of two ids, the four history entries of users 0 and 1, six word pieces.
    assert found.bytes == 5 * 8 + 4 * 4 + 6 * 2


def test_size_report_hand_case(full: Dataset) -> None:
    assert full.tokens is not None
    rows = full.train.where([2, 3])
    condensed = dataclasses.replace(full, train=rows, tokens=full.tokens.truncate(1))
    report = size_report(condensed, full)
    assert report == pytest.approx(
        {
            "users_pct": 50.0,
            "positives_pct": 100 / 3,
            "tokens_pct": 50.0,
            "bytes_pct": 100 * (2 * 8 + 3 * 4 + 3 * 2) / 68,
        }
    )
    assert set(size_report(full, full).values()) == {100.0}


def test_size_without_texts(full: Dataset) -> None:
    silent = dataclasses.replace(full, tokens=None)
    assert size(silent).n_tokens == 0
    assert size_report(silent, silent)["tokens_pct"] == 0
