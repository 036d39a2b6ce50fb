"""Cases of the exercises of Distill-CF's notebooks, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _tangent() -> Cases:
    right_angle, same = (0.0, 4.0, 1.0), (1.0, 1.0, 1.0)
    sixty_degrees = (1.0, 2.0, 2.0)
    return [
        (same, 2.01),  # the diagonal: 2 S + 0.01
        (right_angle, 2 / np.pi + 0.01),
        (sixty_degrees, np.sqrt(3) / np.pi + 4 / 3 + 0.01),
    ]


def _kernel_ridge() -> Cases:
    unit = np.eye(2)
    return [
        ((2 * unit, np.array([[3.0, 6.0]]), unit, 0.5), np.array([[1.0, 2.0]])),
        (
            (np.array([[3.0, 1.0], [1.0, 1.0]]), np.array([[7.0, 0.0]]), unit, 0.5),
            np.array([[2.0, -1.0]]),
        ),
    ]


def _truncated_recall() -> Cases:
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    return [((scores, [0], [1, 4], k), hr) for k, hr in ((1, 1.0), (2, 0.5), (3, 0.5), (4, 1.0))]


def _soft_users() -> Cases:
    a = np.array([[1.0, 3.0]])
    return [
        ((a, np.array([[1.0, 1.0]])), np.array([[0.25, 0.75]])),
        ((a, np.array([[1.0, 1.0], [3.0, 1.0]])), np.array([[0.75, 1.0]])),
    ]


def _multinomial() -> Cases:
    scores, x = np.array([[0.0, 0.0], [0.0, np.log(3.0)]]), np.array([[1.0, 1.0], [0.0, 1.0]])
    return [
        ((scores[:1], x[:1]), 2 * np.log(2)),
        ((scores, x), (2 * np.log(2) + np.log(4 / 3)) / 2),
    ]


def _heaviest_to_one() -> Cases:
    weights = np.array([[0.2, 0.9, 0.5], [0.7, 0.1, 0.3]])
    return [
        ((weights, 1), np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])),
        ((weights, 2), np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])),
    ]


EXERCISES = {
    "tangent": _tangent,
    "kernel_ridge": _kernel_ridge,
    "truncated_recall": _truncated_recall,
    "soft_users": _soft_users,
    "multinomial": _multinomial,
    "heaviest_to_one": _heaviest_to_one,
}
