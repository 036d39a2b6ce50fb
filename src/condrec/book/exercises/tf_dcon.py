"""Cases of the exercises of TF-DCon's notebooks up to Table IV, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _interest_distance() -> Cases:
    e = np.array([[0.0, 0.0], [0.0, 2.0], [3.0, 4.0]])
    return [((e, np.array([0, 0, 1])), np.array([1.0, 1.0, 0.0]))]


def _nearest() -> Cases:
    d, cluster = np.array([0.3, 0.1, 0.2, 0.9, 0.4]), np.array([0, 0, 0, 1, 1])
    return [((d, cluster, 1), [[1], [4]]), ((d, cluster, 2), [[1, 2], [4, 3]])]


def _merged_history() -> Cases:
    histories = [[5, 6], [1, 5, 2]]  # nearest user first
    return [
        ((histories, 30), [1, 2, 5, 6]),
        ((histories, 3), [2, 5, 6]),
        (([[7, 8]], 30), [7, 8]),
    ]


def _hidden_steps() -> Cases:
    return [
        ((100, 50, [0.5, 0.6, 0.7], 2), 6),  # never stopped early
        ((1000, 64, [0.70, 0.80, 0.79, 0.78, 0.90], 2), 64),  # 16 a pass, stopped after four
        ((10, 10, [0.7, 0.7, 0.7, 0.9], 2), 3),  # equal values are no new best
        ((10, 10, [0.7, 0.6, 0.8, 0.75, 0.7, 0.9], 2), 5),  # not two misses in a row before
    ]


def _language_model_bill() -> Cases:
    return [
        ((100, [20, 30], [10, 15], 1.0, 2.0), 0.3),  # 250 in, 25 out
        ((0, [500], [500], 1.0, 3.0), 2.0),
        ((40, [10, 10, 10, 10], [5, 5, 5, 5], 0.5, 1.5), 0.13),  # 200 in, 20 out
    ]


def _not_dominated() -> Cases:
    return [
        ((np.array([[1, 9], [2, 2], [3, 3]]),), [0, 1]),
        ((np.array([[1, 1, 5], [1, 1, 5], [1, 2, 5]]),), [0, 1]),  # equal ways both stay
        ((np.array([[3, 0], [1, 0], [2, 0]]),), [1]),
    ]


def _same_as_printed() -> Cases:
    return [
        ((26.04, "26.0"), True),
        ((26.06, "26.0"), False),
        ((26.06, "26"), True),  # fewer digits, more room
        ((1681.6, "1,682"), True),
        ((2.5, "2"), True),  # half a unit away, from either side
        ((2.5, "3"), True),
        ((0.0574, "0.057"), True),
        ((0.0576, "0.057"), False),
    ]


def _density_percent() -> Cases:
    user, item = np.array([0, 0, 1, 1, 1]), np.array([0, 1, 0, 2, 2])
    return [
        ((user, item, np.array([1, 1, 1, 1, 1]), 2, 4), 50.0),  # one pair stands there twice
        ((user, item, np.array([1, 0, 1, 0, 0]), 2, 4), 25.0),
        ((user, item, np.array([1, 1, 1, 1, 1]), 5, 4), 20.0),  # three users without a row
    ]


def _lists_to_rank() -> Cases:
    user = np.array([7, 3, 7, 3, 5, 9, 9])
    return [
        ((user, np.array([1, 1, 0, 1, 0, 0, 1])), [7, 9]),
        ((np.array([9, 2, 9, 2]), np.array([0, 1, 1, 0])), [2, 9]),
        ((np.array([1, 1, 2]), np.array([1, 1, 0])), []),
    ]


def _dislikes_in_tow() -> Cases:
    user = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    label = np.array([1, 1, 0, 1, 0, 0, 1, 0])
    return [
        ((user, label, [0]), 1),
        ((user, label, [0, 3]), 3),
        ((user, label, [0, 1]), 1),  # two likes of one user bring his dislikes along once
        ((user, label, [1, 3, 6]), 4),
    ]


def _false_betters() -> Cases:
    return [
        ((1,), [0.025, 0.025]),
        ((2,), [0.05, 0.049375]),  # 1 - 0.975 * 0.975
        ((0,), [0.0, 0.0]),
        ((40,), [1.0, 1 - 0.975**40]),
    ]


def _standard_errors() -> Cases:
    a = np.array([0.2, 0.4, 0.6, 0.8])
    alone = 0.2 / 3 / 4  # a's variance over n: squares 0.09, 0.01, 0.01, 0.09
    one, both = alone**0.5, (2 * alone) ** 0.5
    return [
        ((a, a - 0.1), [0.0, both]),  # the same gap on every list
        ((a, a[::-1]), [2 * one, both]),  # the differences are twice as far apart as a
        ((a, np.full(4, 0.5)), [one, one]),
    ]


def _overall_percent() -> Cases:
    return [
        (([100, 900], [50, 45]), 9.5),  # 50 % and 5 %
        (([400, 400], [100, 300]), 50.0),
        (([200, 0], [50, 0]), 25.0),  # nothing to condense in the second part
    ]


def _users_within() -> Cases:
    return [
        (([30, 50, 20], 90), 2),
        (([30, 50, 20], 100), 3),
        (([30, 80, 20], 60), 1),  # the second does not fit, so the third is not asked
        (([30, 50], 29), 0),
        (([30, 50], 500), 2),
    ]


def _word_pieces_read() -> Cases:
    lengths = np.array([10, 20, 30, 40])
    return [
        ((lengths, [0, 1, 0], []), 30),
        ((lengths, [0], [[3], [3, 0]]), 50),
        ((lengths, [2, 2], [[], [1]]), 50),
    ]


EXERCISES = {
    "interest_distance": _interest_distance,
    "nearest": _nearest,
    "merged_history": _merged_history,
    "hidden_steps": _hidden_steps,
    "language_model_bill": _language_model_bill,
    "not_dominated": _not_dominated,
    "same_as_printed": _same_as_printed,
    "density_percent": _density_percent,
    "lists_to_rank": _lists_to_rank,
    "dislikes_in_tow": _dislikes_in_tow,
    "false_betters": _false_betters,
    "standard_errors": _standard_errors,
    "overall_percent": _overall_percent,
    "users_within": _users_within,
    "word_pieces_read": _word_pieces_read,
}
