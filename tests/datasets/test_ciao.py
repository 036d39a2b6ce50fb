from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.io import savemat
from scipy.sparse import csc_matrix

from condrec.datasets import Dataset, load_dataset, read_ciao
from condrec.datasets.ciao import RATINGS, VARIABLE, read_ciao_ratings
from condrec.datasets.files import DataFile, open_data_file
from condrec.errors import CondrecError

Register = Callable[..., DataFile]
# user, product, category, rating, helpfulness, time
ROWS = [
    [9, 40, 1, 5, 3, 700],
    [2, 70, 1, 3, 0, 500],
    [2, 40, 6, 2, 5, 600],  # below 3
    [5, 90, 6, 0, 5, 600],  # no rating: user 5 and product 90 are left out
    [9, 40, 1, 4, 3, 300],  # again, later in the file
    [9, 70, 1, 4, 3, 100],
    [9, 10, 1, 3, 3, 900],
    [2, 10, 2, 1, 3, 800],  # below 3, before the same pair with a 5
    [2, 10, 2, 5, 3, 850],
]


def matlab(rating: Any = ROWS, **more: Any) -> bytes:
    stream = io.BytesIO()
    savemat(stream, {VARIABLE: rating, **more}, do_compression=True)
    return stream.getvalue()


@pytest.fixture
def write(data_folder: Path, register: Register) -> Callable[[bytes], None]:
    (data_folder / "ciao").mkdir()

    def put(content: bytes) -> None:
        register(RATINGS, content)
        (data_folder / RATINGS).write_bytes(content)

    return put


def test_the_columns_by_hand() -> None:
    table = read_ciao_ratings(matlab(np.array(ROWS[:2], dtype=np.float64)))
    assert table.tolist() == [[9, 40, 5, 700], [2, 70, 3, 500]]
    assert table.dtype == np.int64


def test_ratings_of_3_or_more_stay_and_of_a_pair_the_first(
    write: Callable[[bytes], None],
) -> None:
    write(matlab())
    dataset = read_ciao("leave-one-out")
    # Users 2, 9 and products 10, 40, 70 are numbered in this order; 5 and 90 are gone.
    assert (dataset.n_users, dataset.n_items) == (2, 3)
    assert dataset.train.user.tolist() == [0, 1, 0]
    assert dataset.train.item.tolist() == [2, 2, 0]
    assert dataset.train.time is not None and dataset.train.time.tolist() == [500, 100, 850]
    # Of user 9 with product 40 the first row counts, not the one of time 300.
    assert (dataset.validation.item.tolist(), dataset.test.item.tolist()) == ([1], [0])
    assert dataset.validation.time is not None and dataset.validation.time.tolist() == [700]
    assert (dataset.name, dataset.protocol, dataset.data_split) == ("ciao", "full", "leave-one-out")
    assert set(dataset.sources) == {RATINGS}


@pytest.mark.parametrize(
    ("rating", "words"),
    [
        ([row[:5] for row in ROWS], r"found a matrix of shape \(9, 5\), expected rows of 6"),
        (np.zeros((0, 6)), r"found a matrix of shape \(0, 6\)"),
        (np.ones((3, 6, 2)), r"found a matrix of shape \(3, 6, 2\)"),
        ("text", "found no numbers in 'rating'"),
        (np.array([{}], dtype=object), "found no numbers"),
        (csc_matrix(np.ones((2, 6))), "found no numbers"),
        (np.ones((2, 6)) * 1j, "found no numbers"),
        ([[0, 1, 1, 1, 1, 1]], "row 1: found user 0, expected a whole number from 1"),
        ([ROWS[0], [1, 0, 1, 1, 1, 1]], "row 2: found product 0"),
        ([[1, 1, 1, 6, 1, 1]], "row 1: found rating 6, expected a whole number from 0 to 5"),
        ([[1, 1, 1, 3.5, 1, 1]], "row 1: found rating 3.5"),
        ([[1, np.nan, 1, 3, 1, 1]], "row 1: found product nan"),
        ([[np.inf, 1, 1, 3, 1, 1]], "row 1: found user inf"),
        ([[1e300, 1, 1, 3, 1, 1]], "row 1: found user 1e"),
        ([[1, 1, 1, 3, 1, -1]], "row 1: found time -1"),
    ],
)
def test_other_matrices_are_refused(rating: Any, words: str) -> None:
    with pytest.raises(CondrecError, match=words):
        read_ciao_ratings(matlab(rating))


def test_a_file_without_the_matrix_is_refused() -> None:
    stream = io.BytesIO()
    savemat(stream, {"other": np.ones((2, 6))})
    with pytest.raises(CondrecError, match="found no numbers in 'rating', expected a matrix"):
        read_ciao_ratings(stream.getvalue())


@pytest.mark.parametrize("content", [b"", b"no matrix", b"MATLAB 7.3 MAT-file" + bytes(200)])
def test_another_format_is_refused(content: bytes) -> None:
    with pytest.raises(CondrecError, match="found another format, expected a MATLAB 5.0 file"):
        read_ciao_ratings(content)


@pytest.mark.parametrize("length", [30, 128, 132, 150, -20])
def test_a_cut_file_is_refused(length: int) -> None:
    with pytest.raises(CondrecError, match="ciao/rating_with_timestamp.mat: found"):
        read_ciao_ratings(matlab()[:length])


def test_nothing_liked_is_refused(write: Callable[[bytes], None]) -> None:
    write(matlab([[1, 1, 1, 2, 1, 1]]))
    with pytest.raises(CondrecError, match="found no rating of 3 or more"):
        read_ciao()


@pytest.mark.parametrize("split", ["released", "random"])
def test_an_unknown_split_is_refused(split: str) -> None:
    with pytest.raises(CondrecError, match=f"unknown split '{split}'"):
        read_ciao(split)


@pytest.fixture(scope="module")
def real(real_data: Path) -> Dataset:
    if not (real_data / "ciao").is_dir():
        pytest.skip("CONDREC_DATA holds no ciao")
    return load_dataset("ciao")


def test_the_real_ratings(real: Dataset) -> None:
    table = read_ciao_ratings(open_data_file(RATINGS))
    assert table.shape == (284_086, 4)
    assert [len(np.unique(table[:, i])) for i in (0, 1)] == [7_375, 105_114]
    assert np.bincount(table[:, 2])[0] == 34
    pairs = table[:, 0] * 200_000 + table[:, 1]
    assert len(table) - len(np.unique(pairs)) == 1_436


@pytest.mark.parametrize(
    ("split", "sizes"),
    [
        ("random-80-10-10", [212_966, 22_220, 22_220]),
        ("time-80-10-10", [212_966, 22_220, 22_220]),
        ("leave-one-out", [257_406 - 2 * 7_372, 7_372, 7_372]),
    ],
)
def test_the_real_splits_hold_the_liked_pairs(real: Dataset, split: str, sizes: list[int]) -> None:
    dataset = load_dataset(f"ciao@{split}")
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [len(rows) for rows in parts] == sizes
    assert all(rows.time is not None for rows in parts)
    assert (dataset.n_users, dataset.n_items) == (7_375, 99_582)
    keys = np.concatenate([rows.user * dataset.n_items + rows.item for rows in parts])
    assert len(np.unique(keys)) == 257_406
