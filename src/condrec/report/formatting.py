"""Numbers and untrusted text as Markdown shows them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from numbers import Integral

import numpy as np
import pandas as pd

LEAST = 0.001
"""What fewer seconds count as: they are recorded to the millisecond."""


def mean_sd(mean: float, sd: float, digits: int = 4, fixed: bool = False) -> str:
    """Return ``0.8612 ± 0.0031``, the mean alone for a single run, or nothing for no run."""
    if np.isnan(mean):
        return ""
    if np.isnan(sd):
        return number(mean, digits, fixed)
    return f"{mean:,.{digits}f} ± {sd:,.{digits}f}"


def signed(value: float, digits: int = 4) -> str:
    """Return a difference with its sign, or nothing where there is none."""
    if np.isnan(value):
        return ""
    sign = "+" if round(value, digits) > 0 else "−" if round(value, digits) < 0 else ""
    return f"{sign}{abs(value):.{digits}f}"


def gain(value: float, other: float) -> str:
    """Return by how many percent a value lies above another, with its sign."""
    return signed(100 * (value / other - 1), 1)


def number(value: float, digits: int, fixed: bool = False) -> str:
    """Return a number, or nothing; a whole one without decimals unless they are ``fixed``."""
    if np.isnan(value):
        return ""
    whole = value == round(value) and (digits < 4 or abs(value) > 1)
    return f"{value:,.0f}" if whole and not fixed else f"{value:,.{digits}f}"


def no_finer(ratio: float, seconds: float) -> float:
    """Return a ratio with as many digits as the shorter of its times has milliseconds."""
    return ratio if np.isnan(ratio) else float(f"{ratio:.{len(str(round(1000 * seconds)))}g}")


def time_needed(hours: float) -> str:
    """Return hours as one says them: whole ones, tenths of few, minutes below one."""
    if hours >= 9.95:
        return f"{hours:,.0f} h"
    if hours >= 0.995:
        return f"{hours:.1f} h"
    return f"{60 * hours:.0f} min" if hours >= 1 / 60 else "under 1 min"


def count(value: float) -> str:
    """Return a count with separators, or nothing."""
    return "" if np.isnan(value) else f"{value:,.0f}"


def markdown(table: pd.DataFrame, digits: int = 4) -> str:
    """Return a table as Markdown: numbers rounded and to the right, empty cells empty, escaped."""

    def cell(value: object) -> str:
        if isinstance(value, float):
            return "" if np.isnan(value) else f"{value:,.{digits}f}"
        text = escaped(f"{value:,}" if isinstance(value, Integral) else str(value))
        return text.replace(" ± ", "\u00a0±\u00a0")

    body = [[cell(value) for value in row] for row in table.itertuples(index=False)]
    columns = zip(*body, strict=True) if body else ((),) * table.shape[1]
    rule = ["---:" if _is_numeric(column) else "---" for column in columns]
    head = [escaped(str(name)) for name in table.columns]
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, rule, *body])


def _is_numeric(column: Sequence[str]) -> bool:
    filled = [text for text in column if text and not text.startswith("not run")]
    return bool(filled) and all(re.match(r"[-+−]?[\d.]", text) for text in filled)


def escaped(text: str) -> str:
    """Return text that Markdown and HTML show as it is, on one line: it may come from data."""
    text = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]|$~^#])", r"\\\1", text)
