from __future__ import annotations

import numpy as np
import pytest

from condrec.errors import CondrecError
from condrec.evaluation import quality
from condrec.evaluation.metrics import Ranking, auc, ndcg, recall, reciprocal_rank


def ranking(labels: list[int], scores: list[float], group: list[int] | None = None) -> Ranking:
    n = len(labels)
    return Ranking.from_scores(
        np.zeros(n, np.int64) if group is None else np.array(group),
        np.array(labels),
        np.array(scores, dtype=float),
        np.arange(n, dtype=float),
    )


# By falling score the labels read 0, 1, 1, 0, 1.
HAND = ranking([1, 0, 1, 0, 1], [0.4, 0.9, 0.1, 0.2, 0.6])


def test_places_by_hand():
    assert HAND.rank.tolist() == [2, 0, 4, 3, 1]
    assert HAND.n_rows.tolist() == [5]
    assert HAND.n_positives.tolist() == [3]


def test_ndcg_by_hand():
    assert ndcg(HAND, 1)[0] == 0
    # (1/log2(3)) / (1/log2(2) + 1/log2(3))
    assert ndcg(HAND, 2)[0] == pytest.approx(0.6309297536 / 1.6309297536)
    # (1/log2(3) + 1/log2(4) + 1/log2(6)) / (1 + 1/log2(3) + 1/log2(4)), k beyond the list
    assert ndcg(HAND, 9)[0] == pytest.approx((0.6309297536 + 0.5 + 0.3868528072) / 2.1309297536)


def test_recall_by_hand():
    assert [recall(HAND, k)[0] for k in (1, 2, 3, 5, 9)] == pytest.approx([0, 1 / 3, 2 / 3, 1, 1])


def test_reciprocal_rank_by_hand():
    assert [reciprocal_rank(HAND, k)[0] for k in (1, 2, 5)] == [0, 0.5, 0.5]


def test_auc_by_hand():
    # Of 3 x 2 pairs the negative at 0.9 loses none, the one at 0.2 stands below 0.4 and 0.6.
    assert auc(HAND)[0] == pytest.approx(2 / 6)


def test_auc_counts_a_tied_pair_one_half():
    assert auc(ranking([1, 0, 0], [0.5, 0.5, 0.1]))[0] == pytest.approx(0.75)
    assert auc(ranking([1, 0, 1, 0], [0.0, 0.0, 0.0, -0.0]))[0] == 0.5


def test_tied_rows_share_their_mean_place_and_groups_do_not_mix():
    tied = ranking([1, 0, 1, 0], [0.3, 0.3, 0.3, 0.3], group=[0, 0, 1, 1])
    assert tied.middle_rank.tolist() == [0.5, 0.5, 0.5, 0.5]
    assert tied.rank.tolist() == [0, 1, 0, 1]


def test_a_group_without_positive_or_negative_has_no_value():
    one_sided = ranking([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], group=[0, 0, 1, 1])
    for metric in (ndcg(one_sided, 2), recall(one_sided, 2), reciprocal_rank(one_sided, 2)):
        assert np.isnan(metric).tolist() == [True, False]
    assert np.isnan(auc(one_sided)).all()


def test_quality_by_hand():
    ours, full = {"A": 0.4, "B": 0.9}, {"A": 0.5, "B": 0.6}
    assert quality(ours, full, ["A", "B"]) == pytest.approx(100 * (0.8 + 1.5) / 2)


def test_quality_of_the_paper():
    # NAML on MovieLens in Table III, printed as 103.15.
    names = ("NDCG@1", "NDCG@5", "Recall@1", "Recall@5")
    ours = dict(zip(names, (0.8484, 0.8494, 0.1873, 0.7475), strict=True))
    full = dict(zip(names, (0.828, 0.831, 0.1752, 0.7399), strict=True))
    assert quality(ours, full) == pytest.approx(103.15, abs=0.005)


@pytest.mark.parametrize(
    ("ours", "full", "metrics", "said"),
    [
        ({"A": 1.0}, {"A": 1.0}, [], "found no metric"),
        ({}, {"A": 1.0}, ["A"], "A is missing in ours"),
        ({"A": 1.0}, {}, ["A"], "A is missing in full"),
        ({"A": 1.0}, {"A": 0.0}, ["A"], "full A is 0.0"),
        ({"A": 1.0}, {"A": float("nan")}, ["A"], "full A is nan"),
    ],
)
def test_quality_refuses(ours, full, metrics, said):
    with pytest.raises(CondrecError, match=said):
        quality(ours, full, metrics)
