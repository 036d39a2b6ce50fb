"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np

MISTAKES = [
    (
        "tucker_logits",  # the factors in each other's place
        lambda core, users, times, v: np.einsum("ijk,aj,bi->abk", core, users, times) @ v.T,
    ),
    (
        "soft_divergence",  # forgets the target's entropy
        lambda target, z: (target * (np.log(np.exp(z).sum()) - z)).sum(),
    ),
    (
        "adam_step",  # no correction of the moments
        lambda theta, m, v, g, t, rate: [
            theta - rate * (0.9 * m + 0.1 * g) / np.sqrt(0.999 * v + 0.001 * g * g),
            0.9 * m + 0.1 * g,
            0.999 * v + 0.001 * g * g,
        ],
    ),
    ("share_with_table", lambda learned, n, d, rows: 50 * learned / rows),  # without the table
    ("learning_adds", lambda learned, random, full: 100 * (learned / random - 1).mean()),
    ("gain_passed_on", lambda learned, random: (learned[1:] - random[1:]).mean() / learned[0]),
    ("decoding_products", lambda m, length, n, d1, d2, d3: m * length * n * d1 * d2 * d3),
]
