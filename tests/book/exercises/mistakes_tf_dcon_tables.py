"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np


def _all(lists: list[list[int]]) -> set[int]:
    return set().union(*lists)


MISTAKES = [
    ("alike_within", lambda low, high, tolerance: int(low < 0 < high)),  # not shown to differ
    (
        "alike_within",  # the middle alone
        lambda low, high, tolerance: 1 if abs(low + high) / 2 < tolerance else -1,
    ),
    ("pairs_agreed", lambda a, b: (a == b).mean()),  # takes the clusters by their numbers
    (
        "pairs_agreed",  # counts each user with himself
        lambda a, b: ((a[:, None] == a) == (b[:, None] == b)).mean(),
    ),
    (
        "between_over_within",  # the variance of a mean is not that of a run
        lambda values: values.mean(axis=1).var(ddof=1) / values.var(axis=1, ddof=1).mean(),
    ),
    ("random_words", lambda words, n, keys: [words[i] for i in np.argsort(keys)[:n]]),
    (
        "misplaced",  # forgets how often
        lambda short, original: [i for i, w in enumerate(short) if set(w) - set(original[i])],
    ),
    (
        "unread_percent",  # each word once
        lambda trained, tested: 100 * len(_all(tested) - _all(trained)) / len(_all(tested)),
    ),
    ("draws_as_good", lambda chosen, draws: np.mean([draw >= chosen for draw in draws])),
    (
        "draws_as_good",  # an equal draw is as good
        lambda chosen, draws: (1 + sum(draw > chosen for draw in draws)) / (1 + len(draws)),
    ),
    (
        "merged_rows",  # liked by one and disliked by the other: both
        lambda likes, dislikes: [sorted(_all(likes)), sorted(_all(dislikes))],
    ),
    (
        "beyond_its_rows",  # rows as they are
        lambda rows, values, own, value: value - np.polyval(np.polyfit(rows, values, 1), own),
    ),
    ("beyond_its_rows", lambda rows, values, own, value: value - values.mean()),
    ("epoch_speed_up", lambda seconds, validation, share: 1 / share if share else np.inf),
    (
        "sooner_to_level",  # each run to its own best
        lambda full_s, full, small_s, small: full_s[np.argmax(full)] / small_s[np.argmax(small)],
    ),
    (
        "mean_and_median",  # the median leaves out what the mean leaves out
        lambda full, small: [
            f((full / small)[np.isfinite(full)]) if np.isfinite(full).any() else np.inf
            for f in (np.mean, np.median)
        ],
    ),
    (
        "weight_when_standardised",  # the wrong way round
        lambda alpha, d_emb, d_int: alpha * d_emb.std() / d_int.std(),
    ),
    (
        "shared_beyond_chance",  # expects its own share
        lambda first, second, n: len(set(first) & set(second)) / len(first) - len(first) / n,
    ),
    (
        "first_exchange",  # looks at the second nearest only
        lambda d_emb, d_int: (
            np.diff(np.sort(d_emb))[0] / -np.diff(d_int[np.argsort(d_emb)])[0]
            if len(d_emb) > 1
            else np.inf
        ),
    ),
]
