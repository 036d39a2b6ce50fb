"""Artifacts appear whole or not at all."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

import pytest

from condrec.errors import CondrecError
from condrec.experiments import is_complete, read_metrics, write_artifact


def write(folder: Path) -> None:
    (folder / "metrics.json").write_text('{"test": {}}')


def test_an_artifact_is_complete_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    out = write_artifact(tmp_path / "run", write)
    assert is_complete(out)
    assert read_metrics(out) == {"test": {}}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_failure_while_writing_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        write(folder)
        raise RuntimeError("half-way")

    with pytest.raises(RuntimeError):
        write_artifact(tmp_path / "run", fail)
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_one_clear_error_and_leaves_nothing(tmp_path: Path) -> None:
    def full(folder: Path) -> None:
        write(folder)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CondrecError, match="no space left on the disk"):
        write_artifact(tmp_path / "run", full)
    assert not list(tmp_path.iterdir())


def test_an_existing_folder_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with pytest.raises(CondrecError, match="exists already"):
        write_artifact(tmp_path / "run", write)


def test_of_processes_that_make_the_same_the_first_is_kept(tmp_path: Path) -> None:
    first, out = write_artifact(tmp_path / "first", write), tmp_path / "run"

    def late(folder: Path) -> None:
        (folder / "metrics.json").write_text("{}")
        if not out.exists():
            shutil.copytree(first, out)  # meanwhile, by another process

    assert write_artifact(out, late, shared=True) == out
    assert read_metrics(out) == read_metrics(first)
    assert write_artifact(out, late, shared=True) == out
    assert read_metrics(out) == read_metrics(first)
    assert {path.name for path in tmp_path.iterdir()} == {"first", "run"}


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    out = write_artifact(tmp_path / "run", write)
    (out / "metrics.json").write_text('{"test": {"NDCG@5": 1.0}}')
    with pytest.raises(CondrecError, match="changed since the run"):
        read_metrics(out)


def test_a_missing_manifest_is_no_artifact(tmp_path: Path) -> None:
    out = write_artifact(tmp_path / "run", write)
    (out / "manifest.json").unlink()
    assert not is_complete(out)
    with pytest.raises(CondrecError, match="not a complete artifact"):
        read_metrics(out)
