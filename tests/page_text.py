"""The pages of the book as their sources stand: Markdown files, and the cells of notebooks."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
TOC = yaml.safe_load((BOOK / "_toc.yml").read_text(encoding="utf-8"))
LISTED = [TOC["root"], *(page["file"] for part in TOC["parts"] for page in part["chapters"])]
GENERATED = {"status"}


@cache
def cells(name: str) -> list[dict[str, Any]]:
    """Return a notebook's cells, the source of each as one text."""
    found = json.loads((ROOT / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in found]


def page_text(name: str) -> str:
    """Return a page's Markdown; of a notebook the Markdown cells."""
    if not name.startswith("notebooks/"):
        return (BOOK / f"{name}.md").read_text(encoding="utf-8")
    return "\n\n".join(c["source"] for c in cells(name) if c["cell_type"] == "markdown")


PAGES = {name: page_text(name) for name in LISTED if name not in GENERATED}
NOTEBOOKS = [name for name in PAGES if name.startswith("notebooks/")]
EQUATION = re.compile(r"^(?:\$\$ \((eq-[\w-]+)\)|:label: ([\w-]+))$", re.M)


def code(name: str) -> str:
    """Return a notebook's code, all cells below one another."""
    return "\n".join(cell["source"] for cell in cells(name) if cell["cell_type"] == "code")


def without_code(text: str) -> str:
    """Return Markdown without its blocks of code."""
    return re.sub(r"```(?:bash|python|text|\{code-block\}[^\n]*)\n.*?```", "", text, flags=re.S)


def figure_options(cell: dict[str, Any]) -> dict[str, str]:
    """Return what a notebook's cell says of its figure: name, caption and alt text."""
    options = cell["metadata"].get("mystnb", {})
    return {**options.get("figure", {}), **options.get("image", {})}
