"""Runs, grids and recorded rows, on the embedded data."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from condrec.errors import CondrecError
from condrec.experiments import (
    GRIDS,
    Run,
    Scale,
    execute,
    make_run,
    missing,
    read_metrics,
    record,
    recorded,
    recorded_groups,
    rows_of,
    run_folder,
    run_grid,
)
from condrec.experiments.grid_runner import n_workers
from condrec.experiments.record import COLUMNS
from condrec.recommenders import NAML

# The package's ``record`` is the function of that name.
record_module = sys.modules["condrec.experiments.record"]

CONTRACT = {"key", "run", "test", "validation", "size", "seconds", "epochs", "provenance"}


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDREC_RUNS", str(tmp_path / "runs"))
    folder = tmp_path / "data" / "recorded"
    monkeypatch.setattr(record_module, "recorded_folder", lambda: folder)


def quick(seed: int = 0, method: str = "random-users", model: str = "naml") -> Run:
    settings = {"epochs": 2, "embedding_size": 16, "hidden_size": 8, "attention_size": 8}
    return make_run("embedded", method, model, seed, 60, settings)


def comparable(folder: Path) -> dict[str, Any]:
    """Everything in metrics.json but times, dates and the commit."""
    content = read_metrics(folder)
    return {name: content[name] for name in content if name not in ("seconds", "provenance")}


def test_metrics_json_keeps_its_contract() -> None:
    content = read_metrics(execute(quick()))
    assert set(content) >= CONTRACT
    assert {"users_pct", "positives_pct", "tokens_pct", "bytes_pct"} <= set(content["size"])
    assert {"condense", "train", "evaluate"} == set(content["seconds"])
    wanted = {"version", "commit", "python", "torch", "device", "data_sha256"}
    assert wanted <= set(content["provenance"])
    assert 0 < content["test"]["NDCG@5"] < 1
    assert content["size"]["n_users"] == 60


def test_the_same_run_gives_the_same_numbers_and_is_not_done_twice(tmp_path: Path) -> None:
    first = execute(quick())
    written = (first / "metrics.json").stat().st_mtime_ns
    assert execute(quick()) == first
    assert (first / "metrics.json").stat().st_mtime_ns == written
    again = execute(quick(), out=tmp_path / "again")
    assert comparable(again) == comparable(first)
    assert comparable(execute(quick(seed=1)))["test"] != comparable(first)["test"]


def test_rows_have_the_columns_of_the_contract() -> None:
    rows = rows_of(execute(quick()), "tf-dcon-table-3")
    assert list(rows.columns) == COLUMNS
    assert rows["value"].between(0, 1).all() or "outer_steps" in set(rows["metric"])
    on_test = rows[(rows["split"] == "test") & (rows["metric"] == "NDCG@5")]
    contents = [json.loads(text)["test_content"] for text in on_test["settings"]]
    assert sorted(contents) == ["original", "training"]


def test_recording_twice_changes_nothing_and_a_key_is_kept_once(tmp_path: Path) -> None:
    folders = [execute(quick()), execute(quick(seed=1))]
    record("tf-dcon-table-3", folders)
    path = tmp_path / "data" / "recorded" / "tf-dcon-table-3.csv"
    first = path.read_bytes()
    record("tf-dcon-table-3", folders[:1])
    assert path.read_bytes() == first
    rows = recorded("tf-dcon-table-3")
    assert len(rows) == 2 * len(rows_of(folders[0], "x"))
    pd.testing.assert_series_equal(
        rows[rows["key"] == folders[0].name]["value"].sort_values(ignore_index=True),
        rows_of(folders[0], "x")["value"].sort_values(ignore_index=True),
    )


def test_a_kill_between_two_files_leaves_the_run_to_be_recorded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = execute(quick())
    with monkeypatch.context() as killed:
        killed.setattr(record_module, "rows_of", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            record("tf-dcon-table-3", [folder])
    assert recorded("tf-dcon-table-3").empty
    record("tf-dcon-table-3", [folder])
    assert set(recorded("tf-dcon-table-3")["key"]) == {folder.name}
    assert f"{folder.name}:NDCG@5" in recorded_groups("tf-dcon-table-3", "naml")


def test_a_run_of_a_newer_version_takes_the_place_of_the_older_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record("tf-dcon-table-3", [execute(quick())])
    monkeypatch.setattr(NAML, "VERSION", NAML.VERSION + 1)
    newer = execute(quick())
    record("tf-dcon-table-3", [newer])
    rows = recorded("tf-dcon-table-3")
    assert set(rows["key"]) == {newer.name}
    assert len(rows) == len(rows_of(newer, "x"))


def test_recorded_metrics_of_single_lists_have_the_recorded_mean() -> None:
    folder = execute(quick())
    record("tf-dcon-table-3", [folder])
    groups = recorded_groups("tf-dcon-table-3", "naml")
    mean = read_metrics(folder)["test"]["NDCG@5"]
    assert np.mean(groups[f"{folder.name}:NDCG@5"]) == pytest.approx(mean, abs=1e-5)


def test_a_grid_has_a_worker_a_core_a_worker_a_gpu_or_those_it_asks_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 16)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert (n_workers("cpu"), n_workers("cuda"), n_workers("cuda", 1)) == (16, 2, 1)


def test_a_failing_run_does_not_stop_the_others() -> None:
    bad = make_run("embedded", "random-users", "naml", 0, 10_000)
    with ThreadPoolExecutor(1) as executor, pytest.raises(CondrecError, match="1 of 2 runs failed"):
        run_grid([bad, quick()], executor)
    assert missing([bad, quick()]) == [bad]
    assert not run_folder(bad).exists()


@pytest.mark.parametrize("name", sorted(GRIDS))
@pytest.mark.parametrize("dataset", ["embedded", "tfdcon-movielens"])
def test_every_grid_can_be_built_and_its_keys_differ(name: str, dataset: str) -> None:
    runs = GRIDS[name].build(Scale(dataset, (0, 1)))
    assert runs
    assert len({run.key() for run in runs}) == len(runs)


SCRIPT = """
import sys
from concurrent.futures import ThreadPoolExecutor
import torch
torch.set_num_threads(1)
sys.path.insert(0, {here!r})
from test_runs_and_grids import quick
from condrec.experiments import run_grid
runs = [quick(seed) for seed in range(4)] + [quick(0, "tf-dcon")]
with ThreadPoolExecutor(1) as executor:
    run_grid(runs, executor)
"""


def test_a_killed_grid_resumes_and_ends_in_the_same_numbers(tmp_path: Path) -> None:
    """Kill the grid at random moments: what was finished stays, and the end is the same."""

    def start(folder: Path) -> subprocess.Popen[bytes]:
        script = SCRIPT.format(here=str(Path(__file__).parent))
        environment = os.environ | {"CONDREC_RUNS": str(folder)}
        return subprocess.Popen(
            [sys.executable, "-c", script], env=environment, stderr=subprocess.DEVNULL
        )

    def finished(folder: Path) -> dict[str, float]:
        return {p.parent.name: p.stat().st_mtime for p in folder.glob("[!.]*/manifest.json")}

    whole, killed = tmp_path / "whole", tmp_path / "killed"
    began = time.monotonic()
    assert start(whole).wait() == 0
    lasted = time.monotonic() - began
    rng = np.random.default_rng(5)
    for _ in range(3):
        before = finished(killed)
        process = start(killed)
        time.sleep(float(rng.uniform(0.4, 0.95)) * lasted)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert before.items() <= finished(killed).items()
    assert start(killed).wait() == 0
    assert set(finished(killed)) == set(finished(whole))
    for name in finished(whole):
        assert comparable(killed / name) == comparable(whole / name)
