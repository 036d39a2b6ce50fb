from __future__ import annotations

from pathlib import Path

import pytest

from condrec.datasets import available, embedded, load_dataset
from condrec.errors import CondrecError


def test_a_data_set_is_loaded_by_name() -> None:
    assert load_dataset("embedded").titles == embedded().titles


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(CondrecError, match=r"unknown data set 'ml-100'.*did you mean 'ml-100k'"):
        load_dataset("ml-100")


@pytest.mark.parametrize("name", ["ml-1m", "gowalla", "tfdcon-goodreads", "mind-large"])
def test_a_name_without_reader_says_where_the_data_come_from(name: str) -> None:
    with pytest.raises(CondrecError, match="has no reader for it.*official page is https://"):
        load_dataset(name)


@pytest.mark.parametrize("name", ["ml-100k", "tfdcon-movielens"])
def test_missing_files_say_how_to_fetch_them(name: str, data_folder: Path) -> None:
    with pytest.raises(CondrecError, match=f"run `condrec fetch {name}`"):
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
    assert not shown["mind-large"].readable and not shown["mind-large"].here
