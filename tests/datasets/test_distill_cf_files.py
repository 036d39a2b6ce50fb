from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from condrec.datasets import checksums, load_dataset, read_ml_1m
from condrec.datasets.distill_cf import INDEX, TABLE, read_distill_cf_folder, read_magazine
from condrec.datasets.files import DataFile
from condrec.datasets.filters import filtered
from condrec.datasets.movielens_1m import (
    FOLDER,
    MOVIES,
    RATINGS,
    read_ml_1m_movies,
    read_ml_1m_ratings,
)
from condrec.errors import CondrecError

Register = Callable[..., DataFile]
USER = [0, 0, 0, 5, 5, 5, 5, 2]
ITEM = [10, 30, 30, 30, 20, 10, 10, 99]
RATING = [5, 3, 1, 4, 4, 2, 2, 1]
TIME = [9, 8, 7, 1, 2, 3, 4, 5]
PART = [0, 0, 2, 1, 0, 2, 0, -1]
MOVIES_TEXT = "10::Ten (1999)::Drama|War\n20::Zwanzig ä::Comedy\n30::Thirty::Drama\n31::No::War\n"


def table(**columns: Any) -> bytes:
    stream = io.BytesIO()
    with h5py.File(stream, "w") as file:
        for name, values in columns.items():
            dtype = np.float32 if name == "rating" else np.int32
            file.create_dataset(name, data=np.array(values, dtype), compression="gzip")
    return stream.getvalue()


def index(part: Any, **more: Any) -> bytes:
    stream = io.BytesIO()
    np.savez_compressed(stream, data=np.array(part), **more)
    return stream.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    here = tmp_path / "mine"
    here.mkdir()
    (here / TABLE).write_bytes(table(user=USER, item=ITEM, rating=RATING, time=TIME))
    (here / INDEX).write_bytes(index(PART))
    return here


def test_a_folder_by_hand(folder: Path) -> None:
    dataset = load_dataset(str(folder))
    assert (dataset.n_users, dataset.n_items) == (2, 3)  # user 2 and item 99 are left out
    assert dataset.train.user.tolist() == [0, 0, 1, 1]
    assert dataset.train.item.tolist() == [0, 2, 1, 0]
    assert dataset.train.time is not None and dataset.train.time.tolist() == [9, 8, 2, 4]
    assert (dataset.validation.item.tolist(), dataset.test.item.tolist()) == ([2], [2, 0])
    assert (dataset.protocol, dataset.data_split) == ("full", "released")
    assert dataset.name == str(folder) and not dataset.histories.lengths.any()
    assert dataset.sources == checksums(str(folder))


def test_another_split_counts_a_repeated_pair_once(folder: Path) -> None:
    dataset = load_dataset(f"{folder}@leave-one-out")
    assert dataset.train.item.tolist() == [0, 2, 2]  # user 0 has two distinct items: all train
    assert (dataset.validation.item.tolist(), dataset.test.item.tolist()) == ([1], [0])
    (folder / TABLE).write_bytes(table(user=USER, item=ITEM))
    with pytest.raises(CondrecError, match="no time column"):
        load_dataset(f"{folder}@leave-one-out")
    assert load_dataset(str(folder)).train.time is None


@pytest.mark.parametrize(
    ("columns", "part", "words"),
    [
        ({"user": USER, "rating": RATING}, PART, "no column 'item', expected user and item"),
        ({"user": USER, "item": ITEM[1:]}, PART, "found columns of lengths"),
        ({"user": USER, "item": ITEM}, PART[1:], "found columns of lengths"),
        ({"user": USER, "item": [ITEM] * 8}, PART, "found no plain numbers in 'item'"),
        ({"user": USER, "item": ITEM}, [7] * 8, "expected a column of -1, 0, 1 and 2"),
        ({"user": USER, "item": ITEM}, [1.5] * 8, "expected a column of -1, 0, 1 and 2"),
        ({"user": USER, "item": ITEM}, [2] * 8, "found no training row"),
        ({"user": USER, "item": ITEM}, [], "expected a column of -1, 0, 1 and 2"),
    ],
)
def test_bad_columns_are_refused(
    columns: dict[str, Any], part: list[float], words: str, folder: Path
) -> None:
    (folder / TABLE).write_bytes(table(**columns))
    (folder / INDEX).write_bytes(index(part))
    with pytest.raises(CondrecError, match=words):
        read_distill_cf_folder(folder)


