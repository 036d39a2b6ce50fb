"""The data sets by name: what can be loaded, and loading it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from condrec.datasets.embedded import VERSION, embedded
from condrec.datasets.files import Entry, locate, read_registry
from condrec.datasets.movielens import read_ml_100k
from condrec.datasets.tfdcon_release import read_tfdcon_movielens
from condrec.datasets.types import Dataset
from condrec.errors import CondrecError, unknown_name

_READERS: dict[str, Callable[[], Dataset]] = {
    "embedded": embedded,
    "ml-100k": read_ml_100k,
    "tfdcon-movielens": read_tfdcon_movielens,
}


@dataclass(frozen=True)
class DatasetInfo:
    """What ``condrec datasets`` shows of one data set.

    Args:
        name: its name on the command line.
        entry: task, size, licence, citation and files, from ``data/registry.json``.
        readable: whether this version of condrec has a reader for it.
        present, expected: how many of its files are in the data folder, and how many there are.
    """

    name: str
    entry: Entry
    readable: bool
    present: int
    expected: int

    @property
    def here(self) -> bool:
        """Whether it can be loaded now."""
        return self.readable and self.present == self.expected


def find_entry(name: str) -> Entry:
    """Return the registry entry of a data set, or refuse the unknown name."""
    registry = read_registry()
    if name not in registry:
        raise unknown_name("data set", name, registry)
    return registry[name]


def available() -> list[DatasetInfo]:
    """Return every known data set; files are looked for, not verified."""
    return [
        DatasetInfo(
            name,
            entry,
            name in _READERS,
            sum(locate(file.path) is not None for file in entry.files),
            len(entry.files),
        )
        for name, entry in read_registry().items()
    ]


def load_dataset(name: str) -> Dataset:
    """Return a data set by name.

    Args:
        name: one that ``available()`` lists.

    Raises:
        CondrecError: unknown name, no reader in this version, missing or changed files.
    """
    entry = find_entry(name)
    if name not in _READERS:
        raise CondrecError(
            f"data set {name}: this version of condrec has no reader for it, expected one of "
            f"{', '.join(sorted(_READERS))}; its official page is {entry.homepage}"
        )
    return _READERS[name]()


def checksums(name: str) -> dict[str, str]:
    """Return the registered SHA-256 of every file of a data set, present or not.

    Generated data have no files: their ``VERSION`` stands in, raised by hand when they change.
    """
    entry = find_entry(name)
    if not entry.files:
        return {name: f"generated, version {VERSION}"}
    return {file.path: file.sha256 for file in entry.files}
