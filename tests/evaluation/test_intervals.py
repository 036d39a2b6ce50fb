from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from condrec.errors import CondrecError
from condrec.evaluation import Interval, half_width, mean_interval, paired_interval


def test_two_runs_three_users_by_hand():
    difference = np.array([[0.1, 0.2, 0.3], [0.3, 0.4, 0.8]])
    found = paired_interval(difference + 0.5, np.full((2, 3), 0.5))
    # User means 0.2, 0.3, 0.55: variance 0.0325, / 3.  Run means 0.2, 0.5: variance 0.045, / 2.
    users, runs = 0.0325 / 3, 0.045 / 2
    freedom = (users + runs) ** 2 / (users**2 / 2 + runs**2 / 1)
    half = stats.t.ppf(0.975, freedom) * np.sqrt(users + runs)
    assert found.mean == pytest.approx(0.35)
    assert found.high - found.mean == pytest.approx(half)
    assert found.mean - found.low == pytest.approx(half)
    assert (found.n_runs, found.n_users) == (2, 3)
    assert "other seeds: 3 users, 2 runs" in found.covers


def test_one_run_is_the_paired_t_interval_over_users_and_says_so():
    rng = np.random.default_rng(0)
    a, b = rng.normal(0.6, 0.2, 40), rng.normal(0.5, 0.2, 40)
    found = paired_interval(a, b, level=0.9)
    expected = stats.ttest_rel(a, b).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))
    assert "users only" in found.covers


def test_a_single_run_is_set_against_every_run_of_the_other_side():
    rng = np.random.default_rng(1)
    model, floor = rng.random((5, 30)), rng.random(30)
    repeated = np.tile(floor, (5, 1))
    assert paired_interval(model, floor) == paired_interval(model, repeated)
    assert paired_interval(floor, model) == paired_interval(repeated, model)


def test_runs_and_users_are_paired():
    rng = np.random.default_rng(2)
    b = rng.random((4, 50))
    shifted = paired_interval(b + 0.1, b)
    assert shifted.mean == pytest.approx(0.1)
    assert shifted.high - shifted.low < 1e-12
    assert paired_interval(b[:, ::-1], b).high > 1e-3


def test_equal_sides_have_an_interval_of_width_nought():
    a = np.random.default_rng(3).random((3, 4))
    assert paired_interval(a, a) == Interval(0.0, 0.0, 0.0, 3, 4)


@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(2, 30))
@settings(max_examples=50, deadline=None)
def test_swapping_sides_mirrors_and_a_higher_level_widens(seed, n_runs, n_users):
    rng = np.random.default_rng(seed)
    a, b = rng.random((2, n_runs, n_users))
    one, other = paired_interval(a, b), paired_interval(b, a)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))
    assert one.low < one.mean < one.high
    wide = paired_interval(a, b, level=0.99)
    assert wide.low < one.low
    assert wide.high > one.high
    order = rng.permutation(n_users)
    again = paired_interval(a[:, order], b[:, order])
    assert (again.low, again.high) == pytest.approx((one.low, one.high))


@pytest.mark.parametrize(
    ("user_sd", "run_sd"), [(1.0, 0.0), (0.3, 0.3), (0.0, 0.3)], ids=["users", "both", "runs"]
)
def test_about_95_percent_of_intervals_cover_the_truth(user_sd, run_sd):
    rng = np.random.default_rng([4, int(10 * user_sd), int(10 * run_sd)])
    n_runs, n_users, covered, repeats = 5, 60, 0, 800
    for _ in range(repeats):
        users = rng.normal(0, user_sd, (1, n_users))
        runs = rng.normal(0, run_sd, (n_runs, 1))
        noise = rng.normal(0, 0.4, (n_runs, n_users))
        found = paired_interval(0.2 + users + runs + noise, np.zeros((n_runs, n_users)))
        covered += found.low <= 0.2 <= found.high
    assert 0.93 <= covered / repeats <= 0.985


@pytest.mark.parametrize(
    ("a", "b", "level", "said"),
    [
        (np.ones((2, 3)), np.ones((2, 4)), 0.95, "users: found 3 in a and 4 in b"),
        (np.ones((2, 3)), np.ones((3, 3)), 0.95, "runs: found 2 in a and 3 in b"),
        (np.ones((2, 1)), np.ones((2, 1)), 0.95, "expected at least two"),
        (np.ones((0, 3)), np.ones((0, 3)), 0.95, "a: found shape"),
        (np.ones((1, 2, 3)), np.ones((2, 3)), 0.95, "a: found shape"),
        (np.ones(3), [1, np.nan, 1], 0.95, "b: found 1 values that are not finite"),
        (np.ones(3), np.ones(3), 1.0, "level: found 1.0"),
    ],
)
def test_bad_input_is_refused(a, b, level, said):
    with pytest.raises(CondrecError, match=said):
        paired_interval(a, b, level)


def test_the_interval_of_a_mean_by_hand():
    found = mean_interval([1.0, 2.0, 3.0])
    half = 4.3027 / np.sqrt(3)  # t(0.975, 2) = 4.3027, sd 1
    assert (found.low, found.mean, found.high) == pytest.approx((2 - half, 2, 2 + half), 1e-4)
    assert (found.n_runs, half_width(1.0, 3)) == (3, pytest.approx(half, 1e-4))
    assert mean_interval([1.0]) == Interval(1.0, -np.inf, np.inf, 1, 0)
    assert np.isnan(half_width(0.1, 1))
