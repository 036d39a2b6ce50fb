"""Serve MathJax from the book itself: no request leaves the reader's machine.

The package ``sphinx-mathjax-offline`` carries every flavour of MathJax (24 MB); a page
needs one script and its fonts (3 MB), so only those are copied.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.util.fileutil import copy_asset

SCRIPT = "tex-chtml-full.js"
FONTS = "output/chtml/fonts/woff-v2"


def copy_mathjax(app: Sphinx, error: Exception | None) -> None:
    """Copy the script and its fonts into the built book's ``_static/mathjax``."""
    if error is not None or app.builder.format != "html":
        return
    spec = importlib.util.find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("sphinx-mathjax-offline is missing: pip install 'condrec[book]'")
    source = Path(spec.origin).parent / "static" / "mathjax"
    target = Path(app.outdir) / "_static" / "mathjax"
    (target / FONTS).mkdir(parents=True, exist_ok=True)
    copy_asset(str(source / SCRIPT), str(target))
    copy_asset(str(source / FONTS), str(target / FONTS))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the extension."""
    app.config.mathjax_path = f"mathjax/{SCRIPT}"
    app.connect("build-finished", copy_mathjax)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
