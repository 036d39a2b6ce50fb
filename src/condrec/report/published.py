"""The numbers and the claims that papers printed, read from ``data/published/``."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from condrec import paths
from condrec.errors import CondrecError, unknown_name

COLUMNS = [
    *("paper", "table", "dataset", "part", "model", "method"),
    *("metric", "budget", "value", "unit", "note"),
]
"""One row a printed number; what the columns mean stands in ``data/published/README.md``."""
CLAIM_COLUMNS = ["id", "paper", "claim", "dataset", "table", "value", "unit", "test", "note"]
"""One row a claim made in words, with the test it is put to."""


def published(paper: str | None = None) -> pd.DataFrame:
    """Return the printed numbers of one paper or of all.

    Args:
        paper: e.g. ``tf-dcon``; None for every paper.

    Returns:
        Columns :data:`COLUMNS` and ``text``: ``value`` and ``budget`` are numbers, NaN where the
        paper prints a symbol or nothing; ``text`` holds the value's characters as printed.
    """
    files = [f for f in sorted(_folder().glob("*.csv")) if f.name != "claims.csv"]
    if not files:
        raise CondrecError(
            f"published numbers: found no file in {_folder()}; restore data/published"
        )
    table = pd.concat([_read(f, COLUMNS) for f in files], ignore_index=True)
    table["text"] = table["value"]
    for column in ("value", "budget"):
        table[column] = pd.to_numeric(table[column], errors="coerce")
    return _of_paper(table, paper)


def claims(paper: str | None = None) -> pd.DataFrame:
    """Return the claims made in words of one paper or of all (columns :data:`CLAIM_COLUMNS`).

    ``value`` is the printed number a claim rests on, NaN where there is none; ``dataset`` is
    empty where a claim names none.
    """
    table = _read(_folder() / "claims.csv", CLAIM_COLUMNS)
    table["value"] = pd.to_numeric(table["value"], errors="coerce")
    return _of_paper(table, paper)


def _folder() -> Path:
    return paths.project_data() / "published"


def _read(path: Path, columns: list[str]) -> pd.DataFrame:
    """Read a file as text; empty cells stay empty."""
    if not path.exists():
        raise CondrecError(f"published numbers: {path} is missing; restore data/published")
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    if list(table.columns) != columns:
        raise CondrecError(
            f"{path.name}: found columns {list(table.columns)}, expected {columns}; restore it"
        )
    return table


def _of_paper(table: pd.DataFrame, paper: str | None) -> pd.DataFrame:
    if paper is None:
        return table
    if paper not in set(table["paper"]):
        raise unknown_name("paper", paper, set(table["paper"]))
    return table[table["paper"] == paper].reset_index(drop=True)
