"""Cases of the exercises of TF-DCon's notebooks, worked out by hand."""

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


EXERCISES = {
    "interest_distance": _interest_distance,
    "nearest": _nearest,
    "merged_history": _merged_history,
}
