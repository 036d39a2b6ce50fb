"""Metrics of ranked lists, every group of rows at once.

All functions take a :class:`Ranking`, which holds each row's place in its own group, and return
one value a group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from condrec.errors import CondrecError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
QUALITY_METRICS = ("NDCG@1", "NDCG@5", "Recall@1", "Recall@5")
"""The four metrics that TF-DCon's Quality averages."""
NEWS_METRICS = ("NDCG@5", "NDCG@10", "Recall@5", "Recall@10")
"""The same on MIND."""


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows ranked within their groups.

    Args:
        group: which group a row belongs to, 0 to n_groups - 1, shape [n_rows].
        label: 1 for a positive row, else 0, shape [n_rows].
        rank: place of a row in its group, 0 is the best, ties broken, shape [n_rows].
        middle_rank: the same with tied rows sharing the mean of their places, shape [n_rows].
        n_groups: number of groups; each has at least one row.
    """

    group: IntArray
    label: IntArray
    rank: IntArray
    middle_rank: FloatArray
    n_groups: int

    @classmethod
    def from_scores(
        cls, group: IntArray, label: IntArray, scores: FloatArray, tie_break: FloatArray
    ) -> Ranking:
        """Rank rows by falling score; equal scores are ordered by rising ``tie_break``.

        Args:
            group: see the class.
            label: see the class.
            scores: finite, shape [n_rows].
            tie_break: distinct numbers, shape [n_rows].
        """
        order = np.lexsort((tie_break, -scores, group))
        sizes = np.bincount(group)
        starts = np.repeat(np.cumsum(sizes) - sizes, sizes)
        place = np.arange(len(group)) - starts
        new_group = place == 0
        tied_with_last = np.diff(scores[order], prepend=np.nan) == 0
        block = np.cumsum(new_group | ~tied_with_last) - 1
        middle = np.bincount(block, weights=place) / np.bincount(block)
        rank = np.empty(len(group), dtype=np.int64)
        middle_rank = np.empty(len(group))
        rank[order] = place
        middle_rank[order] = middle[block]
        return cls(group, label, rank, middle_rank, len(sizes))

    def per_group(self, weights: NDArray[np.generic]) -> FloatArray:
        """Return the sum of ``weights`` over the rows of every group, shape [n_groups]."""
        return np.bincount(self.group, weights=weights, minlength=self.n_groups).astype(np.float64)

    @property
    def n_rows(self) -> FloatArray:
        """Rows of every group, shape [n_groups]."""
        return self.per_group(np.ones(len(self.group)))

    @property
    def n_positives(self) -> FloatArray:
        """Positive rows of every group, shape [n_groups]."""
        return self.per_group(self.label)


def check_cutoffs(ks: Sequence[int]) -> None:
    """Refuse cut-offs that are not whole numbers above 0."""
    if not ks or any(isinstance(k, bool) or k != int(k) or k < 1 for k in ks):
        raise CondrecError(f"ks: found {tuple(ks)}, expected whole numbers above 0")


def ndcg(ranking: Ranking, k: int) -> FloatArray:
    """Return NDCG@k with gain 1 and discount log2; NaN for a group without a positive.

    Equals scikit-learn's ``ndcg_score`` where no scores are tied.
    """
    gain = ranking.label * (ranking.rank < k) / np.log2(ranking.rank + 2.0)
    # best[p] is the gain of p positives on top.
    best = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(k) + 2.0))])
    ideal = best[np.minimum(ranking.n_positives, k).astype(np.int64)]
    return _ratio(ranking.per_group(gain), ideal)


def recall(ranking: Ranking, k: int) -> FloatArray:
    """Return the share of a group's positives among its first k rows; NaN without a positive."""
    found = ranking.per_group(ranking.label * (ranking.rank < k))
    return _ratio(found, ranking.n_positives)


def reciprocal_rank(ranking: Ranking, k: int) -> FloatArray:
    """Return 1 / place of the first positive, 0 beyond place k; NaN without a positive."""
    first = np.full(ranking.n_groups, np.inf)
    hit = ranking.label == 1
    np.minimum.at(first, ranking.group[hit], ranking.rank[hit] + 1.0)
    value = np.where(first <= k, 1 / first, 0.0)
    return np.where(np.isinf(first), np.nan, value)


def auc(ranking: Ranking) -> FloatArray:
    """Return the share of (positive, negative) pairs ranked rightly; NaN without both labels.

    A tied pair counts one half, so no draw is needed (Mann-Whitney).
    """
    positives = ranking.n_positives
    negatives = ranking.n_rows - positives
    # Place from the bottom, counted from 1, summed over positives, less what they take themselves.
    from_bottom = ranking.n_rows[ranking.group] - ranking.middle_rank
    wins = ranking.per_group(ranking.label * from_bottom) - positives * (positives + 1) / 2
    return _ratio(wins, positives * negatives)


def quality(
    ours: Mapping[str, float],
    full: Mapping[str, float],
    metrics: Sequence[str] = QUALITY_METRICS,
) -> float:
    """Return Quality in percent: the mean over metrics of ours divided by the full data's.

    Args:
        ours: value of each metric, trained on the condensed data.
        full: value of each metric, trained on the full data.
        metrics: which metrics to average.

    Raises:
        CondrecError: no metric, a metric that is missing, or a full-data value that is not
            above 0.

    Source: Wu et al. 2023, Table III (recomputed from its printed metrics within 0.06).
    """
    if not metrics:
        raise CondrecError("quality: found no metric, expected at least one")
    for name in metrics:
        for which, values in (("ours", ours), ("full", full)):
            if name not in values:
                raise CondrecError(f"quality: {name} is missing in {which}, found {sorted(values)}")
        if not full[name] > 0:
            raise CondrecError(f"quality: full {name} is {full[name]}, expected a value above 0")
    return float(100 * np.mean([ours[name] / full[name] for name in metrics]))


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    """Return ``above / below``, NaN where ``below`` is 0."""
    result = np.full(len(above), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def pooled_auc(scores: FloatArray, labels: NDArray[np.bool_]) -> float:
    """Return the AUC of all rows thrown together; a tied pair counts one half.

    Args:
        scores: shape [n_rows].
        labels: whether a row is positive, shape [n_rows]; both kinds must occur.
    """
    rank = stats.rankdata(scores)
    n_positive = int(labels.sum())
    n_negative = len(labels) - n_positive
    above = rank[labels].sum() - n_positive * (n_positive + 1) / 2
    return float(above / (n_positive * n_negative)) if n_positive and n_negative else float("nan")
