"""Runs under the full protocol: metrics, noise, shared soft users, recorded rows, scales."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from condrec.errors import CondrecError
from condrec.experiments import (
    GRIDS,
    Scale,
    execute,
    grid_runs,
    make_run,
    read_metrics,
    record,
    recorded,
    recorded_groups,
    rows_of,
)
from condrec.experiments.grids import dconrec

record_module = sys.modules["condrec.experiments.record"]
LEARN = {"steps": 4, "validation_interval": 2, "outer_batch_size": 100, "edition": "strict"}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "recorded"
    monkeypatch.setattr(record_module, "recorded_folder", lambda: folder)


def test_metrics_of_the_full_protocol_are_recorded_with_their_names() -> None:
    run = make_run("embedded-implicit", "random-users", "infinite-ae", 0, 20, {"lambda": 5})
    rows = rows_of(execute(run), "toy")
    test = rows[rows["split"] == "test"].set_index("metric")["value"]
    assert {"HR@10", "NDCG@10", "PSP@10", "HR@100", "Recall@10", "AUC"} <= set(test.index)
    assert {"Coverage@10", "LongTail@10"} <= set(test.index)
    assert set(rows["protocol"]) == {"full"} and set(rows["data_split"]) == {"random-80-10-10"}
    assert json.loads(rows["settings"].iloc[0]) == {"lambda": 5.0}
    assert "seconds_evaluate" in set(rows["metric"])


def test_the_artifact_names_the_metric_that_selected_the_weights() -> None:
    default, chosen = (
        make_run("embedded-implicit", "none", "bpr-mf", 0, None, {"epochs": 2} | settings)
        for settings in ({}, {"select_on": "NDCG@10"})
    )
    assert default.settings() == {"epochs": 2}
    assert read_metrics(execute(default))["selected_by"] == "HR@100"
    assert read_metrics(execute(chosen))["selected_by"] == "NDCG@10"


def test_noise_is_part_of_the_run_and_of_its_key() -> None:
    plain, noisy = (
        make_run("embedded-implicit", "none", "popularity", 0, None, settings)
        for settings in ({}, {"noise": 0.4})
    )
    assert plain.key() != noisy.key()
    assert noisy.settings() == {"noise": 0.4} and plain.settings() == {}
    first, second = (read_metrics(execute(run))["test"]["NDCG@10"] for run in (plain, noisy))
    assert first != second
    with pytest.raises(CondrecError, match="noise: found 'much', expected a share"):
        make_run("embedded-implicit", "none", "popularity", 0, None, {"noise": "much"})
    with pytest.raises(CondrecError, match="noise: found 1.5, expected a share"):
        execute(make_run("embedded-implicit", "none", "popularity", 0, None, {"noise": 1.5}))


def test_soft_users_are_learned_once_and_their_cost_is_every_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from condrec.condensers import DistillCF

    learned = []
    learn = DistillCF.learn
    monkeypatch.setattr(DistillCF, "learn", lambda *a, **k: learned.append(1) or learn(*a, **k))
    contents = [
        read_metrics(execute(make_run("embedded-implicit", "distill-cf", model, 0, 10, settings)))
        for model, settings in (
            ("infinite-ae", LEARN),
            ("ease", LEARN),
            ("infinite-ae", {**LEARN, "top": 17}),
        )
    ]
    assert len(learned) == 1
    for content in contents:
        assert content["seconds"]["condense"] > 0 and content["cost"]["outer_steps"] == 4
    assert contents[2]["size"]["n_positives"] == 10 * 17
    assert contents[0]["size"]["bytes"] == 4 * 10 * 400


def test_metrics_of_every_user_are_recorded_where_the_grid_wants_them() -> None:
    folder = execute(make_run("embedded-implicit", "none", "popularity", 0))
    record("toy", [folder], groups=False)
    assert not recorded_groups("toy", "popularity")
    record("toy", [folder])
    stored = recorded_groups("toy", "popularity")
    rows = recorded("toy")
    mean = rows[(rows["metric"] == "NDCG@10") & (rows["split"] == "test")]["value"].iloc[0]
    assert stored[f"{folder.name}:NDCG@10"].mean() == pytest.approx(mean, abs=1e-4)
    assert len(stored[f"{folder.name}:HR@10"]) == 600


def test_grids_run_on_the_data_sets_their_profile_names() -> None:
    assert {run.dataset for run in grid_runs("distill-cf-table", "quick")} == {"embedded-implicit"}
    assert {run.dataset for run in grid_runs("distill-cf-table", "real")} == {"ml-1m", "magazine"}
    assert {run.dataset for run in grid_runs("tf-dcon-table-7", "quick")} == {"embedded"}


@pytest.mark.parametrize("name", [name for name in GRIDS if name.startswith("distill-cf")])
@pytest.mark.parametrize("dataset", ["ml-1m", "magazine", "embedded-implicit"])
def test_every_grid_holds_each_run_once_and_the_lead_method(name: str, dataset: str) -> None:
    runs = GRIDS[name].build(Scale(dataset, (0, 1, 2, 3, 4)))
    assert {run.dataset for run in runs} == {dataset}
    assert any(run.method == "distill-cf" for run in runs)
    assert len({run.key() for run in runs}) == len(runs)


def test_five_seeds_at_50_and_500_users_and_three_elsewhere() -> None:
    runs = GRIDS["distill-cf-figure-1"].build(Scale("ml-1m", (0, 1, 2, 3, 4)))
    seeds = {
        budget: {r.seed for r in runs if r.method == "distill-cf" and r.budget == budget}
        for budget in (10, 50, 100, 500)
    }
    assert [len(found) for found in seeds.values()] == [3, 5, 3, 5]
    assert np.all([r.budget is None or r.budget > 0 for r in runs])


def test_every_grid_of_dconrec_is_planned_on_its_data_sets_once() -> None:
    for chosen in dconrec.GRIDS:
        for profile, names in (
            ("quick", {"embedded-implicit"}),
            ("real", {"ml-100k", "ml-1m", "ciao"}),
        ):
            runs = grid_runs(chosen.name, profile)
            assert {run.dataset for run in runs} == names
            keys = [run.key() for run in runs]
            assert len(set(keys)) == len(keys)
