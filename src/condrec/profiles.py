"""Profiles: named sets of parameters for notebooks and grids."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from condrec.errors import CondrecError, unknown_name
from condrec.paths import profiles

DEVICES = ("auto", "cpu", "cuda")


def read_profile(name: str, device: str = "auto", folder: Path | None = None) -> dict[str, Any]:
    """Return the parameters of a profile.

    Args:
        name: the file's name without ``.yml``.
        device: ``cpu`` or ``cuda`` replace the profile's own device; ``auto`` keeps it.
        folder: where the profiles lie; None means the project's.

    Raises:
        CondrecError: no such profile or device, or the file is not a mapping of names to values.
    """
    import yaml

    folder = folder or profiles()
    files = {path.stem: path for path in folder.glob("*.yml")}
    if name not in files:
        raise unknown_name("profile (a file in notebooks/profiles)", name, files)
    if device not in DEVICES:
        raise unknown_name("device", device, DEVICES)
    parameters = yaml.safe_load(files[name].read_text(encoding="utf-8"))
    if not isinstance(parameters, dict) or not all(isinstance(key, str) for key in parameters):
        raise CondrecError(f"profile {name}: found no mapping, expected lines `name: value`")
    parameters["profile"] = name
    return parameters if device == "auto" else parameters | {"device": device}
