"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np


def _worth(labels: list[int]) -> float:
    return sum(label / np.log2(place + 2) for place, label in enumerate(labels))


MISTAKES = [
    ("share_kept", lambda full, condensed: len(condensed) / len(full)),  # counts negatives
    ("quality_percent", lambda ours, full: 100 * sum(ours.values()) / sum(full.values())),
    (
        "ndcg_at",  # more clicks than places in the best ranking
        lambda labels, k: _worth(labels[:k]) / _worth(sorted(labels, reverse=True)),
    ),
    ("ndcg_at", lambda labels, k: _worth(labels[:k])),  # not normalised
    ("like_ratio", lambda likes, dislikes: (likes + 1) / (likes + dislikes + 2)),
    ("random_ndcg_at_1", lambda labels: 1 / len(labels)),
    ("tied_ndcg_at_1", lambda scores, labels: labels[np.argmax(scores)]),  # by place in the file
    ("tied_ndcg_at_1", lambda scores, labels: labels.mean()),  # as if all were tied
]
