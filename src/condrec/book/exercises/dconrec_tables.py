"""Cases of the exercises on DConRec's tables, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _false_negative_share() -> Cases:
    return [
        ((10, np.array([2, 2]), np.array([4, 4])), 50.0),
        ((10, np.array([2, 2, 5]), np.array([2, 2, 0])), 50 / 3),  # pairs of two users
    ]


def _diagonal_gain() -> Cases:
    return [
        ((np.array([[60.0, 50.0], [40.0, 70.0]]),), 20.0),
        ((np.array([[3.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 5.0]]),), 13 / 6),
    ]


def _settled_at() -> Cases:
    steps, values = np.array([0, 30, 75, 150]), np.array([0.165, 0.20, 0.16, 0.17])
    return [((steps, values, 0.02), 75), ((steps, values, 0.05), 0), ((steps, values, 0.0), 150)]


def _size_of_draw() -> Cases:
    return [
        ((np.array([0.5, 0.5, 0.5, 0.5]),), [2.0, 1.0]),
        ((np.array([1.0, 0.0, 1.0]),), [2.0, 0.0]),
        ((np.array([0.9, 0.1]),), [1.0, np.sqrt(0.18)]),
    ]


def _pairs_kept() -> Cases:
    return [
        ((np.array([4, 4]), np.array([1, 1])), 0.0),  # one item of each, no pair
        ((np.array([4, 4]), np.array([4, 0])), 50.0),
        ((np.array([4, 4]), np.array([2, 2])), 100 * 2 / 12),
        ((np.array([5, 2, 1]), np.array([3, 2, 0])), 100 * 4 / 11),
    ]


def _quiet_gap() -> Cases:
    rows = np.array([9, 1, 5, 7, 3])
    recall = np.array([0.5, 0.1, 0.4, 0.5, 0.0])
    return [
        ((rows, recall), -0.2),  # one user of five: 0.1 against 0.3
        ((np.array([2, 3]), np.array([0.6, 0.2])), 0.2),  # at least one user
        (
            (np.array([4, 1, 6, 2, 5, 8, 9, 7, 10, 3]), np.array([0, 1, 0, 1, 0, 0, 0, 0, 0, 0.0])),
            0.8,
        ),
    ]


def _own_is_best() -> Cases:
    all_own = np.array([[3.0, 1.0], [2.0, 4.0]])
    one = np.array([[3.0, 5.0, 1.0], [2.0, 4.0, 1.0], [1.0, 1.0, 0.0]])
    tied = np.array([[1.0, 0.0], [1.0, 0.0]])
    return [
        ((all_own,), [2, 0.25]),
        ((one,), [1, 1 - (2 / 3) ** 3]),
        ((tied,), [0, 1.0]),  # as good as another is not better than it
    ]


def _serves_others() -> Cases:
    kept = np.array([[99.0, 60.0, 70.0], [80.0, 99.0, 50.0], [60.0, 40.0, 99.0]])
    return [
        ((kept,), [10.0, 0.0, -10.0]),
        ((np.array([[5.0, 1.0], [3.0, 9.0]]),), [0.0, 0.0]),
    ]


def _overlap_of_parts() -> Cases:
    return [
        ((10.0, 9.0, 8.0, 7.0), 0.0),  # 1 + 2 = 3: each does its own
        ((10.0, 9.0, 9.0, 9.0), 1.0),  # either of them is enough to lose it
        ((10.0, 10.0, 10.0, 6.0), -4.0),  # each covers for the other
    ]


def _left_to_choose() -> Cases:
    return [
        ((np.array([10, 2, 4]), 0.5, 2), 6),  # 8 of 16, two of them kept anyway
        ((np.array([10, 2, 4]), 0.5, 4), 2),
        ((np.array([3, 3, 3]), 0.25, 3), 0),  # the rule alone exceeds the budget
        ((np.array([7, 4]), 0.3, 1), 3),  # 3.3 of 11
        ((np.array([7, 3, 1]), 0.25, 1), 2),  # 2.75 of 11, one of them kept anyway
    ]


EXERCISES = {
    "false_negative_share": _false_negative_share,
    "diagonal_gain": _diagonal_gain,
    "settled_at": _settled_at,
    "size_of_draw": _size_of_draw,
    "pairs_kept": _pairs_kept,
    "quiet_gap": _quiet_gap,
    "own_is_best": _own_is_best,
    "serves_others": _serves_others,
    "overlap_of_parts": _overlap_of_parts,
    "left_to_choose": _left_to_choose,
}
