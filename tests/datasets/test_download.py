from __future__ import annotations

import io
import stat
import tarfile
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pooch
import pytest

from condrec.datasets import fetch
from condrec.datasets.download import _refuse_insecure_redirect, unpack
from condrec.datasets.files import DataFile, open_data_file
from condrec.errors import CondrecError

Register = Callable[..., DataFile]
HOST = "https://data.example/"
TEXT = b"user item\n" * 20


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes | Exception]:
    """What every address answers; nothing leaves the machine."""
    answers: dict[str, bytes | Exception] = {}

    class FakeDownloader:
        def __init__(self, **options: Any) -> None:
            assert options["hooks"]["response"] is _refuse_insecure_redirect

        def __call__(self, url: str, output_file: str, _: object) -> None:
            answer = answers[url]
            if isinstance(answer, Exception):
                Path(output_file).write_bytes(b"half of the fi")
                raise answer
            Path(output_file).write_bytes(answer)

    monkeypatch.setattr(pooch, "HTTPDownloader", FakeDownloader)
    return answers


def zipped(members: dict[str, bytes], mode: int = 0) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return stream.getvalue()


def tarred(members: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "/etc/hostname" if kind != tarfile.REGTYPE else ""
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def left_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_files_are_fetched_once(
    data_folder: Path, register: Register, web: dict[str, bytes | Exception]
) -> None:
    register("a/b.txt", TEXT, url=HOST + "b")
    register("c.txt", b"", url=HOST + "c")
    web.update({HOST + "b": TEXT, HOST + "c": b""})
    assert fetch("toy") == [data_folder / "a/b.txt", data_folder / "c.txt"]
    assert open_data_file("a/b.txt") == TEXT
    assert left_in(data_folder) == ["a/b.txt", "c.txt"]
    web.clear()
    assert fetch("toy") == []


def test_a_damaged_file_is_replaced(
    data_folder: Path, register: Register, web: dict[str, bytes | Exception]
) -> None:
    register("b.txt", TEXT, url=HOST + "b")
    web[HOST + "b"] = TEXT
    (data_folder / "b.txt").write_bytes(TEXT[:9])
    assert fetch("toy") == [data_folder / "b.txt"]
    assert open_data_file("b.txt") == TEXT


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_members_of_an_archive_are_fetched(
    pack: Callable[[dict[str, bytes]], bytes],
    data_folder: Path,
    register: Register,
    web: dict[str, bytes | Exception],
) -> None:
    register("toy/u.data", TEXT, url=HOST + "toy.zip", member="top/u.data")
    register("toy/README", b"read", url=HOST + "toy.zip", member="top/README")
    web[HOST + "toy.zip"] = pack({"top/u.data": TEXT, "top/README": b"read", "top/extra": b"x"})
    fetch("toy")
    assert left_in(data_folder) == ["toy/README", "toy/u.data"]
    assert open_data_file("toy/u.data") == TEXT


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (TEXT[:-1], "truncated file"),
        (TEXT + b"x", "too long"),
        (TEXT.replace(b"user", b"uzer", 1), "content was changed"),
        (OSError(28, "No space left on device"), "No space left on device.*nothing was kept"),
        (ConnectionError("no route to host"), "cannot be fetched: no route to host"),
        (
            ConnectionError("HTTPSConnectionPool(...): Max retries exceeded with url: /b"),
            "cannot be fetched: no connection to [a-z.]+; nothing was kept.*CONDREC_DATA",
        ),
    ],
)
def test_a_failure_leaves_nothing_behind(
    answer: bytes | Exception,
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    register: Register,
    web: dict[str, bytes | Exception],
) -> None:
    folder = tmp_path / "new"
    monkeypatch.setenv("CONDREC_DATA", str(folder))
    register("first.txt", b"fine", url=HOST + "first")
    register("b.txt", TEXT, url=HOST + "b")
    web.update({HOST + "first": b"fine", HOST + "b": answer})
    with pytest.raises(CondrecError, match=words):
        fetch("toy")
    assert not folder.exists()


def test_a_failure_keeps_what_was_there(
    data_folder: Path, register: Register, web: dict[str, bytes | Exception]
) -> None:
    register("b.txt", TEXT, url=HOST + "b")
    web[HOST + "b"] = b"other"
    (data_folder / "mine.txt").write_bytes(b"mine")
    with pytest.raises(CondrecError):
        fetch("toy")
    assert [path.name for path in data_folder.iterdir()] == ["mine.txt"]


def test_an_interrupt_leaves_nothing_behind(
    data_folder: Path, register: Register, web: dict[str, Any]
) -> None:
    register("b.txt", TEXT, url=HOST + "b")

    class InterruptError(Exception):
        pass

    web[HOST + "b"] = InterruptError()
    with pytest.raises(InterruptError):
        fetch("toy")
    assert list(data_folder.iterdir()) == []


