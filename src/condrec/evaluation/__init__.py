"""Evaluation: metrics of ranked lists, the listed-candidates protocol, paired intervals."""

from condrec.evaluation.full import full_metrics
from condrec.evaluation.intervals import Interval, half_width, mean_interval, paired_interval
from condrec.evaluation.listed import (
    RankingResult,
    listed_metrics,
    mean_metrics,
    random_expectation,
)
from condrec.evaluation.metrics import NEWS_METRICS, QUALITY_METRICS, quality
from condrec.evaluation.next_item import next_item_metrics

__all__ = [
    "NEWS_METRICS",
    "QUALITY_METRICS",
    "Interval",
    "RankingResult",
    "full_metrics",
    "half_width",
    "listed_metrics",
    "mean_interval",
    "mean_metrics",
    "next_item_metrics",
    "paired_interval",
    "quality",
    "random_expectation",
]
