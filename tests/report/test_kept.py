"""Tables of what models keep, on made-up results of DConRec."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from condrec.experiments import Run
from condrec.report import choices, costs, kept
from condrec.report.pairs import compare_each, stored_interactions

OVERALL = "dconrec-overall"


def test_each_model_is_held_against_itself(dconrec_overall):
    assert kept.backbones(dconrec_overall) == ["bpr-mf", "lightgcn", "ngcf", "xsimgcl"]
    table = kept.of_every_model(dconrec_overall)
    ours = table[(table["method"] == "dconrec") & (table["edition"] == "strict")]
    by_model = ours.groupby("recommender")["NDCG@10 kept"].mean()
    assert by_model["bpr-mf"] == pytest.approx(75.0)
    assert by_model["lightgcn"] == pytest.approx(60.0)
    assert not set(table["recommender"]) & {"random", "popularity", "ease"}
    floors = kept.of_model(dconrec_overall, "lightgcn").set_index("recommender")
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


def test_the_spread_of_what_is_kept_is_that_of_the_shares_seed_by_seed(implicit_results):
    full = {0: 0.4, 1: 0.5, 2: 0.5, 3: 0.4, 4: 0.5}

    def by_seed(run: Run) -> float:
        return full[run.seed] if run.method == "none" else 0.2

    found = implicit_results(by_seed, OVERALL, "ml-100k").without(served_by="known")
    table = kept.of_model(found, "bpr-mf", ("NDCG@10",))
    row = table[table["method"] == "frozen-scores"].iloc[0]
    # Shares of 50, 40, 40, 50, 40 %: mean 44, sd 5.477, t(0.975, 4) = 2.7764.
    assert row["NDCG@10 sd"] == pytest.approx(0, abs=1e-12)
    assert row["NDCG@10 kept"] == pytest.approx(44.0)
    assert row["NDCG@10 kept sd"] == pytest.approx(5.4772, rel=1e-4)
    assert row["NDCG@10 kept ±"] == pytest.approx(2.7764 * 5.4772 / 5**0.5, rel=1e-4)


def test_the_table_shows_real_sizes_and_shares_with_their_spread(dconrec_overall):
    table = kept.kept_table(kept.of_every_model(dconrec_overall.where(recommender="bpr-mf")))
    row = table[table["Training set"].str.startswith("frozen scores")].iloc[0]
    assert row["Stored, %"] == "75.5"  # 60,400 of 80,000, as the rows say
    assert row["NDCG@10, %"] == "20.00 ± 0.16"
    assert row["NDCG@10 kept, %"] == "50.0 ± 0.4"
    assert row["Seeds"] == "5"


def test_sets_below_popularity_are_named(dconrec_overall):
    rows = dconrec_overall.rows
    value = rows["value"].mask(rows["recommender"] == "popularity", 0.25)
    found = replace(dconrec_overall, rows=rows.assign(value=value))
    told = kept.below_popularity(found, "bpr-mf")
    assert told.startswith("On ML-100K popularity reaches 25.00 % NDCG@10; BPR-MF lies below it")
    assert "frozen scores (25.0 % of interactions) 20.00" in told and "DConRec" not in told
    above = kept.below_popularity(dconrec_overall, "bpr-mf")
    assert above.endswith("BPR-MF lies above it on every set.")


def test_trainings_that_took_all_epochs_are_named(dconrec_overall):
    few = replace(dconrec_overall, rows=dconrec_overall.rows.assign(epochs=7))
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


def test_what_is_not_run_says_so(dconrec_overall):
    empty = dconrec_overall._of(dconrec_overall.plan.assign(key="of another version"))
    table = kept.kept_table(kept.of_every_model(empty))
    assert table["Seeds"].str.startswith("not run").all()
    assert list(table["Training set"]) == ["every set"] * len(table)  # one row a model
    assert len(table) == len(kept.backbones(empty)) * empty.plan["dataset"].nunique()
    assert choices.facts_table(empty).empty
    assert costs.cost_table(empty).empty and costs.readable_costs(costs.cost_table(empty)).empty


def test_sizes_of_compared_sets_are_counted_in_interactions(dconrec_overall):
    ours = {"method": "dconrec", "edition": "strict", "credit": "all"}
    found = compare_each(
        dconrec_overall,
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


@pytest.mark.parametrize(
    ("grid", "dataset", "model", "used", "changed"),
    [
        ("td3-models", "magazine@leave-one-out-5-3", "NARM", "5", "learning_rate = 0.001"),
        ("dconrec-models", "ml-1m", "BPR-MF", "1", "regularization = 0.02, n_negatives = 1"),
    ],
)
def test_the_settings_of_models_that_were_tried(
    implicit_results, grid, dataset, model, used, changed
):
    found = implicit_results(lambda run: 0.1034 + run.seed / 100, grid, dataset)
    assert kept.settings_tried(found, "NDCG@10")["NDCG@10"].isna().all()  # test rows say nothing
    rows = found.rows.assign(split="validation", value=found.rows["value"] + 0.1)
    tried = kept.settings_tried(replace(found, rows=rows), "NDCG@10")
    table = kept.tried_table(tried, "NDCG@10").set_index("Model").loc[[model]]
    first = table.iloc[0]
    assert first["Differs in"] == "as used" and first["Seeds"] == used
    # Seeds give 20.34 to 24.34.
    assert first["Validation NDCG@10, %"] == ("22.34 ± 1.58" if used == "5" else "20.34")
    assert len(table) > 3 and (table["Differs in"] == "as used").sum() == 1
    assert changed in set(table["Differs in"])
    assert set(table["Validation NDCG@10, %"][1:]) == {"20.34"}  # one seed, the first
