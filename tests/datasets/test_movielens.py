from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from condrec.datasets import Dataset, read_ml_100k
from condrec.datasets.files import DataFile
from condrec.datasets.movielens import ITEMS, RATINGS, read_movies
from condrec.errors import CondrecError

Register = Callable[..., DataFile]
MOVIES = (
    "1|Toy Tale (1995)|01-Jan-1995||http://x|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
    "2|Amélie (2001)|||http://x|0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0\n"
)


@pytest.fixture
def write(data_folder: Path, register: Register) -> Callable[[str, str], None]:
    (data_folder / "ml-100k").mkdir()

    def put(path: str, text: str) -> None:
        content = text.encode("latin-1")
        register(path, content)
        (data_folder / path).write_bytes(content)

    return put


def test_movies_by_hand(write: Callable[[str, str], None]) -> None:
    write(ITEMS, MOVIES)
    assert read_movies() == (
        ("Toy Tale (1995)", "Amélie (2001)"),
        ("Animation, Children's, Comedy", "Drama"),
    )


@pytest.mark.parametrize("text", ["1|a|b\n", MOVIES.replace("2|", "3|", 1)])
def test_malformed_movies_are_refused(text: str, write: Callable[[str, str], None]) -> None:
    write(ITEMS, text)
    with pytest.raises(CondrecError, match=r"u\.item: line \d: expected movie"):
        read_movies()


@pytest.mark.parametrize("text", ["1\t1\t5\n", "1\t1\tnan\t9\n", "1\t1\t5\t9\n1\t1\n", ""])
def test_malformed_ratings_are_refused(text: str, write: Callable[[str, str], None]) -> None:
    write(ITEMS, MOVIES)
    write(RATINGS, text)
    with pytest.raises(CondrecError, match=r"u\.data: "):
        read_ml_100k()


@pytest.mark.parametrize(("line", "words"), [("1\t3\t5\t9\n", "item: found id 2")])
def test_a_movie_out_of_range_is_refused(
    line: str, words: str, write: Callable[[str, str], None]
) -> None:
    write(ITEMS, MOVIES)
    write(RATINGS, "1\t1\t5\t1\n" * 5 + line)
    with pytest.raises(CondrecError, match=words):
        read_ml_100k()


def test_a_user_numbered_0_is_refused(write: Callable[[str, str], None]) -> None:
    write(ITEMS, MOVIES)
    write(RATINGS, "0\t1\t5\t1\n")
    with pytest.raises(CondrecError, match="found user 0, expected ids from 1"):
        read_ml_100k()


def test_every_rating_counts_as_positive(write: Callable[[str, str], None]) -> None:
    # One user, 30 movies rated in reverse order of their ids; every third is disliked.
    write(ITEMS, "".join(f"{i}|M{i}|||{'|0' * 19}\n" for i in range(1, 31)))
    write(RATINGS, "".join(f"1\t{i}\t{3 if i % 3 == 0 else 4}\t{100 - i}\n" for i in range(1, 31)))
    dataset = read_ml_100k()
    splits = (dataset.train, dataset.validation, dataset.test)
    assert [len(rows) for rows in splits] == [24, 3, 3]
    assert sorted(np.concatenate([rows.item for rows in splits]).tolist()) == list(range(30))
    for rows in splits:
        assert (rows.label == 1).all()
        assert rows.time is not None and rows.time.tolist() == [99 - i for i in rows.item]
    assert (dataset.protocol, dataset.histories.lengths.tolist()) == ("full", [0])
    assert read_ml_100k("leave-one-out").test.item.tolist() == [0]


@pytest.fixture(scope="module")
def real(real_data: Path) -> Dataset:
    return read_ml_100k()


def test_every_real_rating_is_in_one_place(real: Dataset) -> None:
    splits = (real.train, real.validation, real.test)
    assert [len(rows) for rows in splits] == [80_808, 9_596, 9_596]
    pairs = [rows.user * 1682 + rows.item for rows in splits]
    assert len(np.unique(np.concatenate(pairs))) == 100_000
    assert (real.n_users, real.n_items) == (943, 1682)


def test_the_split_depends_on_the_seed_alone(real: Dataset) -> None:
    again, other = read_ml_100k(), read_ml_100k(seed=1)
    assert np.array_equal(again.test.item, real.test.item)
    assert not np.array_equal(other.test.item, real.test.item)
    assert real.titles[0].endswith("(1995)")
    assert set(real.sources) == {RATINGS, ITEMS}
