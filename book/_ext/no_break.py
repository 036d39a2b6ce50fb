"""Keep numbers and their units on one line: ``95 %``, ``3 s``, ``K = 47``."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

APART = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)
BEFORE_UNIT = re.compile(r"(?<=\d) (?=(?:%|s|h|min|kB|MB|GB|MiB|GiB)(?!\w))")
OF_SYMBOL = re.compile(r"(?<!\w)(\w{1,3}) = (?=[-\d\N{MINUS SIGN}])")
NO_BREAK = "\N{NO-BREAK SPACE}"


def kept_together(text: str) -> str:
    """Return a text whose numbers stay with their units, and short symbols with their values."""
    return OF_SYMBOL.sub(rf"\1{NO_BREAK}={NO_BREAK}", BEFORE_UNIT.sub(NO_BREAK, text))


def keep_together(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Do so in all text of a page but code and formulas."""
    for text in list(doctree.findall(nodes.Text)):
        new = kept_together(str(text))
        if new != str(text) and not isinstance(text.parent, APART):
            text.parent.replace(text, nodes.Text(new))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("doctree-resolved", keep_together)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
