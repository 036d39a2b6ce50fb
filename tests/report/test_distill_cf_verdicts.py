"""Verdicts on the numbers and claims of Distill-CF, on made-up recorded rows."""

from __future__ import annotations

import pandas as pd
import pytest

from condrec.experiments import Run
from condrec.report.claims import check_claim
from condrec.report.mapping import DISTILL_CF
from condrec.report.matching import Recorded
from condrec.report.published import claims, published
from condrec.report.verdicts import verdict_table

TABLE, FIGURE, SPEED = "distill-cf-table", "distill-cf-figure-1", "distill-cf-speed"


def value(run: Run, distilled: float = 0.3252, full: float = 0.3282) -> float:
    """Return a metric of a run: seeds differ by a thousandth, the full data by nothing."""
    step = 0.0001 * (run.seed - 2)
    if run.method == "none":
        return full + (0.01 if run.settings().get("lambda") else 0.0)
    return distilled + step


def answers(rows: pd.DataFrame, table: str, dataset: str = "ml-1m") -> pd.DataFrame:
    printed = published("distill-cf")
    return verdict_table(
        printed[(printed["table"] == table) & (printed["dataset"] == dataset)], rows
    )


def check(claim: str, *frames: pd.DataFrame) -> tuple[str, str]:
    found = claims("distill-cf").set_index("id", drop=False).loc[claim].to_dict()
    rows = pd.concat(frames) if frames else pd.DataFrame()
    return check_claim({str(k): v for k, v in found.items()}, Recorded.from_rows(rows), DISTILL_CF)


def test_the_readme_table_is_answered_in_percent_by_the_primary_edition(implicit_rows):
    found = answers(implicit_rows(value, TABLE), "README table")
    assert "not run" not in set(found["verdict"])
    row = found[found["method"] == "distill-cf"].iloc[0]
    assert (row["verdict"], row["n"], row["beside_n"]) == ("reproduced", 5, 5)
    assert row["mean"] == pytest.approx(32.52)
    assert row["ours"] == "distill-cf (top 0)"
    assert "1.5 to 4 %" in row["reason"]


def test_the_full_data_are_exact_and_lambda_5_stands_beside(implicit_rows):
    found = answers(implicit_rows(value, TABLE), "README table")
    row = found[(found["model"] == "infinite-ae") & (found["method"] == "none")].iloc[0]
    assert (row["verdict"], row["n"]) == ("reproduced", 1)
    assert row["ours"] == "none (lambda chosen)"
    assert row["beside_mean"] == pytest.approx(33.82)
    assert row["beside_verdict"] == "not reproduced"
    ease = found[found["model"] == "ease"].iloc[0]
    assert (ease["verdict"], ease["n"], ease["beside"]) == ("not reproduced", 1, "")


def test_points_of_the_figure_are_held_to_the_error_of_reading(implicit_rows):
    close = implicit_rows(lambda run: 0.3104 + 0.0009, FIGURE)
    found = answers(close, "README figure").set_index(["method", "metric", "budget"]).sort_index()
    assert found.loc[("distill-cf", "HR@10", 500.0), "verdict"] == "reproduced"
    far = implicit_rows(lambda run: 0.3104 + 0.0011, FIGURE)
    found = answers(far, "README figure").set_index(["method", "metric", "budget"]).sort_index()
    assert found.loc[("distill-cf", "HR@10", 500.0), "verdict"] == "not reproduced"
    assert found.loc[("distill-cf", "HR@10", 800.0), "verdict"] == "not comparable"
    assert set(found.loc["random-users", "verdict"]) == {"not comparable"}
    rare = implicit_rows(lambda run: 0.0315 + 0.00009, FIGURE)
    found = answers(rare, "README figure").set_index(["method", "metric", "budget"]).sort_index()
    assert found.loc[("distill-cf", "PSP@10", 500.0), "verdict"] == "reproduced"


def test_a_secondary_source_prints_fractions(implicit_rows):
    found = answers(implicit_rows(value, TABLE), "secondary").set_index("metric")
    assert found.loc["NDCG@10", "mean"] == pytest.approx(0.3282)
    assert "a secondary source" in found.loc["NDCG@10", "reason"]


