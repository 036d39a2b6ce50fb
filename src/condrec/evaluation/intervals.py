"""Intervals for the difference of two models, paired over runs and over users."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from condrec.errors import CondrecError
from condrec.evaluation.metrics import FloatArray


@dataclass(frozen=True)
class Interval:
    """A mean difference and its confidence interval.

    Args:
        mean: mean of a - b.
        low, high: ends of the interval.
        n_runs: runs (seeds, draws) it rests on; with one run it covers users only.
        n_users: users (or impressions) it rests on.
    """

    mean: float
    low: float
    high: float
    n_runs: int
    n_users: int

    @property
    def covers(self) -> str:
        """What other data the interval speaks of, in words."""
        if self.n_runs == 1:
            return f"other users only: {self.n_users} users, one run, so no spread over seeds"
        return f"other users and other seeds: {self.n_users} users, {self.n_runs} runs"


def half_width(sd: float, n: int, level: float = 0.95) -> float:
    """Return half the t interval of a mean over ``n`` runs with that sd (ddof 1); NaN for one."""
    return float(stats.t.ppf((1 + level) / 2, n - 1) * sd / np.sqrt(n)) if n > 1 else np.nan


def mean_interval(values: ArrayLike) -> Interval:
    """Return the 95 % t interval of a mean over runs; a single one has infinite bounds.

    Args:
        values: one number a run, shape [n_runs], at least one.
    """
    runs = np.asarray(values, dtype=np.float64)
    mean, n = float(runs.mean()), len(runs)
    half = half_width(float(runs.std(ddof=1)), n) if n > 1 else np.inf
    return Interval(mean, mean - half, mean + half, n, 0)


def paired_interval(a: ArrayLike, b: ArrayLike, level: float = 0.95) -> Interval:
    """Return the interval of the mean difference a - b over crossed users and runs.

    Users and runs are both samples: SE² = Var(user means) / U + Var(run means) / R, with a t
    quantile at Satterthwaite's degrees of freedom.  The residual of user and run enters both
    terms, so the interval errs on the wide side.  With one run only the first term is known and
    the interval says nothing about other seeds (see :attr:`Interval.covers`).

    Args:
        a: a metric of each user in each run, shape [n_runs, n_users], or [n_users] for one run.
        b: the same of the rival; runs are paired in order.  If one side has a single run (a
            floor that does not depend on the seed), it is set against every run of the other.
        level: confidence, between 0 and 1.

    Raises:
        CondrecError: different users, numbers of runs that cannot be paired, fewer than two
            users, or values that are not finite.

    Source: the two-way crossed random-effects model; Satterthwaite 1946.
    """
    if not 0 < level < 1:
        raise CondrecError(f"level: found {level}, expected a number between 0 and 1")
    first, second = _matrix("a", a), _matrix("b", b)
    if first.shape[1] != second.shape[1]:
        raise CondrecError(
            f"users: found {first.shape[1]} in a and {second.shape[1]} in b, expected the same "
            "users in the same order"
        )
    if first.shape[0] != second.shape[0] and 1 not in (first.shape[0], second.shape[0]):
        raise CondrecError(
            f"runs: found {first.shape[0]} in a and {second.shape[0]} in b, expected equal "
            "numbers, or a single run on one side"
        )
    difference = first - second
    n_runs, n_users = difference.shape
    if n_users < 2:
        raise CondrecError(f"users: found {n_users}, expected at least two")
    parts = [(difference.mean(axis=0).var(ddof=1) / n_users, n_users - 1)]
    if n_runs > 1:
        parts.append((difference.mean(axis=1).var(ddof=1) / n_runs, n_runs - 1))
    squared = sum(part for part, _ in parts)
    mean = float(difference.mean())
    if squared == 0:
        return Interval(mean, mean, mean, n_runs, n_users)
    # Shares, not squares of the parts, so that tiny variances do not vanish.
    freedom = 1 / sum((part / squared) ** 2 / df for part, df in parts)
    half = float(stats.t.ppf((1 + level) / 2, freedom) * np.sqrt(squared))
    return Interval(mean, mean - half, mean + half, n_runs, n_users)


def _matrix(name: str, values: ArrayLike) -> FloatArray:
    """Return values as [n_runs, n_users], or say what is wrong with them."""
    array = np.atleast_2d(np.asarray(values, dtype=np.float64))
    if array.ndim != 2 or array.size == 0:
        raise CondrecError(f"{name}: found shape {array.shape}, expected [n_runs, n_users]")
    if not np.isfinite(array).all():
        n_bad = int((~np.isfinite(array)).sum())
        raise CondrecError(
            f"{name}: found {n_bad} values that are not finite; leave out users without a value "
            "on both sides (AUC has none where a label is missing)"
        )
    return array
