"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

import numpy as np

MISTAKES = [
    ("interest_distance", lambda e, cluster: np.linalg.norm(e - e.mean(axis=0), axis=1)),
    ("nearest", lambda d, cluster, m: [np.argsort(d)[:m].tolist()]),  # forgets the clusters
    ("merged_history", lambda histories, limit: [i for h in histories for i in h][:limit]),
]
