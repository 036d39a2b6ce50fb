"""Cases of the exercises of TF-DCon's further notebooks, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

from condrec.book.exercises.check import Cases

EXERCISES: dict[str, Callable[[], Cases]] = {}
