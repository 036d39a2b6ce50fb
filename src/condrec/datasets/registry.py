"""The data sets by name: what can be loaded, and loading it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from condrec.datasets import distill_cf, movielens_1m, movielens_20m
from condrec.datasets.ciao import read_ciao
from condrec.datasets.embedded import VERSION, embedded
from condrec.datasets.embedded_implicit import embedded_implicit
from condrec.datasets.embedded_sequences import embedded_sequences
from condrec.datasets.files import Entry, file_sha256, locate, read_registry
from condrec.datasets.filters import FILTERS, filtered, rule_of
from condrec.datasets.gowalla import read_gowalla
from condrec.datasets.mind import official_files, read_mind, read_mind_small_sample
from condrec.datasets.movielens import read_ml_100k
from condrec.datasets.splits import LEAVE_ONE_OUT, RELEASED, RULES
from condrec.datasets.tables import is_table, read_table, table_checksums
from condrec.datasets.tfdcon_goodreads import TRAIN as GOODREADS_TRAIN
from condrec.datasets.tfdcon_goodreads import read_goodreads_8749, read_tfdcon_goodreads
from condrec.datasets.tfdcon_movielens import read_tfdcon_movielens
from condrec.datasets.types import Dataset
from condrec.errors import CondrecError, unknown_name


@dataclass(frozen=True)
class _Reader:
    """How a data set is read; without ``splits`` it has one that cannot be changed.

    ``by_hand`` are files no copy of which was ever verified; they are needed unless ``optional``.
    ``drops_few`` says that users with few rows are left out unless ``everyone`` is asked for.
    """

    read: Callable[..., Dataset]
    splits: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    optional: bool = False
    drops_few: bool = False


_READERS = {
    "ciao": _Reader(read_ciao, RULES),
    "embedded": _Reader(embedded),
    "embedded-implicit": _Reader(embedded_implicit, RULES),
    "embedded-sequences": _Reader(embedded_sequences, RULES),
    "goodreads-8749": _Reader(read_goodreads_8749),
    "gowalla": _Reader(read_gowalla, (RELEASED, *RULES)),
    "magazine": _Reader(distill_cf.read_magazine, (RELEASED, *RULES), drops_few=True),
    **{
        name: _Reader(partial(read_mind, name), by_hand=tuple(official_files(name).values()))
        for name in ("mind-small", "mind-large")
    },
    "mind-small-sample": _Reader(read_mind_small_sample),
    "ml-100k": _Reader(read_ml_100k, RULES),
    "ml-1m": _Reader(movielens_1m.read_ml_1m, (RELEASED, *RULES)),
    "ml-20m": _Reader(movielens_20m.read_ml_20m, RULES, by_hand=(movielens_20m.RATINGS,)),
    "tfdcon-goodreads": _Reader(read_tfdcon_goodreads, by_hand=(GOODREADS_TRAIN,), optional=True),
    "tfdcon-movielens": _Reader(read_tfdcon_movielens),
}


@dataclass(frozen=True)
class DatasetInfo:
    """What ``condrec datasets`` shows of one data set.

    Args:
        name: its name on the command line.
        entry: task, size, licence, citation and files, from ``data/registry.json``.
        readable: whether this version of condrec has a reader for it.
        present, expected: how many of its files are in the data folder, and how many there are,
            those had by hand included.
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


def split_name(name: str) -> tuple[str, str | None]:
    """Return data set and split of a name such as ``ml-100k@leave-one-out``; None if it has none.

    The split is not checked.  A path of an existing file may hold an ``@``.
    """
    base, sign, split = name.rpartition("@")
    return (base, split) if sign and not _path(name).exists() else (name, None)


def find_entry(name: str) -> Entry:
    """Return the registry entry of a data set, with or without a split, or refuse the name."""
    registry = read_registry()
    base, _ = split_name(name)
    if base not in registry:
        raise unknown_name("data set", base, registry)
    return registry[base]


def available() -> list[DatasetInfo]:
    """Return every known data set; files are looked for, not verified."""
    shown = []
    for name, entry in read_registry().items():
        reader = _READERS.get(name, _Reader(read_table))
        by_hand = () if reader.optional else reader.by_hand
        left_out = set(reader.by_hand) - set(by_hand)
        paths = [each.path for each in entry.files if each.path not in left_out] + list(by_hand)
        present = sum(locate(path) is not None for path in paths)
        shown.append(DatasetInfo(name, entry, name in _READERS, present, len(paths)))
    return shown


