"""Cases of the exercises on Distill-CF's table, figures and speed, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _kept_interval() -> Cases:
    # Two runs at 45 and 55 %: sd 7.07, t(0.975, 1) = 12.706, half of it sd / sqrt(2) = 5 wide.
    half = 12.706204736
    # Three runs at 75, 100 and 125 %: sd 25, t(0.975, 2) = 4.303.
    wide = 4.302652730 * 25 / np.sqrt(3)
    return [
        ((np.array([0.09, 0.11]), 0.2), [50.0, 50 - 5 * half, 50 + 5 * half]),
        ((np.array([0.3, 0.4, 0.5]), 0.4), [100.0, 100 - wide, 100 + wide]),
    ]


def _share_of_bytes() -> Cases:
    return [((10, 100, 1000), 50.0), ((500, 1000, 1000), 25_000.0)]


def _share_lost() -> Cases:
    # Run by run 10 % and 50 %; the ratio of the means would say 34 %.
    # Then 20 % gained and 25 % lost, where the means are equal.
    return [
        ((np.array([0.2, 0.3]), np.array([0.18, 0.15])), 30.0),
        ((np.array([0.5, 0.4]), np.array([0.6, 0.3])), 2.5),
    ]


def _uses_to_pay_back() -> Cases:
    return [((100.0, 11.0, 1.0), 11), ((95.0, 11.0, 1.0), 10), ((5.0, 1.0, 1.0), np.inf)]


def _shown_and_rare() -> Cases:
    lists = np.array([[0, 1], [0, 2], [0, 1]])
    return [
        ((lists, 10, [1, 2, 3]), [30.0, 50.0]),  # items 0, 1, 2 of ten; 3 of 6 places are rare
        ((lists[:1], 2, [5]), [100.0, 0.0]),
        ((np.array([[4], [4]]), 5, [4]), [20.0, 100.0]),
    ]


def _chosen_by_validation() -> Cases:
    return [
        ((np.array([0.3, 0.5, 0.4]), np.array([0.2, 0.3, 0.35])), [0.3, 0.05]),
        ((np.array([0.5, 0.5]), np.array([0.1, 0.4])), [0.1, 0.3]),  # the first of equals
        ((np.array([0.2, 0.6]), np.array([0.2, 0.4])), [0.4, 0.0]),
    ]


def _users_touched() -> Cases:
    return [
        ((np.array([5, 5]), 1), 1.0),
        ((np.array([1, 1]), 2), 1.5),
        ((np.array([3, 1]), 2), 7 / 16 + 15 / 16),  # 1 - (3/4)^2 and 1 - (1/4)^2
        ((np.array([2, 2, 4]), 0), 0.0),
    ]


def _certain_steps() -> Cases:
    return [
        (([10.0, 10.1, 10.5, 10.2], 0.1), 2),
        (([1.0, 0.5], 0.2), 1),  # downwards is an order, too
        (([1.0, 1.5], 0.25), 0),  # just reached: both may be 1.25
        (([3.0], 0.1), 0),
    ]


def _still_true() -> Cases:
    return [
        ((0.0, 10, 20, 110), 100.0),
        ((1.0, 10, 20, 110), 10.0),  # 10 of the 100 items left are liked
        ((0.5, 10, 20, 110), 55.0),
        ((0.2, 5, 5, 50), 80.0),  # nothing liked is left
    ]


def _holds_up_better() -> Cases:
    # Lost: 10 % by the first, 50 % by the second, in every run.
    first = (np.array([1.0, 2.0, 4.0]), np.array([0.9, 1.8, 3.6]))
    second = (np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]))
    # Who starts low loses fewer points, 0.1 against 0.2, but a larger part, 50 against 20 %.
    high, low = ((np.full(3, a), np.full(3, b)) for a, b in ((1.0, 0.8), (0.2, 0.1)))
    # Differences 0, 0.1 and 0.2: mean 0.1, half the interval 4.303 * 0.1 / sqrt(3) = 0.248.
    loose = (np.array([1.0, 1.0, 1.0]), np.array([0.9, 0.8, 0.7]))
    tight = (np.array([1.0, 1.0, 1.0]), np.array([0.9, 0.9, 0.9]))
    return [
        ((*first, *second), 1),
        ((*second, *first), -1),
        ((*high, *low), 1),
        ((*tight, *loose), 0),
    ]


def _use_speed_up() -> Cases:
    return [
        ((8.0, 3.0, 1.0, 0.5), [2.75, 11.0]),  # 11 against 2 + 1 + 1 seconds
        ((100.0, 20.0, 0.0, 0.1), [40.0, np.inf]),  # 120 against 1 + 2
        ((4.0, 5.0, 5.0, 0.5), [1.5, 1.8]),  # all of the scoring is fixed
        ((6.0, 6.0, 2.0, 1.0), [1.0, 6.0]),
    ]


def _fit_ratio() -> Cases:
    return [
        ((10, 1, 10), 1000 / 5.5),  # 1,000 + 1,000 against 10 + 1
        ((4, 2, 4), 16 / 3),  # 64 + 64 against 16 + 8
        ((3, 3, 7), 1.0),
    ]


EXERCISES = {
    "kept_interval": _kept_interval,
    "share_of_bytes": _share_of_bytes,
    "share_lost": _share_lost,
    "uses_to_pay_back": _uses_to_pay_back,
    "shown_and_rare": _shown_and_rare,
    "chosen_by_validation": _chosen_by_validation,
    "users_touched": _users_touched,
    "certain_steps": _certain_steps,
    "still_true": _still_true,
    "holds_up_better": _holds_up_better,
    "use_speed_up": _use_speed_up,
    "fit_ratio": _fit_ratio,
}
