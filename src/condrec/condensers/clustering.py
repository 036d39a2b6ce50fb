"""K-means as TF-DCon's code runs it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def distances(points: FloatArray, centroids: FloatArray) -> FloatArray:
    """Return Euclidean distances [n_points, n_centroids]."""
    squared = (
        (points**2).sum(1)[:, None] - 2 * points @ centroids.T + (centroids**2).sum(1)[None, :]
    )
    return np.sqrt(np.maximum(squared, 0))


def k_means(
    points: FloatArray, k: int, rng: np.random.Generator, most_rounds: int = 300
) -> FloatArray:
    """Return the centroids of Lloyd's algorithm (fact sheet TF-DCon, section 2.3).

    Args:
        points: shape [n, d].
        k: number of clusters, at most n; the start is k random different points, no restarts.
        rng: draws the start, and a new place for a cluster that lost all its points.
        most_rounds: a bound on the rounds; the rule below ends far earlier.

    Returns:
        Centroids, shape [k, d]; the rounds end when the squared sum of the centroids' shifts is
        below 1e-4.
    """
    centroids = points[rng.choice(len(points), size=k, replace=False)]
    for _ in range(most_rounds):
        cluster = distances(points, centroids).argmin(1)
        size = np.bincount(cluster, minlength=k)
        total = np.zeros_like(centroids)
        np.add.at(total, cluster, points)
        moved = total / np.maximum(size, 1)[:, None]
        empty = size == 0
        moved[empty] = points[rng.integers(len(points), size=int(empty.sum()))]
        shift = np.linalg.norm(moved - centroids, axis=1).sum()
        centroids = moved
        if shift**2 < 1e-4:
            break
    return centroids


def distance_to_own_mean(points: FloatArray, cluster: NDArray[np.int64], k: int) -> FloatArray:
    """Return each point's distance to the plain mean of its cluster (Wu et al. 2023, Eq. 7)."""
    mean = np.zeros((k, points.shape[1]))
    np.add.at(mean, cluster, points)
    mean /= np.maximum(np.bincount(cluster, minlength=k), 1)[:, None]
    return np.linalg.norm(points - mean[cluster], axis=1)


def standardised(distance: FloatArray) -> FloatArray:
    """Return distances in units of their standard deviation; equal ones are left as they are."""
    spread = distance.std()
    return distance / spread if spread > 0 else distance


def nearest_of_each_cluster(
    distance: FloatArray, cluster: NDArray[np.int64], m: int
) -> list[NDArray[np.int64]]:
    """Return for every cluster its ``m`` points of smallest distance, nearest first (Eq. 9)."""
    order = np.lexsort((distance, cluster))
    starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
    return [part[:m] for part in np.split(order, starts[1:])]
