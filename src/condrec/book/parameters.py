"""Which notebook takes which parameters."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from condrec.errors import CondrecError, unknown_name


def read_overrides(overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return the overrides with texts (from the command line) read as YAML values.

    Raises:
        CondrecError: a text that is not YAML.
    """
    import yaml

    values = dict(overrides)
    for name, value in overrides.items():
        if isinstance(value, str):
            try:
                values[name] = yaml.safe_load(value)
            except yaml.YAMLError:
                raise CondrecError(f"{name}: found {value!r}, expected a value in YAML") from None
    return values


def declared_parameters(notebook: Path) -> frozenset[str]:
    """Return the names assigned in the notebook's cell tagged ``parameters``.

    Raises:
        CondrecError: a file that is no notebook.
    """
    import papermill

    # Papermill warns about types it cannot infer; the names suffice here.
    logging.getLogger("papermill").setLevel(logging.ERROR)
    try:
        return frozenset(papermill.inspect_notebook(str(notebook)))
    except Exception as error:  # of JSON, of nbformat, of papermill: many kinds
        reason = " ".join(str(error).split())[:200]
        raise CondrecError(
            f"{notebook.name}: found a file that cannot be read as a notebook ({reason}), expected "
            "one in Jupyter's format 4; save it anew or take it out of notebooks/"
        ) from error


def parameters_per_notebook(
    notebooks: Iterable[Path],
    profile: Mapping[str, Any],
    overrides: Mapping[str, Any],
    only: str | None = None,
) -> dict[str, dict[str, Any]]:
    """Return what each notebook is given: of profile and overrides, the names it declares.

    Papermill itself would only log a name that a notebook does not know.

    Args:
        notebooks: the files.
        profile: the profile's values.
        overrides: values that replace them.
        only: the one notebook that the overrides are meant for; None for all.

    Raises:
        CondrecError: an override that no notebook, or not the one, declares.
    """
    declared = {notebook.stem: declared_parameters(notebook) for notebook in notebooks}
    known = declared[only] if only else frozenset().union(*declared.values())
    for name in overrides:
        if name not in known:
            raise unknown_name(
                f"parameter of {only}" if only else "notebook parameter", name, known
            )
    values = {**profile, **overrides}
    return {
        stem: {name: value for name, value in values.items() if name in names}
        for stem, names in declared.items()
    }
