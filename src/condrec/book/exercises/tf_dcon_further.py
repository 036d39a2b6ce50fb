"""Cases of the exercises of TF-DCon's further notebooks, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _random_recall() -> Cases:
    return [
        ((np.array([10, 20]), 5), 0.375),
        ((np.array([2, 4, 10]), 5), 2.5 / 3),  # a short list is read to its end
        ((np.array([3, 5, 2]), 5), 1.0),
    ]


def _quality_above_floor() -> Cases:
    full, floor = {"NDCG@1": 0.6, "Recall@5": 0.999}, {"NDCG@1": 0.4, "Recall@5": 0.997}
    ours = {"NDCG@1": 0.45, "Recall@5": 0.9985}
    return [
        ((ours, full, floor), 50.0),  # 25 % and 75 %
        ((floor, full, floor), 0.0),
        (({"NDCG@1": 0.3, "Recall@5": 0.999}, full, floor), 25.0),  # -50 % and 100 %
        ((ours, {"NDCG@1": 0.6, "Recall@5": 0.996}, floor), 25.0),  # no gain in Recall@5 to keep
    ]


def _leaked_percent() -> Cases:
    return [
        (([[1], [2]], [[3], [4]]), 0.0),
        (([[1, 2, 3], [4]], [[2, 9], [1, 4]]), 50.0),  # 1 stands in the other user's list only
        (([[1, 2], [5]], [[1, 7, 8], [5]]), 50.0),  # two of four, not the mean of 1/3 and 1
        (([[1], [2, 3]], [[], [3]]), 100.0),
    ]


def _silent_percent() -> Cases:
    counts = np.array([0, 0, 3, 3, 1])
    return [
        ((counts, [[0, 1], [1, 2]]), 50.0),
        ((counts, [[0, 1], [2, 3], [0, 2], [4, 1, 0]]), 50.0),  # a tie of some is not of all
        ((counts, [[0, 4], [4, 2, 3]]), 0.0),
    ]


def _impressions_needed() -> Cases:
    return [
        ((-0.01, 0.03, 100), 400.0),  # half the width is 0.02, the middle 0.01
        ((-0.03, 0.01, 100), 400.0),
        ((0.01, 0.03, 400), 100.0),
        ((-0.02, 0.02, 700), np.inf),
    ]


def _error_by_user() -> Cases:
    values = np.array([0.0, 0.0, 1.0, 1.0])
    return [
        ((values, np.array([7, 7, 9, 9])), np.sqrt(2) / 4),  # sums -1 and 1
        ((values, np.array([1, 2, 3, 4])), 0.25),  # one impression each: the usual error
        ((np.array([1.0, 1.0, 1.0, 0.0]), np.array([1, 1, 1, 2])), np.sqrt(1.125) / 4),
        ((values, np.array([1, 2, 2, 1])), 0.0),  # the deviations of each cancel out
    ]


def _after_the_cut() -> Cases:
    return [
        ((np.array([40, 6, 30, 10]), np.array([16, 16, 16, 10])), [50.0, 12.0]),
        ((np.array([5, 4, 6]), np.array([15, 16, 14])), [100.0, 5.0]),
        ((np.array([50, 30]), np.array([20, 10])), [0.0, 15.0]),
    ]


def _one_apart() -> Cases:
    paid, title = {"texts": "paid", "alpha": 0.5}, {"texts": "title", "alpha": 0.5}
    return [
        (([paid, title, {"texts": "title", "alpha": 4}],), [[0, 1], [1, 2]]),
        (([title, paid, title],), [[0, 1], [1, 2]]),  # the first and the last do not differ
        (([paid, {"texts": "title", "alpha": 4}],), []),
    ]


def _gain_of_gains() -> Cases:
    # Gains of the chosen users 0.1 and 0, of the random ones 0 and 0.1.
    equal = np.array([[[0.8, 0.6], [0.7, 0.6]], [[0.5, 0.5], [0.5, 0.4]]])
    # Gains 0.3, 0.1, 0.2 against 0.1 each.
    more = np.array([[[0.8, 0.6, 0.7], [0.5, 0.5, 0.5]], [[0.6, 0.6, 0.6], [0.5, 0.5, 0.5]]])
    return [((equal,), [0.0, 0.1]), ((more,), [0.1, 0.1 / np.sqrt(3)])]


def _users_stored() -> Cases:
    return [
        (([4, 4], 1), [2, 2]),
        (([5, 1, 3], 2), [5, 3]),
        (([5, 1, 3], 3), [7, 3]),
        (([2, 2], 9), [4, 2]),
    ]


def _likes_needed() -> Cases:
    likes = np.array([100.0, 1000.0, 10000.0])
    rising, falling = np.array([0.80, 0.82, 0.86]), np.array([0.80, 0.84, 0.82])
    return [
        ((likes, rising, 0.81), np.sqrt(1e5)),  # half the way on the log scale
        ((likes, rising, 0.83), 1000 * 10**0.25),
        ((likes, falling, 0.83), 100 * 10**0.75),  # reached before the curve falls again
        ((likes, rising, 0.79), 100.0),
        ((likes, rising, 0.90), np.inf),
    ]


def _gap_over_sizes() -> Cases:
    decades, flat = np.array([10.0, 100.0, 1000.0]), np.array([0.1, 0.1])
    wide = np.array([10.0, 100.0, 10000.0])
    return [
        # The gap is 0, 0.1 and 0 at the three sizes.
        ((decades, np.array([0.8, 0.9, 0.9]), decades, np.array([0.8, 0.8, 0.9])), 0.05),
        # Both cover 100 to 1000 only, where the first rises from 0.1 to 0.2.
        ((decades[[0, 2]], np.array([0.0, 0.2]), wide[[1, 2]], flat), 0.05),
        # 0.1 over one decade; over the next two it falls to -0.1, which makes 0.
        ((wide, np.array([0.2, 0.2, 0.0]), wide[[0, 2]], flat), 0.1 / 3),
    ]


EXERCISES = {
    "random_recall": _random_recall,
    "quality_above_floor": _quality_above_floor,
    "leaked_percent": _leaked_percent,
    "silent_percent": _silent_percent,
    "impressions_needed": _impressions_needed,
    "error_by_user": _error_by_user,
    "after_the_cut": _after_the_cut,
    "one_apart": _one_apart,
    "gain_of_gains": _gain_of_gains,
    "users_stored": _users_stored,
    "likes_needed": _likes_needed,
    "gap_over_sizes": _gap_over_sizes,
}
