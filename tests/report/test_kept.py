"""Tables of DConRec, on made-up results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from condrec.experiments import Run
from condrec.report import kept
from condrec.report.figures import heat_map
from condrec.report.pairs import compare_each, stored_interactions
from condrec.report.results import Results

OVERALL, TRANSFER, SEARCH = "dconrec-overall", "dconrec-transfer", "dconrec-search"
FULL = {"bpr-mf": 0.4, "lightgcn": 0.5, "ngcf": 0.4, "xsimgcl": 0.4}


def value(run: Run) -> float:
    """Return a metric: the full data's by model, 0.3 learned, 0.2 other sets, 0.1 floors."""
    step = 0.001 * (run.seed - 2)
    if run.method == "none":
        return FULL.get(run.recommender, 0.1)
    return (0.3 if run.method == "dconrec" else 0.2) + step


def with_rows(results: Results, **more: float) -> Results:
    """Add rows of split ``train`` to the runs that learn or freeze."""
    some = results.rows[results.rows["metric"] == "outer_steps"]
    some = some[some["method"].isin(["dconrec", "frozen-scores"])]
    rows = [some.assign(metric=name, value=found) for name, found in more.items()]
    return replace(results, rows=pd.concat([results.rows, *rows], ignore_index=True))


@pytest.fixture
def overall(implicit_results) -> Results:
    found: Results = implicit_results(value, OVERALL, "ml-100k").without(served_by="known")
    return found


def test_each_model_is_held_against_itself(overall):
    assert kept.backbones(overall) == list(FULL)
    table = kept.of_every_model(overall)
    ours = table[(table["method"] == "dconrec") & (table["edition"] == "strict")]
    by_model = ours.groupby("recommender")["NDCG@10 kept"].mean()
    assert by_model["bpr-mf"] == pytest.approx(75.0)
    assert by_model["lightgcn"] == pytest.approx(60.0)
    assert not set(table["recommender"]) & {"random", "popularity", "ease"}
    floors = kept.of_model(overall, "lightgcn").set_index("recommender")
    assert floors.loc["popularity", "NDCG@10 kept"] == pytest.approx(20.0)


def test_one_seed_is_held_against_the_full_data_of_that_seed(implicit_results):
    def by_seed(run: Run) -> float:
        return 0.1 * (run.seed + 1) * (0.5 if run.method == "dconrec" else 1.0)

    found = implicit_results(by_seed, OVERALL, "ml-100k").without(served_by="known")
    learned = found.where(method="dconrec").plan["key"]
    later = set(learned[found.plan["seed"] > 0])
    found = replace(found, rows=found.rows[~found.rows["key"].isin(later)])
    table = kept.of_every_model(found)
    one = table[(table["method"] == "dconrec") & (table["recommender"] == "bpr-mf")]
    assert set(one["seeds"]) == {1} and one["NDCG@10 kept"].tolist() == pytest.approx([50.0] * 4)


def test_the_table_shows_real_sizes_and_shares_with_their_spread(overall):
    table = kept.kept_table(kept.of_every_model(overall.where(recommender="bpr-mf")))
    row = table[table["Training set"].str.startswith("frozen scores")].iloc[0]
    assert row["Stored, %"] == "75.5"  # 60,400 of 80,000, as the rows say
    assert row["NDCG@10, %"] == "20.00 ± 0.16"
    assert row["NDCG@10 kept, %"] == "50.0 ± 0.4"
    assert row["Seeds"] == "5"


def test_trainings_that_took_all_epochs_are_named(overall):
    few = replace(overall, rows=overall.rows.assign(epochs=7))
    assert kept.cut_short(few) == "No training was ended by the most epochs it was allowed."
    majority = few.where(method="majority", recommender="lightgcn").plan
    last = few.rows["key"] == majority["key"].iloc[-1]
    allowed = majority["parameters"].iloc[0]["epochs"]
    cut = replace(few, rows=few.rows.assign(epochs=few.rows["epochs"].mask(last, allowed)))
    told = kept.cut_short(cut)
    n = sum("epochs" in parameters for parameters in few.plan["parameters"])
    assert told.startswith(f"Early stopping ended {n - 1} of {n} trainings")
    assert "LightGCN, most active users (25.0 % of interactions) on" in told
    assert f"(1 of {len(majority)})" in told


def test_a_loss_of_ln_2_is_said_to_tell_nothing(overall):
    lead = overall.where(recommender="bpr-mf")
    still = kept.published_loss(with_rows(lead, outer_loss_first=0.6931, outer_loss_last=0.6930))
    assert "from 0.6931 to 0.6930; ln 2 = 0.6931" in still and "no mask shows as better" in still
    falls = kept.published_loss(with_rows(lead, outer_loss_first=0.65, outer_loss_last=0.60))
    assert "from 0.6500 to 0.6000" in falls and "no mask" not in falls
    assert kept.published_loss(lead) == "The published edition was not run yet."


def test_what_is_not_run_says_so(overall):
    empty = overall._of(overall.plan.assign(key="of another version"))
    table = kept.kept_table(kept.of_every_model(empty))
    assert table["Seeds"].str.startswith("not run").all()
    assert list(table["Training set"]) == ["every set"] * len(table)  # one row a model
    assert len(table) == len(kept.backbones(empty)) * empty.plan["dataset"].nunique()
    assert kept.facts_table(empty).empty
    assert kept.cost_table(empty).empty and kept.readable_costs(kept.cost_table(empty)).empty