def load_dataset(name: str) -> Dataset:
    """Return a data set by name, or a user's own by its path.

    Args:
        name: one that ``available()`` lists; a table ``.csv``, ``.tsv`` or ``.inter`` (see
            :func:`condrec.datasets.tables.read_table`); or a folder with the two files of a
            Distill-CF data set.  ``NAME@SPLIT`` asks for another split than the usual one, such
            as ``ml-100k@leave-one-out``, or one that filters first
            (:data:`condrec.datasets.filters.FILTERS`).

    Returns:
        The data set; ``name`` is what was asked for.

    Raises:
        CondrecError: unknown name or split, a split that is fixed, no reader in this version,
            missing, changed or malformed files.
    """
    base, split = split_name(name)
    source = _source(base)
    _check_split(base, split, source.splits)
    if split is None:
        dataset = source.read()
    elif split in FILTERS:
        # A filter counts the rows of all users, of those with few too.
        everyone = {"everyone": True} if source.drops_few else {}
        dataset = filtered(source.read(split=LEAVE_ONE_OUT, **everyone), split)
    else:
        dataset = source.read(split=split)
    return replace(dataset, name=name)


def _source(base: str) -> _Reader:
    """Return how a data set without its split is read."""
    if _is_own(base):
        path = _path(base)
        if is_table(base):
            return _Reader(partial(read_table, path), RULES, drops_few=True)
        read = partial(distill_cf.read_distill_cf_folder, path)
        return _Reader(read, (RELEASED, *RULES), drops_few=True)
    entry = find_entry(base)
    if base not in _READERS:
        raise CondrecError(
            f"data set {base}: this version of condrec has no reader for it, expected one of "
            f"{', '.join(sorted(_READERS))}; its official page is {entry.homepage}"
        )
    return _READERS[base]


def checksums(name: str) -> dict[str, str]:
    """Return the SHA-256 of every file of a data set: the registered ones, present or not.

    Generated data have no files: their ``VERSION`` stands in, raised by hand when they change.
    A user's own files and those had by hand are hashed, again only when they change; "" stands
    for one had by hand that is not here.

    Raises:
        CondrecError: unknown name, or a user's own file is missing.
    """
    base, split = split_name(name)
    if _is_own(base):
        path = _path(base)
        if is_table(base):
            return table_checksums(path)
        return {each: file_sha256(path / each) for each in (distill_cf.TABLE, distill_cf.INDEX)}
    entry = find_entry(base)
    by_hand = _READERS[base].by_hand if base in _READERS else ()
    if base == "ml-1m" and rule_of(split) in movielens_1m.NEEDS_TIMES:
        by_hand = (movielens_1m.RATINGS,)
    if not entry.files and not by_hand:
        return {base: f"generated, version {VERSION}"}
    listed = {file.path: file.sha256 for file in entry.files}
    for place in by_hand:
        own = locate(place)
        listed[place] = "" if own is None else file_sha256(own)
    return listed


def _path(name: str) -> Path:
    return Path(name).expanduser()


def _is_own(name: str) -> bool:
    """Whether a name is a path, not a data set of the registry."""
    if name in read_registry() or not name:
        return False
    path = _path(name)
    if is_table(name) or path.is_dir():
        return True
    if path.exists():
        raise CondrecError(f"{name}: found another kind of file, expected .csv, .tsv or .inter")
    if "/" in name or "\\" in name:
        raise CondrecError(f"{name}: found no such file or folder, expected one; correct the path")
    return False


def _check_split(name: str, split: str | None, splits: tuple[str, ...]) -> None:
    """Refuse a split that cannot be had; what leave-one-out cuts may be filtered first."""
    if split is None or split in splits or (splits and split in FILTERS):
        return
    if not splits:
        raise CondrecError(
            f"data set {name}: found the split {split!r}, expected none: its split is fixed; ask "
            f"for {name}"
        )
    raise unknown_name("split", split, (*splits, *FILTERS))
