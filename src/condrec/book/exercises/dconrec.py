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


EXERCISES = {
    "centred_gradient": _centred_gradient,
    "onto_budget": _onto_budget,
    "false_negative_share": _false_negative_share,
    "diagonal_gain": _diagonal_gain,
    "settled_at": _settled_at,
}
