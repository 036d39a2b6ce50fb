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


def _hit_among_drawn() -> Cases:
    return [
        ((3, 5, 2, 1), 0.25),  # two of the four others are better, and neither draw may be one
        ((3, 5, 2, 2), 0.75),  # one of them may
        ((2, 5, 2, 1), 0.5625),
        ((1, 900, 100, 1), 1.0),
        ((5, 5, 3, 3), 0.0),  # every drawn one is better
        ((5, 5, 3, 4), 1.0),  # but there are only three
    ]


def _row(learned: bool, vectors: str, kept: float) -> dict[str, bool | str | float]:
    return {"learned": learned, "vectors": vectors, "kept": kept}


def _gains_with_control() -> Cases:
    random, own = _row(False, "SASRec", 60.0), _row(True, "SASRec", 70.0)
    other = _row(True, "GRU4Rec", 80.0)
    return [
        (([own, other, random],), [[0, 10.0]]),
        (([random, _row(False, "GRU4Rec", 75.0), other, own],), [[2, 5.0], [3, 10.0]]),
        (([other, _row(True, "SASRec", 55.0), random],), [[1, -5.0]]),
        (([other],), []),
    ]


def _seeds_to_show() -> Cases:
    # t / sqrt(n) is 8.98, 2.48, 1.59, 1.24, 1.05 and 0.92 for 2 to 7 seeds.
    return [
        ((0.01, 0.01, 50), 7),
        ((-0.02, 0.01, 50), 4),
        ((0.1, 0.01, 50), 2),
        ((0.01, 0.01, 6), np.inf),
    ]


def _largest_rank() -> Cases:
    # Ranks of 1, 2 and 3 take 5 + 5, 10 + 20 and 15 + 45 numbers.
    return [((3, 2, 5, 30), 2), ((3, 2, 5, 29), 1), ((3, 2, 5, 60), 3), ((3, 2, 5, 9), 0)]


def _reached_by_window() -> Cases:
    return [
        ((4, 2), np.array([1, 2, 2, 1]) / 3),
        ((5, 4), np.array([0.5, 1.0, 1.0, 1.0, 0.5])),
        ((5, 1), np.full(5, 0.2)),
        ((3, 3), np.ones(3)),  # all steps
    ]


def _luck_of_best() -> Cases:
    return [
        ((np.array([0.0, 1.0]), 1), 0.0),
        ((np.array([0.0, 1.0]), 2), 0.25),  # 1 is best in three of four cases
        ((np.array([3.0, 1.0, 2.0]), 2), 4 / 9),  # best 1, 2 and 3 in 1, 3 and 5 of nine cases
        ((np.array([0.0, 1.0, 0.0, 0.0]), 2), 7 / 16 - 1 / 4),
    ]


EXERCISES = {
    "tucker_logits": _tucker_logits,
    "soft_divergence": _soft_divergence,
    "adam_step": _adam_step,
    "share_with_table": _share_with_table,
    "learning_adds": _learning_adds,
    "gain_passed_on": _gain_passed_on,
    "decoding_products": _decoding_products,
    "hit_among_drawn": _hit_among_drawn,
    "gains_with_control": _gains_with_control,
    "seeds_to_show": _seeds_to_show,
    "largest_rank": _largest_rank,
    "reached_by_window": _reached_by_window,
    "luck_of_best": _luck_of_best,
}
