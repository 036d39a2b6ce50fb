"""Ciao, products and their ratings, as Tang et al. publish it in the format of MATLAB."""

from __future__ import annotations

import io
import zlib

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.distill_cf import Stored, build
from condrec.datasets.files import open_data_file, sources
from condrec.datasets.splits import RULES
from condrec.datasets.types import Dataset
from condrec.errors import CondrecError, unknown_name

IntArray = NDArray[np.int64]
RATINGS, VARIABLE = "ciao/rating_with_timestamp.mat", "rating"
# The columns that are used, with the least and the greatest value of each.
COLUMNS = {
    0: ("user", 1, 2**31),
    1: ("product", 1, 2**31),
    3: ("rating", 0, 5),
    5: ("time", 0, 2**40),
}
WIDTH = 6
LIKED = 3


def read_ciao_ratings(content: bytes) -> IntArray:
    """Return user, product, rating and time of every row, shape [n_ratings, 4].

    The reader of scipy makes arrays only; no pickle is loaded and nothing in the file is run.

    Args:
        content: a MATLAB 5.0 file whose matrix ``rating`` has the columns user, product,
            category, rating (0 to 5), helpfulness and time (seconds since 1970).

    Raises:
        CondrecError: another format, a damaged file, another shape, a value out of range.
    """
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    if not content.startswith(b"MATLAB 5.0 MAT-file"):
        raise CondrecError(
            f"{RATINGS}: found another format, expected a MATLAB 5.0 file; get it again"
        )
    try:
        table = loadmat(io.BytesIO(content), variable_names=[VARIABLE]).get(VARIABLE)
    except (MatReadError, ValueError, TypeError, LookupError, OSError, zlib.error) as error:
        raise CondrecError(
            f"{RATINGS}: found a damaged file ({error}), expected a matrix {VARIABLE!r}; get it "
            "again"
        ) from None
    if not isinstance(table, np.ndarray) or table.dtype.kind not in "iuf":
        raise CondrecError(f"{RATINGS}: found no numbers in {VARIABLE!r}, expected a matrix")
    if table.ndim != 2 or table.shape[1] != WIDTH or not len(table):
        raise CondrecError(
            f"{RATINGS}: found a matrix of shape {table.shape}, expected rows of {WIDTH} columns"
        )
    for place, (name, least, greatest) in COLUMNS.items():
        column = table[:, place]
        # A comparison with NaN is false, so NaN is out of range.
        bad = ~((column >= least) & (column <= greatest) & (column == np.floor(column)))
        if bad.any():
            row = int(np.argmax(bad))
            raise CondrecError(
                f"{RATINGS}: row {row + 1}: found {name} {column[row]}, expected a whole number "
                f"from {least} to {greatest}"
            )
    return table[:, list(COLUMNS)].astype(np.int64)


def read_ciao(split: str = "random-80-10-10", seed: int = 0) -> Dataset:
    """Return Ciao as implicit feedback: every rating of 3 or more counts as positive.

    The filter of DConRec (Wu et al. 2023; Tang et al. 2012): of 284,086 ratings those below 3
    are left out, the 34 of 0 among them.  Of a repeated pair of user and product the first row is
    then kept.  The users and products that remain are numbered from 0 in the order of their ids
    in the file: 7,375 users, 99,582 products, 257,406 rows with times (to the day).

    Args:
        split: one of ``condrec.datasets.splits.RULES``.
        seed: which random split.

    Raises:
        CondrecError: missing, changed or malformed file, unknown split.
    """
    if split not in RULES:
        raise unknown_name("split", split, RULES)
    user, product, rating, time = read_ciao_ratings(open_data_file(RATINGS)).T
    part = np.where(rating >= LIKED, 0, -1)
    if not (part == 0).any():
        raise CondrecError(f"{RATINGS}: found no rating of {LIKED} or more, expected some")
    stored = Stored(user, product, part, time=time)
    return build("ciao", stored, split, seed, sources=sources([RATINGS]))[0]
