"""What making and using a set costs, by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from condrec.report import costs


def test_costs_by_hand(dconrec_overall, with_rows):
    found = with_rows(dconrec_overall, gradient_steps=600.0)
    rows = found.rows.assign(epochs=40, seconds_train=100.0)
    small = rows["method"] != "none"
    rows.loc[small, "seconds_train"] = 25.0
    rows.loc[rows["method"] == "dconrec", "seconds_condense"] = 160.0
    spent = costs.cost_table(replace(found, rows=rows))
    assert "full data" not in set(spent["set"])
    row = spent[spent["set"].str.startswith("DConRec (strict, 25")].iloc[0]
    # 40 epochs of 80,000 positives in batches of 2048 are 1,600 steps; 75 s are saved a use.
    assert (row["steps"], row["full steps"], row["uses"]) == (600, 1600, 3)
    assert row["condense x"] == pytest.approx(1.6)
    shown = costs.readable_costs(spent).set_index("Training set")
    assert shown.loc["random users (25.0 % of interactions)", "Uses that pay it back"] == "1"
    slow = costs.cost_table(replace(found, rows=rows.assign(seconds_train=100.0)))
    assert set(costs.readable_costs(slow)["Uses that pay it back"]) == {"never"}
