"""What a notebook computes itself instead of asking a grid: numbers for the prose, and whence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from condrec import __version__
from condrec.experiments.execute import commit
from condrec.report.page import glue
from condrec.report.provenance import data_version


def computed_here(notebook: str, profile: str, datasets: Sequence[str], since: float) -> str:
    """Return where fresh numbers of a page come from as one Markdown line.

    Args:
        notebook: file name of the notebook, without ``.ipynb``.
        profile: the profile it was executed with.
        datasets: names of the data sets the numbers rest on; none for a toy made on the page.
        since: ``time.perf_counter()`` when the computation began.
    """
    parts = [
        f"computed in notebook `{notebook}`",
        f"`condrec book --profile {profile} --only {notebook}`",
        f"profile `{profile}`",
        f"data {', '.join(map(data_version, datasets)) or 'made on the page'}",
        f"condrec {__version__}, commit {commit()}",
        datetime.now(UTC).strftime("%Y-%m-%d"),
        f"{time.perf_counter() - since:,.0f} s so far on this page",
    ]
    return "*Source: " + "; ".join(parts) + ".*"


def keep(name: str, value: float | str) -> None:
    """Keep a number or a text under ``name`` for the prose of the book (``{glue:text}``)."""
    glue(name, value.item() if isinstance(value, np.generic) else value)
