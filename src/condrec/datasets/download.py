"""Download data files: https only, every content verified, all of them or none."""

from __future__ import annotations

import os
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, Any
from urllib.parse import urljoin, urlparse

from condrec import paths
from condrec.datasets.files import DataFile, open_data_file, verify
from condrec.datasets.registry import find_entry
from condrec.errors import CondrecError

_BROKEN = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error)


@dataclass(frozen=True)
class _Member:
    """A file or folder of an archive: its name, stated size, and how it is opened."""

    name: str
    size: int
    open: Callable[[], IO[bytes] | None]


def fetch(name: str) -> list[Path]:
    """Download the files of a data set into the data folder, unless they are there already.

    Everything is downloaded and verified in a folder beside the target first; a failure removes
    that folder and leaves the data folder as it was.  A damaged file is replaced.

    Args:
        name: a data set of the registry.

    Returns:
        The files that are new, empty if nothing was missing or the data set is generated.

    Raises:
        CondrecError: unknown name, a data set that must be had by hand, no connection, a content
            that is not the registered one, an unsafe archive, no space on the disk.
    """
    entry = find_entry(name)
    if not entry.files and entry.homepage:
        raise CondrecError(f"data set {name} cannot be fetched: {entry.note} {entry.homepage}")
    wanted = [file for file in entry.files if file.url and file.sha256 and not _is_here(file)]
    if not wanted:
        return []
    root = paths.user_data()
    is_new = not root.exists()
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as folder:
            for url in dict.fromkeys(file.url for file in wanted):
                _get(url, [file for file in wanted if file.url == url], Path(folder))
            for file in wanted:
                (root / file.path).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(folder) / file.path, root / file.path)
    except BaseException as error:
        if is_new and root.is_dir() and not any(root.iterdir()):
            root.rmdir()
        if isinstance(error, OSError):
            raise CondrecError(
                f"data set {name} cannot be fetched: {_in_short(error, wanted)}; nothing was kept; "
                "try again with a connection, or put the files by hand into the folder that "
                "CONDREC_DATA names (data/README.md shows where)"
            ) from error
        raise
    return [root / file.path for file in wanted]


def _in_short(error: OSError, wanted: Sequence[DataFile]) -> str:
    """Return an error's words; where no host was reached, which hosts were asked."""
    if "Max retries exceeded" not in str(error):
        return str(error)
    hosts = dict.fromkeys(urlparse(file.url).netloc for file in wanted)
    return f"no connection to {', '.join(hosts)}"


def _is_here(file: DataFile) -> bool:
    try:
        open_data_file(file.path)
    except CondrecError:
        return False
    return True


def _get(url: str, files: list[DataFile], folder: Path) -> None:
    """Download ``url`` and put the verified ``files`` it holds below ``folder``."""
    if not url.startswith("https://"):
        raise CondrecError(f"{url}: found no https address, expected one; nothing was fetched")
    import pooch

    pooch.get_logger().setLevel("WARNING")
    downloader = pooch.HTTPDownloader(
        progressbar=True, timeout=60, hooks={"response": _refuse_insecure_redirect}
    )
    # Contents are verified below: of an archive only the members' checksums are known.
    download = Path(
        pooch.retrieve(
            url, known_hash=None, fname="download", path=folder / ".download", downloader=downloader
        )
    )
    if files[0].member:
        unpack(download, {file.member: file for file in files}, folder)
    else:
        _write(download.open("rb"), files[0], url, folder / files[0].path)
    download.unlink()


def _refuse_insecure_redirect(response: Any, *_: Any, **__: Any) -> None:
    if response.is_redirect:
        target = urljoin(response.url, response.headers["location"])
        if not target.startswith("https://"):
            raise CondrecError(f"{response.url}: redirects to {target}, expected an https address")


def unpack(archive: Path, wanted: dict[str, DataFile], folder: Path) -> None:
    """Write the wanted members of a zip or tar archive below ``folder``, each verified.

    One member anywhere in the archive that is a link, a device or points outside condemns the
    whole archive: honest ones have none.

    Args:
        archive: the downloaded file.
        wanted: registry entries by member name.
        folder: where the members go, under the path the registry gives them.

    Raises:
        CondrecError: an unsafe member, a missing one, a wrong size or content, no archive.
    """
    try:
        with _open_archive(archive) as opened:
            members = {member.name: member for member in _members(opened)}
            for name, file in wanted.items():
                if name not in members:
                    raise CondrecError(f"archive: found no member {name}, expected one")
                _write_member(members[name], file, folder / file.path)
    except (*_BROKEN, RuntimeError) as error:
        raise CondrecError(f"archive: {error}; expected a whole zip or tar file") from None


def _open_archive(archive: Path) -> zipfile.ZipFile | tarfile.TarFile:
    return zipfile.ZipFile(archive) if zipfile.is_zipfile(archive) else tarfile.open(archive)


def _members(opened: zipfile.ZipFile | tarfile.TarFile) -> Iterator[_Member]:
    """Yield every member of an archive, refusing the first unsafe one."""
    if isinstance(opened, zipfile.ZipFile):
        for zipped in opened.infolist():
            kind = stat.S_IFMT(zipped.external_attr >> 16)
            _check_member(zipped.filename, kind in (0, stat.S_IFREG, stat.S_IFDIR))
            yield _Member(zipped.filename, zipped.file_size, partial(opened.open, zipped))
    else:
        for entry in opened:
            _check_member(entry.name, entry.isfile() or entry.isdir())
            yield _Member(entry.name, entry.size, partial(opened.extractfile, entry))


def _check_member(name: str, is_plain: bool) -> None:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    outside = posix.is_absolute() or windows.drive or windows.root or ".." in windows.parts
    if outside:
        raise CondrecError(f"archive: found the member {name!r}, which points outside; refused")
    if not is_plain:
        raise CondrecError(f"archive: found the member {name!r}, which is no plain file; refused")


def _write_member(member: _Member, file: DataFile, target: Path) -> None:
    if member.size != file.bytes:
        raise CondrecError(
            f"archive: {member.name}: found {member.size} bytes, expected {file.bytes}"
        )
    stream = member.open()
    if stream is None:
        raise CondrecError(f"archive: {member.name}: found a folder, expected a file")
    _write(stream, file, member.name, target)


def _write(stream: IO[bytes], file: DataFile, name: str, target: Path) -> None:
    """Write the content of ``stream`` once it is verified."""
    with stream:
        # One byte more tells a file that is too long; a header may lie about its size.
        content = stream.read(file.bytes + 1)
    verify(content, file, name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
