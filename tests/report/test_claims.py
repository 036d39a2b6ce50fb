from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from condrec.errors import CondrecError
from condrec.evaluation import NEWS_METRICS, QUALITY_METRICS
from condrec.experiments.record import COLUMNS
from condrec.report.claims import above, check_claim, joined
from condrec.report.claims.base import kept_percent
from condrec.report.mapping import MAPPINGS, TF_DCON
from condrec.report.matching import Recorded
from condrec.report.published import claims

MODELS = ("naml", "nrms", "fastformer")
NOISE = (-1.0, -0.5, 0.0, 0.5, 1.0)


def five(metric: str, mean: float, sd: float = 0.001, **other: Any) -> list[dict[str, Any]]:
    """Return made-up recorded rows of five seeds."""
    parameters = {"test_content": "training"} | other.pop("parameters", {})
    base = dict.fromkeys(COLUMNS, 0) | {
        "dataset": "tfdcon-movielens",
        "edition": "as_published",
        "settings": json.dumps(parameters),
        "budget": np.nan,
        "split": "test",
        "date": "2026-01-01",
        "metric": metric,
    }
    return [
        base | {"seed": seed, "draw": seed, "value": mean + sd * step} | other
        for seed, step in enumerate(NOISE)
    ]


def check(claim: str, *rows: list[dict[str, Any]]) -> tuple[str, str]:
    table = claims().set_index("id", drop=False)
    recorded = pd.DataFrame([r for each in rows for r in each], columns=COLUMNS)
    found = {str(k): v for k, v in table.loc[claim].to_dict().items()}
    return check_claim(found, Recorded.from_rows(recorded), MAPPINGS[found["paper"]])


def quality_rows(percent: float, models: tuple[str, ...] = MODELS) -> list[dict[str, Any]]:
    common = {"grid": "tf-dcon-table-3"}
    rows = []
    for model in models:
        for metric in dict.fromkeys((*QUALITY_METRICS, *NEWS_METRICS)):
            rows += five(metric, 0.8, method="none", recommender=model, **common)
            ours = {"method": "released-condensed", "recommender": model}
            rows += five(metric, 0.008 * percent, **ours, **common)
    return rows


def test_a_claim_about_all_models_needs_all_and_falls_with_one():
    assert joined(["reproduced", "reproduced"]) == "reproduced"
    assert joined(["reproduced", "inconclusive"]) == "inconclusive"
    assert joined(["reproduced", "not run"]) == "inconclusive"
    assert joined(["not run", "not reproduced", "reproduced"]) == "not reproduced"


ROW = {"metric": "NDCG@10", "split": "test", "protocol": "full", "method": "dconrec"}


@pytest.mark.parametrize(
    ("full", "percent"),
    [({0: 0.4, 1: 0.5}, [50.0, 40.0]), ({0: 0.4}, [50.0, 50.0]), ({7: 0.4}, [50.0, 50.0])],
)
def test_kept_shares_pair_the_seeds_that_both_sides_have(full, percent):
    def rows(values):
        table = [{**ROW, "seed": seed, "draw": seed, "value": v} for seed, v in values.items()]
        return pd.DataFrame(table)

    found = kept_percent(rows({0: 0.2, 1: 0.2}), rows(full), "NDCG@10")
    assert found.tolist() == pytest.approx(percent)


def test_above_says_what_it_saw():
    high, low = pd.Series([2.0, 2.1, 2.2]), pd.Series([0.5, 0.6, 0.7])
    none = pd.Series(dtype=float)
    assert above({"a": high, "b": low}, 1, "x")[0] == "not reproduced"
    assert above({"a": high}, 1, "x") == ("reproduced", "x: a 2.1 (1.9 to 2.3, 3 runs)")
    assert above({"a": high, "b": none}, 1, "x")[0] == "inconclusive"
    assert "b not run" in above({"a": high, "b": none}, 1, "x")[1]
    assert above({"a": high[:1]}, 1, "x") == ("inconclusive", "x: a 2.0 (one run)")
    assert above({"a": none}, 1, "x")[0] == "not run"


@pytest.mark.parametrize("claim", claims()["id"])
def test_without_recorded_rows_nothing_is_claimed(claim):
    label, reason = check(claim)
    dataset = claims().set_index("id").loc[claim, "dataset"]
    missing = ("mind-small", "netflix", "dianping", "epinions")
    assert label == ("not attempted" if dataset in missing else "not run")
    assert reason


@pytest.mark.parametrize(
    ("percent", "label"), [(104, "reproduced"), (96, "not reproduced"), (100, "inconclusive")]
)
def test_better_than_original(percent, label):
    found, evidence = check("better-than-original", quality_rows(percent))
    assert found == label
    assert evidence.startswith("Quality on MovieLens, above 100 %: NAML ")
    assert evidence.count("5 runs") == 3


def test_one_model_against_it_is_enough():
    rows = quality_rows(104, MODELS[:2]) + quality_rows(90, MODELS[2:])
    assert check("better-than-original", rows)[0] == "not reproduced"


def test_a_model_that_was_not_run_leaves_the_claim_open():
    label, evidence = check("better-than-original", quality_rows(104, MODELS[:1]))
    assert label == "inconclusive"
    assert "NRMS not run" in evidence


