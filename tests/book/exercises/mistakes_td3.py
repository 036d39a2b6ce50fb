"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

from itertools import combinations
from math import comb

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
    (
        "hit_among_drawn",  # without replacement
        lambda place, n, drawn, k: (
            sum(comb(place - 1, i) * comb(n - place, drawn - i) for i in range(min(k, drawn + 1)))
            / comb(n - 1, drawn)
        ),
    ),
    ("hit_among_drawn", lambda place, n, drawn, k: 1 + drawn * (place - 1) / (n - 1) <= k),
    (
        "gains_with_control",  # one control for all
        lambda rows: [
            [place, row["kept"] - next(r["kept"] for r in rows if not r["learned"])]
            for place, row in enumerate(rows)
            if row["learned"]
        ],
    ),
    (
        "seeds_to_show",  # the normal quantile in place of t's
        lambda difference, sd, most: max(2, int((1.96 * sd / difference) ** 2) + 1),
    ),
    ("largest_rank", lambda m, length, width, budget: budget // (m + length + width)),  # r, not r²
    ("reached_by_window", lambda n, window: np.full(n, window / n)),  # as if all were alike
    ("reached_by_window", lambda n, window: 1.0 * (np.arange(n) >= n - window)),  # at the end
    ("luck_of_best", lambda values, k: np.max(values) - np.mean(values)),  # as if k were endless
    (
        "luck_of_best",  # no value twice
        lambda values, k: (
            np.mean([max(x) for x in combinations(values.tolist(), k)]) - values.mean()
        ),
    ),
]
