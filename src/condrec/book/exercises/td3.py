"""Cases of the exercises of TD3's notebooks, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases


def _tucker_logits() -> Cases:
    core = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 2.0], [1.0, 0.0]]])
    users, times = np.array([[1.0, 1.0]]), np.array([[1.0, 0.0], [0.0, 2.0]])
    # Latent vectors: [1, 0] + [0, 2] at the first position, 2 ([0, 1] + [1, 0]) at the second.
    table = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, -1.0]])
    return [((core, users, times, table), np.array([[[1.0, 3.0, -2.0], [2.0, 4.0, -2.0]]]))]


def _soft_divergence() -> Cases:
    even, sure = np.array([0.5, 0.5]), np.array([1.0, 0.0])
    return [
        ((even, np.array([1.0, 1.0])), 0.0),
        ((sure, np.array([0.0, 0.0])), np.log(2)),
        ((even, np.array([np.log(3.0), 0.0])), np.log(2 / np.sqrt(3))),
    ]


def _adam_step() -> Cases:
    # At the first step Adam moves by its rate, whatever the size of the gradient.
    second_v = 0.999 * 0.004 + 0.001
    second = 1.0 - 0.1 * (0.28 / 0.19) / np.sqrt(second_v / (1 - 0.999**2))
    return [
        ((1.0, 0.0, 0.0, 2.0, 1, 0.1), [1.0 - 0.2 / (2 + 1e-8), 0.2, 0.004]),
        ((1.0, 0.2, 0.004, 1.0, 2, 0.1), [second, 0.28, second_v]),
    ]


def _share_with_table() -> Cases:
    # Numbers of 4 bytes against pairs of two ids: 100 + 20 x 5 numbers, 100 interactions.
    return [((100, 0, 5, 100), 50.0), ((100, 20, 5, 100), 100.0), ((0, 10, 32, 40), 400.0)]


def _learning_adds() -> Cases:
    learned, random = np.array([0.12, 0.10]), np.array([0.10, 0.08])
    return [((learned, random, 0.2), 10.0), ((random, learned, 0.1), -20.0)]


def _gain_passed_on() -> Cases:
    return [
        ((np.array([60.0, 50.0, 40.0]), np.array([50.0, 44.0, 38.0])), 0.4),
        ((np.array([9.0, 7.0]), np.array([7.0, 9.0])), -1.0),
    ]


def _decoding_products() -> Cases:
    # One sequence of one position: G with U is 2 x 3 x 4, with T 3 x 4, with V 4 x 5.
    return [((1, 1, 5, 2, 3, 4), 24 + 12 + 20), ((2, 3, 5, 2, 3, 4), 48 + 72 + 120)]


EXERCISES = {
    "tucker_logits": _tucker_logits,
    "soft_divergence": _soft_divergence,
    "adam_step": _adam_step,
    "share_with_table": _share_with_table,
    "learning_adds": _learning_adds,
    "gain_passed_on": _gain_passed_on,
    "decoding_products": _decoding_products,
}
