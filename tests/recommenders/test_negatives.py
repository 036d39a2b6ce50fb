from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets import Ragged
from condrec.recommenders.negatives import distinct_places, draw_negatives

seeds = st.integers(0, 2**32 - 1)


@given(st.lists(st.integers(0, 9), max_size=20), st.integers(1, 6), seeds)
def test_places_are_distinct_in_range_and_as_many_as_there_are(
    sizes: list[int], n_draws: int, seed: int
) -> None:
    array = np.array(sizes, dtype=np.int64)
    places = distinct_places(array, n_draws, np.random.default_rng(seed))
    assert places.shape == (len(sizes), n_draws)
    for size, row in zip(sizes, places.tolist(), strict=True):
        real = [place for place in row if place >= 0]
        assert row == real + [-1] * (n_draws - len(real))
        assert len(real) == len(set(real)) == min(size, n_draws)
        assert all(place < size for place in real)


def test_every_ordered_draw_of_places_is_equally_likely() -> None:
    n = 24_000
    places = distinct_places(np.full(n, 4), 3, np.random.default_rng(3))
    counts = Counter(map(tuple, places.tolist()))
    assert len(counts) == 24  # 4 * 3 * 2 ordered draws
    expected = n / 24
    chi_square = sum((count - expected) ** 2 / expected for count in counts.values())
    assert chi_square < 52  # 23 degrees of freedom: beyond 49.7 once in a thousand


@given(
    st.lists(st.lists(st.integers(0, 30), max_size=6, unique=True), min_size=1, max_size=6),
    st.integers(1, 5),
    st.data(),
    seeds,
)
def test_own_dislikes_come_first_and_the_pool_fills_up(
    lists: list[list[int]], n_draws: int, data: st.DataObject, seed: int
) -> None:
    users = np.array(data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=8)), dtype=int)
    pool = np.array([100, 101])
    rng = np.random.default_rng(seed)
    negatives = draw_negatives(users, Ragged.from_lists(lists), pool, n_draws, rng)
    assert negatives.shape == (len(users), n_draws)
    for user, row in zip(users, negatives.tolist(), strict=True):
        n_own = min(len(lists[user]), n_draws)
        assert len(set(row[:n_own])) == n_own
        assert set(row[:n_own]) <= set(lists[user])
        assert set(row[n_own:]) <= {100, 101}


def test_without_dislikes_everything_comes_from_the_pool() -> None:
    users, pool = np.array([0, 1, 1]), np.array([4, 9])
    for dislikes in (None, Ragged.from_lists([[], []])):
        drawn = draw_negatives(users, dislikes, pool, 3, np.random.default_rng(0))
        assert drawn.shape == (3, 3)
        assert np.isin(drawn, pool).all()


def test_the_pool_is_drawn_uniformly_with_replacement() -> None:
    pool = np.array([2, 5, 11])
    drawn = draw_negatives(np.zeros(6000, int), None, pool, 2, np.random.default_rng(1))
    counts = np.array([(drawn == item).sum() for item in pool])
    assert counts.sum() == 12_000
    assert ((counts - 4000) ** 2 / 4000).sum() < 13.8  # 2 degrees of freedom, once in a thousand
    assert (drawn[:, 0] == drawn[:, 1]).mean() == pytest.approx(1 / 3, abs=0.03)


def test_dislikes_are_drawn_uniformly() -> None:
    dislikes = Ragged.from_lists([[], [7, 8, 9]])
    drawn = draw_negatives(np.ones(6000, int), dislikes, np.array([0]), 1, np.random.default_rng(2))
    counts = np.array([(drawn == item).sum() for item in (7, 8, 9)])
    assert ((counts - 2000) ** 2 / 2000).sum() < 13.8


def test_draws_depend_on_the_generator_only() -> None:
    dislikes = Ragged.from_lists([[1, 2, 3, 4, 5, 6], [7]])
    users = np.array([0, 1, 0, 1])
    first, again, other = (
        draw_negatives(users, dislikes, np.arange(50), 4, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()
