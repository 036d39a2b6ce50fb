"""What a mapping of printed rows to our configurations is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Line:
    """A configuration of ours.

    Args:
        method, edition: columns of the recorded rows.
        settings: parameters that single it out beyond the grid's primary setting.
    """

    method: str
    edition: str = "as_published"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        shown = {name: "chosen" if v is None else v for name, v in self.settings.items()}
        settings = ", ".join(f"{name} {value}" for name, value in shown.items())
        return self.method + (f" ({settings})" if settings else "")


@dataclass(frozen=True)
class TableMapping:
    """How a printed table is answered.

    Args:
        grid: the grid whose recorded rows answer it.
        lines: by published method, the line the verdict is for and, if any, the one beside it;
            ``METHOD on MODEL`` where a model has lines of its own, ``METHOD in part`` for data
            whose full rows are missing.
        split: ``test``, or ``train`` for statistics and costs, which are counted there.
        recommender: model of the recorded rows where the printed table names none.
        reading_error: by metric, how far a value read off a figure may be off, in the printed
            unit; it takes the place of the allowance for rounding.
    """

    grid: str
    lines: Mapping[str, tuple[Line, ...]]
    split: str = "test"
    recommender: str = ""
    reading_error: Mapping[str, float] = field(default_factory=dict)

    def answers(self, method: str, model: str) -> tuple[Line, ...]:
        """Return the lines that answer a published method and model."""
        return self.lines.get(f"{method} on {model}", self.lines.get(method, ()))


@dataclass(frozen=True)
class Rule:
    """A reason for the printed rows whose columns are among the given values."""

    reason: str
    where: Mapping[str, tuple[Any, ...]]

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Say whether the rule is about this printed row."""
        return all(row[column] in values for column, values in self.where.items())


@dataclass(frozen=True)
class PaperMapping:
    """How a paper's printed rows are answered.

    Args:
        tables: by the paper's own number of the table.
        checked_on: the data set that answers what names no data set.
        missing_data: by data set, what it would take to answer its rows.
        missing_full: by data set, what it would take to run its full data; the rows that
            ``needs_full`` holds for wait for it.
        needs_full: rows that cannot be answered without a full-data run.
        missing_methods: by published method, why it was not built.
        not_comparable: rows no recorded number can be held against.
        caveats: what to know when reading a verdict.
    """

    tables: Mapping[str, TableMapping]
    checked_on: str
    missing_data: Mapping[str, str]
    missing_methods: Mapping[str, str]
    not_comparable: tuple[Rule, ...]
    caveats: tuple[Rule, ...]
    missing_full: Mapping[str, str] = field(default_factory=dict)
    needs_full: tuple[Rule, ...] = ()
