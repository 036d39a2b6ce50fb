"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np

MISTAKES = [
    ("random_recall", lambda sizes, k: np.mean(k / sizes)),  # above 1 for short lists
    ("random_recall", lambda sizes, k: min(1.0, k / np.mean(sizes))),  # of the mean list
    (
        "quality_above_floor",  # the paper's Quality
        lambda ours, full, floor: 100 * np.mean([ours[m] / full[m] for m in full]),
    ),
    (
        "quality_above_floor",  # adds the metrics up first
        lambda ours, full, floor: (
            100 * sum(ours[m] - floor[m] for m in full) / sum(full[m] - floor[m] for m in full)
        ),
    ),
    (
        "leaked_percent",  # in anybody's list
        lambda training, held_out: (
            100 * np.isin(np.concatenate(held_out), np.concatenate(training)).mean()
        ),
    ),
    (
        "leaked_percent",  # the mean of the users' shares
        lambda training, held_out: (
            100
            * np.mean([np.isin(b, a).mean() for a, b in zip(training, held_out, strict=True) if b])
        ),
    ),
    (
        "silent_percent",  # counts of zero only
        lambda counts, impressions: 100 * np.mean([not counts[each].any() for each in impressions]),
    ),
    (
        "silent_percent",  # any tie
        lambda counts, impressions: (
            100 * np.mean([len(set(counts[each])) < len(each) for each in impressions])
        ),
    ),
    (
        "impressions_needed",  # as if the width fell with n
        lambda low, high, n: n * (high - low) / abs(high + low) if high + low else np.inf,
    ),
    (
        "error_by_user",  # as if no user had two
        lambda values, user: values.std() / np.sqrt(len(values)),
    ),
    (
        "error_by_user",  # every user weighs the same
        lambda values, user: (
            np.std([values[user == u].mean() for u in np.unique(user)])
            / np.sqrt(len(np.unique(user)))
        ),
    ),
    (
        "after_the_cut",  # equal length is not cut either
        lambda original, condensed: [
            100 * np.mean(original < condensed),
            np.minimum(original, condensed).mean(),
        ],
    ),
    (
        "after_the_cut",  # cuts the mean text
        lambda original, condensed: [
            100 * np.mean(original <= condensed),
            min(original.mean(), condensed.mean()),
        ],
    ),
    (
        "one_apart",  # from the start only
        lambda settings: [
            [0, j]
            for j, other in enumerate(settings)
            if sum(settings[0][f] != other[f] for f in other) == 1
        ],
    ),
    (
        "one_apart",  # equal settings too
        lambda settings: [
            [i, j]
            for j, other in enumerate(settings)
            for i in range(j)
            if sum(settings[i][f] != other[f] for f in other) <= 1
        ],
    ),
    (
        "gain_of_gains",  # of the chosen users alone
        lambda values: [
            (values[0, 0] - values[0, 1]).mean(),
            (values[0, 0] - values[0, 1]).std(ddof=1) / np.sqrt(values.shape[2]),
        ],
    ),
    (
        "gain_of_gains",  # as if the four came from different lists
        lambda values: [
            (values[0, 0] - values[0, 1] - values[1, 0] + values[1, 1]).mean(),
            np.sqrt(values.var(axis=2, ddof=1).sum() / values.shape[2]),
        ],
    ),
    ("users_stored", lambda sizes, m: [m * len(sizes), len(sizes)]),  # clusters may be smaller
    ("likes_needed", lambda likes, values, level: np.interp(level, values, likes)),  # not on logs
    (
        "likes_needed",  # the next size that was run
        lambda likes, values, level: (
            likes[np.argmax(values >= level)] if (values >= level).any() else np.inf
        ),
    ),
    (
        "gap_over_sizes",  # the points, not the way between them
        lambda likes_a, a, likes_b, b: a.mean() - b.mean(),
    ),
    (
        "gap_over_sizes",  # the largest size counts most
        lambda likes_a, a, likes_b, b: (
            np.trapezoid(a, likes_a) / np.ptp(likes_a) - np.trapezoid(b, likes_b) / np.ptp(likes_b)
        ),
    ),
]
