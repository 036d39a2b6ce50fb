from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from condrec.datasets.files import (
    DataFile,
    file_sha256,
    gunzip,
    locate,
    open_data_file,
    read_registry,
    registered,
    sources,
)
from condrec.errors import CondrecError

Register = Callable[..., DataFile]
TEXT = b"one\ntwo\nthree\n" * 50


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_found_plain_or_gzipped(
    packed: bool, data_folder: Path, register: Register
) -> None:
    file = register("some/file.txt", TEXT)
    (data_folder / "some").mkdir()
    name = "some/file.txt.gz" if packed else "some/file.txt"
    (data_folder / name).write_bytes(gzip.compress(TEXT) if packed else TEXT)
    assert open_data_file("some/file.txt") == TEXT
    assert sources(["some/file.txt"]) == {"some/file.txt": file.sha256}


def test_a_missing_file_says_what_to_do(data_folder: Path, register: Register) -> None:
    register("file.txt", TEXT)
    assert locate("file.txt") is None
    with pytest.raises(CondrecError, match="run `condrec fetch toy`.*CONDREC_DATA"):
        open_data_file("file.txt")


def test_an_unregistered_file_is_refused(data_folder: Path, register: Register) -> None:
    register("file.txt", TEXT)
    (data_folder / "other.txt").write_bytes(TEXT)
    with pytest.raises(CondrecError, match=r"other\.txt: found no entry"):
        open_data_file("other.txt")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (TEXT[:-1], f"truncated file of {len(TEXT) - 1} bytes, expected {len(TEXT)}"),
        (b"", "truncated file of 0 bytes"),
        (TEXT + b"!", "too long file of more than"),
        (TEXT.replace(b"two", b"2wo", 1), "content was changed"),
    ],
)
def test_truncated_and_tampered_files_are_refused(
    content: bytes, words: str, data_folder: Path, register: Register
) -> None:
    register("file.txt", TEXT)
    (data_folder / "file.txt").write_bytes(content)
    with pytest.raises(CondrecError, match=words):
        open_data_file("file.txt")
    (data_folder / "file.txt").unlink()
    (data_folder / "file.txt.gz").write_bytes(gzip.compress(content))
    with pytest.raises(CondrecError, match=words):
        open_data_file("file.txt")


@pytest.mark.parametrize("cut", [1, 8, 9, 20, 60])
def test_a_cut_gzip_file_is_refused(cut: int, data_folder: Path, register: Register) -> None:
    register("file.txt", TEXT)
    (data_folder / "file.txt.gz").write_bytes(gzip.compress(TEXT)[:-cut])
    with pytest.raises(CondrecError, match="damaged gzip file"):
        open_data_file("file.txt")


def test_what_is_no_gzip_file_is_refused(data_folder: Path, register: Register) -> None:
    register("file.txt", TEXT)
    (data_folder / "file.txt.gz").write_bytes(TEXT)
    with pytest.raises(CondrecError, match="damaged gzip file"):
        open_data_file("file.txt")


def test_a_gzip_bomb_stops_at_the_expected_size() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    assert len(gunzip(bomb, 1000, "bomb")) == 1001


def test_a_file_of_ones_own_is_hashed_again_when_it_changes(tmp_path: Path) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(TEXT)
    first = file_sha256(path)
    assert first == hashlib.sha256(TEXT).hexdigest() == file_sha256(path)
    path.write_bytes(TEXT + b"!")
    assert file_sha256(path) == hashlib.sha256(TEXT + b"!").hexdigest()
    with pytest.raises(CondrecError, match="found no readable file"):
        file_sha256(tmp_path / "absent.csv")


def test_the_registry_is_complete() -> None:
    registry = read_registry()
    assert {"embedded", "ml-100k", "ml-1m", "magazine", "gowalla", "ciao"} <= set(registry)
    assert {"tfdcon-movielens", "tfdcon-goodreads", "goodreads-8749"} <= set(registry)
    assert {"mind-small-sample", "mind-small", "mind-large"} <= set(registry)
    assert {"embedded-implicit", "douban", "netflix", "ml-20m", "dianping"} <= set(registry)
    for name, entry in registry.items():
        assert entry.task and entry.size and entry.licence and entry.citation, name
        assert name.startswith("embedded") or entry.homepage.startswith("https://")
        for file in entry.files:
            assert re.fullmatch("[0-9a-f]{64}", file.sha256) or name == "tfdcon-goodreads"
            assert file.url.startswith("https://"), file.path
            assert not file.path.startswith("/") and ".." not in file.path
            assert file.url.endswith((".zip", ".gz")) == bool(file.member)


def test_a_file_listed_twice_is_the_same_file() -> None:
    entries = [file for entry in read_registry().values() for file in entry.files]
    for file in entries:
        assert registered(file.path)[1] == file


def test_every_real_file_matches_the_registry(real_data: Path) -> None:
    for entry in read_registry().values():
        for file in entry.files:
            if locate(file.path):
                assert len(open_data_file(file.path)) == file.bytes