def test_real_numbers_as_ids_are_refused(folder: Path) -> None:
    with h5py.File(folder / TABLE, "w") as file:
        file["user"], file["item"] = np.array(USER, float), np.array(ITEM)
    with pytest.raises(CondrecError, match="found float64 in 'user', expected integers"):
        read_distill_cf_folder(folder)


def test_no_other_file_is_read_through_a_table(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(bytes(64))
    with h5py.File(folder / TABLE, "w") as file:
        file["user"] = np.array(USER)
        file.create_dataset("item", (8,), "i8", external=[(str(tmp_path / "secret"), 0, 64)])
    with pytest.raises(CondrecError, match="found no plain numbers in 'item'"):
        read_distill_cf_folder(folder)
    with h5py.File(folder / TABLE, "w") as file:
        file["user"] = np.array(USER)
        file["item"] = h5py.ExternalLink(str(tmp_path / "other.hdf5"), "item")
    with pytest.raises(CondrecError, match="found no column 'item'"):
        read_distill_cf_folder(folder)


@pytest.mark.parametrize("content", [b"", b"no hdf5", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_damaged_files_are_refused(content: bytes, folder: Path) -> None:
    good = (folder / TABLE).read_bytes()
    (folder / TABLE).write_bytes(content)
    with pytest.raises(CondrecError, match="expected HDF5; get it again"):
        read_distill_cf_folder(folder)
    (folder / TABLE).write_bytes(good)
    (folder / INDEX).write_bytes(content)
    with pytest.raises(CondrecError, match="expected an array 'data'; get it again"):
        read_distill_cf_folder(folder)


def test_a_pickle_in_the_index_is_refused(folder: Path) -> None:
    np.savez(folder / INDEX, data=np.array([{}], dtype=object))
    with pytest.raises(CondrecError, match="expected an array 'data'"):
        read_distill_cf_folder(folder)


def test_an_index_that_claims_too_much_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(folder / INDEX, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.npy", bytes(5_000))
    monkeypatch.setattr("condrec.datasets.distill_cf.MOST_ROWS", 100)
    with pytest.raises(CondrecError, match="expected at most 100 rows"):
        read_distill_cf_folder(folder)


def test_a_folder_without_the_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CondrecError, match="found no data set, expected total_data.hdf5 and"):
        load_dataset(str(tmp_path))


@pytest.fixture
def ml_1m(data_folder: Path, register: Register) -> Path:
    """The films of USER and ITEM as MovieLens-1M, whose raw users count from 1."""
    content = {
        f"{FOLDER}/{TABLE}": table(user=USER, item=ITEM, rating=RATING),
        f"{FOLDER}/{INDEX}": index(PART),
        MOVIES: MOVIES_TEXT.encode("latin-1"),
    }
    (data_folder / FOLDER).mkdir(parents=True)
    for path, each in content.items():
        register(path, each)
        (data_folder / path).write_bytes(each)
    return data_folder


def ratings_text() -> str:
    rows = zip(USER, ITEM, RATING, TIME, strict=True)
    return "".join(f"{user + 1}::{item}::{rating}::{time}\n" for user, item, rating, time in rows)


def test_ml_1m_by_hand(ml_1m: Path) -> None:
    dataset = read_ml_1m()
    assert dataset.titles == ("Ten (1999)", "Zwanzig ä", "Thirty")
    assert dataset.categories == ("Drama, War", "Comedy", "Drama")
    assert set(dataset.sources) == {MOVIES, f"{FOLDER}/{TABLE}", f"{FOLDER}/{INDEX}"}
    (ml_1m / MOVIES).unlink()
    dataset = read_ml_1m()
    assert (dataset.titles, dataset.categories) == ((), ())
    assert MOVIES not in dataset.sources


def test_times_of_ml_1m_come_from_the_official_ratings(ml_1m: Path) -> None:
    with pytest.raises(CondrecError, match="ratings.dat: found nothing.*choose random-80-10-10"):
        read_ml_1m("leave-one-out")
    (ml_1m / RATINGS).write_text(ratings_text())
    dataset = read_ml_1m("leave-one-out")
    assert dataset.test.time is not None and dataset.test.time.tolist() == [3]
    assert dataset.titles[dataset.test.item[0]] == "Ten (1999)"
    assert set(dataset.sources) >= {RATINGS}
    (ml_1m / RATINGS).write_text(ratings_text().replace("1::30::3", "1::30::4"))
    with pytest.raises(CondrecError, match="found other ratings than in"):
        read_ml_1m("leave-one-out")


def test_the_official_ratings_are_filtered(data_folder: Path, register: Register) -> None:
    """Five users rate the same five films, one of them a sixth; times run against the file."""
    user = [*np.repeat(np.arange(5), 5).tolist(), 0]
    item = [*[10, 20, 30, 40, 50] * 5, 60]
    time = list(range(len(user), 0, -1))
    (data_folder / FOLDER).mkdir(parents=True)
    for path, content in {
        f"{FOLDER}/{TABLE}": table(user=user, item=item, rating=[4] * len(user)),
        f"{FOLDER}/{INDEX}": index([0] * len(user)),
        MOVIES: "".join(f"{i}::Film {i}::Drama\n" for i in range(10, 70, 10)).encode(),
    }.items():
        register(path, content)
        (data_folder / path).write_bytes(content)
    (data_folder / RATINGS).write_text(
        "".join(f"{u + 1}::{i}::4::{t}\n" for u, i, t in zip(user, item, time, strict=True))
    )
    whole = read_ml_1m("leave-one-out")
    assert (whole.n_items, whole.test.item.tolist()) == (6, [0] * 5)
    dataset = filtered(whole, "leave-one-out-5-5")
    assert dataset.titles == tuple(f"Film {i}" for i in (10, 20, 30, 40, 50))
    assert (dataset.test.item.tolist(), dataset.validation.item.tolist()) == ([0] * 5, [1] * 5)
    assert len(dataset.train) == 15 and RATINGS in dataset.sources


def test_official_ratings_by_hand() -> None:
    assert read_ml_1m_ratings(b"1::1193::5::978300760\n2::6::1::3\n").tolist() == [
        [1, 1193, 5, 978300760],
        [2, 6, 1, 3],
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"1::2::3::4\n1::2::3\n", "line 2: found '1::2::3', expected UserID"),
        (b"1::2::x::4\n", "line 1"),
        (b"1::2::-3::4\n", "line 1"),
        (b"1::2::3::" + b"9" * 30, "line 1"),
        (b"", "found no line"),
    ],
)
def test_malformed_ratings_are_refused(text: bytes, words: str) -> None:
    with pytest.raises(CondrecError, match=words):
        read_ml_1m_ratings(text)


@pytest.mark.parametrize("text", [b"1::a\n", b"x::a::b\n", b"1::a::b\n1::c::d\n"])
def test_malformed_movies_are_refused(text: bytes) -> None:
    with pytest.raises(CondrecError, match="movies.dat: line [12]"):
        read_ml_1m_movies(text)


def test_a_rated_movie_without_title_is_refused(ml_1m: Path, register: Register) -> None:
    from condrec.datasets import movielens_1m

    titles = movielens_1m.read_ml_1m_movies(MOVIES_TEXT.encode("latin-1"))
    titles[0].pop(20)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(movielens_1m, "read_ml_1m_movies", lambda _: titles)
        with pytest.raises(CondrecError, match="found no movie 20"):
            read_ml_1m()


def test_the_real_ml_1m(real_data: Path) -> None:
    dataset = read_ml_1m()
    assert (dataset.n_users, dataset.n_items) == (6_040, 3_706)
    sizes = [len(rows) for rows in (dataset.train, dataset.validation, dataset.test)]
    assert sizes == [791_718, 99_692, 108_799]
    assert dataset.titles[0] == "Toy Story (1995)"
    assert dataset.train.time is None


def test_the_real_magazine(real_data: Path) -> None:
    dataset = read_magazine()
    assert (dataset.n_users, dataset.n_items) == (3_092, 1_305)
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [len(rows) for rows in parts] == [5_984, 436, 6_269]
    assert len(np.unique(dataset.train.user * 1_305 + dataset.train.item)) == 5_934
    assert all(rows.time is not None for rows in parts)
    later = read_magazine("time-80-10-10")
    assert sum(len(rows) for rows in (later.train, later.validation, later.test)) == 12_217
