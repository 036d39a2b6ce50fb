"""Cases of the exercises of DConRec's notebooks, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _centred_gradient() -> Cases:
    masks, half = np.array([[True, False], [False, True]]), np.array([0.5, 0.5])
    return [
        ((np.array([1.0, 3.0]), masks, half), np.array([-4.0, 4.0])),
        ((np.array([101.0, 103.0]), masks, half), np.array([-4.0, 4.0])),  # a constant is nothing
        ((np.array([2.0, 2.0, 5.0]), masks[[0, 0, 1]], np.array([0.2, 0.5])), [-6.25, 4.0]),
    ]


def _onto_budget() -> Cases:
    return [
        ((np.array([0.9, 0.6, 0.2]), 2.0), np.array([0.9, 0.6, 0.2])),  # within the budget already
        ((np.array([1.0, 0.8, 0.4]), 1.0), np.array([0.6, 0.4, 0.0])),
        ((np.array([1.5, 0.5, -0.2]), 1.2), np.array([1.0, 0.2, 0.0])),
    ]


EXERCISES = {
    "centred_gradient": _centred_gradient,
    "onto_budget": _onto_budget,
}
