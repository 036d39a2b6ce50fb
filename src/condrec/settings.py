"""Turn ``--set key=value`` pairs into a checked configuration."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_type_hints

from condrec.errors import CondrecError, unknown_name


def configure(cls: Any, settings: Mapping[str, Any], owner: str) -> Any:
    """Build the frozen dataclass ``cls`` from settings, refusing unknown names and bad values.

    Args:
        cls: a dataclass whose fields are the valid parameters.
        settings: values by name; text (from the command line) is converted to the field's type.
        owner: what the parameters belong to, for the error message.

    Raises:
        CondrecError: an unknown parameter (the nearest valid one is offered) or a value of the
            wrong type.
    """
    hints = _hints(cls)
    names = parameters(cls)
    values = {}
    for name, value in settings.items():
        if name not in names:
            raise unknown_name(f"parameter of {owner}", name, names)
        field = names[name]
        values[field] = _convert(hints[field], value, f"{owner}: {name}")
    return cls(**values)


@cache
def _hints(cls: Any) -> dict[str, Any]:
    return get_type_hints(cls)  # slow, and a grid configures hundreds of runs


def parameters(cls: Any) -> dict[str, str]:
    """Return the field behind each parameter's name of a configuration (class or instance).

    A name that Python reserves carries an underscore as a field: ``lambda`` is ``lambda_``.
    """
    return {field.name.rstrip("_"): field.name for field in dataclasses.fields(cls)}


def _convert(kind: Any, value: Any, where: str) -> Any:
    """Return ``value`` as ``kind`` (bool, int, float, str, or one of them or None)."""
    optional = [each for each in get_args(kind) if each is not type(None)]
    if optional:
        if value is None or value == "None":
            return None
        kind = optional[0]
    try:
        if kind is bool and isinstance(value, str):
            return {"true": True, "false": False}[value.lower()]
        if kind is int and (isinstance(value, bool) or float(value) != int(float(value))):
            raise ValueError
        return kind(float(value)) if kind is int else kind(value)
    except (KeyError, ValueError, TypeError, OverflowError):
        raise CondrecError(
            f"{where}: found {value!r}, expected a value of type {kind.__name__}"
        ) from None


def require(condition: bool, message: str) -> None:
    """Raise ``CondrecError(message)`` unless ``condition`` holds."""
    if not condition:
        raise CondrecError(message)
