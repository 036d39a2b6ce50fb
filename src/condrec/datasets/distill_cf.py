"""Data as the Distill-CF repository stores them: ``total_data.hdf5`` and ``index.npz``.

Every rating counts as positive.  The released split is a random one per user in which one
training row of each user was moved to test; it lies in ``index.npz`` (Sachdeva et al. 2022,
fact sheet section 3.1).
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.files import file_sha256, open_data_file, sources
from condrec.datasets.splits import RELEASED, first_of_pairs, no_histories, split_interactions
from condrec.datasets.types import Dataset, Interactions
from condrec.errors import CondrecError

IntArray = NDArray[np.int64]
INDEX, TABLE = "index.npz", "total_data.hdf5"
MOST_ROWS = 500_000_000  # five times Netflix; a header that claims more is not believed


@dataclass(frozen=True, eq=False)
class Stored:
    """The columns of both files, row by row.

    Args:
        user, item: ids as stored, with gaps, shape [n_rows].
        part: 0 train, 1 validation, 2 test, -1 for rows of users that are left out.
        rating: as the user gave it, or None.
        time: seconds since 1970, or None.
    """

    user: IntArray
    item: IntArray
    part: IntArray
    rating: NDArray[np.float64] | None = None
    time: IntArray | None = None


def _column(table: Any, name: str, where: str) -> NDArray[Any]:
    """Return a plain column of an HDF5 file: a link or a foreign file is not followed."""
    import h5py

    if not isinstance(table.get(name, getlink=True), h5py.HardLink):
        raise CondrecError(f"{where}: found no column {name!r}, expected user and item")
    column = table[name]
    plain = isinstance(column, h5py.Dataset) and not column.is_virtual and not column.external
    if not plain or column.ndim != 1 or column.dtype.kind not in "iuf":
        raise CondrecError(f"{where}: found no plain numbers in {name!r}, expected a column")
    if len(column) > MOST_ROWS:
        raise CondrecError(f"{where}: found {len(column)} rows, expected at most {MOST_ROWS}")
    return np.asarray(column[:])


def _read_table(source: Any, where: str) -> dict[str, NDArray[Any]]:
    import h5py

    try:
        with h5py.File(source, "r") as table:
            names = ["user", "item", *(name for name in ("rating", "time") if name in table)]
            columns = {name: _column(table, name, where) for name in names}
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise CondrecError(
            f"{where}: found a damaged file ({error}), expected HDF5; get it again"
        ) from None
    for name in ("user", "item", "time"):
        if name in columns and columns[name].dtype.kind not in "iu":
            raise CondrecError(
                f"{where}: found {columns[name].dtype} in {name!r}, expected integers"
            )
    return columns


def _read_index(source: Any, where: str) -> IntArray:
    try:
        with zipfile.ZipFile(source) as archive:
            if sum(member.file_size for member in archive.infolist()) > 8 * MOST_ROWS + 1000:
                raise CondrecError(f"{where}: found too much, expected at most {MOST_ROWS} rows")
        with np.load(source, allow_pickle=False) as stored:
            part = stored["data"]
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise CondrecError(
            f"{where}: found a damaged file ({error}), expected an array 'data'; get it again"
        ) from None
    if part.ndim != 1 or part.dtype.kind not in "iu" or not np.isin(part, (-1, 0, 1, 2)).all():
        raise CondrecError(f"{where}: found other entries, expected a column of -1, 0, 1 and 2")
    return part.astype(np.int64)


def _combine(columns: dict[str, NDArray[Any]], part: IntArray, where: str) -> Stored:
    lengths = {name: len(column) for name, column in columns.items()} | {"index": len(part)}
    if len(set(lengths.values())) > 1:
        raise CondrecError(f"{where}: found columns of lengths {lengths}, expected equal ones")
    whole = {name: columns[name].astype(np.int64) for name in columns if name != "rating"}
    return Stored(whole["user"], whole["item"], part, columns.get("rating"), whole.get("time"))


def _with_everyone(stored: Stored) -> Stored:
    """Return the columns with the users who were left out among the others."""
    return replace(stored, part=np.maximum(stored.part, 0))


def read_stored(folder: str) -> Stored:
    """Return the verified columns of a registered folder such as ``magazine``.

    Args:
        folder: place below the data folder.

    Raises:
        CondrecError: missing, changed or malformed file.
    """
    table = io.BytesIO(open_data_file(f"{folder}/{TABLE}"))
    index = io.BytesIO(open_data_file(f"{folder}/{INDEX}"))
    columns = _read_table(table, f"{folder}/{TABLE}")
    return _combine(columns, _read_index(index, f"{folder}/{INDEX}"), folder)


def build(
    name: str, stored: Stored, split: str = RELEASED, seed: int = 0, **more: Any
) -> tuple[Dataset, IntArray]:
    """Return the data set of stored columns, and the stored id of each of its items.

    Ids are renumbered without gaps, in ascending order, over the rows with a part of 0, 1 or 2.
    Under a split other than the released one a repeated pair counts once, at its first row: with
    one copy known and the other asked for, it could not be recommended.

    Args:
        name: what the data set is called.
        stored: the columns of the files.
        split: ``released``, or one of ``condrec.datasets.splits.RULES``.
        seed: which random split.
        more: further fields of the data set.

    Raises:
        CondrecError: no training row, an unknown split, or no times where the split needs them.
    """
    kept = stored.part >= 0
    if not (stored.part == 0).any():
        raise CondrecError(f"{name}: found no training row, expected index entries of 0")
    users, user = np.unique(stored.user[kept], return_inverse=True)
    items, item = np.unique(stored.item[kept], return_inverse=True)
    time = None if stored.time is None else stored.time[kept]
    rows = Interactions(user, item, np.ones(len(user), dtype=np.int64), time)
    if split == RELEASED:
        part = stored.part[kept]
        parts = (rows.where(part == 0), rows.where(part == 1), rows.where(part == 2))
    else:
        parts = split_interactions(first_of_pairs(rows), len(users), split, seed)
    dataset = Dataset(
        name=name,
        n_users=len(users),
        n_items=len(items),
        train=parts[0],
        validation=parts[1],
        test=parts[2],
        histories=no_histories(len(users)),
        protocol="full",
        data_split=split,
        **more,
    )
    return dataset, items


def read_magazine(split: str = RELEASED, everyone: bool = False) -> Dataset:
    """Return Amazon's magazine subscriptions with the split of Distill-CF.

    Users with fewer than 3 ratings are left out: 3,092 users and 1,305 items stay.  The released
    parts have 5,984, 436 and 6,269 rows, some of them repeated pairs (Sachdeva et al. 2022; Ni
    et al. 2019).

    Args:
        split: ``released``, or one of ``condrec.datasets.splits.RULES``.
        everyone: keep these users, in a split other than the released one: 72,098 users and 2,428
            items.

    Raises:
        CondrecError: missing, changed or malformed file, unknown split.
    """
    used = sources([f"magazine/{TABLE}", f"magazine/{INDEX}"])
    stored = read_stored("magazine")
    return build("magazine", _with_everyone(stored) if everyone else stored, split, sources=used)[0]


def is_distill_cf_folder(folder: Path) -> bool:
    """Whether a folder holds the two files of a Distill-CF data set."""
    return (folder / TABLE).is_file() and (folder / INDEX).is_file()


def read_distill_cf_folder(folder: Path, split: str = RELEASED, everyone: bool = False) -> Dataset:
    """Return a user's own data in the format of the Distill-CF repository.

    Args:
        folder: where ``total_data.hdf5`` (columns user, item and maybe rating, time) and
            ``index.npz`` lie; nothing but plain numbers is read from them.
        split: ``released``, or one of ``condrec.datasets.splits.RULES``.
        everyone: keep the users whom the index leaves out, in a split other than the released one.

    Raises:
        CondrecError: missing or malformed file, unknown split.
    """
    if not is_distill_cf_folder(folder):
        raise CondrecError(f"{folder}: found no data set, expected {TABLE} and {INDEX}")
    columns = _read_table(folder / TABLE, f"{folder}/{TABLE}")
    stored = _combine(columns, _read_index(folder / INDEX, f"{folder}/{INDEX}"), str(folder))
    used = {name: file_sha256(folder / name) for name in (TABLE, INDEX)}
    stored = _with_everyone(stored) if everyone else stored
    return build(str(folder), stored, split, sources=used)[0]
