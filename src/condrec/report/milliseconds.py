"""Seconds that are recorded to the millisecond, and what ratios of them are worth."""

from __future__ import annotations

import numpy as np

LEAST = 0.001
"""What a quicker fit counts as."""


def no_finer(ratio: float, seconds: float) -> float:
    """Return a ratio with as many digits as the shorter of its times has milliseconds."""
    if np.isnan(ratio):
        return ratio
    digits = len(str(round(1000 * seconds)))
    return float(f"{ratio:.{digits}g}")
