"""Verdicts on the claims of TD3, on made-up recorded rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from condrec.experiments import Run
from condrec.report.claims import check_claim
from condrec.report.mapping import TD3
from condrec.report.mapping.td3 import LEARNED
from condrec.report.matching import Recorded, run_values
from condrec.report.published import claims

OVERALL, TRANSFER = "td3-overall", "td3-transfer"
ML_100K, MAGAZINE = "ml-100k@leave-one-out", "magazine@leave-one-out-5-3"


def value(run: Run, share: float = 1.1) -> float:
    """Return a metric of a run: learned a share of the full data's 0.4, random soft half of it."""
    if run.method == "none":
        return 0.4
    soft = run.method == "random-soft-sequences"
    return (0.5 if soft else share) * 0.4 + 0.0001 * (run.seed - 2)


def ranked_twice(rows: pd.DataFrame) -> pd.DataFrame:
    """Add MRR@10 and the ranking among 100, twice as high; full trainings take 100 s."""
    ndcg = rows[rows["metric"] == "NDCG@10"]
    both = pd.concat([ndcg, ndcg.assign(metric="MRR@10")])
    more = [
        both[both["metric"] == "MRR@10"],
        both.assign(protocol="uni100", value=2 * both["value"]),
    ]
    rows = pd.concat([rows, *more], ignore_index=True)
    learned, full = rows["method"] == "td3", rows["method"] == "none"
    rows.loc[learned, "seconds_condense"] = 500.0
    rows.loc[full, "seconds_train"] = 100.0
    rows.loc[~full, "seconds_train"] = 20.0
    return rows


def check(claim: str, *frames: pd.DataFrame) -> tuple[str, str]:
    found: dict[str, Any] = claims("td3").set_index("id", drop=False).loc[claim].to_dict()
    rows = pd.concat(frames) if frames else pd.DataFrame()
    return check_claim(found, Recorded.from_rows(rows), TD3)


def test_recorded_runs_keep_both_rankings(implicit_rows):
    rows = ranked_twice(implicit_rows(value, OVERALL, MAGAZINE))
    ready = Recorded.from_rows(rows)
    runs = ready.runs(OVERALL, MAGAZINE, LEARNED, "sasrec", 30)
    assert run_values(runs, "NDCG@10", "test").mean() == pytest.approx(0.44)
    assert run_values(runs, "uni100:NDCG@10", "test").mean() == pytest.approx(0.88)


@pytest.mark.parametrize(
    ("share", "label"), [(1.1, "reproduced"), (0.9, "not reproduced"), (1.0, "inconclusive")]
)
def test_as_good_as_the_full_data(implicit_rows, share, label):
    rows = ranked_twice(implicit_rows(lambda run: value(run, share), OVERALL, ML_100K))
    found, evidence = check("td3-as-good", rows)
    assert found == label
    assert f"(claimed: 100 or more), measured: SASRec NDCG@10 among 100: {100 * share:.1f} (" in (
        evidence
    )
    assert "random soft sequences with the same item vectors: SASRec NDCG@10 among 100: 50.0" in (
        evidence
    )
    assert "fewer than 5 rows" in evidence


def test_another_edition_of_the_data_is_evidence(implicit_rows):
    rows = ranked_twice(implicit_rows(value, OVERALL, MAGAZINE))
    label, evidence = check("td3-as-good-magazine", rows)
    assert label == "not comparable"
    assert "2018" in evidence and "among the whole catalogue: SASRec NDCG@10: 110.0 (" in evidence


def test_missing_data_are_named_with_what_is_known_elsewhere(implicit_rows):
    label, evidence = check("td3-as-good-elsewhere")
    assert label == "not attempted" and "Epinions" in evidence
    rows = ranked_twice(implicit_rows(value, OVERALL, ML_100K))
    label, evidence = check("td3-as-good-elsewhere", rows)
    assert label == "not attempted"
    assert evidence.endswith("elsewhere: on ML-100K sequences, as said of the claim on these data")


def test_other_models_are_set_against_random_soft_sequences(implicit_rows):
    rows = ranked_twice(implicit_rows(value, TRANSFER, ML_100K))
    label, evidence = check("td3-other-models", rows)
    assert label == "reproduced"
    # 2 (1.1 - 0.5) 0.4 = 0.48, with every seed.
    assert "GRU4Rec 48.00 (48.00 to 48.00, 5 runs)" in evidence
    assert "percent kept: NARM NDCG@10 among 100: 110.0" in evidence
    worse = ranked_twice(implicit_rows(lambda run: value(run, 0.4), TRANSFER, ML_100K))
    assert check("td3-other-models", worse)[0] == "not reproduced"


def test_what_other_models_gain_on_other_data_decides_nothing(implicit_rows):
    beside = ranked_twice(implicit_rows(value, OVERALL, MAGAZINE))
    label, evidence = check("td3-other-models", beside)
    assert label == "not run"
    assert evidence.startswith("its test is on ML-100K sequences, in the grid of transfer, which")
    assert "on Magazine sequences, in the overall grid, points of" in evidence
    assert "GRU4Rec 48.00 (48.00 to 48.00, 5 runs)" in evidence
    both = ranked_twice(implicit_rows(value, TRANSFER, ML_100K))
    label, evidence = check("td3-other-models", both, beside)
    assert label == "reproduced" and "on Magazine sequences" in evidence


def test_a_page_that_names_no_measure_is_not_tested(implicit_rows):
    label, evidence = check(
        "td3-times-faster", ranked_twice(implicit_rows(value, OVERALL, ML_100K))
    )
    assert label == "not comparable"
    assert "5.0 times shorter" in evidence and "took 5.0 full trainings" in evidence


def test_nothing_recorded_is_not_run():
    for claim in ("td3-as-good", "td3-as-good-magazine", "td3-other-models", "td3-times-faster"):
        assert check(claim)[0] == "not run"
