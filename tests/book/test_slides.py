from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from condrec.book.offline import remote_loads
from condrec.book.slides import make_slides, slide_cells
from condrec.book.stage import stage, without_solutions
from condrec.errors import CondrecError

TEMPLATE = Path(__file__).resolve().parents[2] / "book" / "_slides"
PROSE = "A first sentence. A second one, see {numref}`tbl-a` and {cite:p}`paper`."
TABLE = "::::{table} What it keeps\n:name: tbl-a\n\n:::{glue:md} kept\n:format: myst\n:::\n::::"


def output(data, **metadata):
    return new_output("display_data", data=data, metadata=metadata)


@pytest.fixture
def notebook():
    glued = output(
        {"application/papermill.record/text/markdown": "| a |\n|---|\n| 7 |"},
        scrapbook={"name": "kept"},
    )
    return new_notebook(
        cells=[
            new_markdown_cell(f"# A title\n\n{PROSE}"),
            new_code_cell("1 + 1", outputs=[glued], metadata={"tags": ["hide-input"]}),
            new_markdown_cell(f"## Numbers\n\n{TABLE}\n\n$$\nx = 1\n$$ (eq-x)"),
            new_code_cell("print('shown')", outputs=[new_output("stream", text="shown")]),
            new_code_cell("the_answer = 42", metadata={"tags": ["solution", "hide-cell"]}),
        ]
    )


def test_prose_becomes_notes_and_the_rest_slides(notebook):
    cells = slide_cells(notebook, {})
    kinds = [(cell["metadata"]["slideshow"]["slide_type"], cell["source"]) for cell in cells]
    assert ("slide", "# A title") in kinds and ("-", "A first sentence.") in kinds
    (note,) = [source for kind, source in kinds if kind == "notes"]
    assert "A second one" in note and "`" not in note
    assert ("-", "| a |\n|---|\n| 7 |") in kinds, "a glued table stands where the page shows it"
    assert ("-", "$$\nx = 1\n$$") in kinds
    assert ("subslide", "print('shown')") in kinds
    assert not any("1 + 1" in source or "the_answer" in source for _, source in kinds)


def test_decks_open_without_a_network(notebook, tmp_path):
    executed = tmp_path / "executed"
    executed.mkdir()
    nbformat.write(notebook, executed / "01_a.ipynb")
    page = make_slides(executed, tmp_path / "slides", TEMPLATE)
    assert 'href="01_a.html">A title' in page.read_text()
    deck = (page.parent / "01_a.html").read_text()
    assert "the_answer" not in deck and 'class="notes"' in deck
    for script in ("reveal/dist/reveal.js", "reveal/plugin/notes/notes.js"):
        assert script in deck and (page.parent / script).is_file()
    assert (page.parent / "mathjax" / "tex-chtml-full.js").is_file()
    assert "reveal/dist/theme/simple.css" in deck
    assert (page.parent / "reveal" / "dist" / "theme" / "simple.css").is_file()
    assert remote_loads(page.parent) == {}, "the theme's fonts lie on another host"


def test_nothing_executed_is_said(tmp_path):
    with pytest.raises(CondrecError, match="run `make book`"):
        make_slides(tmp_path, tmp_path / "slides", TEMPLATE)


def test_the_edition_without_solutions(notebook):
    text = without_solutions(nbformat.writes(notebook))
    assert "the_answer" not in text and "print('shown')" in text


def test_the_edition_without_solutions_has_no_marking_hints(tmp_path):
    root = Path(__file__).resolve().parents[2]
    for student in (False, True):
        home = tmp_path / f"student {student}"
        page = (stage(root, tmp_path / "nothing", home, student) / "teaching.md").read_text()
        assert ("Marking hints" in page) != student
        assert ("tests/book/exercises" in page) != student
        assert "Take-aways" in page


def test_notebooks_that_are_gone_have_no_deck(notebook, tmp_path):
    for name in ("01_a", "02_gone", "03_b.part"):
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    page = make_slides(tmp_path, tmp_path / "slides", TEMPLATE, ["01_a", "03_b"])
    assert re.findall(r'href="(.+?)\.html"', page.read_text()) == ["01_a"]


def test_numbers_kept_for_the_prose_stand_in_it(notebook):
    for name, kept in (("share", "65.74"), ("data", "'ML-100K'"), ("none", "nan")):
        record = {"application/papermill.record/text/plain": kept}
        cell = new_code_cell("", outputs=[output(record, scrapbook={"name": name})])
        notebook["cells"].append(cell)
    text = (
        "# Kept\n\nOn {glue:text}`data:s` {glue:text}`share:.1f` %, elsewhere "
        "{glue:text}`gone:.2f`, {glue:text}`none:.1f`."
    )
    notebook["cells"].append(new_markdown_cell(text))
    sources = [cell["source"] for cell in slide_cells(notebook, {})]
    assert "On ML-100K 65.7 %, elsewhere …, nan." in sources
