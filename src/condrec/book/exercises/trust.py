"""Cases of the exercises of the notebooks on trust, worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

from condrec.book.exercises.check import Cases

EXERCISES: dict[str, Callable[[], Cases]] = {}
