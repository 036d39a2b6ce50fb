"""What DConRec's learning does, on made-up results."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from condrec.report import choices, kept
from condrec.report.figures import heat_map

TRANSFER, SEARCH = "dconrec-transfer", "dconrec-search"


def test_a_loss_of_ln_2_is_said_to_tell_nothing(dconrec_overall, with_rows):
    lead = dconrec_overall.where(recommender="bpr-mf")
    still = choices.published_loss(with_rows(lead, outer_loss_first=0.6931, outer_loss_last=0.6930))
    assert "from 0.6931 to 0.6930; ln 2 = 0.6931" in still and "no mask shows as better" in still
    falls = choices.published_loss(with_rows(lead, outer_loss_first=0.65, outer_loss_last=0.60))
    assert "from 0.6500 to 0.6000" in falls and "no mask" not in falls
    assert choices.published_loss(lead) == "The published edition was not run yet."


def test_the_outer_loss_is_told_by_size(dconrec_overall, with_rows):
    ours = dconrec_overall.where(recommender="bpr-mf", edition="strict", method="dconrec")
    told = choices.losses_by_size(with_rows(ours, outer_loss_first=0.65, outer_loss_last=0.6))
    assert "at 25 %: 0.6500 to 0.6000; ln 2 is 0.6931." in told
    assert choices.losses_by_size(ours) == "Not run yet."


def test_held_out_shares_stand_beside_the_sets_that_have_them(dconrec_overall, with_rows):
    shares = {"predicted_pct": 20.0, "predicted_held_out_pct": 15.0}
    table = choices.facts_table(with_rows(dconrec_overall.where(recommender="bpr-mf"), **shares))
    assert len(table) == 5 and set(table["Data"]) == {"ML-100K"}
    assert table["Stored pairs predicted, %"].tolist() == ["20.00 ± 0.00"] * 5
    assert table["As many popular, %"].tolist() == [""] * 5


def test_transfer_names_the_model_a_set_was_chosen_through(implicit_results, dconrec_value):
    table = choices.transfer(implicit_results(dconrec_value, TRANSFER, "ml-100k"))
    assert len(table) == 4 * 5
    assert set(table["chosen"]) == {
        "frozen scores",
        *(f"through {name}" for name in ("BPR-MF", "LightGCN", "NGCF", "XSimGCL")),
    }
    figure = heat_map(table, "chosen", "model", "NDCG@10 kept", "percent kept")
    numbers = {text.get_text() for axis in figure.axes for text in axis.texts}
    assert {"75.0", "60.0", "50.0"} <= numbers
    assert len(heat_map(table.iloc[:0], "chosen", "model", "NDCG@10 kept", "").axes) == 1


def test_the_curve_holds_the_chosen_settings_and_the_published_edition(
    implicit_results, dconrec_value
):
    results = implicit_results(dconrec_value, SEARCH, "ml-100k")
    rows = results.rows
    extra = rows[rows["metric"] == "NDCG@10"].assign(split="validation")
    results = replace(results, rows=pd.concat([rows, extra], ignore_index=True))
    curve = choices.by_iterations(results)
    by_series = curve.groupby("series")["iterations"].apply(lambda x: sorted(map(int, x)))
    assert by_series["DConRec (strict)"] == by_series["DConRec (strict, credit by pair)"]
    assert len(by_series["DConRec (strict)"]) == 4
    assert by_series["DConRec (as published)"] == [1000]
    assert np.isfinite(curve["NDCG@10"]).all()


def test_a_set_is_told_from_one_learned_on_the_rows_that_rate_it(implicit_results, dconrec_value):
    results = implicit_results(dconrec_value, SEARCH, "ml-100k")
    rows = results.rows
    seen = rows[rows["metric"] == "NDCG@10"].assign(split="validation")
    seen["value"] += 0.25
    results = replace(results, rows=pd.concat([rows, seen], ignore_index=True))
    table = choices.by_outer_rows(results)
    assert table["outer rows"].value_counts().to_dict() == {
        "training": 3,
        "validation": 3,
        "all training": 3,
        "none": 1,
    }
    assert np.allclose(table["NDCG@10 validation"] - table["NDCG@10"], 0.25)
    every = kept.of_every_model(results, ("NDCG@10",))
    learned_on = pd.Series(choices.outer_rows(results, every), index=every["set"])
    assert set(learned_on[learned_on.index.str.contains("as published")]) == {"validation"}
    assert set(learned_on[learned_on.index.str.contains("masks")]) == {"training"}
