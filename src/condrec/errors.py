"""The one error a user of condrec is meant to read."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class CondrecError(Exception):
    """Bad input: the message says what was found, what was expected and what to do."""


def unknown_name(kind: str, name: object, valid: Iterable[str]) -> CondrecError:
    """Return the error for a name that does not exist, offering the nearest valid one."""
    names = sorted(valid)
    near = get_close_matches(str(name), names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else "choose one of those."
    return CondrecError(f"unknown {kind} {str(name)!r}: expected one of {', '.join(names)}; {hint}")
