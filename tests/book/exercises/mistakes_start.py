"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

MISTAKES = [
    ("share_kept", lambda full, condensed: len(condensed) / len(full)),  # counts negatives
    ("quality_percent", lambda ours, full: 100 * sum(ours.values()) / sum(full.values())),
    ("like_ratio", lambda likes, dislikes: (likes + 1) / (likes + dislikes + 2)),
    ("random_ndcg_at_1", lambda labels: 1 / len(labels)),
]
