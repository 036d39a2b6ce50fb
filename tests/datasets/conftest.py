"""A data folder and a registry of the test's own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from condrec import paths
from condrec.datasets.files import DataFile

Register = Callable[..., DataFile]


@pytest.fixture
def data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that CONDREC_DATA names."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("CONDREC_DATA", str(folder))
    return folder


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Register:
    """Return a function that adds a file's content to an otherwise empty registry."""
    home = tmp_path / "project"
    home.mkdir()
    monkeypatch.setattr(paths, "project_data", lambda: home)
    entry = {k: k for k in ("task", "size", "licence", "citation", "homepage")}
    registry: dict[str, dict[str, object]] = {"toy": {**entry, "files": []}}

    def add(path: str, content: bytes, **more: object) -> DataFile:
        file = {
            "path": path,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            **more,
        }
        files = registry["toy"]["files"]
        assert isinstance(files, list)
        files.append(file)
        from condrec.datasets import files as module

        (home / "registry.json").write_text(json.dumps(registry))
        module._read.cache_clear()
        return DataFile(**file)  # type: ignore[arg-type]

    return add
