from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from condrec.book.parameters import declared_parameters, parameters_per_notebook, read_overrides
from condrec.errors import CondrecError


def write(path: Path, parameters: str) -> Path:
    cells = [new_code_cell(parameters, metadata={"tags": ["parameters"]}), new_code_cell("x = 1")]
    metadata = {"kernelspec": {"name": "python3", "display_name": "", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=metadata), path)
    return path


def test_only_the_tagged_cell_declares(tmp_path):
    assert declared_parameters(write(tmp_path / "a.ipynb", "seeds = [0]\nepochs = 3")) == {
        "seeds",
        "epochs",
    }


def test_each_notebook_gets_what_it_declares(tmp_path):
    notebooks = [
        write(tmp_path / "a.ipynb", "seeds = [0]\nepochs = 3"),
        write(tmp_path / "b.ipynb", "device = 'cpu'"),
    ]
    profile = {"seeds": [1], "epochs": 2, "device": "auto", "profile": "quick"}
    assert parameters_per_notebook(notebooks, profile, {"epochs": 9}) == {
        "a": {"seeds": [1], "epochs": 9},
        "b": {"device": "auto"},
    }


def test_an_override_no_notebook_knows_is_refused(tmp_path):
    notebook = write(tmp_path / "a.ipynb", "seeds = [0]\nepochs = 3")
    with pytest.raises(CondrecError, match="'epoch'.*did you mean 'epochs'"):
        parameters_per_notebook([notebook], {}, {"epoch": 1})


def test_an_override_the_one_notebook_does_not_know_is_refused(tmp_path):
    notebooks = [write(tmp_path / "a.ipynb", "seeds = [0]"), write(tmp_path / "b.ipynb", "k = 1")]
    assert parameters_per_notebook(notebooks, {}, {"k": 2}, only="b")["b"] == {"k": 2}
    with pytest.raises(CondrecError, match="parameter of a 'k': expected one of seeds"):
        parameters_per_notebook(notebooks, {}, {"k": 2}, only="a")


def test_overrides_are_yaml():
    given = {"seeds": "[0, 1]", "device": "cpu", "epochs": 2}
    assert read_overrides(given) == {"seeds": [0, 1], "device": "cpu", "epochs": 2}
    with pytest.raises(CondrecError, match=r"seeds: found '\[0', expected a value in YAML"):
        read_overrides({"seeds": "[0"})


@pytest.mark.parametrize(
    "content", [b"", b"# a script", b"{}", b"[1]", b'{"nbformat": 4, "cells": 3}', b"\xff\xfe"]
)
def test_a_file_that_is_no_notebook_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "07_mine.ipynb"
    path.write_bytes(content)
    with pytest.raises(CondrecError, match=r"^07_mine.ipynb: found .* expected one in Jupyter"):
        declared_parameters(path)
