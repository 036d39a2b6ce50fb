from __future__ import annotations

from pathlib import Path

import pytest

from condrec.datasets import available, checksums, embedded, fetch, load_dataset, split_name
from condrec.errors import CondrecError


def test_a_data_set_is_loaded_by_name() -> None:
    assert load_dataset("embedded").titles == embedded().titles
    assert load_dataset("embedded-implicit").titles == embedded().titles
    assert load_dataset("embedded-sequences").data_split == "leave-one-out"


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(CondrecError, match=r"unknown data set 'ml-100'.*did you mean 'ml-100k'"):
        load_dataset("ml-100")


@pytest.mark.parametrize("name", ["dianping", "douban", "netflix"])
def test_a_name_without_reader_says_where_the_data_come_from(name: str) -> None:
    with pytest.raises(CondrecError, match="has no reader for it.*official page is https://"):
        load_dataset(name)


@pytest.mark.parametrize(
    "name",
    [
        *("ciao", "goodreads-8749", "gowalla", "ml-100k", "ml-1m", "magazine"),
        *("mind-small-sample", "tfdcon-goodreads", "tfdcon-movielens"),
    ],
)
def test_missing_files_say_how_to_fetch_them(name: str, data_folder: Path) -> None:
    # Files that several data sets share are fetched with any of them.
    with pytest.raises(CondrecError, match="run `condrec fetch [a-z]"):
        load_dataset(name)


def test_available_says_what_is_here(data_folder: Path) -> None:
    shown = {info.name: info for info in available()}
    assert shown["embedded"].here
    assert not shown["ml-100k"].here and shown["ml-100k"].readable
    assert shown["ml-100k"].present == 0
    (data_folder / "ml-100k").mkdir()
    (data_folder / "ml-100k" / "u.data.gz").write_bytes(b"")
    shown = {info.name: info for info in available()}
    assert (shown["ml-100k"].present, shown["ml-100k"].expected) == (1, 3)
    assert (shown["mind-large"].present, shown["mind-large"].expected) == (0, 4)
    assert not shown["mind-large"].here and not shown["netflix"].readable


def test_a_name_may_carry_a_split() -> None:
    dataset = load_dataset("embedded-implicit@leave-one-out")
    assert dataset.name == "embedded-implicit@leave-one-out"
    assert dataset.data_split == "leave-one-out"
    assert checksums(dataset.name) == checksums("embedded-implicit")
    assert split_name("a@b@time-80-10-10") == ("a@b", "time-80-10-10")
    assert split_name("embedded") == ("embedded", None)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("embedded-implicit@leave-one", "unknown split 'leave-one'.*did you mean 'leave-one-out'"),
        ("embedded-implicit@released", "unknown split 'released'"),
        ("ml-100k@", "unknown split ''"),
        ("ciao@released", "unknown split 'released'"),
        ("ml-20m@released", "unknown split 'released'"),
        ("embedded@leave-one-out", "its split is fixed; ask for embedded"),
        ("tfdcon-movielens@random-80-10-10", "its split is fixed"),
        ("ml-100@leave-one-out", "did you mean 'ml-100k'"),
        ("@leave-one-out", "unknown data set ''"),
    ],
)
def test_a_split_that_cannot_be_had_is_refused(name: str, words: str) -> None:
    with pytest.raises(CondrecError, match=words):
        load_dataset(name)


def test_a_path_is_a_data_set(tmp_path: Path) -> None:
    path = tmp_path / "ratings@home.csv"
    path.write_text("user,item,time\n" + "".join(f"u,i{i},{i}\n" for i in range(4)))
    dataset = load_dataset(f"{path}@leave-one-out")
    assert dataset.name == f"{path}@leave-one-out"
    assert dataset.test.item.tolist() == [3]
    assert checksums(dataset.name) == dataset.sources == checksums(str(path))
    with pytest.raises(CondrecError, match="unknown split 'released'"):
        load_dataset(f"{path}@released")


@pytest.mark.parametrize("name", ["absent.csv", "no/where", "absent.inter.gz@leave-one-out"])
def test_a_path_that_does_not_exist_is_refused(name: str, tmp_path: Path) -> None:
    for function in (load_dataset, checksums):
        with pytest.raises(CondrecError, match="found no .*correct the path"):
            function(str(tmp_path / name))


def test_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ratings.txt").write_text("")
    with pytest.raises(CondrecError, match=r"expected \.csv, \.tsv or \.inter"):
        load_dataset(str(tmp_path / "ratings.txt"))


@pytest.mark.parametrize("name", ["dianping", "douban", "ml-20m", "netflix"])
def test_data_had_by_hand_say_so(name: str) -> None:
    with pytest.raises(CondrecError, match="cannot be fetched.*by hand.*https://"):
        fetch(name)


def test_the_times_of_ml_1m_are_part_of_its_checksums(data_folder: Path) -> None:
    assert checksums("ml-1m@random-80-10-10") == checksums("ml-1m")
    assert checksums("ml-1m@leave-one-out-5-5") == checksums("ml-1m@leave-one-out")
    before = checksums("ml-1m@leave-one-out")
    assert before == checksums("ml-1m") | {"ml-1m/ratings.dat": ""}
    (data_folder / "ml-1m").mkdir()
    (data_folder / "ml-1m" / "ratings.dat").write_text("1::1::1::1\n")
    assert len(checksums("ml-1m@leave-one-out")["ml-1m/ratings.dat"]) == 64
