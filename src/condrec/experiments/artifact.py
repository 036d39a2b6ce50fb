"""Folders that appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from condrec.errors import CondrecError


def write_artifact(out: Path, write: Callable[[Path], None], shared: bool = False) -> Path:
    """Let ``write`` fill a folder aside, add ``manifest.json`` last, then move it to ``out``.

    Args:
        out: the artifact's folder.
        write: writes the files into the folder it is given.
        shared: whether other processes may make the same artifact at the same time; the first
            one is kept then, and is as good as this one.

    Raises:
        CondrecError: ``out`` exists, or the disk is full; nothing is left behind.
    """
    if shared and is_complete(out):
        return out
    if out.exists():
        raise CondrecError(f"{out} exists already; choose a folder that does not")
    aside = out.parent / f".{out.name}.{os.getpid()}.tmp"
    try:
        aside.mkdir(parents=True)
        write(aside)
        files = {path.name: sha256(path) for path in sorted(aside.iterdir())}
        _dump(aside / "manifest.json", {"files": files})
        os.replace(aside, out)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise CondrecError(
                f"{out}: no space left on the disk; free some and run again, nothing was kept"
            ) from error
        if shared and error.errno in (errno.EEXIST, errno.ENOTEMPTY) and is_complete(out):
            return out
        raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return out


def is_complete(folder: Path) -> bool:
    """Return whether an artifact lies there: its manifest is written last."""
    return (folder / "manifest.json").is_file()


def sha256(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _dump(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def read_metrics(folder: Path) -> dict[str, Any]:
    """Return ``metrics.json`` of an artifact.

    Raises:
        CondrecError: a file of the artifact is missing or does not match the manifest.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        for name, expected in manifest["files"].items():
            if sha256(folder / name) != expected:
                raise CondrecError(f"{folder / name}: changed since the run; delete {folder}")
        content: dict[str, Any] = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
        return content
    except (OSError, ValueError, KeyError) as error:
        raise CondrecError(f"{folder}: not a complete artifact ({error}); delete it") from error
