"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np

MISTAKES = [
    ("tangent", lambda s_xy, s_xx, s_yy: 2 * s_xy + 0.01),  # the diagonal's formula
    (
        "kernel_ridge",  # lambda not relative to the diagonal
        lambda k, q, x, strength: q @ np.linalg.inv(k + strength * np.eye(len(k))) @ x,
    ),
    (
        "truncated_recall",  # forgets to leave out what is known
        lambda scores, known, wanted, k: (
            len(set(np.argsort(-scores)[:k]) & set(wanted)) / min(k, len(wanted))
        ),
    ),
    ("soft_users", lambda a, w: sum(a * g / (a @ g)[:, None] for g in w)),  # not cut at 1
    (
        "multinomial",  # divides by the number of positives
        lambda scores, x: (
            -((x * (scores - np.log(np.exp(scores).sum(1, keepdims=True)))).sum() / x.sum())
        ),
    ),
    ("heaviest_to_one", lambda weights, top: np.minimum(1, weights * top)),
]
