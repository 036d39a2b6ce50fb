"""Slides from the executed notebooks: headings, equations, code, figures, tables, take-aways.

The prose becomes speaker notes; solutions of exercises are left out.
"""

from __future__ import annotations

import ast
import html
import importlib.util
import re
import shutil
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from condrec.book.offline import remote_loads
from condrec.errors import CondrecError

Cell = dict[str, Any]
DROPPED = {"remove-cell", "parameters", "injected-parameters", "solution"}
HIDDEN_INPUT = {"hide-input", "remove-input", "hide-cell"}
ASIDE = ("*Source", "*Not run", "*Computed")
"""How the lines begin that say where numbers come from: for the page, not for a talk."""

THEME = "dist/theme/simple.css"
_FONTS = re.compile(r"@import\s+url\([\"']?(?:https?:)?//[^)]*\);?")
_FENCE = re.compile(r"^(:{3,}|`{3,})\{([\w:]+)\}[ ]*(.*?)\n(.*?)^\1[ ]*$", re.S | re.M)
_HEADING = re.compile(r"^(#{1,6}) ")


def make_slides(
    executed: Path, target: Path, template: Path, names: Collection[str] | None = None
) -> Path:
    """Write a deck of every executed notebook, and a page that lists them.

    Args:
        executed: the folder of executed notebooks.
        target: the folder of the slides; replaced.
        template: the folder of the template, its name is the template's.
        names: the notebooks that count, without ``.ipynb``; None takes all that lie there.

    Returns:
        The page that lists the decks.

    Raises:
        CondrecError: no notebook was executed yet, or a deck loads from another host.
    """
    import nbformat
    from nbconvert import SlidesExporter

    found = executed.glob("[0-9]*.ipynb")
    paths = sorted(path for path in found if names is None or path.stem in names)
    notebooks = {path: nbformat.read(path, as_version=4) for path in paths}
    if not notebooks:
        raise CondrecError(f"slides: found no executed notebook in {executed}; run `make book`")
    titles = {path.stem: _title(notebook) for path, notebook in notebooks.items()}
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    _copy_scripts(target)
    exporter = SlidesExporter(
        template_name=template.name,
        extra_template_basedirs=[str(template.parent)],
        reveal_url_prefix="reveal",
        config={
            "TagRemovePreprocessor": {
                "enabled": True,
                "remove_input_tags": HIDDEN_INPUT,
                "remove_all_outputs_tags": {"remove-output"},
            }
        },
    )
    for path, notebook in notebooks.items():
        cells = slide_cells(notebook, titles)
        deck = nbformat.from_dict({**notebook, "cells": cells})
        deck["metadata"]["title"] = titles[path.stem]
        text, _ = exporter.from_notebook_node(deck)
        (target / f"{path.stem}.html").write_text(text, encoding="utf-8")
    page = target / "index.html"
    page.write_text(_index(titles), encoding="utf-8")
    remote = remote_loads(target)
    if remote:
        raise CondrecError(f"slides: {next(iter(remote))} loads from another host")
    return page


def slide_cells(notebook: Mapping[str, Any], titles: Mapping[str, str]) -> list[Cell]:
    """Return the cells of a deck, each marked as a slide, a part of one, or a speaker's note.

    Args:
        notebook: an executed notebook.
        titles: of every notebook by its name, for links.
    """
    glued = _glued(notebook)
    cells: list[Cell] = []
    for cell in notebook["cells"]:
        tags = set(cell["metadata"].get("tags", []))
        if DROPPED & tags:
            continue
        if cell["cell_type"] == "markdown":
            cells += _from_markdown("".join(cell["source"]), glued, titles)
        elif cell["cell_type"] == "code":
            cells += _from_code(cell, tags)
    for number, cell in enumerate(cells):
        cell["id"] = f"slide-{number}"
    return cells


def _title(notebook: Mapping[str, Any]) -> str:
    return "".join(notebook["cells"][0]["source"]).splitlines()[0].lstrip("# ")


def _glued(notebook: Mapping[str, Any]) -> dict[str, str]:
    """Return what a notebook keeps for the prose, by name."""
    found = {}
    for cell in notebook["cells"]:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("scrapbook", {}).get("name")
            for kind, data in output.get("data", {}).items() if name else ():
                if kind.endswith(("text/markdown", "text/plain")) and name not in found:
                    found[name] = "".join(data)
    return found


def _markdown(slide_type: str, source: str) -> Cell:
    metadata = {"slideshow": {"slide_type": slide_type}}
    return {"cell_type": "markdown", "metadata": metadata, "source": source}


def _from_markdown(text: str, glued: Mapping[str, str], titles: Mapping[str, str]) -> list[Cell]:
    text = _plain(_without_directives(_filled(text, glued), glued), titles)
    cells: list[Cell] = []
    lead = False
    for block in filter(None, map(str.strip, re.split(r"\n\s*\n", text))):
        heading = _HEADING.match(block)
        if heading:
            cells.append(_markdown("slide" if len(heading[1]) < 3 else "subslide", block))
            lead = True
        elif block.startswith(("$$", "- ", "1. ", "**", "\\begin", "```")):
            cells.append(_markdown("-", block))
            lead = False
        elif block.startswith("|"):
            cells.append(_markdown("-", block))
        else:
            if lead:
                cells.append(_markdown("-", re.split(r"(?<=[.?!:])\s", block, maxsplit=1)[0]))
                lead = False
            cells.append(_markdown("notes", block))
    return cells


