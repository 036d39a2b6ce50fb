"""The listed protocol: rank the candidates each group lists, nothing else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from condrec.datasets import Interactions
from condrec.errors import CondrecError
from condrec.evaluation.metrics import (
    FloatArray,
    IntArray,
    Ranking,
    auc,
    check_cutoffs,
    ndcg,
    recall,
    reciprocal_rank,
)


@dataclass(frozen=True, eq=False)
class RankingResult:
    """Metrics of every ranked list.

    Args:
        groups: ids of the groups that hold a positive row, ascending, shape [n_groups].
        values: by metric name, one value a group, shape [n_groups]; only AUC has NaN, where a
            group holds no negative row.
        n_dropped: groups left out because they hold no positive row.
        overall: metrics that are no mean over groups, such as the pooled AUC and the coverage.
    """

    groups: IntArray
    values: Mapping[str, FloatArray]
    n_dropped: int
    overall: Mapping[str, float] = field(default_factory=dict)


def listed_metrics(
    scores: ArrayLike, rows: Interactions, ks: Sequence[int] = (1, 5, 10), seed: int = 0
) -> RankingResult:
    """Rank the candidates of every group by their scores and measure each list.

    A group is an impression where rows have one, else a user.  Groups without a positive row
    have no value in any metric: they are dropped and counted.  Candidates are shuffled before
    they are ranked, so that equal scores fall in an order drawn from ``seed``, whatever the order
    of the rows in the file; AUC counts a tied pair one half.

    Args:
        scores: one finite number a row, higher is better, shape [n_rows].
        rows: the candidates with their labels.
        ks: cut-offs of NDCG, Recall and MRR.
        seed: fixes the order of tied candidates.

    Returns:
        NDCG@k, Recall@k and MRR@k for every k, and AUC, of every group.

    Raises:
        CondrecError: no rows, no positive row, scores that are not finite or not one a row,
            cut-offs that are not whole numbers above 0.
    """
    if len(rows) == 0:
        raise CondrecError("rows: found none, expected at least one candidate to rank")
    check_cutoffs(ks)
    values = _checked(scores, len(rows))
    ids, group = np.unique(rows.group, return_inverse=True)
    kept = np.bincount(group, weights=rows.label, minlength=len(ids)) > 0
    if not kept.any():
        raise CondrecError("rows: found no row with label 1, expected a positive to rank")
    chosen = kept[group]
    ranking = Ranking.from_scores(
        (np.cumsum(kept) - 1)[group[chosen]],
        rows.label[chosen],
        values[chosen],
        _tie_break(rows, seed)[chosen],
    )
    metrics = {}
    for k in map(int, ks):
        metrics[f"NDCG@{k}"] = ndcg(ranking, k)
        metrics[f"Recall@{k}"] = recall(ranking, k)
        metrics[f"MRR@{k}"] = reciprocal_rank(ranking, k)
    metrics["AUC"] = auc(ranking)
    return RankingResult(ids[kept], metrics, int((~kept).sum()))


def mean_metrics(result: RankingResult) -> dict[str, float]:
    """Return the mean over groups of every metric, and what was measured over all groups.

    Groups without a value (AUC without both labels) are left out; NaN if none has one.
    """
    means = dict(result.overall)
    for name, values in result.values.items():
        known = values[~np.isnan(values)]
        means[name] = float(known.mean()) if len(known) else float("nan")
    return means


def random_expectation(rows: Interactions, ks: Sequence[int] = (1, 5, 10)) -> dict[str, float]:
    """Return what random scores reach on average, exactly: the lowest floor without any draw.

    In a list of n candidates with p positives every place holds a positive with probability
    p / n, so DCG@k is expected to be p / n times the sum of the first k discounts, and Recall@k
    min(k, n) / n.

    Args:
        rows: the candidates with their labels; lists without a positive are left out.
        ks: cut-offs.

    Returns:
        NDCG@k and Recall@k, means over lists.
    """
    _, group = np.unique(rows.group, return_inverse=True)
    positives = np.bincount(group, weights=rows.label)
    n = np.bincount(group)[positives > 0]
    p = positives[positives > 0].astype(np.int64)
    discount = 1 / np.log2(np.arange(max(n.max(), *ks)) + 2)
    gain = np.concatenate([[0.0], np.cumsum(discount)])  # gain[m]: the first m places all positive
    expected = {}
    for k in ks:
        expected[f"NDCG@{k}"] = float(
            np.mean(p / n * gain[np.minimum(n, k)] / gain[np.minimum(p, k)])
        )
        expected[f"Recall@{k}"] = float(np.mean(np.minimum(n, k) / n))
    return expected


def _checked(scores: ArrayLike, n_rows: int) -> FloatArray:
    """Return the scores as float64, or say what is wrong with them."""
    try:
        values = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError):
        raise CondrecError("scores: found values that are no numbers, expected floats") from None
    if values.shape != (n_rows,):
        raise CondrecError(f"scores: found shape {values.shape}, expected ({n_rows},), one a row")
    bad = ~np.isfinite(values)
    if bad.any():
        row = int(np.argmax(bad))
        raise CondrecError(
            f"scores: found {values[row]} in row {row} ({int(bad.sum())} such rows), expected "
            "finite numbers; check the model's training for overflow"
        )
    return values


def _tie_break(rows: Interactions, seed: int) -> FloatArray:
    """Return a random number a row, drawn by (group, item), so that file order does not matter."""
    keys = np.empty(len(rows))
    keys[np.lexsort((rows.item, rows.group))] = np.random.default_rng([seed, 11]).random(len(rows))
    return keys
