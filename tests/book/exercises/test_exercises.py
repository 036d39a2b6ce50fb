"""The exercises of the notebooks: every solution passes, every empty stub fails."""

from __future__ import annotations

import json
from pathlib import Path

import mistakes_dconrec
import mistakes_dconrec_tables
import mistakes_distill_cf
import mistakes_distill_cf_tables
import mistakes_start
import mistakes_td3
import mistakes_tf_dcon
import mistakes_tf_dcon_further
import mistakes_tf_dcon_tables
import mistakes_trust
import mistakes_verdicts
import numpy as np
import pytest

from condrec.book.exercises import EXERCISES, check, fault
from condrec.book.exercises.check import first_fault
from condrec.errors import CondrecError

ROOT = Path(__file__).resolve().parents[3]


def tagged(tag: str) -> list[tuple[str, str]]:
    found = []
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if tag in cell["metadata"].get("tags", []):
                found.append((f"{notebook.stem}:{cell['id']}", "".join(cell["source"])))
    return found


def answers(source: str) -> dict:
    """Execute a cell by itself and return the answers it defines."""
    names: dict = {"np": np, "check": check}
    exec(source, names)
    return {name: names[name] for name in EXERCISES if name in names}


STUBS, SOLUTIONS = tagged("exercise"), tagged("solution")


def test_every_exercise_has_one_stub_and_one_solution():
    for cells in (STUBS, SOLUTIONS):
        defined = [name for _, source in cells for name in answers(source)]
        assert sorted(defined) == sorted(EXERCISES)


@pytest.mark.parametrize("source", [s for _, s in STUBS], ids=[i for i, _ in STUBS])
def test_the_empty_stub_fails(source, capsys):
    ((name, answer),) = answers(source).items()
    assert "got       None" in fault(name, answer)
    assert f"{name}: not yet" in capsys.readouterr().out


@pytest.mark.parametrize("source", [s for _, s in SOLUTIONS], ids=[i for i, _ in SOLUTIONS])
def test_the_solution_passes(source, capsys):
    ((name, answer),) = answers(source).items()
    assert fault(name, answer) == ""
    assert capsys.readouterr().out == f"{name}: right\n"


@pytest.mark.parametrize("source", [s for _, s in SOLUTIONS], ids=[i for i, _ in SOLUTIONS])
def test_the_solution_is_folded(source):
    (cell,) = [
        cell
        for notebook in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        if "".join(cell["source"]) == source
    ]
    assert "hide-cell" in cell["metadata"]["tags"]
    assert cell["metadata"]["jupyter"]["source_hidden"]


MISTAKES = [
    *mistakes_start.MISTAKES,
    *mistakes_tf_dcon.MISTAKES,
    *mistakes_tf_dcon_tables.MISTAKES,
    *mistakes_tf_dcon_further.MISTAKES,
    *mistakes_distill_cf.MISTAKES,
    *mistakes_distill_cf_tables.MISTAKES,
    *mistakes_dconrec.MISTAKES,
    *mistakes_dconrec_tables.MISTAKES,
    *mistakes_td3.MISTAKES,
    *mistakes_trust.MISTAKES,
    *mistakes_verdicts.MISTAKES,
]


def test_of_every_exercise_a_likely_mistake_is_known():
    assert {name for name, _ in MISTAKES} == set(EXERCISES)


@pytest.mark.parametrize(("name", "wrong"), MISTAKES)
def test_a_likely_mistake_is_found(name, wrong):
    assert "expected" in fault(name, wrong)


def test_an_answer_that_raises_is_told_so():
    assert "ZeroDivisionError" in fault("like_ratio", lambda likes, dislikes: 1 // 0)


def test_values_are_shown_without_the_last_bits():
    told = first_fault([((np.array([0.1, 0.1 + 0.2]),), [1 / 3, 2])], lambda _: [0, 2])
    assert "given     [0.1, 0.3]" in told
    assert "expected  [0.3333333333, 2]" in told


def test_a_text_or_another_shape_is_wrong():
    assert "expected" in fault("random_ndcg_at_1", lambda labels: "a quarter")
    assert "expected" in fault("like_ratio", lambda likes, dislikes: likes[:2])


def test_unknown_exercise():
    with pytest.raises(CondrecError, match="did you mean 'nearest'"):
        check("nearst", lambda: None)


def test_every_notebook_has_three_exercises():
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        stubs = [where for where, _ in STUBS if where.startswith(f"{notebook.stem}:")]
        assert len(stubs) >= 3, notebook.stem
