from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from condrec.report.speed import conclude, condensing_cost, run_speeds, speed_table

FULL = ("none", "naml", None, {"patience": 5})
SMALL = ("tf-dcon", "naml", 10.0, {"patience": 5})


def curve(method: str, seconds: list[float], values: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "model": "NAML",
            "seed": 0,
            "method": method,
            "key": method,
            "epochs": range(1, len(seconds) + 1),
            "seconds_train": seconds,
            "value": values,
        }
    )


@pytest.fixture
def results(made_up):
    found = made_up([FULL, SMALL], {(0, 0): 0.8, (1, 0): 0.7}, seeds=(0,))
    return replace(
        found,
        curves=pd.concat(
            [
                curve("none", [10.0, 20.0, 30.0], [0.5, 0.7, 0.8]),
                curve("tf-dcon", [1.0, 2.0], [0.6, 0.55]),
            ]
        ),
    )


def test_three_readings_by_hand(results):
    (row,) = run_speeds(results).to_dict("records")
    assert (row["full epoch"], row["condensed epoch"]) == (10.0, 1.0)
    assert (row["full best"], row["condensed best"]) == (30.0, 1.0)
    assert (row["full level"], row["condensed level"], row["level"]) == (20.0, 1.0, 0.6)


def test_condensing_is_added_to_the_last_reading(results):
    shown = speed_table(run_speeds(results), condensing=39.0)
    assert shown["Times faster"].tolist() == ["10", "30", "20", "0.50"]
    assert "for a single training the detour is **slower**" in conclude(run_speeds(results), 39.0)
    assert "**faster**" in conclude(run_speeds(results), 1.0)


def test_a_level_never_reached_is_said(results):
    high = results.curves.assign(
        value=np.where(results.curves["method"] == "none", 0.1, results.curves["value"])
    )
    speeds = run_speeds(replace(results, curves=high))
    shown = speed_table(speeds)
    assert shown["Full data never got there"].tolist()[2] == "1 of 1"
    assert "never reach" in conclude(speeds, np.nan)


def test_what_condensing_costs(results):
    cost = condensing_cost(results)
    assert cost["seconds"] == 2.0 and cost["outer_steps"] == 1.0


def test_nothing_run(made_up):
    empty = run_speeds(made_up([FULL], {}))
    assert empty.empty and speed_table(empty).empty
    assert conclude(empty, np.nan) == "Not run yet."
