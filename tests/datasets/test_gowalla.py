from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from condrec.datasets import Dataset, load_dataset, read_gowalla
from condrec.datasets.files import DataFile
from condrec.datasets.gowalla import FILES, read_item_lists
from condrec.errors import CondrecError

Register = Callable[..., DataFile]
Write = Callable[[str, str, str], None]
TRAIN, VALID, TEST = "0 0 1\n1 2\n", "0 2\n1 0\n", "1 1 3\n"


@pytest.fixture
def write(data_folder: Path, register: Register) -> Write:
    (data_folder / "gowalla").mkdir()

    def put(*texts: str) -> None:
        for path, text in zip(FILES, texts, strict=True):
            register(path, text.encode())
            (data_folder / path).write_text(text)

    return put


def pairs(dataset: Dataset) -> list[list[tuple[int, int]]]:
    parts = (dataset.train, dataset.validation, dataset.test)
    return [list(zip(rows.user.tolist(), rows.item.tolist(), strict=True)) for rows in parts]


def test_a_line_is_a_user_and_his_items() -> None:
    user, item = read_item_lists(b"7 3 12 5\n0 1 \r\n", "here")
    assert user.tolist() == [7, 7, 7, 0]
    assert item.tolist() == [3, 12, 5, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0 1\n1\n", "here: line 2: found '1', expected a user and then his items"),
        ("0 1\n\n1 2\n", "line 2: found ''"),
        ("0 x\n", "line 1: found '0 x'"),
        ("0 -1\n", "line 1: found '0 -1'"),
        ("0,1\n", "line 1"),
        ("0 1.5\n", "line 1"),
        ("0 1 99999999999\n", "line 1"),
        ("0 1\n1 2\n0 3\n", "line 3: found user 0 again, expected one line a user"),
        ("", "here: found no line"),
    ],
)
def test_malformed_lines_are_refused(text: str, words: str) -> None:
    with pytest.raises(CondrecError, match=words):
        read_item_lists(text.encode(), "here")


def test_the_released_split_by_hand(write: Write) -> None:
    write(TRAIN, VALID, TEST)
    dataset = read_gowalla("released")
    assert (dataset.n_users, dataset.n_items) == (2, 4)
    assert pairs(dataset) == [[(0, 0), (0, 1), (1, 2)], [(0, 2), (1, 0)], [(1, 1), (1, 3)]]
    assert (dataset.name, dataset.protocol, dataset.data_split) == ("gowalla", "full", "released")
    assert dataset.train.time is None and (dataset.train.label == 1).all()
    assert set(dataset.sources) == set(FILES)


def test_another_split_cuts_the_pairs_of_all_files(write: Write) -> None:
    write(*[f"0 {' '.join(map(str, range(i, i + 10)))}\n" for i in (0, 10, 20)])
    dataset = read_gowalla()
    assert [len(part) for part in pairs(dataset)] == [24, 3, 3]
    assert sorted(pair for part in pairs(dataset) for pair in part) == [(0, i) for i in range(30)]
    assert dataset.data_split == "random-80-10-10"
    assert pairs(dataset) == pairs(read_gowalla()) != pairs(read_gowalla(seed=1))


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ((TRAIN, VALID, "1 4\n"), "found no item 3 beside item 4, expected ids from 0"),
        ((TRAIN, VALID, "3 1\n"), "found no user 2 beside user 3"),
        ((TRAIN, VALID, "1 999999999\n"), "found no item 3 beside item 999999999"),
        ((TRAIN, VALID, "1 3 2\n"), "found user 1 with item 2 twice"),
        (("0 0 1 0\n", "0 2\n", "0 3\n"), "found user 0 with item 0 twice"),
        ((TRAIN, "", TEST), "gowalla/valid.txt: found no line"),
    ],
)
def test_files_that_do_not_fit_are_refused(
    texts: tuple[str, str, str], words: str, write: Write
) -> None:
    write(*texts)
    with pytest.raises(CondrecError, match=words):
        read_gowalla()


def test_a_split_that_cannot_be_had_is_refused(write: Write) -> None:
    write(TRAIN, VALID, TEST)
    with pytest.raises(CondrecError, match="no time column, expected one; choose random-80-10-10"):
        read_gowalla("leave-one-out")
    with pytest.raises(CondrecError, match="unknown split 'random'"):
        read_gowalla("random")


def numbered(dataset: Dataset) -> list[NDArray[np.int64]]:
    """Return one number a pair, for train, validation and test."""
    parts = (dataset.train, dataset.validation, dataset.test)
    return [rows.user * dataset.n_items + rows.item for rows in parts]


@pytest.fixture(scope="module")
def real(real_data: Path) -> Dataset:
    if not (real_data / "gowalla").is_dir():
        pytest.skip("CONDREC_DATA holds no gowalla")
    return load_dataset("gowalla@released")


def test_the_real_released_split(real: Dataset) -> None:
    parts = (real.train, real.validation, real.test)
    assert [len(rows) for rows in parts] == [719_081, 91_047, 217_242]
    assert len(real.train) + len(real.validation) == 810_128
    assert (real.n_users, real.n_items) == (29_858, 40_981)
    assert pairs(real)[0][:3] == [(0, 0), (0, 1), (0, 2)]  # as in the file: ids are kept


def test_real_users_and_places_have_ten_pairs_but_one(real: Dataset) -> None:
    parts = (real.train, real.validation, real.test)
    per_user = np.bincount(np.concatenate([rows.user for rows in parts]))
    assert np.sort(per_user)[:2].tolist() == [9, 10]
    assert np.bincount(np.concatenate([rows.item for rows in parts])).min() == 10


def test_the_real_random_split_holds_the_same_pairs(real: Dataset) -> None:
    dataset = load_dataset("gowalla")
    assert dataset.data_split == "random-80-10-10"
    keys = [np.sort(np.concatenate(numbered(each))) for each in (real, dataset)]
    assert np.array_equal(*keys)
    assert len(np.unique(keys[0])) == 1_027_370
    tenth = np.bincount(keys[0] // real.n_items) // 10
    for rows in (dataset.validation, dataset.test):
        assert np.array_equal(np.bincount(rows.user, minlength=real.n_users), tenth)
