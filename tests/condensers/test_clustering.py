from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.cluster import KMeans

from condrec.condensers.clustering import (
    distance_to_own_mean,
    distances,
    k_means,
    nearest_of_each_cluster,
    standardised,
)

coordinates = st.floats(-100, 100).map(lambda x: round(x, 2))
clouds = st.tuples(st.integers(1, 12), st.integers(1, 3)).flatmap(
    lambda shape: arrays(np.float64, shape, elements=coordinates)
)


class FromList(np.random.Generator):
    """A generator whose first start and later replacements are given."""

    def __init__(self, start: list[int], replacements: list[int]) -> None:
        super().__init__(np.random.PCG64(0))
        self.start, self.replacements = start, replacements

    def choice(self, *_: Any, **__: Any) -> Any:
        return np.array(self.start)

    def integers(self, *_: Any, size: int, **__: Any) -> Any:
        return np.array([self.replacements.pop(0) for _ in range(size)], dtype=int)


def distortion(points: np.ndarray, centroids: np.ndarray) -> float:
    return float((distances(points, centroids).min(1) ** 2).sum())


@given(clouds, st.data())
def test_distances_are_euclidean(points: np.ndarray, data: st.DataObject) -> None:
    shape = (data.draw(st.integers(1, 4)), points.shape[1])
    centroids = data.draw(arrays(np.float64, shape, elements=coordinates))
    expected = np.linalg.norm(points[:, None] - centroids[None], axis=2)
    np.testing.assert_allclose(distances(points, centroids), expected, atol=1e-5)


@pytest.mark.parametrize("start", [[0, 1], [0, 3], [4, 3], [2, 5]])
def test_two_obvious_clusters_from_any_start(start: list[int]) -> None:
    points = np.array([[0.0, 0], [2, 0], [1, 3], [50, 50], [52, 50], [51, 53]])
    centroids = k_means(points, 2, FromList(start, []))
    np.testing.assert_allclose(np.sort(centroids, axis=0), [[1, 1], [51, 51]])


def test_an_empty_cluster_moves_to_a_random_point() -> None:
    points = np.array([[0.0], [0.0], [10.0]])
    # Both centroids start at 0: all points go to the first, the second moves to the last point.
    centroids = k_means(points, 2, FromList([0, 1], replacements=[2]))
    assert centroids.tolist() == [[0.0], [10.0]]


def test_as_many_clusters_as_points() -> None:
    points = np.array([[0.0], [3.0], [7.0]])
    centroids = k_means(points, 3, np.random.default_rng(0))
    assert sorted(centroids.ravel().tolist()) == [0, 3, 7]


def test_one_cluster_is_the_mean() -> None:
    points = np.random.default_rng(0).normal(size=(20, 3))
    np.testing.assert_allclose(k_means(points, 1, np.random.default_rng(0)), points.mean(0)[None])


@pytest.mark.parametrize("seed", range(5))
def test_ends_where_scikit_learn_ends_from_the_same_start(seed: int) -> None:
    points = 1000 * np.random.default_rng([seed, 1]).normal(size=(120, 4))
    start = points[np.random.default_rng(seed).choice(120, size=6, replace=False)]
    expected = KMeans(6, init=start, n_init=1, tol=0.0).fit(points).cluster_centers_
    found = k_means(points, 6, np.random.default_rng(seed))
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_stops_when_the_centroids_hardly_move() -> None:
    points = np.array([[0.0], [0.016], [10.0], [5.002], [14.998]])
    # The first centroid moves from 0 to 0.008, and 0.008^2 < 1e-4: the point at 5.002, which is
    # now nearer to it, is not moved any more.
    centroids = k_means(points, 2, FromList([0, 2], []))
    assert centroids.ravel().tolist() == pytest.approx([0.008, 10])
    # Ten times as large, the shift counts, and the point moves.
    centroids = k_means(10 * points, 2, FromList([0, 2], []))
    assert centroids.ravel().tolist() == pytest.approx([50.18 / 3, 124.99])
    points = np.array([[0.0], [0.008], [100.0]])
    stopped = k_means(1e4 * points, 2, FromList([0, 1], []), most_rounds=1)
    assert stopped.ravel().tolist() == pytest.approx([0, (80 + 1e6) / 2])


@given(clouds, st.integers(0, 2**32 - 1), st.data())
def test_never_ends_worse_than_it_starts(
    points: np.ndarray, seed: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, len(points)))
    start = points[np.random.default_rng(seed).choice(len(points), size=k, replace=False)]
    centroids = k_means(points, k, np.random.default_rng(seed))
    assert centroids.shape == (k, points.shape[1])
    assert distortion(points, centroids) <= distortion(points, start) * (1 + 1e-9) + 1e-6


def test_the_start_is_different_points_and_depends_on_the_generator() -> None:
    points = np.arange(20.0)[:, None]
    first, again, other = (
        k_means(points, 5, np.random.default_rng(seed), most_rounds=0) for seed in (0, 0, 1)
    )
    assert len(np.unique(first)) == 5
    assert (first == again).all()
    assert (first != other).any()


def test_distance_to_own_mean_hand_case() -> None:
    points = np.array([[0.0, 0], [9, 9], [6, 8], [3, 4]])
    cluster = np.array([0, 2, 0, 0])  # mean of cluster 0: (3, 4); cluster 1 is empty
    assert distance_to_own_mean(points, cluster, 3).tolist() == [5, 0, 5, 0]


@given(clouds, st.data())
def test_distance_to_own_mean_ignores_a_common_shift(
    points: np.ndarray, data: st.DataObject
) -> None:
    cluster = np.array(data.draw(st.lists(st.integers(0, 2), min_size=len(points))))[: len(points)]
    found = distance_to_own_mean(points, cluster, 3)
    np.testing.assert_allclose(distance_to_own_mean(points + 7.5, cluster, 3), found, atol=1e-9)
    np.testing.assert_allclose(distance_to_own_mean(2 * points, cluster, 3), 2 * found, atol=1e-9)


def nearest(distance: list[float], cluster: list[int], m: int) -> list[list[int]]:
    parts = nearest_of_each_cluster(np.array(distance), np.array(cluster), m)
    return [part.tolist() for part in parts]


def test_nearest_of_each_cluster_hand_cases() -> None:
    distance, cluster = [0.5, 0.1, 0.9, 0.2, 0.3], [0, 2, 0, 2, 0]
    assert nearest(distance, cluster, 1) == [[4], [1]]  # cluster 1 is empty
    assert nearest(distance, cluster, 2) == [[4, 0], [1, 3]]
    assert nearest(distance, cluster, 9) == [[4, 0, 2], [1, 3]]
    assert nearest([1.0, 1.0, 1.0], [0, 0, 0], 2) == [[0, 1]]  # ties by position
    assert nearest([3.0], [7], 1) == [[0]]


@given(
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 3)), min_size=1, max_size=20),
    st.integers(1, 4),
)
def test_nearest_of_each_cluster_equals_a_plain_sort(
    points: list[tuple[float, int]], m: int
) -> None:
    expected = [
        sorted((i for i, (_, c) in enumerate(points) if c == cluster), key=lambda i: points[i][0])
        for cluster in sorted({c for _, c in points})
    ]
    found = nearest([d for d, _ in points], [c for _, c in points], m)
    assert found == [part[:m] for part in expected]


def test_standardised() -> None:
    assert standardised(np.array([1.0, 3.0])).tolist() == [1, 3]
    assert standardised(np.array([10.0, 30.0])).tolist() == [1, 3]
    assert standardised(np.array([4.0, 4.0])).tolist() == [4, 4]
