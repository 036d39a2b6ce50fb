from __future__ import annotations

import numpy as np
import pytest

from condrec.datasets import Dataset, Interactions, Ragged
from condrec.recommenders import LikeRatio, Popularity, Random


@pytest.fixture
def rated() -> Dataset:
    """Item 0 has two likes, item 1 one like and two dislikes, item 2 one dislike, item 3 none."""
    none = Interactions([], [], [])
    train = Interactions([0, 1, 0, 1, 2, 2], [0, 0, 1, 1, 1, 2], [1, 1, 1, 0, 0, 0])
    return Dataset("rated", 3, 4, train, none, none, Ragged.from_lists([[], [], []]))


ROWS = Interactions([0, 0, 1, 2, 2], [3, 0, 1, 2, 0], [0] * 5)


def test_popularity_counts_likes(rated: Dataset) -> None:
    assert Popularity().fit(rated, 0).score(rated, ROWS).tolist() == [0, 2, 1, 0, 2]


def test_like_ratio_is_smoothed(rated: Dataset) -> None:
    expected = [3 / 4, 5 / 6, 4 / 7, 3 / 5, 5 / 6]
    assert LikeRatio().fit(rated, 0).score(rated, ROWS).tolist() == pytest.approx(expected)


def test_random_scores_are_fresh_for_every_row(rated: Dataset) -> None:
    rows = Interactions(np.zeros(500, int), np.zeros(500, int), np.zeros(500, int))
    scores = Random().fit(rated, 4).score(rated, rows)
    assert len(np.unique(scores)) == 500
    assert 0.45 < scores.mean() < 0.55
    assert (scores >= 0).all() and (scores < 1).all()
