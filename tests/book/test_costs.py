from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from condrec.book.costs import (
    Cost,
    announcement,
    committed_costs,
    costs_file,
    duration,
    expected_costs,
    in_words,
    record_costs,
)
from condrec.book.execute import Executed
from condrec.book.memory import PeakMemory

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "notebooks").mkdir()
    for name in ("01_a", "02_b", "03_c"):
        (tmp_path / "notebooks" / f"{name}.ipynb").write_text("{}")
    costs = {name: {"seconds": 60, "memory_mib": 500} for name in ("01_a", "02_b", "09_gone")}
    costs_file(tmp_path).write_text(json.dumps({"quick": costs, "real": {}}))
    return tmp_path


def write_record(folder: Path, name: str, **values) -> None:
    folder.mkdir(exist_ok=True)
    record = {"name": name, "fingerprint": "f", "seconds": 10.0, "date": "2026", **values}
    (folder / f"{name}.json").write_text(json.dumps(record))
    (folder / f"{name}.ipynb").write_text("{}")


def test_time_is_shared_and_memory_is_that_of_the_largest_together():
    costs = {"01_a": Cost(60, 512), "02_b": Cost(120, 1024), "03_c": Cost(60, 1024)}
    assert announcement(costs, 2) == (
        "to execute: 3 notebooks, 2 side by side; about 2 min, about 2.0 GiB of memory; "
        "the longest is 02_b with 2 min"
    )
    assert "about 4 min, about 1.0 GiB" in announcement(costs, 1)
    long = {**costs, "02_b": Cost(600, 1024)}
    assert "about 10 min" in announcement(long, 2), "not less than the longest"
    assert announcement({"01_a": Cost(60, 512)}, 1) == (
        "to execute: 1 notebook; about 60 s, about 0.5 GiB of memory"
    )


def test_what_is_not_known_is_said():
    costs = {"01_a": Cost(60, 512), "02_b": Cost(30), "03_c": Cost(30)}
    text = announcement(costs, 2)
    assert "about 60 s" in text and "at least 0.5 GiB of memory (measured for 1 of 3)" in text
    assert "time and memory are not known" in announcement({"01_a": Cost()}, 1)
    assert announcement({}, 0) == "no notebook has to be executed"


def test_this_machine_knows_best_then_the_committed_file(root):
    executed = root / "executed"
    write_record(executed, "01_a", memory_mib=700)
    write_record(executed, "02_b", error="cell 1: ValueError: no")
    names = ["01_a", "02_b", "03_c"]
    assert expected_costs(root, "quick", executed, names) == {
        "01_a": Cost(10.0, 700),
        "02_b": Cost(60, 500),
        "03_c": Cost(),
    }
    write_record(executed, "01_a")
    assert expected_costs(root, "quick", executed, ["01_a"]) == {"01_a": Cost(10.0, 500)}
    assert expected_costs(root, "mine", root / "nowhere", ["01_a"]) == {"01_a": Cost()}


def test_what_was_measured_is_written_and_the_rest_stays(root):
    records = [
        Executed("01_a", "f", 12.4, "2026", None, 812),
        Executed("02_b", "f", 1.0, "2026", "cell 1: ValueError: no", 100),
        Executed("03_c", "f", 7.0, "2026"),
    ]
    path = record_costs(root, "quick", records)
    assert committed_costs(root, "quick") == {
        "01_a": Cost(12, 812),
        "02_b": Cost(60, 500),
        "03_c": Cost(7, None),
    }, "a failure says nothing, a notebook that is gone has no costs"
    assert json.loads(path.read_text())["real"] == {}
    before = path.read_bytes()
    record_costs(root, "quick", records)
    assert path.read_bytes() == before


def test_words():
    assert [duration(each) for each in (44.6, 89.4, 95, 5390, 5400)] == [
        "45 s",
        "89 s",
        "2 min",
        "90 min",
        "1.5 h",
    ]
    assert in_words(Cost(30, 812)) == "30 s, 812 MiB"
    assert in_words(Cost()) == "time not known, memory not known"


def test_the_committed_costs_are_of_notebooks_that_exist():
    there = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}
    costs = committed_costs(ROOT, "quick")
    assert costs and set(costs) <= there, "write them anew: condrec book --keep-costs"
    for cost in costs.values():
        assert cost.seconds is None or 0 < cost.seconds < 3600
        assert cost.memory_mib is None or 50 < cost.memory_mib < 32 * 1024


def test_the_peak_of_other_processes_is_seen():
    import subprocess
    import sys

    code = "import time; held = b'x' * 200_000_000; time.sleep(2)"
    with PeakMemory(every=0.05) as memory, subprocess.Popen([sys.executable, "-c", code]) as child:
        until = time.monotonic() + 30
        while memory.mib < 180 and child.poll() is None and time.monotonic() < until:
            time.sleep(0.05)
        child.kill()
    assert 180 < memory.mib < 1000