def test_a_claim_on_missing_data_tells_what_was_seen_elsewhere():
    label, evidence = check("mind-97-at-5", quality_rows(104))
    assert label == "not attempted"
    assert "dataset/mind/" in evidence
    assert "elsewhere: Quality on MovieLens, above 97 %: NAML 104.0" in evidence


def test_best_model_alone_decides_where_the_claim_is_about_the_best():
    rows = quality_rows(90, MODELS[:2]) + quality_rows(98, MODELS[2:])
    users = {"content": "original", "test_content": "training"}
    for r in rows:
        r |= {"grid": "tf-dcon-table-7", "dataset": "mind-small", "settings": json.dumps(users)}
    label, evidence = check("mind-users-97", rows)
    assert label == "reproduced"
    at_10 = [r | {"value": 0.5 * r["value"]} if "10" in r["metric"] else r for r in rows]
    ours = [r for r in at_10 if r["method"] != "none"]
    full = [r for r in rows if r["method"] == "none"]
    assert "Fastformer 73.5" in check("mind-users-97", full + ours)[1]  # on MIND @10 counts
    assert "Fastformer 98.0" in evidence
    assert check("mind-users-93", rows)[0] == "not reproduced"


@pytest.mark.parametrize(
    ("long", "label"), [(60.0, "reproduced"), (40.0, "not reproduced"), (50.0, "inconclusive")]
)
def test_five_times_faster(long, label):
    rows = []
    for model in MODELS:
        common = {"grid": "tf-dcon-figure-4", "recommender": model}
        rows += five("NDCG@5", 0.8, method="none", **common)
        full = {"parameters": {"validation": "full"}}
        rows += five("NDCG@5", 0.8, method="released-condensed", **common, **full)
        for place, step in enumerate(NOISE):
            rows[-10 + place]["seconds_train"] = long + step
            rows[-5 + place]["seconds_train"] = 10.0
    found, evidence = check("five-times-faster", rows)
    assert found == label
    assert f"NAML {long:.1f} against 10.0 s" in evidence


def test_sizes_shrink():
    common = {"grid": "tf-dcon-table-4", "recommender": "no-model", "split": "train"}
    rows = [
        *five("n_users", 1, method="none", n_tokens=1000, n_positives=90, n_negatives=10, **common),
        *five("n_users", 1, method="released-condensed", n_tokens=390, n_positives=2, **common),
    ]
    for r in rows:
        r["dataset"] = "mind-small"
    assert check("contents-minus-61", rows) == (
        "reproduced",
        "word pieces on MIND from 1,000 to 390, 61.0 % fewer",
    )
    assert check("users-minus-98", rows)[0] == "reproduced"
    for r in rows[5:]:
        r |= {"n_tokens": 391, "n_negatives": 1}
    assert check("contents-minus-61", rows)[0] == "not reproduced"
    assert check("users-minus-98", rows)[0] == "not reproduced"


@pytest.mark.parametrize(
    ("curve", "label"),
    [
        ((0.80, 0.81, 0.83, 0.81, 0.80, 0.79), "reproduced"),
        ((0.83, 0.81, 0.80, 0.80, 0.80, 0.79), "not reproduced"),
        ((0.80, 0.81, 0.81, 0.81, 0.81, 0.82), "not reproduced"),
        ((0.81, 0.81, 0.81, 0.81, 0.81, 0.81), "inconclusive"),
    ],
)
def test_best_alpha(curve, label):
    rng = np.random.default_rng(0)
    rows = []
    for model in MODELS:
        for alpha, mean in zip((0.0, 0.25, 0.5, 0.75, 1.0, 2.0), curve, strict=True):
            given = {"alpha": alpha} if alpha != 0.5 else {}  # the default is not recorded
            for distance, shift in (("raw", 0.0), ("standardised", 0.1 * alpha)):
                rows += five(
                    "NDCG@5",
                    mean + shift,
                    grid="tf-dcon-figure-5",
                    method="tf-dcon",
                    recommender=model,
                    budget=47,
                    parameters=given | {"distance": distance},
                )
                for r in rows[-5:]:
                    r["value"] += rng.normal(0, 0.0005)
    found, evidence = check("alpha-between-0-and-1", rows)
    assert found == label
    assert "above 0 and below 1 less the best of the others: NAML, alpha " in evidence


@pytest.mark.parametrize(
    ("shift", "sd", "label"),
    [(0.01, 0.001, "reproduced"), (0.05, 0.001, "not reproduced"), (0.01, 0.02, "inconclusive")],
)
def test_encoders_alike(shift, sd, label):
    rows = []
    for model in MODELS:
        for place, encoder in enumerate(MODELS):
            rows += five(
                "NDCG@5",
                0.8 + shift * (place == 2),
                sd=sd * (-1) ** place,
                grid="tf-dcon-table-5",
                method="tf-dcon",
                recommender=model,
                parameters={"encoder": encoder} if encoder != "naml" else {},
            )
    found, evidence = check("encoders-alike", rows)
    assert found == label
    assert evidence.startswith("alike would mean within ± 2 % of the mean over the encoders; ")
    largest = "NAML, on the set of encoder Fastformer, +" in evidence
    assert largest or label == "inconclusive"


def test_an_unknown_claim_is_refused():
    claim = {"id": "mind-97", "value": 1.0, "dataset": ""}
    with pytest.raises(CondrecError, match="did you mean 'mind-97-at-5'"):
        check_claim(claim, Recorded({}, frozenset()), TF_DCON)
