"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np
from scipy import stats


def holds_up(clean, noisy, rival_clean, rival_noisy, lost):
    less = lost(rival_clean, rival_noisy) - lost(clean, noisy)
    half = stats.t.ppf(0.975, len(less) - 1) * less.std(ddof=1) / np.sqrt(len(less))
    return 1 if less.mean() - half > 0 else -1 if less.mean() + half < 0 else 0


def by_points(clean, noisy, rival_clean, rival_noisy):
    """Points are lost, not parts: who starts low cannot lose many."""
    return holds_up(clean, noisy, rival_clean, rival_noisy, lambda a, b: a - b)


def by_mean(clean, noisy, rival_clean, rival_noisy):
    """The spread is left out."""
    less = (noisy / clean).mean() - (rival_noisy / rival_clean).mean()
    return int(np.sign(less))


MISTAKES = [
    (
        "kept_interval",  # the normal quantile in place of t's
        lambda runs, full: [
            100 * runs.mean() / full + z * 100 * runs.std(ddof=1) / full / np.sqrt(len(runs))
            for z in (0, -1.96, 1.96)
        ],
    ),
    ("share_of_bytes", lambda m, n, rows: 100 * m * n / rows),  # counts cells, not bytes
    ("share_lost", lambda clean, noisy: 100 * (1 - noisy.mean() / clean.mean())),
    (
        "uses_to_pay_back",
        lambda make, full, small: make / (full - small) if full > small else np.inf,
    ),
    # Places are counted for coverage, not items.
    (
        "shown_and_rare",
        lambda lists, n, rare: [100 * lists.size / n, 100 * np.isin(lists, rare).mean()],
    ),
    # Different rare items among the different shown ones.
    (
        "shown_and_rare",
        lambda lists, n, rare: [
            100 * len(np.unique(lists)) / n,
            100 * np.isin(np.unique(lists), rare).mean(),
        ],
    ),
    # Chosen on test rows.
    ("chosen_by_validation", lambda validation, test: [test.max(), 0.0]),
    ("chosen_by_validation", lambda validation, test: [test[validation.argmax()], test.max()]),
    # The draws are shared out among the users.
    ("users_touched", lambda rows, n: float(min(n, len(rows)))),
    ("users_touched", lambda rows, n: float((n * rows / rows.sum()).clip(max=1).sum())),
    # One error, though both points were read.
    ("certain_steps", lambda points, error: int((np.abs(np.diff(points)) > error).sum())),
    ("certain_steps", lambda points, error: int((np.diff(points) > 2 * error).sum())),
    # What is replaced is never right.
    ("still_true", lambda share, rows, liked, n: 100 * (1 - share)),
    # What is in the history can be drawn again.
    ("still_true", lambda share, rows, liked, n: 100 * (1 - share + share * liked / n)),
    ("holds_up_better", by_points),
    ("holds_up_better", by_mean),
    # The scoring takes as long as before.
    (
        "use_speed_up",
        lambda fit, score, fixed, share: [
            (fit + score) / (fit * share**2 + score),
            (fit + score) / fixed if fixed else np.inf,
        ],
    ),
    # The scoring shrinks as a whole, so nothing limits it.
    (
        "use_speed_up",
        lambda fit, score, fixed, share: [
            (fit + score) / (fit * share**2 + score * share),
            np.inf,
        ],
    ),
    # One of the two terms alone.
    ("fit_ratio", lambda full, small, n: (full / small) ** 3),
    ("fit_ratio", lambda full, small, n: (full / small) ** 2),
]
