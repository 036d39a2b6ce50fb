from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from condrec import paths
from condrec.errors import CondrecError
from condrec.experiments import make_run, run_folder
from condrec.experiments.record import COLUMNS
from condrec.report import results as module
from condrec.report.results import combined, fresh, joined, recorded_results

FULL = ("none", "naml", None, {})
USERS = ("random-users", "naml", 10.0, {"content": "auto"})
RANDOM = ("random-users", "naml", 10.0, {"content": "auto", "negatives": "random"})
POPULARITY = ("none", "popularity", None, {})


def test_where_takes_columns_parameters_defaults_and_several_values(made_up):
    found = made_up([FULL, USERS, RANDOM, POPULARITY], {})
    assert set(found.where(negatives="dislikes").plan["line"]) == {0, 1}  # a default
    assert set(found.where(negatives="random").plan["line"]) == {2}
    assert set(found.where(method="none").plan["line"]) == {0, 3}
    assert set(found.where(recommender=("naml", "popularity"), method="none").plan["line"]) == {
        0,
        3,
    }
    assert set(found.without(negatives="random").plan["line"]) == {0, 1, 3}
    assert found.where(budget=10.0, seed=1).plan["seed"].tolist() == [1, 1]


def test_runs_of_one_line_differ_in_their_seed_only(made_up):
    found = made_up([FULL, USERS], {}, seeds=(0, 1, 2))
    assert found.plan.groupby("line")["seed"].apply(list).tolist() == [[0, 1, 2], [0, 1, 2]]


def test_open_runs_are_those_without_rows(made_up):
    found = made_up([FULL, USERS], {(0, 0): 0.8, (0, 1): 0.82, (1, 1): 0.7})
    assert found.open[["method", "seed"]].to_numpy().tolist() == [["random-users", 0]]
    assert found.values("NDCG@5")["value"].tolist() == [0.8, 0.82, 0.7]
    assert found.values("outer_steps", split="train")["value"].tolist() == [1.0] * 3
    assert found.values("NDCG@5", test_content="original").empty


def test_matrix_is_one_configuration_by_seed(made_up):
    lists = {0: np.array([[0.1, 0.2], [0.3, 0.4]]), 1: np.zeros((2, 2))}
    found = made_up([FULL, USERS], {(0, 1): 0.8, (0, 0): 0.7}, lists=lists)
    matrix = found.where(method="none").matrix()
    assert list(matrix) == [0, 1]
    assert matrix[1].tolist() == [0.3, 0.4]
    with pytest.raises(CondrecError, match="found configurations .*random users.*expected one"):
        found.matrix()


def test_combined_keeps_lines_apart_and_counts_a_shared_run_once(made_up):
    one = made_up(
        [FULL, USERS], {(0, 0): 0.8, (1, 0): 0.7}, lists={0: np.ones((2, 2)), 1: np.zeros((2, 2))}
    )
    two = made_up(
        [FULL, RANDOM],
        {(0, 0): 0.8, (1, 0): 0.6},
        lists={0: np.ones((2, 2)), 1: np.full((2, 2), 0.5)},
    )
    both = combined(one, two)
    assert both.plan["key"].is_unique and both.plan["line"].nunique() == 3
    assert len(both.values("NDCG@5")) == 3
    assert both.where(negatives="random").matrix()[0].tolist() == [0.5, 0.5]
    assert (
        both.rows["line"].to_numpy()
        == both.rows["key"]
        .map(dict(zip(both.plan["key"], both.plan["line"], strict=True)))
        .to_numpy()
    ).all()


def test_rows_of_other_keys_do_not_show_up(made_up):
    plan = made_up([FULL], {}).plan
    stale = dict.fromkeys(COLUMNS, 0) | {"key": "of an older version", "settings": "{}"}
    assert joined(plan, pd.DataFrame([stale], columns=COLUMNS)).empty


def test_nothing_recorded_is_an_empty_plan_of_open_runs(tmp_path, monkeypatch):
    data = paths.project_data()
    monkeypatch.setattr(paths, "project_data", lambda: tmp_path)
    (tmp_path / "registry.json").symlink_to(data / "registry.json")
    found = recorded_results("tf-dcon-table-2")
    assert found.rows.empty and len(found.open) == len(found.plan) == 4


def test_recorded_results_are_in_the_order_of_the_grid():
    found = recorded_results("tf-dcon-table-7", recommender="naml")
    assert found.plan["line"].is_monotonic_increasing
    assert found.plan["method"].iloc[0] == "none"
    assert set(found.rows["key"]) <= set(found.plan["key"])


def test_fresh_carries_out_what_is_wanted_and_no_more():
    found = fresh(
        "tf-dcon-table-3",
        "quick",
        seeds=[3],
        models=["naml"],
        recommender="popularity",
        method="none",
    )
    assert len(found.plan) == 1 and found.open.empty
    assert 0.5 < found.values("NDCG@5")["value"].item() < 0.7
    assert len(found.matrix()[3]) > 1000
    run = make_run("embedded", "none", "naml", 3)
    assert not run_folder(run).exists()


def test_fresh_runs_on_generated_data_in_this_process(monkeypatch):
    def no_processes(*_: object) -> None:
        raise AssertionError("started processes")

    monkeypatch.setattr(module, "local_executor", no_processes)
    found = fresh("tf-dcon-table-2", "quick")
    assert found.rows["metric"].tolist().count("n_users") == 1
