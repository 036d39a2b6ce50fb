"""What pages number and refer to: every target exists, every name is given once."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from page_text import (
    BOOK,
    EQUATION,
    LISTED,
    NOTEBOOKS,
    PAGES,
    cells,
    code,
    figure_options,
    without_code,
)

from condrec.report.published import claims

each_page = pytest.mark.parametrize("name", PAGES)
NUMBERED = re.compile(
    r"^(?P<fence>`{3,}|:{3,})\{(?P<kind>table|figure)\}(?P<title>[^\n]*)\n"
    r"(?P<options>(?::[\w-]+:[^\n]*\n)*)(?P<body>.*?)^(?P=fence)[ ]*$",
    re.M | re.S,
)


def numbered(name: str) -> list[dict[str, str]]:
    """Return the tables and figures of a page: kind, title, name, options and body."""
    found = []
    for each in NUMBERED.finditer(PAGES[name]):
        named = re.findall(r"^:name: ([\w-]+)$", each["options"], re.M)
        found.append({**each.groupdict(), "name": "".join(named)})
    return found


DRAWN = [options for n in NOTEBOOKS for c in cells(n) if (options := figure_options(c))]
GIVEN = Counter(
    label for text in PAGES.values() for label in re.findall(r"^\(([\w-]+)\)=$", text, re.M)
)
GIVEN.update(n for t in PAGES.values() for n in re.findall(r"^:name: ([\w-]+)$", t, re.M))
GIVEN.update(options.get("name", "") for options in DRAWN)
EQUATIONS = Counter(a or b for text in PAGES.values() for a, b in EQUATION.findall(text))
CITED = re.findall(r"^@\w+\{(\w+),", (BOOK / "references.bib").read_text("utf-8"), re.M)
TERMS = {
    term.strip()
    for glossary in re.findall(r"^```\{glossary\}\n(.*?)^```", PAGES["glossary"], re.M | re.S)
    for term in re.findall(r"^(\S.*)\n(?=:? )", glossary, re.M)
}


def targets(role: str, text: str) -> list[str]:
    """Return what a role refers to, without the words shown instead."""
    found = re.findall(rf"\{{{role}\}}`([^`]+)`", without_code(text))
    return [re.sub(r"^.*<([^<>]+)>$", r"\1", each, flags=re.S).strip() for each in found]


@each_page
def test_links_lead_to_pages_of_the_book(name):
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(PAGES[name])):
        if target.startswith("http"):
            continue
        page = (Path("/") / name).parent / target
        page = re.sub(r"\.(md|ipynb)$", "", page.resolve().as_posix().lstrip("/"))
        assert page in LISTED or Path(target).name.lstrip("#") in GIVEN, target


@each_page
def test_cards_lead_to_pages_of_the_book(name):
    for target in re.findall(r"^:link: (\S+)$", PAGES[name], re.M):
        assert target in LISTED


@each_page
def test_cross_references_have_a_target(name):
    text = PAGES[name]
    assert set(targets("numref", text)) | set(targets("ref", text)) <= set(GIVEN)
    assert set(targets("eq", text)) <= set(EQUATIONS)
    assert set(targets("term", text)) <= TERMS
    assert {re.sub(r"^/", "", each) for each in targets("doc", text)} <= set(LISTED)


@each_page
def test_citations_are_in_the_bibliography(name):
    for keys in targets("cite:[a-z]+", PAGES[name]):
        assert {key.strip() for key in keys.split(",")} <= set(CITED)


def test_names_are_given_once_in_the_whole_book():
    assert not [name for name, times in (GIVEN + EQUATIONS).items() if times > 1]
    assert len(CITED) == len(set(CITED))


@each_page
def test_tables_and_figures_of_pages_have_a_name_and_a_caption(name):
    found = numbered(name)
    opened = re.findall(r"^(?:`{3,}|:{3,})\{(?:table|figure)\}", PAGES[name], re.M)
    assert len(found) == len(opened)  # each is closed by its own fence
    for each in found:
        assert each["name"], each["title"]
        caption = each["title"] if each["kind"] == "table" else each["body"]
        assert len(caption.split()) > 1, each["name"]


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_figures_of_notebooks_have_a_name_and_a_caption(name):
    for cell in cells(name):
        if options := figure_options(cell):
            assert re.fullmatch(r"fig-[\w-]+", options["name"]), cell["id"]
            assert len(options["caption"].split()) > 3, cell["id"]


def kept(name: str) -> list[str]:
    """Return patterns of the names a notebook keeps for the prose."""
    source = code(name)
    names = re.findall(r"(?:keep|glue|show_table)\(\s*f?\"([^\"]+)\"(?! \+)", source)
    names += [f"{start}{{}}" for start in re.findall(r"keep\(\s*\"([^\"]+)\" \+", source)]
    if re.search(r"keep\(\w+,", source):  # names from a list
        names += re.findall(r"\"([a-z][\w-]+)\"", source)
    if "chapter.keep_rivals(rivals)" in source:
        names += [f"against-{key}" for key in re.findall(r"^    \"([\w-]+)\": \(", source, re.M)]
    for paper in re.findall(r"chapter\.keep_verdicts\(\"([\w-]+)\"[,)]", source):
        names += ["printed", *(f"claim-{claim}" for claim in claims(paper)["id"])]
    return [re.sub(r"\\\{.*?\\\}", ".+", re.escape(each)) for each in names]


@each_page
def test_numbers_in_the_prose_are_kept_by_a_notebook(name):
    found = re.findall(r"\{glue:\w+\}`([^`]+)`", PAGES[name])
    found += re.findall(r"\{glue:md\} ([\w-]+)$", PAGES[name], re.M)
    for reference in found:
        page, _, key = reference.rpartition("::")
        source = re.sub(r"\.ipynb$", "", page.lstrip("/")) if page else name
        key = key.split(":")[0]
        if not any(re.fullmatch(pattern, key) for pattern in kept(source)):
            raise AssertionError(f"{source} keeps nothing called {key}")
