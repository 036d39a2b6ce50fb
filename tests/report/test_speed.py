from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from condrec.report.speed import (
    conclude,
    conclude_whole_runs,
    condensing_cost,
    run_speeds,
    speed_table,
    with_text_requests,
)

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
    assert "Full data never got there" not in shown  # it got there every time
    slower = "to reach that level in a single training the detour is **slower**"
    assert slower in conclude(run_speeds(results), 39.0)
    assert "**faster**" in conclude(run_speeds(results), 1.0)


@pytest.mark.parametrize(
    ("condensing", "words"),
    [
        (28.0, "the **first** training repays it"),
        (56.0, "58.0 s with the condensing: it is repaid after **2.0** trainings"),
        (np.nan, "30.0 s on the full data, 2.0 s on the condensed data."),
    ],
)
def test_whole_runs_repay_the_condensing_after_some_trainings(results, condensing, words):
    assert words in conclude_whole_runs(run_speeds(results), condensing)


def test_a_set_that_saves_nothing_is_never_repaid(results):
    speeds = run_speeds(results).assign(**{"full stop": 1.0})
    assert "never repaid" in conclude_whole_runs(speeds, 1.0)


def test_every_set_of_condensed_texts_counts_their_requests(made_up):
    sets = [
        ("none", {"content": "original"}),
        ("random-users", {"content": "auto"}),
        ("k-medoids", {"content": "auto"}),
        ("tf-dcon", {"content": "auto"}),
    ]
    lines = [(name, "naml", None if name == "none" else 10.0, more) for name, more in sets]
    results = made_up(lines, {(i, 0): 0.5 for i in range(4)}, seeds=(0,))
    found = pd.DataFrame({"line": results.plan["line"]}).assign(
        language_model_requests=[np.nan, np.nan, 2.0, 3.0]
    )
    filled = with_text_requests(found, results)["language_model_requests"]
    assert np.isnan(filled[0]) and filled[1:].tolist() == [2.0, 2.0, 3.0]


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
    assert conclude(empty, np.nan) == conclude_whole_runs(empty, np.nan) == "Not run yet."
