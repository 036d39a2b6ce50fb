"""Which data files exist, and how one is opened: found, unpacked, its SHA-256 verified."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from condrec import paths
from condrec.errors import CondrecError


@dataclass(frozen=True)
class DataFile:
    """One file of a data set, as ``data/registry.json`` describes it.

    Args:
        path: where it lies below the data folder, with ``/`` between the parts.
        bytes: size of its content, not gzipped.
        sha256: SHA-256 of its content, not gzipped; "" if no copy was ever verified.
        url: where ``condrec fetch`` gets it, or the archive that holds it; "" if by hand only.
        member: its name inside the archive; "" if ``url`` is the file itself.
    """

    path: str
    bytes: int
    sha256: str
    url: str = ""
    member: str = ""


@dataclass(frozen=True)
class Entry:
    """One data set of ``data/registry.json``.

    Args:
        task: what is recommended, from what.
        size: users, items and interactions, in words.
        licence: the terms its owners set, in short.
        citation: the paper to cite.
        homepage: the official page.
        note: what a reader must know before he uses it; may be empty.
        files: every file it is made of; empty for generated data.
    """

    task: str
    size: str
    licence: str
    citation: str
    homepage: str
    note: str = ""
    files: tuple[DataFile, ...] = ()


@lru_cache(maxsize=8)
def _read(path: Path) -> dict[str, Entry]:
    raw = json.loads(path.read_text(encoding="utf-8"))
    return {
        name: Entry(**{**entry, "files": tuple(DataFile(**file) for file in entry["files"])})
        for name, entry in raw.items()
    }


def read_registry() -> Mapping[str, Entry]:
    """Return every data set of ``data/registry.json`` by name."""
    return _read(paths.project_data() / "registry.json")


def registered(path: str) -> tuple[str, DataFile]:
    """Return the data set a file belongs to (the first that lists it) and the file's entry."""
    for name, entry in read_registry().items():
        for file in entry.files:
            if file.path == path:
                return name, file
    raise CondrecError(f"data file {path}: found no entry in registry.json, expected one")


def locate(path: str) -> Path | None:
    """Return where a data file lies, plain or with ``.gz``, or None if it is not here."""
    plain = paths.user_data() / path
    for candidate in (plain, plain.with_name(plain.name + ".gz")):
        if candidate.is_file():
            return candidate
    return None


def gunzip(packed: bytes, limit: int, name: str) -> bytes:
    """Return the content of gzipped bytes, stopping just above ``limit`` bytes.

    Raises:
        CondrecError: the bytes are no whole gzip stream.
    """
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = unpacker.decompress(packed, limit + 1)
        # A content above the limit fails its size check; only a cut one is told apart here.
        if not unpacker.eof and len(content) <= limit:
            content += unpacker.flush()
            if not unpacker.eof:
                raise EOFError("the stream ends early")
    except (zlib.error, EOFError) as error:
        raise CondrecError(
            f"{name}: found a damaged gzip file ({error}), expected a whole one; "
            "remove it and fetch it again"
        ) from None
    return content


def verify(content: bytes, file: DataFile, name: str) -> None:
    """Refuse a content whose size or SHA-256 is not the registered one.

    Args:
        content: the bytes of the file, not gzipped.
        file: the entry of the registry.
        name: how the error names the file.
    """
    advice = "remove it and fetch it again"
    if len(content) != file.bytes:
        kind = "truncated" if len(content) < file.bytes else "too long"
        found = len(content) if len(content) < file.bytes else f"more than {file.bytes}"
        raise CondrecError(
            f"{name}: found a {kind} file of {found} bytes, expected {file.bytes}; {advice}"
        )
    digest = hashlib.sha256(content).hexdigest()
    if digest != file.sha256:
        raise CondrecError(
            f"{name}: found SHA-256 {digest[:12]}…, expected {file.sha256[:12]}…: "
            f"the content was changed; {advice}"
        )


def open_data_file(path: str) -> bytes:
    """Return the verified content of a registered data file.

    The file is looked for below ``CONDREC_DATA`` (or the cache folder), plain or with ``.gz``.

    Args:
        path: place below the data folder, such as ``ml-100k/u.data``.

    Raises:
        CondrecError: the file is not registered, missing, truncated or changed.
    """
    dataset, file = registered(path)
    found = locate(path)
    if found is None:
        raise CondrecError(
            f"data file {path}: found nothing in {paths.user_data()}; run `condrec fetch "
            f"{dataset}`, or let CONDREC_DATA name the folder that holds it"
        )
    content = _content(found, path, file.bytes)
    verify(content, file, str(found))
    return content


def _content(found: Path, path: str, limit: int) -> bytes:
    """Return a file up to just above a limit, unpacked if ``path`` names it without ``.gz``."""
    # One byte too many is enough to tell that a file is too long.
    if found.suffix == ".gz" and not path.endswith(".gz"):
        return gunzip(found.read_bytes(), limit, str(found))
    with found.open("rb") as stream:
        return stream.read(limit + 1)


def open_by_hand(path: str, most_bytes: int, advice: str) -> tuple[bytes, dict[str, str]]:
    """Return the content of a file that is not in the registry, and its SHA-256 by its path.

    Args:
        path: place below the data folder, plain or with ``.gz``.
        most_bytes: what its content is refused above.
        advice: what the file is and where it comes from, for the error if it is missing.

    Raises:
        CondrecError: the file is missing, damaged or too long.
    """
    found = locate(path)
    if found is None:
        raise CondrecError(f"data file {path}: found nothing in {paths.user_data()}, {advice}")
    content = _content(found, path, most_bytes)
    if len(content) > most_bytes:
        raise CondrecError(f"{found}: found more than {most_bytes} bytes, expected about half")
    return content, {path: file_sha256(found)}


def sources(files: Iterable[str]) -> dict[str, str]:
    """Return the registered SHA-256 of each file, for ``Dataset.sources``."""
    return {path: registered(path)[1].sha256 for path in files}


@lru_cache(maxsize=64)
def _hash_of_state(path: Path, changed: int, size: int) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a user's own file, computed anew only when the file has changed.

    Args:
        path: any file; a change is told by its time of modification and its size.

    Raises:
        CondrecError: the file is missing or cannot be read.
    """
    try:
        state = path.stat()
        return _hash_of_state(path.resolve(), state.st_mtime_ns, state.st_size)
    except OSError as error:
        raise CondrecError(
            f"{path}: found no readable file ({error.strerror}), expected one; correct the path"
        ) from None
