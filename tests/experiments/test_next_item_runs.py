"""Runs whose task is the next item: blocks, recorded rows, metrics of single users."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from condrec import paths
from condrec.datasets import load_dataset
from condrec.experiments import (
    curve_of,
    execute,
    make_run,
    read_metrics,
    record,
    recorded,
    recorded_groups,
    rows_of,
)

record_module = sys.modules["condrec.experiments.record"]
BLOCKS = {"test", "validation", "test_uni100", "validation_uni100"}
METRICS = {f"{name}@{k}" for name in ("Hit", "NDCG", "MRR") for k in (5, 10, 20)}


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data" / "recorded"
    monkeypatch.setattr(record_module, "recorded_folder", lambda: folder)


def popularity(dataset: str = "embedded-sequences", seed: int = 0) -> Path:
    return execute(make_run(dataset, "none", "popularity", seed))


def test_the_held_out_item_is_ranked_under_both_protocols() -> None:
    content = read_metrics(popularity())
    assert set(content) >= BLOCKS
    for block in BLOCKS:
        assert set(content[block]) == METRICS
        assert all(0 < value < 1 for value in content[block].values())
    assert content["test"] != content["test_uni100"]
    assert content["data"] == {"data_split": "leave-one-out", "protocol": "full"}
    assert content["cost"]["seconds_evaluate"] > 0


def test_another_split_of_the_same_data_is_measured_as_before() -> None:
    content = read_metrics(popularity("embedded-sequences@time-80-10-10"))
    assert not set(content) & {"test_uni100", "validation_uni100"}
    assert {"HR@10", "NDCG@100", "AUC"} <= set(content["test"])
    with np.load(popularity("embedded-sequences@time-80-10-10") / "per_group.npz") as stored:
        assert set(stored.files) == {"groups", "test:NDCG@10", "test:HR@10"}


def test_rows_name_the_protocol_they_were_measured_under() -> None:
    folder = popularity("embedded-sequences@leave-one-out-5-core")
    content, rows = read_metrics(folder), rows_of(folder, "toy")
    assert set(rows["data_split"]) == {"leave-one-out-5-core"}
    for protocol, ending in (("full", ""), ("uni100", "_uni100")):
        for split, wanted in (("test", METRICS), ("validation", {"NDCG@10", "MRR@10"})):
            mine = rows[(rows["protocol"] == protocol) & (rows["split"] == split)]
            assert set(mine["metric"]) == wanted and len(mine) == len(wanted)
            for metric, value in zip(mine["metric"], mine["value"], strict=True):
                assert value == pytest.approx(content[f"{split}{ending}"][metric], abs=1e-6)
    on_train = rows[rows["split"] == "train"]
    assert set(on_train["protocol"]) == {"full"} and "seconds_evaluate" in set(on_train["metric"])
    assert set(rows["settings"]) == {"{}"}


def test_both_protocols_are_kept_when_rows_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    from condrec.recommenders import Popularity

    folder = popularity()
    record("toy", [folder])
    record("toy", [folder])
    assert len(recorded("toy")) == len(rows_of(folder, "toy")) > 2 * (9 + 2)
    assert len(set(record_module._identity(recorded("toy")))) == len(recorded("toy"))
    record("toy", [popularity(seed=1)])
    assert len(recorded("toy")) == 2 * len(rows_of(folder, "toy"))
    monkeypatch.setattr(Popularity, "VERSION", Popularity.VERSION + 1)
    newer = popularity()
    record("toy", [newer])
    rows = recorded("toy")
    assert folder.name not in set(rows["key"]) and newer.name in set(rows["key"])
    assert len(rows) == 2 * len(rows_of(folder, "toy"))


@pytest.mark.parametrize("name", ["distill-cf-table", "tf-dcon-table-1"])
def test_rows_recorded_before_stay_when_others_join_them(name: str) -> None:
    source = paths.project_data() / "recorded" / f"{name}.csv"
    path = record_module.recorded_path(name)
    path.parent.mkdir(parents=True)
    shutil.copy(source, path)
    before = recorded(name)
    identities = record_module._identity(before)
    assert len(set(identities)) == len(before) > 0
    record(name, [popularity()])
    after = recorded(name)
    assert len(after) == len(before) + len(rows_of(popularity(), name))
    assert set(identities) < set(record_module._identity(after))


def test_single_users_have_the_recorded_means_under_both_protocols() -> None:
    folder = popularity("embedded-sequences@leave-one-out-5-3")
    record("toy", [folder])
    stored, rows = recorded_groups("toy", "popularity"), recorded("toy")
    tested = np.unique(load_dataset("embedded-sequences@leave-one-out-5-3").test.user)
    assert stored["embedded-sequences@leave-one-out-5-3:groups"].tolist() == tested.tolist()
    keys = {"NDCG@10", "MRR@10", "uni100:NDCG@10", "uni100:MRR@10"}
    assert {name for name in stored if not name.endswith(":groups")} == {
        f"{folder.name}:{key}" for key in keys
    }
    for key in keys:
        protocol, metric = key.split(":") if ":" in key else ("full", key)
        mine = rows[
            (rows["split"] == "test") & (rows["protocol"] == protocol) & (rows["metric"] == metric)
        ]
        values = stored[f"{folder.name}:{key}"]
        assert len(values) == len(tested)
        assert values.mean() == pytest.approx(mine["value"].item(), abs=1e-5)
    assert not np.array_equal(
        stored[f"{folder.name}:NDCG@10"], stored[f"{folder.name}:uni100:NDCG@10"]
    )


def test_users_without_a_held_out_item_have_no_group(tmp_path: Path) -> None:
    # ann's rare items are left out, which leaves her two rows.
    events = [("ann", i) for i in "abxyz"] + [(u, i) for u in ("bob", "cy") for i in "abcde"]
    events += [("dan", i) for i in "cde"]
    path = tmp_path / "r.csv"
    path.write_text("user,item,time\n" + "".join(f"{u},{i},1\n" for u, i in events))
    name = f"{path}@leave-one-out-5-3"
    record("toy", [popularity(name)])
    stored = recorded_groups("toy", "popularity")
    assert stored[f"{name}:groups"].tolist() == [1, 2]  # numbered from ann, who is 0


def test_the_metric_that_selects_is_named_as_before() -> None:
    run = make_run(
        *("embedded-sequences", "none", "bpr-mf", 0, None),
        {"epochs": 2, "select_on": "NDCG@10", "embedding_size": 8},
    )
    folder = execute(run)
    content = read_metrics(folder)
    assert content["selected_by"] == "NDCG@10" and set(content) >= BLOCKS
    curve = curve_of(folder, "toy")
    assert set(curve["metric"]) == {"NDCG@10"} and set(curve["protocol"]) == {"full"}
    assert curve["value"].max() == pytest.approx(content["validation"]["NDCG@10"], abs=1e-6)
