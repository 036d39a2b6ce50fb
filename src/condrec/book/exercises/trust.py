"""Cases of the exercises of the notebooks on trust, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from condrec.book.exercises.check import Cases


def _soft_users_at_equal_bytes() -> Cases:
    return [
        ((100, 1000), 20),  # 8,000 bytes, 400 a user
        ((3, 4), 2),  # 32 bytes, 12 a user: the third would need 36
        ((10, 5), 1),  # exactly as many bytes
        ((100, 40), 0),
    ]


def _leads_within_spread() -> Cases:
    sd_a, sd_b = np.array([0.03, 0.03, 0.03]), np.array([0.04, 0.04, 0.04])
    return [
        # One run a side: the standard error of the difference is 0.05, two of them are 0.1.
        ((np.array([0.09, -0.09, 0.11]), sd_a, sd_b, 1), 2),
        # Four runs a side: 0.025, two of them are 0.05.
        ((np.array([0.04, -0.06, 0.09]), sd_a, sd_b, 4), 1),
        ((np.array([-0.2, 0.06]), np.array([0.06, 0.0]), np.array([0.08, 0.0]), 1), 1),
    ]


def _heading_stands() -> Cases:
    return [
        (([-0.1, -0.2, 0.01, -0.3], 0.25), 1),  # exactly the share that is allowed
        (([-0.1, 0.02, 0.01, -0.3], 0.25), -1),
        (([0.01, -0.1, None, None], 0.25), -1),  # one of two, not one of four
        (([0.0, -0.1], 0.0), 1),  # zero is not above zero
        (([None, None], 0.05), 0),
        (([], 0.05), 0),
    ]


EXERCISES: dict[str, Callable[[], Cases]] = {
    "soft_users_at_equal_bytes": _soft_users_at_equal_bytes,
    "leads_within_spread": _leads_within_spread,
    "heading_stands": _heading_stands,
}