def _filled(text: str, glued: Mapping[str, str]) -> str:
    """Return Markdown with the numbers and words that its notebook keeps for the prose."""

    def value(found: re.Match[str]) -> str:
        name, _, form = found[1].partition(":")
        if name not in glued:
            return "…"
        kept = glued[name]
        # Kept as Python writes them: numbers bare, words in quotes.
        return format(float(kept) if kept == "nan" else ast.literal_eval(kept), form)

    return re.sub(r"\{glue:text\}`([^`]*)`", value, text)


def _without_directives(text: str, glued: Mapping[str, str]) -> str:
    """Return Markdown with tables and boxes as plain Markdown, other directives dropped."""

    def replaced(found: re.Match[str]) -> str:
        _, directive, title, body = found.groups()
        body = re.sub(r"^:[\w-]+:.*\n", "", body, flags=re.M)
        if directive == "table":
            kept = re.search(r"\{glue:md\}[ ]*([\w-]+)", body)
            return f"**{title}**\n\n{glued.get(kept[1], '') if kept else body}\n"
        return f"**{title}**\n\n{body}\n" if directive == "admonition" else ""

    return _FENCE.sub(replaced, text)


def _plain(text: str, titles: Mapping[str, str]) -> str:
    """Return Markdown without labels and roles, which only the book resolves."""
    text = re.sub(r"^\([\w-]+\)=$", "", text, flags=re.M)
    text = re.sub(r"^\$\$ \([\w-]+\)$", "$$", text, flags=re.M)
    text = re.sub(r"[ ]*\{cite:[pt]\}`[^`]*`", "", text)
    text = re.sub(r"\{(?:numref|eq|ref)\}`([^`<]*)(?:<[^`]*)?`", "above", text)
    text = re.sub(r"\{[\w:]+\}`([^`]*)`", r"\1", text)

    def link(found: re.Match[str]) -> str:
        stem = Path(found[2].partition("#")[0]).stem
        return found[1] or f"*{titles.get(stem, stem.replace('_', ' '))}*"

    return re.sub(r"\[([^\]]*)\]\(([^)\s]+\.(?:md|ipynb)[^)\s]*)\)", link, text)


def _from_code(cell: Cell, tags: set[str]) -> list[Cell]:
    outputs = [output for output in cell["outputs"] if not _is_aside(output)]
    if "remove-output" in tags:
        outputs = []
    if HIDDEN_INPUT & tags and not outputs:
        return []
    metadata = {**cell["metadata"], "slideshow": {"slide_type": "subslide"}}
    cells: list[Cell] = [{**cell, "metadata": metadata, "outputs": outputs}]
    caption = cell["metadata"].get("mystnb", {}).get("figure", {}).get("caption")
    return [*cells, _markdown("-", f"*{_plain(caption, {})}*")] if caption else cells


def _is_aside(output: Mapping[str, Any]) -> bool:
    """Tell whether an output is nothing to show in a talk."""
    if output.get("name") == "stderr":
        return True
    data = {kind: "".join(value) for kind, value in output.get("data", {}).items()}
    if any(kind.startswith("application/papermill.record") for kind in data):
        return True
    return "condrec-download" in data.get("text/html", "") or data.get(
        "text/markdown", ""
    ).lstrip().startswith(ASIDE)


def _copy_scripts(target: Path) -> None:
    """Copy reveal.js and MathJax beside the decks."""
    reveal = _package("sphinx_revealjs") / "_static" / "revealjs"
    (target / "reveal" / "dist" / "theme").mkdir(parents=True)
    for part in ("dist/reset.css", "dist/reveal.css", "dist/reveal.js"):
        shutil.copy(reveal / part, target / "reveal" / part)
    # The theme asks another host for its fonts; those of the reader's machine do as well.
    theme = (reveal / THEME).read_text(encoding="utf-8")
    (target / "reveal" / THEME).write_text(_FONTS.sub("", theme), encoding="utf-8")
    shutil.copytree(reveal / "plugin" / "notes", target / "reveal" / "plugin" / "notes")
    mathjax = _package("sphinx-mathjax-offline") / "static" / "mathjax"
    fonts = "output/chtml/fonts/woff-v2"
    shutil.copytree(mathjax / fonts, target / "mathjax" / fonts)
    shutil.copy(mathjax / "tex-chtml-full.js", target / "mathjax")


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise CondrecError(f"slides: {name} is missing; install it with: pip install -e '.[book]'")
    return Path(spec.origin).parent


def _index(titles: Mapping[str, str]) -> str:
    """Return the page that lists the decks."""
    decks = "\n".join(
        f'<li><a href="{name}.html">{html.escape(title)}</a></li>' for name, title in titles.items()
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><title>Slides</title><style>'
        "body{font:1.1rem/1.6 sans-serif;max-width:45rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}</style></head><body><h1>Slides</h1><p>One deck a notebook. "
        "Arrow keys: on and back, down for details; <kbd>s</kbd>: speaker notes; <kbd>o</kbd>: "
        f"overview.</p><ul>\n{decks}\n</ul></body></html>\n"
    )
