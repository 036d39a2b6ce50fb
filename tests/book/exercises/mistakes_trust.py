"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np


def heading_over_all(lows, allowed):
    """Comparisons that were not run are counted as if they spoke for the heading."""
    if not any(low is not None for low in lows):
        return 0
    against = sum(low is not None and low > 0 for low in lows)
    return 1 if against / len(lows) <= allowed else -1


def heading_of_nothing(lows, allowed):
    """Nothing was run, and the heading stands."""
    done = [low for low in lows if low is not None]
    return 1 if sum(low > 0 for low in done) <= allowed * len(done) else -1


MISTAKES = [
    # Pairs of ids of 4 bytes take 8, not 4.
    ("soft_users_at_equal_bytes", lambda items, pairs: pairs // items),
    # Rounded up, or to the nearest: the last user takes more bytes than there are.
    ("soft_users_at_equal_bytes", lambda items, pairs: -(-2 * pairs // items)),
    # Spread of single runs.
    (
        "leads_within_spread",
        lambda leads, a, b, n: int((np.abs(leads) <= 2 * np.sqrt(a**2 + b**2)).sum()),
    ),
    # Negative leads count whatever their size.
    (
        "leads_within_spread",
        lambda leads, a, b, n: int((leads <= 2 * np.sqrt((a**2 + b**2) / n)).sum()),
    ),
    # Standard deviations are added.
    (
        "leads_within_spread",
        lambda leads, a, b, n: int((np.abs(leads) <= 2 * (a + b) / np.sqrt(n)).sum()),
    ),
    ("heading_stands", heading_over_all),
    ("heading_stands", heading_of_nothing),
]
