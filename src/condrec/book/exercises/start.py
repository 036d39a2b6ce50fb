"""Cases of the exercises of the opening notebooks, worked out by hand."""

from __future__ import annotations

import numpy as np

from condrec.book.exercises.check import Cases
from condrec.datasets import Interactions


def _rows(users: list[int], labels: list[int]) -> Interactions:
    return Interactions(np.array(users), np.arange(len(users)), np.array(labels))


def _share_kept() -> Cases:
    full = _rows([0, 0, 1, 1, 2, 2], [1, 0, 1, 1, 1, 0])
    one_user = full.where(np.array([2, 3]))
    with_dislike = full.where(np.array([0, 1]))
    return [((full, one_user), 0.5), ((full, with_dislike), 0.25), ((full, full), 1.0)]


def _quality() -> Cases:
    full = {"NDCG@1": 0.8, "NDCG@5": 0.5}
    return [((full, full), 100.0), (({"NDCG@1": 0.4, "NDCG@5": 0.5}, full), 75.0)]


def _ndcg_at() -> Cases:
    second, third = 1 / np.log2(3), 0.5
    return [
        (([1, 0, 0], 5), 1.0),
        (([0, 1, 0], 5), second),
        (([0, 0, 0, 1], 3), 0.0),
        (([1, 0, 1], 1), 1.0),  # only one of two clicks can stand first
        (([0, 0, 1, 1], 3), third / (1 + second)),
    ]


def _like_ratio() -> Cases:
    likes, dislikes = np.array([0.0, 1.0, 90.0, 0.0]), np.array([0.0, 0.0, 10.0, 4.0])
    return [((likes, dislikes), np.array([0.75, 0.8, 93 / 104, 0.375]))]


def _random_ndcg_at_1() -> Cases:
    return [((np.array([1, 0, 0, 0]),), 0.25), ((np.array([1, 1, 0]),), 2 / 3)]


def _tied_ndcg_at_1() -> Cases:
    return [
        ((np.array([5.0, 4.0]), np.array([0, 1])), 0.0),
        ((np.array([2.0, 2.0, 2.0]), np.array([1, 0, 0])), 1 / 3),
        ((np.array([3.0, 1.0, 3.0, 3.0]), np.array([0, 1, 1, 1])), 2 / 3),
    ]


EXERCISES = {
    "share_kept": _share_kept,
    "quality_percent": _quality,
    "ndcg_at": _ndcg_at,
    "like_ratio": _like_ratio,
    "random_ndcg_at_1": _random_ndcg_at_1,
    "tied_ndcg_at_1": _tied_ndcg_at_1,
}
