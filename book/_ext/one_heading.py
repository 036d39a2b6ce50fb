"""One row of headings for tables of pandas, which put the name of the index into a second one."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

HEAD = re.compile(
    r"<thead>\s*<tr[^>]*>(?P<first>.*?)</tr>\s*<tr[^>]*>(?P<second>.*?)</tr>\s*</thead>", re.DOTALL
)
CELL = re.compile(r"<th[^>]*>(.*?)</th>", re.DOTALL)


def with_one_heading(html: str) -> str:
    """Return a table with its two rows of headings in one, where no column has two headings."""
    return HEAD.sub(_joined, html)


def _joined(head: re.Match[str]) -> str:
    first, second = (CELL.findall(head[row]) for row in ("first", "second"))
    if len(first) != len(second) or any(map(all, zip(first, second, strict=True))):
        return head[0]
    cells = "".join(f"<th>{a or b}</th>" for a, b in zip(first, second, strict=True))
    return f'<thead><tr style="text-align: right;">{cells}</tr></thead>'


def join_headings(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Do so in all tables of a page."""
    for raw in doctree.findall(nodes.raw):
        text = raw.astext()
        new = with_one_heading(text) if 'class="dataframe"' in text else text
        if new != text:
            raw.children = [nodes.Text(new)]
            raw.rawsource = new


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("doctree-resolved", join_headings)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
