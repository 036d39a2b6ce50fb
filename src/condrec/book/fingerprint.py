"""Fingerprints of everything a page depends on: what is unchanged is not done again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from condrec.paths import user_data

SKIPPED = frozenset({"__pycache__", ".ipynb_checkpoints", "_build"})


def digest(value: Any) -> str:
    """Return the SHA-256 of a value's JSON with sorted keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, or ``absent``."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "absent"


def tree(paths: Iterable[Path], root: Path, pattern: str = "*") -> dict[str, str]:
    """Return the content hash of every file below ``paths`` by its path relative to ``root``."""
    found = {}
    for start in paths:
        for path in [start] if start.is_file() else sorted(start.rglob(pattern)):
            if path.is_file() and not SKIPPED.intersection(path.relative_to(root).parts):
                found[path.relative_to(root).as_posix()] = file_digest(path)
    return found


def present_data(folder: Path | None = None) -> list[tuple[str, int]]:
    """Return name and size of every data file the user has; contents are checked when read."""
    folder = folder or user_data()
    files = (Path(where, name) for where, _, names in os.walk(folder) for name in names)
    return sorted((str(path.relative_to(folder)), path.lstat().st_size) for path in files)


def shared_inputs(root: Path) -> str:
    """Return the fingerprint of what all notebooks depend on."""
    return digest(
        {
            "library": tree([root / "src" / "condrec"], root, "*.py"),
            "numbers": tree([root / "data"], root),
            "profiles": tree([root / "notebooks" / "profiles"], root, "*.yml"),
            "lock": file_digest(root / "constraints.txt"),
            "python": platform.python_version(),
            "data": present_data(),
        }
    )


def notebook_fingerprint(notebook: Path, shared: str, given: Mapping[str, Any]) -> str:
    """Return the fingerprint of one executed notebook: source, shared inputs, what it is given."""
    return digest({"source": file_digest(notebook), "shared": shared, "given": dict(given)})


def book_fingerprint(root: Path, shared: str, given: Mapping[str, Any]) -> str:
    """Return the fingerprint of the book: prose, configuration, notebooks and their inputs."""
    sources = [root / "book", root / "_config.yml", *sorted((root / "notebooks").glob("*.ipynb"))]
    return digest({"sources": tree(sources, root), "shared": shared, "given": dict(given)})
