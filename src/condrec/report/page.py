"""What notebooks use to put tables, sentences and data on a page."""

from __future__ import annotations

import base64
import html
from typing import Any

import pandas as pd

from condrec.report.formatting import markdown

GLUED = "application/papermill.record/"
"""What MyST-NB puts before the type of an output that is kept, not shown."""


def say(text: str) -> None:
    """Show Markdown that code has written."""
    from IPython.display import Markdown, display

    display(Markdown(text))


def show_table(name: str, table: pd.DataFrame, digits: int = 4) -> None:
    """Show a table, and keep it under ``name`` for a numbered table of the book.

    Args:
        name: what ``{glue:md}`` calls it.
        table: what to show; text in it is escaped.
        digits: decimals of numbers.
    """
    if table.empty:
        table = pd.DataFrame({"Result": ["not run yet"]})
    from IPython.display import Markdown, display

    text = Markdown(markdown(table, digits))
    display(text)
    glue(name, text)


def glue(name: str, what: Any) -> None:
    """Keep what is shown under a name that pages of the book take it by, without showing it here.

    As ``myst_nb.glue``, whose import parses grammars for seconds: in every notebook of the book.

    Args:
        name: what ``{glue}`` calls it.
        what: a text, a number, or anything that can be shown.
    """
    from IPython.core.formatters import format_display_data
    from IPython.display import display

    forms, metadata = format_display_data(what)
    metadata["scrapbook"] = {"name": name, "mime_prefix": GLUED}
    display({GLUED + kind: form for kind, form in forms.items()}, raw=True, metadata=metadata)


def download(table: pd.DataFrame, name: str) -> None:
    """Offer a table as a CSV file that travels inside the page.

    Args:
        table: the numbers behind a figure or table.
        name: the file's name, without ``.csv``.
    """
    from IPython.display import HTML, display

    display(HTML(download_link(table, name)))


def download_link(table: pd.DataFrame, name: str) -> str:
    """Return the link of :func:`download`."""
    plain: dict[str, Any] = {"index": False, "float_format": "%.6g", "lineterminator": "\n"}
    data = base64.b64encode(table.to_csv(**plain).encode()).decode()
    file = html.escape(f"{name}.csv", quote=True)
    return (
        f'<a class="condrec-download" download="{file}" '
        f'href="data:text/csv;base64,{data}">Data of this figure or table ({file})</a>'
    )
