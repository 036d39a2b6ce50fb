"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np

MISTAKES = [
    (
        "centred_gradient",  # forgets to centre
        lambda losses, masks, s: (losses[:, None] * (masks - s) / (s * (1 - s))).mean(0),
    ),
    ("onto_budget", lambda s, budget: np.clip(s * min(1, budget / s.sum()), 0, 1)),  # scales
]
