from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from condrec.datasets import available, checksums, load_dataset, read_ml_20m
from condrec.datasets.files import file_sha256
from condrec.datasets.movielens_20m import RATINGS, read_ml_20m_ratings
from condrec.errors import CondrecError

HEADER = "userId,movieId,rating,timestamp\n"
TEXT = HEADER + "1,50,3.5,500\n1,20,3.0,700\n1,2,2.5,900\n4,50,5.0,100\n1,9,4,600\n7,8,0.5,1\n"


@pytest.fixture
def ratings(data_folder: Path) -> Path:
    (data_folder / "ml-20m").mkdir()
    (data_folder / RATINGS).write_text(TEXT)
    return data_folder / RATINGS


def test_ratings_of_3_or_more_stay(ratings: Path) -> None:
    dataset = load_dataset("ml-20m@leave-one-out")
    # Users 1, 4 and films 9, 20, 50 are numbered in this order; the other rows are disliked.
    assert (dataset.n_users, dataset.n_items) == (2, 3)
    assert dataset.train.user.tolist() == [0, 1]
    assert dataset.train.item.tolist() == [2, 2]
    assert (dataset.validation.item.tolist(), dataset.test.item.tolist()) == ([0], [1])
    assert dataset.test.time is not None and dataset.test.time.tolist() == [700]
    assert (dataset.protocol, dataset.data_split) == ("full", "leave-one-out")
    assert dataset.sources == checksums("ml-20m") == {RATINGS: file_sha256(ratings)}


def test_the_file_may_be_gzipped(ratings: Path) -> None:
    plain = read_ml_20m()
    ratings.with_name("ratings.csv.gz").write_bytes(gzip.compress(ratings.read_bytes()))
    ratings.unlink()
    packed = load_dataset("ml-20m")
    assert packed.train.item.tolist() == plain.train.item.tolist() == [2, 1, 2, 0]
    assert packed.data_split == "random-80-10-10"


def test_a_missing_file_says_where_it_comes_from(data_folder: Path) -> None:
    with pytest.raises(CondrecError, match="ml-20m/ratings.csv: found nothing in .*ml-20m.zip"):
        read_ml_20m()
    assert checksums("ml-20m") == {RATINGS: ""}


def test_it_is_here_only_with_its_file(data_folder: Path) -> None:
    def shown() -> tuple[bool, bool, int, int]:
        info = next(info for info in available() if info.name == "ml-20m")
        return info.readable, info.here, info.present, info.expected

    assert shown() == (True, False, 0, 1)
    (data_folder / "ml-20m").mkdir()
    (data_folder / RATINGS).write_text(TEXT)
    assert shown() == (True, True, 1, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found no header"),
        ("userId,movieId,timestamp\n1,2,3\n", "found no rating column"),
        (HEADER, "found no rating of 3 or more"),
        (HEADER + "1,2,2.5,3\n", "found no rating of 3 or more"),
        (HEADER + "1,2,4.0\n", "line 2: found 3 fields, expected 4"),
        (HEADER + "1,2,4.0,5\n1,x,4.0,5\n", "line 3: found item 'x', expected a whole number"),
        (HEADER + "-1,2,4.0,5\n", "line 2: found user '-1'"),
        (HEADER + "1,2,1.0,5.5\n", "line 2: found time '5.5'"),
        (HEADER + "1,2,6,5\n", "line 2: found rating '6', expected 0.5 to 5"),
        (HEADER + "1,2,nan,5\n", "line 2: found rating 'nan'"),
        (HEADER + "1,2,,5\n", "line 2: found rating ''"),
    ],
)
def test_malformed_files_are_refused(text: str, words: str, ratings: Path) -> None:
    ratings.write_text(text)
    with pytest.raises(CondrecError, match=words):
        read_ml_20m_ratings(ratings)


@pytest.mark.parametrize("split", ["released", "random"])
def test_an_unknown_split_is_refused(split: str) -> None:
    with pytest.raises(CondrecError, match=f"unknown split '{split}'"):
        read_ml_20m(split)
