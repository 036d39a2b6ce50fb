from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from condrec.experiments.record import COLUMNS
from condrec.report import tables
from condrec.report.mapping import MAPPINGS

FULL = ("none", "naml", None, {})
USERS = ("random-users", "naml", 10.0, {"content": "auto"})
POPULARITY = ("none", "popularity", None, {})
VALUES = {(0, 0): 0.80, (0, 1): 0.84, (1, 0): 0.70}


def test_lines_by_hand(made_up):
    found = tables.lines(made_up([FULL, USERS], VALUES), ["NDCG@5"])
    full, users = found.to_dict("records")
    assert full["set"] == "full data" and users["set"] == "random users (K = 10)"
    assert full["NDCG@5"] == pytest.approx(0.82)
    assert full["NDCG@5 sd"] == pytest.approx(0.02 * np.sqrt(2))
    assert np.isnan(users["NDCG@5 sd"])
    assert (full["seeds"], full["planned"], full["hours"]) == (2, 2, 0.0)
    assert (users["seeds"], users["planned"]) == (1, 2) and users["hours"] > 0
    assert (full["likes"], full["dislikes"], full["train s"]) == (2000, 500, 3.0)


def test_a_table_to_read_says_what_was_not_run_and_how_many_seeds(made_up):
    shown = tables.sets_table(made_up([FULL, USERS, POPULARITY], VALUES), ["NDCG@5"])
    assert shown["NDCG@5"].tolist() == ["0.820 ± 0.028", "0.700", ""]
    assert shown["Seeds"].tolist()[:2] == ["2", "1 of 2"]
    assert shown["Seeds"].iloc[2].startswith("not run (")
    assert list(shown.columns) == [
        *("Model", "Training set", "NDCG@5", "Users", "Likes", "Dislikes", "Seeds")
    ]


def test_neighbouring_sets_that_were_not_run_take_one_row_with_all_their_hours(made_up):
    four = [FULL, *(("random-users", "naml", float(k), {}) for k in (10, 20, 30))]
    nothing = tables.lines(made_up(four, {}), ["NDCG@5"])
    (row,) = tables.folded(nothing).to_dict("records")
    assert row["set"] == "every set"
    assert row["hours"] == pytest.approx(nothing["hours"].sum())
    some = tables.sets_table(made_up(four, VALUES), ["NDCG@5"], one_model=True)
    assert some["Training set"].tolist()[2:] == ["random users (K = 20); random users (K = 30)"]
    assert some["Seeds"].tolist()[:2] == ["2", "1 of 2"] and "Model" not in some
    ends = tables.sets_table(made_up(four, {(0, 0): 0.8, (3, 0): 0.7}), ["NDCG@5"])
    assert len(ends) == 3


def test_sets_of_another_model_are_not_folded_in(made_up):
    two = [FULL, USERS, ("none", "nrms", None, {}), ("random-users", "nrms", 10.0, {})]
    shown = tables.sets_table(made_up(two, {}), ["NDCG@5"])
    assert shown["Training set"].tolist() == ["every set", "every set"]
    assert shown["Model"].nunique() == 2


def test_many_names_are_counted(made_up):
    many = [FULL, *(("random-users", "naml", float(k), {}) for k in (10, 20, 30, 40, 50))]
    shown = tables.sets_table(made_up(many, {(0, 0): 0.8}), ["NDCG@5"])
    assert shown["Training set"].iloc[1] == (
        "random users (K = 10); random users (K = 20); and 3 more"
    )


def test_floors_are_those_on_the_full_data(made_up):
    results = made_up(
        [FULL, POPULARITY, ("random-users", "popularity", 10.0, {})],
        {(0, 0): 0.8, (1, 0): 0.75, (2, 0): 0.6},
        seeds=(0,),
    )
    assert tables.floors(results, "NDCG@5") == {"popularity": 0.75}


def test_paper_rows_without_recorded_ones_are_not_run():
    nothing = pd.DataFrame(columns=COLUMNS)
    found = tables.paper_table("III", "tfdcon-movielens", rows=nothing, model="naml")
    assert set(found["model"]) == {"naml"}
    assert set(found["verdict"]) == {"not run", "not comparable"}
    shown = tables.beside_paper(found)
    assert "Published" in shown and "Verdict" in shown and "Model" not in shown
    assert tables.notes(found) == "Notes on these rows:\n\n- Original, Quality: 100 by definition"
    assert tables.notes(found[found["verdict"] == "not run"]) == ""


def test_other_settings_move_every_line_of_a_table():
    moved = tables.moved(MAPPINGS["tf-dcon"], "III", {"negatives": "random"})
    for lines in moved.tables["III"].lines.values():
        assert all(line.settings["negatives"] == "random" for line in lines)
    assert moved.tables["VI"] == MAPPINGS["tf-dcon"].tables["VI"]


def test_only_the_primary_setting_is_headed_verdict():
    nothing = pd.DataFrame(columns=COLUMNS)
    found = tables.paper_table("III", "tfdcon-movielens", {"negatives": "random"}, nothing)
    shown = tables.beside_paper(found, primary=False)
    assert "Verdict" not in shown and tables.UNDER_THE_RULE in shown


def test_published_values_stand_beside_the_line_they_belong_to(made_up):
    results = made_up([FULL, USERS], VALUES)
    keys = results.plan.groupby("line")["key"].apply(" ".join)
    paper = pd.DataFrame({"keys": [keys[1], "unknown"], "published": [0.71, 0.5]})
    found = tables.with_published(tables.lines(results, ["NDCG@5"]), results, paper)
    assert np.isnan(found["published"].iloc[0]) and found["published"].iloc[1] == 0.71


def test_a_claim_is_told_with_verdict_and_evidence():
    text = tables.claim_verdict("encoders-alike", pd.DataFrame(columns=COLUMNS))
    assert text.startswith("**Claim.**") and "**Not run**" in text
