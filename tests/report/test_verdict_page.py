"""The page of verdicts leaves out no printed number and no claim."""

from __future__ import annotations

import json
import re
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from condrec.report import all_verdicts, tables
from condrec.report.labels import DATA_LABELS, PAPER_LABELS
from condrec.report.published import claims, published

ROOT = Path(__file__).resolve().parents[2]
CELLS = json.loads((ROOT / "notebooks" / "27_verdicts.ipynb").read_text("utf-8"))["cells"]
SOURCES = {cell["id"]: "".join(cell["source"]) for cell in CELLS}
PROSE = "\n".join(SOURCES[c["id"]] for c in CELLS if c["cell_type"] == "markdown")


@pytest.fixture(scope="module")
def everything():
    return all_verdicts()


@pytest.fixture
def executed(everything, monkeypatch):
    """Execute the cells of the tables; return what they show, by name, and the rows taken in."""
    shown: dict[str, pd.DataFrame] = {}
    taken: list[str] = []
    real = tables.beside_paper

    def remembering(table, **options):
        taken.extend(table.index)
        return real(table, **options)

    monkeypatch.setattr(tables, "beside_paper", remembering)
    names = {
        "pd": pd,
        "page": SimpleNamespace(show_table=shown.__setitem__, say=print, download=print),
        "report": SimpleNamespace(claims=claims),
        "tables": tables,
        "DATA_LABELS": DATA_LABELS,
        "PAPER_LABELS": PAPER_LABELS,
        "numbers": everything[everything["kind"] == "number"],
        "made_in_words": everything[everything["kind"] == "claim"],
    }
    for cell in ("rows", "why-without", "claims"):
        exec(SOURCES[cell], names)
    return shown, taken


def test_every_printed_number_has_its_row(everything, executed):
    shown, taken = executed
    numbers = everything[everything["kind"] == "number"]
    assert len(numbers) == len(published())
    assert sorted(taken) == sorted(numbers.index), "each once, none left out"
    rows = sum(len(table) for name, table in shown.items() if name.startswith("tab-rows-"))
    assert rows == len(published())
    without = numbers["verdict"].isin(["not attempted", "not comparable"]).sum()
    assert shown["tab-why-without"]["Numbers"].sum() == without
    assert (shown["tab-why-without"]["Why"] != "").all()


def test_every_claim_stands_with_its_test_verdict_and_evidence(executed):
    table = executed[0]["tab-claims"]
    shown = table["Paper and claim"].str.partition(". ")[2]
    assert sorted(shown) == sorted(claims()["claim"])
    test, found = (table["Test and evidence"].str.partition(". Found: ")[i] for i in (0, 2))
    assert sorted(test) == sorted(claims()["test"])
    assert (table["Verdict"] != "").all() and (found != "").all()


def test_every_table_that_is_made_is_on_the_page(executed):
    names = set(executed[0])
    assert names <= set(re.findall(r"\{glue:md\} ([\w-]+)$", PROSE, re.M))


def test_every_table_of_numbers_links_to_its_runs():
    for heading, table in re.findall(r"^(.*)\n\n:+\{table\} (.*)$", SOURCES["rows-page"], re.M):
        assert "](" in heading and ".ipynb)" in heading, table
