"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np
from scipy import stats


def quiet_by_place(rows, recall):
    """The first users of the array, not those with the fewest rows."""
    return recall[: max(1, len(rows) // 5)].mean() - recall.mean()


def others_with_own(kept):
    """The set's own model counts as another."""
    return (kept - kept.mean(axis=0)).mean(axis=1)


def others_by_row(kept):
    """The levels of the trained models are not taken out."""
    others = ~np.eye(len(kept), dtype=bool)
    means = np.array([row[mask].mean() for row, mask in zip(kept, others, strict=True)])
    return means - means.mean()


MISTAKES = [
    ("false_negative_share", lambda n, kept, missing: 100 * missing.mean() / n),
    ("diagonal_gain", lambda kept: np.diag(kept).mean() - kept.mean()),
    (
        "settled_at",  # the first close value, whatever follows
        lambda steps, values, tolerance: steps[abs(values - values[-1]) <= tolerance][0],
    ),
    # Variances, or standard deviations, are added as they are.
    ("size_of_draw", lambda s: [s.sum(), (s * (1 - s)).sum()]),
    ("size_of_draw", lambda s: [s.sum(), np.sqrt(s.sum())]),
    # Interactions in place of pairs of them.
    ("pairs_kept", lambda rows, kept: 100 * kept.sum() / rows.sum()),
    # The square of the share: a mean over users of what is not the same for all.
    ("pairs_kept", lambda rows, kept: 100 * np.mean((kept / rows) ** 2)),
    ("quiet_gap", quiet_by_place),
    # Users with fewer rows than a fifth of the most, not a fifth of the users.
    (
        "quiet_gap",
        lambda rows, recall: recall[rows <= max(rows.max() / 5, rows.min())].mean() - recall.max(),
    ),
    # Read by rows: levels of different models are compared.
    (
        "own_is_best",
        lambda kept: [
            int((kept.argmax(axis=1) == np.arange(len(kept))).sum()),
            float(
                stats.binom.sf(
                    (kept.argmax(axis=1) == np.arange(len(kept))).sum() - 1,
                    len(kept),
                    1 / len(kept),
                )
            ),
        ],
    ),
    # More than that many, not at least.
    (
        "own_is_best",
        lambda kept: [
            int((kept.argmax(axis=0) == np.arange(len(kept))).sum()),
            float(
                stats.binom.sf(
                    (kept.argmax(axis=0) == np.arange(len(kept))).sum(), len(kept), 1 / len(kept)
                )
            ),
        ],
    ),
    ("serves_others", others_with_own),
    ("serves_others", others_by_row),
    # The other way round, and the part that one of them alone does.
    ("overlap_of_parts", lambda full, a, b, both: (full - both) - (full - a) - (full - b)),
    ("overlap_of_parts", lambda full, a, b, both: full - both),
    # The rule comes on top of the budget, takes back what is not there, or has a share of its own.
    ("left_to_choose", lambda rows, share, least: round(share * rows.sum())),
    (
        "left_to_choose",
        lambda rows, share, least: round(share * rows.sum()) - rows[rows <= least].sum(),
    ),
    ("left_to_choose", lambda rows, share, least: round(share * rows[rows > least].sum())),
]