def test_held_out_shares_stand_beside_the_sets_that_have_them(overall):
    shares = {"predicted_pct": 20.0, "predicted_held_out_pct": 15.0}
    table = kept.facts_table(with_rows(overall.where(recommender="bpr-mf"), **shares))
    assert len(table) == 5 and set(table["Data"]) == {"ML-100K"}
    assert table["Stored pairs predicted, %"].tolist() == ["20.00 ± 0.00"] * 5
    assert table["As many popular, %"].tolist() == [""] * 5


def test_costs_by_hand(overall):
    found = with_rows(overall, gradient_steps=600.0)
    rows = found.rows.assign(epochs=40, seconds_train=100.0)
    small = rows["method"] != "none"
    rows.loc[small, "seconds_train"] = 25.0
    rows.loc[rows["method"] == "dconrec", "seconds_condense"] = 160.0
    costs = kept.cost_table(replace(found, rows=rows))
    assert "full data" not in set(costs["set"])
    row = costs[costs["set"].str.startswith("DConRec (strict, 25")].iloc[0]
    # 40 epochs of 80,000 positives in batches of 2048 are 1,600 steps; 75 s are saved a use.
    assert (row["steps"], row["full steps"], row["uses"]) == (600, 1600, 3)
    assert row["condense x"] == pytest.approx(1.6)
    shown = kept.readable_costs(costs).set_index("Training set")
    assert shown.loc["random users (25.0 % of interactions)", "Uses that pay it back"] == "1"
    slow = kept.cost_table(replace(found, rows=rows.assign(seconds_train=100.0)))
    assert set(kept.readable_costs(slow)["Uses that pay it back"]) == {"never"}


def test_transfer_names_the_model_a_set_was_chosen_through(implicit_results):
    table = kept.transfer(implicit_results(value, TRANSFER, "ml-100k"))
    assert len(table) == 4 * 5
    assert set(table["chosen"]) == {
        "frozen scores",
        *(f"through {name}" for name in ("BPR-MF", "LightGCN", "NGCF", "XSimGCL")),
    }
    figure = heat_map(table, "chosen", "model", "NDCG@10 kept", "percent kept")
    numbers = {text.get_text() for axis in figure.axes for text in axis.texts}
    assert {"75.0", "60.0", "50.0"} <= numbers
    assert len(heat_map(table.iloc[:0], "chosen", "model", "NDCG@10 kept", "").axes) == 1


def test_the_curve_holds_the_chosen_settings_and_the_published_edition(implicit_results):
    results = implicit_results(value, SEARCH, "ml-100k")
    rows = results.rows
    extra = rows[rows["metric"] == "NDCG@10"].assign(split="validation")
    results = replace(results, rows=pd.concat([rows, extra], ignore_index=True))
    curve = kept.by_iterations(results)
    by_series = curve.groupby("series")["iterations"].apply(lambda x: sorted(map(int, x)))
    assert by_series["DConRec (strict)"] == by_series["DConRec (strict, credit by pair)"]
    assert len(by_series["DConRec (strict)"]) == 4
    assert by_series["DConRec (as published)"] == [1000]
    assert np.isfinite(curve["NDCG@10"]).all()


def test_a_set_is_told_from_one_learned_on_the_rows_that_rate_it(implicit_results):
    results = implicit_results(value, SEARCH, "ml-100k")
    rows = results.rows
    seen = rows[rows["metric"] == "NDCG@10"].assign(split="validation")
    seen["value"] += 0.25
    results = replace(results, rows=pd.concat([rows, seen], ignore_index=True))
    table = kept.by_outer_rows(results)
    assert table["outer rows"].value_counts().to_dict() == {
        "training": 3,
        "validation": 3,
        "all training": 3,
        "none": 1,
    }
    assert np.allclose(table["NDCG@10 validation"] - table["NDCG@10"], 0.25)
    every = kept.of_every_model(results, ("NDCG@10",))
    learned_on = pd.Series(kept.outer_rows(results, every), index=every["set"])
    assert set(learned_on[learned_on.index.str.contains("as published")]) == {"validation"}
    assert set(learned_on[learned_on.index.str.contains("masks")]) == {"training"}


def test_sizes_of_compared_sets_are_counted_in_interactions(overall):
    ours = {"method": "dconrec", "edition": "strict", "credit": "all"}
    found = compare_each(
        overall,
        lambda _: [(ours, {"method": "frozen-scores"})],
        models=("bpr-mf", "lightgcn"),
        stored=stored_interactions,
    )
    assert found["model"].tolist() == ["ML-100K, BPR-MF", "ML-100K, LightGCN"]
    assert found["rows"].tolist() == ["60,400", "60,400"]
    assert set(found["reads"]) == {"better"}


def test_the_level_of_a_library_stands_where_it_is_known() -> None:
    table = pd.DataFrame({"dataset": ["ml-100k", "ciao"], "recommender": ["ease", "ease"]})
    shown = kept.beside_library(pd.DataFrame({"Model": ["EASE", "EASE"]}), table)
    assert list(shown["RecBole NDCG@10, %"]) == ["32.1", ""]