def test_missing_data_are_not_attempted(implicit_rows):
    for dataset in ("douban", "netflix"):
        found = answers(implicit_rows(value, TABLE), "README table", dataset)
        assert set(found["verdict"]) == {"not attempted"}


@pytest.mark.parametrize(
    ("distilled", "label"),
    [(0.325, "reproduced"), (0.312, "not reproduced"), (0.96 * 0.3282, "inconclusive")],
)
def test_keeps_96_percent_on_every_data_set(implicit_rows, distilled, label):
    def made(run: Run) -> float:
        return value(run, distilled)

    both = [implicit_rows(made, TABLE, dataset) for dataset in ("ml-1m", "magazine")]
    found, evidence = check("keeps-96-to-105", *both)
    assert found == label
    assert "ML-1M" in evidence and "Magazine" in evidence
    assert "edition as_published keeps: ML-1M " in evidence
    if label == "reproduced":
        assert check("keeps-96-to-105", both[0])[0] == "inconclusive"  # Magazine not run


def test_the_smallest_set_is_counted_in_users_and_in_bytes(implicit_rows):
    def made(run: Run) -> float:
        return value(run, 0.33 if (run.budget or 0) >= 50 else 0.2)

    label, evidence = check("a-thousandth-of-the-data", implicit_rows(made, FIGURE))
    assert label == "not attempted"  # the printed share is Netflix's
    # 50 of 6,040 users; 50 x 100 weights of 4 bytes of 80,000 interactions of 8, without texts.
    assert "50 users: 0.83 % of the users, 3.1 % of the stored bytes" in evidence
    none = check("a-thousandth-of-the-data", implicit_rows(lambda r: value(r, 0.2), FIGURE))
    assert "no set up to 500 of 6,040 users" in none[1]


def test_the_speed_up_counts_only_where_quality_is_kept(implicit_rows):
    def made(run: Run) -> float:
        return value(run, 0.34 if (run.budget or 0) >= 100 else 0.2)

    label, evidence = check("up-to-1000-times-faster", implicit_rows(made, SPEED))
    # 6.04 s against 0.1 s; with scoring 7.04 against 1.1, and 30 s to make the set.
    assert label == "not reproduced"
    assert "the quickest set that keeps at least 96 %" in evidence
    assert "with 100 users" in evidence and "fitting is 60 times faster" in evidence
    assert "fitting and scoring 6.4 times, distilling included 0.23 times" in evidence
    quick = implicit_rows(made, SPEED)
    quick.loc[quick["method"] == "distill-cf", "seconds_train"] = 0.004
    assert check("up-to-1000-times-faster", quick)[0] == "reproduced"
    quick.loc[quick["method"] == "distill-cf", "seconds_train"] = 0.008
    assert check("up-to-1000-times-faster", quick)[0] == "inconclusive"


@pytest.mark.parametrize(
    ("steps", "limit", "label"),
    [
        (250, 500, "reproduced"),  # patience 150: the best step was the 100th
        (400, 500, "not reproduced"),
        (300, 500, "inconclusive"),
        (500, 500, "not reproduced"),  # cut off, but the best one came late enough
        (100, 100, "inconclusive"),  # cut off before anything could be seen
    ],
)
def test_steps_to_the_best_validation(implicit_rows, steps, limit, label):
    both = [implicit_rows(value, TABLE, d, steps) for d in ("ml-1m", "magazine")]
    both = [rows.assign(settings=f'{{"steps": {limit}}}') for rows in both]
    published_edition = [rows[rows["edition"] == "as_published"] for rows in both]
    found, evidence = check("about-100-steps", *published_edition)
    assert found == label
    cut_off = f"to {limit}, not known closer: 5 ended at the limit of {limit} steps"
    assert (cut_off in evidence) == (steps == limit)


def test_noise_and_other_settings_are_not_pooled_with_the_primary_ones(implicit_rows):
    clean = implicit_rows(value, FIGURE)
    noisy = clean[clean["method"] == "none"].assign(settings='{"noise": 0.4}', value=0.1)
    found = answers(pd.concat([clean, noisy]), "README figure")
    assert found[found["method"] == "none"]["mean"].tolist() == pytest.approx([32.82, 32.82])