@pytest.mark.parametrize("url", ["http://data.example/b", "ftp://data.example/b", "file:///b"])
def test_only_https_is_asked(
    url: str, data_folder: Path, register: Register, web: dict[str, bytes | Exception]
) -> None:
    register("b.txt", TEXT, url=url)
    with pytest.raises(CondrecError, match="found no https address"):
        fetch("toy")
    assert list(data_folder.iterdir()) == []


@pytest.mark.parametrize(
    ("location", "safe"),
    [("/elsewhere", True), ("https://other.example/", True), ("http://other.example/", False)],
)
def test_redirects_stay_on_https(location: str, safe: bool) -> None:
    response = types.SimpleNamespace(
        is_redirect=True, url=HOST + "a", headers={"location": location}
    )
    if safe:
        _refuse_insecure_redirect(response)
    else:
        with pytest.raises(CondrecError, match="redirects to http://"):
            _refuse_insecure_redirect(response)


def test_what_is_had_by_hand_says_so(data_folder: Path) -> None:
    with pytest.raises(CondrecError, match=r"cannot be fetched: .*by hand.*https://msnews"):
        fetch("mind-small")
    assert fetch("embedded") == []
    with pytest.raises(CondrecError, match="did you mean 'gowalla'"):
        fetch("gowala")


EVIL_NAMES = ["../evil", "top/../../evil", "/evil", "..\\evil", "C:\\evil", "C:evil", "\\evil"]


@pytest.mark.parametrize("pack", [zipped, tarred])
@pytest.mark.parametrize("name", EVIL_NAMES)
def test_paths_that_lead_outside_are_refused(
    pack: Callable[[dict[str, bytes]], bytes],
    name: str,
    data_folder: Path,
    register: Register,
    web: dict[str, bytes | Exception],
    tmp_path: Path,
) -> None:
    register("u.data", TEXT, url=HOST + "toy.zip", member="top/u.data")
    web[HOST + "toy.zip"] = pack({"top/u.data": TEXT, name: b"evil"})
    with pytest.raises(CondrecError, match="points outside; refused"):
        fetch("toy")
    assert list(data_folder.iterdir()) == []
    assert not [path for path in tmp_path.rglob("*") if "evil" in path.name]


@pytest.mark.parametrize(
    "archive",
    [
        zipped({"top/u.data": b"/etc/hostname"}, mode=stat.S_IFLNK | 0o777),
        tarred({"top/u.data": b""}, tarfile.SYMTYPE),
        tarred({"top/u.data": b""}, tarfile.LNKTYPE),
        tarred({"top/u.data": b""}, tarfile.FIFOTYPE),
        tarred({"top/u.data": b""}, tarfile.CHRTYPE),
    ],
    ids=["zip link", "tar link", "tar hard link", "pipe", "device"],
)
def test_links_and_devices_are_refused(archive: bytes, tmp_path: Path, register: Register) -> None:
    wanted = {"top/u.data": register("u.data", b"/etc/hostname")}
    (tmp_path / "archive").write_bytes(archive)
    (tmp_path / "out").mkdir()
    with pytest.raises(CondrecError, match="no plain file; refused"):
        unpack(tmp_path / "archive", wanted, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (b"", "expected a whole zip or tar file"),
        (b"<html>not found</html>", "expected a whole zip or tar file"),
        (zipped({"top/u.data": TEXT})[:-30], "expected a whole zip or tar file"),
        (tarred({"top/u.data": TEXT})[:-20], "expected a whole zip or tar file"),
        (zipped({"other": TEXT}), "found no member top/u.data"),
        (zipped({"top/u.data/": b""}), "found no member top/u.data"),
        (zipped({"top/u.data": TEXT + b"x"}), "found 201 bytes, expected 200"),
        (zipped({"top/u.data": bytes(10_000_000)}), "found 10000000 bytes"),
        (zipped({"top/u.data": TEXT.replace(b"u", b"v", 1)}), "content was changed"),
        (tarred({"top/u.data": TEXT.replace(b"u", b"v", 1)}), "content was changed"),
    ],
    # Numbers, for an archive holds the second it was made in: workers would see other names.
    ids=range(10),
)
def test_bad_archives_are_refused(
    archive: bytes, words: str, tmp_path: Path, register: Register
) -> None:
    wanted = {"top/u.data": register("u.data", TEXT)}
    (tmp_path / "archive").write_bytes(archive)
    (tmp_path / "out").mkdir()
    with pytest.raises(CondrecError, match=words):
        unpack(tmp_path / "archive", wanted, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_header_that_lies_about_the_size_is_caught(tmp_path: Path, register: Register) -> None:
    wanted = {"top/u.data": register("u.data", TEXT)}
    content = zipped({"top/u.data": TEXT * 1000})
    size = (len(TEXT) * 1000).to_bytes(4, "little")
    (tmp_path / "archive").write_bytes(content.replace(size, len(TEXT).to_bytes(4, "little")))
    (tmp_path / "out").mkdir()
    with pytest.raises(CondrecError):
        unpack(tmp_path / "archive", wanted, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
