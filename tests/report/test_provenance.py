from __future__ import annotations

from condrec.report.provenance import data_version, provenance_line, rerun_note

FULL = ("none", "naml", None, {})
USERS = ("random-users", "naml", 10.0, {})


def test_the_line_names_everything_that_is_needed(made_up):
    line = provenance_line(made_up([FULL], {(0, 0): 0.8, (0, 1): 0.8}), "06_table")
    for part in (
        "`06_table`",
        "`condrec reproduce tf-dcon-table-3 --profile real --datasets embedded --record`",
        "profile `real`",
        "`embedded` ",
        "condrec 0.1.0, commit 0123456789",
        "2026-01-01",
        "2 runs",
        "10 s on cpu (made up)",
    ):
        assert part in line
    assert line.startswith("*Source: ") and line.endswith(".*")


def test_a_fresh_line_names_the_command_that_executes_the_notebook(made_up):
    line = provenance_line(made_up([FULL], {(0, 0): 0.8}, profile="quick"), "06_table")
    assert "`condrec book --profile quick --only 06_table`" in line
    assert "1 run (1 planned ones not run)" in line


def test_nothing_run_says_how_to_run_it(made_up):
    line = provenance_line(made_up([FULL], {}), "06_table")
    assert line.startswith("*Not run yet; to run it: `condrec reproduce tf-dcon-table-3")


def test_what_is_left_is_counted_with_its_hours(made_up):
    results = made_up([FULL, USERS], {(0, 0): 0.8})
    note = rerun_note(results)
    assert "Recorded here: 1 run of profile `real`" in note and "left: 3 runs, about" in note
    assert rerun_note(made_up([FULL], {(0, 0): 0.8, (0, 1): 0.8})).endswith("(made up).")


def test_the_data_version_is_that_of_the_registered_files():
    assert data_version("tfdcon-movielens") != data_version("ml-100k")
    assert data_version("embedded") == data_version("embedded")
