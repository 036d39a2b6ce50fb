from __future__ import annotations

import time

import numpy as np

from condrec.report import here
from condrec.report.here import computed_here, keep


def test_the_line_names_notebook_command_profile_data_and_seconds():
    line = computed_here("01_quickstart", "quick", ["embedded"], time.perf_counter() - 12)
    for part in (
        "notebook `01_quickstart`",
        "`condrec book --profile quick --only 01_quickstart`",
        "profile `quick`",
        "data `embedded` ",
        "condrec 0.",
        "12 s so far",
    ):
        assert part in line
    assert line.startswith("*Source: ") and line.endswith(".*")


def test_a_toy_has_no_data_set():
    line = computed_here("13_infinite_ae", "quick", [], time.perf_counter())
    assert "; data made on the page; " in line


def test_numbers_are_kept_as_plain_ones(monkeypatch):
    kept = {}
    monkeypatch.setattr(here, "glue", lambda name, value: kept.update({name: value}))
    keep("level", np.float64(0.5))
    keep("words", "no difference shown")
    assert kept == {"level": 0.5, "words": "no difference shown"}
    assert repr(kept["level"]) == "0.5"  # glue stores the repr, which the page formats
