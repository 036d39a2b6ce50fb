"""Hold a reader's answer against an exercise's cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from condrec.datasets import Interactions

Answer = Callable[..., Any]
Cases = list[tuple[tuple[Any, ...], Any]]
"""Of each case what the answer is called with, and what it must return."""


def first_fault(cases: Cases, answer: Answer) -> str:
    """Return the first case an answer fails on, one line a value; nothing if it is right."""
    for given, expected in cases:
        try:
            returned = answer(*given)
        except Exception as error:  # whatever a reader's function raises is feedback, not a crash
            return f"  raised    {type(error).__name__}: {error}"
        if not _same(returned, expected):
            lines = [f"  given     {_shown(value)}" for value in given]
            lines += [f"  expected  {_shown(expected)}", f"  got       {_shown(returned)}"]
            return "\n".join(lines)
    return ""


def _same(returned: Any, expected: Any) -> bool:
    if isinstance(expected, list) and isinstance(returned, list | tuple):
        pairs = zip(returned, expected, strict=False)
        return len(returned) == len(expected) and all(_same(*pair) for pair in pairs)
    try:
        found, wanted = np.asarray(returned, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError):
        return False
    return found.shape == wanted.shape and bool(np.allclose(found, wanted, atol=1e-9))


def _shown(value: Any) -> str:
    if isinstance(value, Interactions):
        return f"users {value.user.tolist()} with labels {value.label.tolist()}"
    return str(_rounded(value.tolist() if isinstance(value, np.ndarray | np.generic) else value))


def _rounded(value: Any) -> Any:
    """Return floats, in lists and tuples too, without the digits that tell no two answers apart."""
    if isinstance(value, list | tuple):
        return type(value)(map(_rounded, value))
    return float(f"{value:.10g}") if isinstance(value, float) else value
