"""Verdicts on the numbers and claims of DConRec, on made-up recorded rows."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from condrec.experiments import Run
from condrec.report.claims import check_claim
from condrec.report.mapping import DCONREC
from condrec.report.matching import Recorded
from condrec.report.published import claims, published
from condrec.report.verdicts import verdict_table

GRID = "dconrec-overall"
COSTS = {"gradient_steps": 600.0, "outer_loss_first": 0.6, "outer_loss_last": 0.57}


def value(run: Run, share: float = 0.95) -> float:
    """Return a metric of a run: a share of the full data's 0.4, seeds a thousandth apart."""
    return 0.4 if run.method == "none" else share * 0.4 + 0.0001 * (run.seed - 2)


def with_costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Add what learning cost: 30 s and 600 steps; a full training takes 100 s and 40 epochs."""
    rows = rows.assign(epochs=40, seconds_train=100.0)
    rows["seconds_condense"] = rows["seconds_condense"].where(rows["method"] != "dconrec", 30.0)
    ours = rows[(rows["method"] == "dconrec") & (rows["metric"] == "outer_steps")]
    more = [ours.assign(metric=name, value=found) for name, found in COSTS.items()]
    return pd.concat([rows, *more], ignore_index=True)


def check(claim: str, *frames: pd.DataFrame) -> tuple[str, str]:
    found: dict[str, Any] = claims("dconrec").set_index("id", drop=False).loc[claim].to_dict()
    rows = pd.concat(frames) if frames else pd.DataFrame()
    return check_claim(found, Recorded.from_rows(rows), DCONREC)


def test_bounds_are_claims_and_what_is_missing_is_named(implicit_rows):
    rows = implicit_rows(value, GRID, "ciao")
    found = verdict_table(published("dconrec"), rows).set_index("dataset")
    assert found["verdict"].to_dict() == {
        "dianping": "not attempted",
        "ml-20m": "not attempted",
        "ciao": "not comparable",
        "gowalla": "not comparable",
    }
    assert "tested as a claim" in found.loc["ciao", "reason"]


def test_dianping_is_not_attempted_and_other_data_are_evidence(implicit_rows):
    label, evidence = check("dianping-98", implicit_rows(value, GRID, "ml-100k"))
    assert label == "not attempted"
    assert (
        "personal drive" in evidence
        and "ML-100K, none of the paper's sets (claimed: above 98), measured" in (evidence)
    )
    assert "BPR-MF Recall@10: 95.0 (" in evidence and "XSimGCL NDCG@10: 95.0 (" in evidence


@pytest.mark.parametrize(
    ("share", "label"), [(0.95, "reproduced"), (0.85, "not reproduced"), (0.9, "inconclusive")]
)
def test_over_90_percent_on_the_papers_data(implicit_rows, share, label):
    def made(run: Run) -> float:
        return value(run, share)

    ours = implicit_rows(made, GRID, "ml-100k")
    assert check("others-90", ours)[0] == "not run"
    assert (
        "Ciao not run; Gowalla not run; percent that 25 % keep on ML-100K"
        in (check("others-90", ours)[1])
    )
    both = [implicit_rows(made, GRID, name) for name in ("ciao", "gowalla")]
    assert check("others-90", *both, ours)[0] == label
    one = check("others-90", both[0])
    assert one[0] == ("not reproduced" if label == "not reproduced" else "inconclusive")
    assert "Gowalla not run" in one[1]


def test_making_a_set_against_one_training(implicit_rows):
    rows = with_costs(implicit_rows(value, GRID, "ml-100k"))
    label, evidence = check("lightweight", rows)
    assert label == "reproduced"
    # 80,000 positives in batches of 2048 are 40 steps, 40 epochs of them 1,600.
    assert "ML-100K 0.30 (0.30 to 0.30, 5 runs) in seconds, 0.38 in gradient steps" in evidence
    assert "150 of the official 1,000 iterations" in evidence
    slow = rows.assign(seconds_condense=300.0)
    assert check("lightweight", slow)[0] == "not reproduced"


def test_a_theorem_is_not_decided_by_runs(implicit_rows):
    label, evidence = check("convergence", with_costs(implicit_rows(value, GRID, "ml-100k")))
    assert label == "not comparable"
    assert "ML-100K, as published: −5.0 (−5.0 to −5.0, 5 runs)" in evidence
    assert "ML-100K, strict: −5.0" in evidence
