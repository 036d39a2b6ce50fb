"""Cases of the exercises of TF-DCon's Tables V to VII and Figures 4 and 5, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _alike_within() -> Cases:
    return [
        ((-0.4, 0.6, 1.0), 1),
        ((0.1, 0.6, 1.0), 1),  # better for certain, yet alike
        ((-0.4, 1.2, 1.0), 0),  # no difference shown, and alike not shown either
        ((1.1, 1.6, 1.0), -1),
        ((-3.0, -1.5, 1.0), -1),
        ((-3.0, 2.0, 1.0), 0),
    ]


def _pairs_agreed() -> Cases:
    return [
        ((np.array([0, 0, 1, 2]), np.array([2, 2, 0, 1])), 1.0),  # other names, same clusters
        ((np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])), 1 / 3),  # only 0-3 and 1-2 agree: apart
        ((np.array([0, 0, 0]), np.array([0, 0, 1])), 1 / 3),
    ]


def _between_over_within() -> Cases:
    same = np.array([[0.1, 0.3], [0.1, 0.3]])
    # Means 1, 2, 3: variance 1, times 2 seeds; within each encoder the variance is 2.
    apart = np.array([[0.0, 2.0], [1.0, 3.0], [2.0, 4.0]])
    # Means 2 and 5: variance 4.5, times 3 seeds; within 1 and 4, on average 2.5.
    uneven = np.array([[1.0, 2.0, 3.0], [3.0, 5.0, 7.0]])
    return [((same,), 0.0), ((apart,), 1.0), ((uneven,), 5.4)]


def _random_words() -> Cases:
    ids = [11, 12, 13, 14, 15]
    return [
        ((ids, 2, [0.9, 0.1, 0.5, 0.7, 0.2]), [12, 15]),
        ((ids, 3, [0.3, 0.8, 0.2, 0.9, 0.1]), [11, 13, 15]),  # drawn last, third and first
        ((ids, 9, [0.9, 0.1, 0.5, 0.7, 0.2]), [11, 12, 13, 14, 15]),
        (([7, 5, 7], 2, [0.3, 0.2, 0.1]), [5, 7]),
    ]


def _misplaced() -> Cases:
    original = [[1, 2, 3], [4, 5, 5], [6]]
    return [
        (([[1, 3], [5, 4], [6]], original), []),
        (([[1, 4], [5], []], original), [0]),
        (([[2, 2], [5, 5], [1]], original), [0, 2]),  # the original has only one 2, but two 5
    ]


def _unread_percent() -> Cases:
    return [
        (([[1, 2], [3]], [[1, 2], [3, 3]]), 0.0),
        (([[1, 2], [3]], [[1, 9, 9], [8]]), 75.0),  # 9 counts each time it stands there
        (([[4], []], [[4, 4, 4, 4], [5]]), 20.0),
    ]


def _draws_as_good() -> Cases:
    return [
        ((0.83, [0.80, 0.82, 0.84, 0.81]), 0.4),  # one of four; and the choice itself
        ((0.90, [0.80, 0.82, 0.84, 0.81]), 0.2),  # four draws cannot show less
        ((0.80, [0.80, 0.79, 0.81]), 0.75),  # an equal draw is as good
    ]


def _merged_rows() -> Cases:
    return [
        (([[1, 2], [2, 5]], [[3], [4]]), [[1, 2, 5], [3, 4]]),
        (([[2], [7]], [[7, 3], [3, 2]]), [[2, 7], [3]]),  # a like wins over the other's dislike
        (([[9, 4]], [[1]]), [[4, 9], [1]]),
    ]


def _beyond_its_rows() -> Cases:
    rows = np.array([100, 1000, 10000])
    return [
        ((rows, np.array([0.80, 0.82, 0.84]), 1000, 0.83), 0.01),
        ((rows, np.array([0.80, 0.82, 0.84]), 10000, 0.83), -0.01),
        ((rows, np.array([0.80, 0.80, 0.80]), 300, 0.83), 0.03),
        # Line through 0.80, 0.83, 0.84: mean 0.82333 at 1000 rows, 0.02 a factor of ten.
        ((rows, np.array([0.80, 0.83, 0.84]), 100, 0.81), 0.81 - (2.47 / 3 - 0.02)),
    ]


def _epoch_speed_up() -> Cases:
    return [
        ((10.0, 0.0, 0.05), 20.0),
        ((10.0, 2.0, 0.05), 10 / 2.4),  # 8 s shrink to 0.4 s, 2 s stay
        ((10.0, 10.0, 0.05), 1.0),
        ((12.0, 2.0, 0.0), 6.0),  # the most that any set can reach
    ]


def _sooner_to_level() -> Cases:
    full, condensed = [2.0, 4.0, 6.0], [0.5, 1.0, 1.5]
    return [
        ((full, [0.70, 0.80, 0.85], condensed, [0.60, 0.75, 0.72]), 4.0),
        ((full, [0.75, 0.80, 0.85], condensed, [0.60, 0.70, 0.75]), 2 / 1.5),  # equal is reached
        ((full, [0.70, 0.80, 0.85], condensed, [0.60, 0.90, 0.80]), np.inf),
        ((full, [0.90, 0.80, 0.85], condensed, [0.60, 0.70, 0.88]), 2 / 1.5),  # passed early
    ]


def _mean_and_median() -> Cases:
    inf = np.inf
    return [
        ((np.array([10.0, 20.0, 6.0]), np.array([2.0, 2.0, 2.0])), [6.0, 5.0]),
        ((np.array([10.0, inf, 20.0]), np.array([2.0, 2.0, 2.0])), [7.5, 10.0]),
        ((np.array([8.0, 6.0, inf, inf]), np.array([2.0, 2.0, 1.0, 1.0])), [3.5, inf]),
        ((np.array([inf, inf]), np.array([2.0, 2.0])), [inf, inf]),
    ]


def _weight_when_standardised() -> Cases:
    d_emb, d_int = np.array([0.0, 2.0]), np.array([1.0, 7.0])  # deviations 1 and 3
    return [
        ((0.25, d_emb, d_int), 0.75),
        ((0.75, d_int, d_emb), 0.25),
        ((0.0, d_emb, d_int), 0.0),
        ((0.5, 10 * d_emb, d_int), 0.15),  # longer user vectors, smaller weight
    ]


def _shared_beyond_chance() -> Cases:
    return [
        (([1, 2, 3, 4], [3, 4, 5, 6], 100), 0.46),
        (([1, 2, 3, 4], [4, 1, 2, 3], 10), 0.6),
        (([1, 2], [3, 4, 5, 6], 10), -0.4),
        (([1, 2, 3, 4, 5], [5, 6, 7, 8], 20), 0.0),  # one in five, as by chance
    ]


def _first_exchange() -> Cases:
    return [
        ((np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0, 0.5])), 0.5),
        ((np.array([3.0, 1.0, 1.5]), np.array([1.0, 4.0, 3.8])), 2 / 3),  # not by the runner-up
        ((np.array([1.0, 2.0]), np.array([0.5, 0.5])), np.inf),
        ((np.array([0.7]), np.array([0.3])), np.inf),  # alone in the cluster
    ]


EXERCISES = {
    "alike_within": _alike_within,
    "pairs_agreed": _pairs_agreed,
    "between_over_within": _between_over_within,
    "random_words": _random_words,
    "misplaced": _misplaced,
    "unread_percent": _unread_percent,
    "draws_as_good": _draws_as_good,
    "merged_rows": _merged_rows,
    "beyond_its_rows": _beyond_its_rows,
    "epoch_speed_up": _epoch_speed_up,
    "sooner_to_level": _sooner_to_level,
    "mean_and_median": _mean_and_median,
    "weight_when_standardised": _weight_when_standardised,
    "shared_beyond_chance": _shared_beyond_chance,
    "first_exchange": _first_exchange,
}
