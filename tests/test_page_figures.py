"""Figures and tables say what is on them, where it comes from, and hand out their numbers."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from page_text import NOTEBOOKS, PAGES, cells, figure_options

from condrec import report

each_page = pytest.mark.parametrize("name", PAGES)
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)

DRAWINGS = {"paradigm", "method", "before-after", "projection", "outer-step", "windows-figure"}
"""Cells that draw how something works: nothing is measured, so there is nothing to download."""
PRINTED = "numbers that a paper prints, copied; its head names it"
FORMULA = "counted by a formula, from no data"
GATHERED = "gathers what other tables show with their sources"
WITHOUT_SOURCE = {
    ("05_table_2_data", "missing"): PRINTED,
    ("08_table_5_encoders", "paper"): PRINTED,
    ("26_td3_ablation", "forms"): FORMULA,
    ("27_verdicts", "claims"): GATHERED,
    ("27_verdicts", "counts"): GATHERED,
    ("27_verdicts", "direction"): GATHERED,
    ("27_verdicts", "rows"): GATHERED,
    ("27_verdicts", "why-without"): GATHERED,
    ("32_what_the_papers_leave_out", "quality"): PRINTED,
    ("32_what_the_papers_leave_out", "summary"): GATHERED,
}
"""Tables and figures without a line on their source, by notebook and cell, with the reason; what
gets one is taken out."""


def makers() -> set[str]:
    """Return the names of the functions that return a figure."""
    modules = pkgutil.iter_modules(report.__path__)
    found = (importlib.import_module(f"condrec.report.{module.name}") for module in modules)
    return {
        name
        for module in found
        for name, value in inspect.getmembers(module, inspect.isfunction)
        if str(inspect.signature(value).return_annotation) == "Figure"
    }


MAKERS = makers() | {"subplots"}


def draws(source: str) -> bool:
    """Say whether a cell's code makes a figure, outside the functions it defines."""
    todo: list[ast.AST] = list(ast.parse(source).body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if name in MAKERS:
                return True
        todo += ast.iter_child_nodes(node)
    return False


@dataclass
class Section:
    """A section of a notebook, and of its cells what they show: (what, cell)."""

    heading: str
    shown: list[tuple[str, str]] = field(default_factory=list)

    def followed(self, cell: str, what: str) -> bool:
        """Say whether something is shown in a cell or after it."""
        place = min(i for i, (_, each) in enumerate(self.shown) if each == cell)
        return any(kind == what for kind, _ in self.shown[place:])


CALLS = {
    "table": r"\bshow_table\(",
    "source": r"\b(?:provenance_line|computed_here)\(",
    "data": r"\bdownload\(",
}


def sections(found: list[dict[str, Any]]) -> list[Section]:
    """Return the sections of a notebook, a new one at each heading."""
    parts = [Section("")]
    for cell in found:
        if cell["cell_type"] == "markdown":
            text = re.sub(r"^(`{3,}|:{3,}).*?^\1", "", cell["source"], flags=re.M | re.S)
            parts += [Section(each) for each in re.findall(r"^##+ (.+)$", text, re.M)]
            continue
        if figure_options(cell):
            parts[-1].shown.append(("figure", cell["id"]))
        for what, call in CALLS.items():
            if re.search(call, cell["source"]):
                parts[-1].shown.append((what, cell["id"]))
    return parts


def without(found: list[dict[str, Any]], shown: tuple[str, ...], needed: str) -> Iterator[str]:
    """Yield the cells that show something which nothing needed follows in their section."""
    for section in sections(found):
        for what, cell in section.shown:
            if what in shown and not section.followed(cell, needed) and cell not in DRAWINGS:
                yield cell


@each_notebook
def test_tables_and_figures_say_where_their_numbers_come_from(name):
    found = set(without(cells(name), ("figure", "table"), "source"))
    stem = name.removeprefix("notebooks/")
    assert found == {cell for notebook, cell in WITHOUT_SOURCE if notebook == stem}


@each_notebook
def test_the_numbers_behind_a_figure_can_be_downloaded(name):
    assert not list(without(cells(name), ("figure",), "data"))


@each_notebook
def test_every_cell_that_draws_is_a_numbered_figure(name):
    for cell in cells(name):
        if cell["cell_type"] == "code":
            assert draws(cell["source"]) <= bool(figure_options(cell)), cell["id"]


@each_notebook
def test_a_figure_is_what_its_cell_ends_with(name):
    """Else the notebook shows nothing, unless pyplot drew it."""
    for cell in cells(name):
        if cell["cell_type"] == "code" and figure_options(cell):
            last = ast.parse(cell["source"]).body[-1]
            assert isinstance(last, ast.Expr) or "plt." in cell["source"], cell["id"]


def words(text: str) -> set[str]:
    return set(re.findall(r"[\w@]+", text.lower()))


def fault(alt: str, caption: str) -> str:
    """Say what is wrong with an alt text, or nothing."""
    if len(alt.split()) < 10:
        return "too short to see the figure by"
    if re.match(r"(an? )?(image|picture|figure|illustration)\b", alt.lower()):
        return "says that it is an image, which is known"
    if len(words(alt) - words(caption)) < 4:
        return "says what the caption says"
    return ""


@each_notebook
def test_figures_of_notebooks_have_an_alt_text_that_describes_them(name):
    for cell in cells(name):
        if options := figure_options(cell):
            assert not fault(options.get("alt", ""), options["caption"]), cell["id"]


@each_notebook
def test_figures_of_a_page_do_not_share_an_alt_text(name):
    alts = [options["alt"] for cell in cells(name) if (options := figure_options(cell))]
    assert len(alts) == len(set(alts))


@each_page
def test_images_of_pages_have_an_alt_text_that_describes_them(name):
    text = PAGES[name]
    for alt in re.findall(r"!\[([^\]]*)\]\(", text):
        assert not fault(alt, ""), alt
    for tag in re.findall(r"<img[^>]*>", text):
        assert not fault("".join(re.findall(r'alt="([^"]*)"', tag)), ""), tag
    directive = r"^(`{3,}|:{3,})\{(?:figure|image)\}[^\n]*\n((?::[^\n]*\n)*)(.*?)^\1"
    for _, options, caption in re.findall(directive, text, re.M | re.S):
        assert not fault("".join(re.findall(r"^:alt: (.+)$", options, re.M)), caption), options


@each_notebook
def test_alt_texts_that_name_a_table_above_stand_below_one(name):
    alts = {c["id"]: figure_options(c).get("alt", "") for c in cells(name)}
    for section in sections(cells(name)):
        seen = 0
        for what, cell in section.shown:
            seen += what == "table"
            if what == "figure" and (named := re.search(r"tables? above", alts[cell])):
                assert seen > (named[0] == "tables above"), cell


def test_faults_of_alt_texts_are_found():
    caption = "NDCG@5 on MovieLens by training set, mean and standard deviation over seeds."
    good = "Dot plot, one row a training set: mean NDCG at 5 with its deviation, floors as lines."
    assert not fault(good, caption)
    assert fault("", caption) and fault("A dot plot", caption)
    assert fault(caption, caption) and fault(f"Image: {good}", caption)


def test_what_is_missing_is_found():
    def page(*cells: tuple[str, str]) -> list[dict[str, Any]]:
        figure = {"mystnb": {"figure": {"name": "fig-a", "caption": "c"}}}
        return [
            {
                "id": str(i),
                "cell_type": "markdown" if kind == "text" else "code",
                "metadata": figure if kind == "figure" else {},
                "source": source,
            }
            for i, (kind, source) in enumerate(cells)
        ]

    figure = ("figure", "figures.curves(x)")
    under = ("code", "page.say(report.provenance_line(a, b))\npage.download(x, 'y')")
    assert not list(without(page(figure, under), ("figure",), "source"))
    heading = ("text", "## Next")
    for needed in ("source", "data"):
        assert list(without(page(figure, heading, under), ("figure",), needed)) == ["0"]
        assert list(without(page(under, figure), ("figure",), needed)) == ["1"]
    assert list(without(page(("code", "page.show_table('t', x)")), ("table",), "source")) == ["0"]
    assert draws("if a:\n    size_figures.quality_by_size(x)") and draws("plt.subplots()")
    assert not draws("def f():\n    return figures.curves(x)") and not draws("use_style()")
