from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest

from condrec.book.execute import Executed, clean, execute, kept, kernel_environment


def test_clean_drops_times_paths_and_random_ids():
    root = Path("/somewhere/checkout")
    notebook = {
        "metadata": {"papermill": {"input_path": f"{root}/a.ipynb"}, "kernelspec": {}},
        "cells": [
            {
                "id": "f00",
                "metadata": {"tags": ["injected-parameters"], "papermill": {}, "execution": {}},
            },
            {"id": "kept", "metadata": {"tags": ["hide-output"]}},
            {"id": "text", "metadata": {}, "outputs": [{"text": f"{root}/src/x.py: warning"}]},
        ],
    }
    assert clean(notebook, root) == {
        "metadata": {"kernelspec": {}},
        "cells": [
            {
                "id": "injected-parameters",
                "metadata": {"tags": ["injected-parameters", "hide-input"]},
            },
            {"id": "kept", "metadata": {"tags": ["hide-output"]}},
            {"id": "text", "metadata": {}, "outputs": [{"text": "src/x.py: warning"}]},
        ],
    }


def test_what_a_cell_prints_in_pieces_is_joined(tmp_path, monkeypatch):
    for name, value in kernel_environment(tmp_path).items():
        monkeypatch.setenv(name, value)  # what execute sets is taken back
    source = tmp_path / "a.ipynb"
    code = "import sys\nfor text in 'abc':\n    print(text, flush=True)\n    sys.stdout.flush()"
    cell = nbformat.v4.new_code_cell(code)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), source)
    record = execute(source, tmp_path / "done", {}, "f", tmp_path)
    assert record.error is None
    (cell,) = nbformat.read(tmp_path / "done" / "a.ipynb", as_version=4).cells
    assert [(output.name, output.text) for output in cell.outputs] == [("stdout", "a\nb\nc\n")]


@pytest.fixture
def folder(tmp_path):
    record = {"name": "01_a", "fingerprint": "f", "seconds": 1.0, "date": "2026"}
    (tmp_path / "01_a.json").write_text(json.dumps(record))
    (tmp_path / "01_a.ipynb").write_text("{}")
    return tmp_path


def test_a_copy_is_kept_while_its_fingerprint_fits(folder):
    assert kept(folder, "01_a", "f") == kept(folder, "01_a") == Executed("01_a", "f", 1.0, "2026")
    assert kept(folder, "01_a", "other") is None
    assert kept(folder, "02_b") is None


def test_a_failure_is_remembered_but_tried_again(folder):
    record = json.loads((folder / "01_a.json").read_text()) | {"error": "cell 1: ValueError: no"}
    (folder / "01_a.json").write_text(json.dumps(record))
    assert kept(folder, "01_a", "f") is None
    assert kept(folder, "01_a").error == "cell 1: ValueError: no"


def test_a_torn_record_or_a_missing_copy_counts_as_nothing(folder):
    (folder / "01_a.ipynb").unlink()
    assert kept(folder, "01_a", "f") is None
    (folder / "01_a.json").write_text('{"name":')
    assert kept(folder, "01_a") is None
