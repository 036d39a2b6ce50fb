from __future__ import annotations

import gzip
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import condrec
from condrec.datasets import load_dataset
from condrec.datasets.tables import is_table, read_table
from condrec.errors import CondrecError

Write = Callable[[str, str], Path]
BODY = "ann,a,1\nbob,b,2\nann,c,3\nann,b,4\nbob,c,5\nbob,a,6\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(name: str, text: str) -> Path:
        content = text.encode()
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith("gz") else content)
        return tmp_path / name

    return put


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("r.csv", "user,item,time\n" + BODY),
        ("r.csv.gz", "user,item,time\n" + BODY),
        ("R.CSV", "\ufeffUserId, MovieId ,timestamp\r\n" + BODY.replace("\n", "\r\n")),
        ("r.csv", "user,item,time\n" + BODY.replace("ann", '"ann"').rstrip() + "\n\n"),
        ("r.tsv", "user_id\titem_id\tunixReviewTime\n" + BODY.replace(",", "\t")),
        ("r.inter", "user_id:token\titem_id:token\ttimestamp:float\n" + BODY.replace(",", "\t")),
        ("r.inter.gz", "user_id:token\titem_id:token\ttime:float\n" + BODY.replace(",", ".0\t")),
    ],
)
def test_kinds_of_files_by_hand(name: str, text: str, write: Write) -> None:
    dataset = read_table(write(name, text), "leave-one-out")
    assert (dataset.n_users, dataset.n_items) == (2, 3)  # ann and bob; a, b and c
    assert (dataset.train.user.tolist(), dataset.train.item.tolist()) == ([0, 1], [0, 1])
    assert (dataset.validation.user.tolist(), dataset.validation.item.tolist()) == ([0, 1], [2, 2])
    assert (dataset.test.item.tolist(), dataset.test.label.tolist()) == ([1, 0], [1, 1])
    assert dataset.protocol == "full" and not dataset.histories.lengths.any()
    assert dataset.titles == () and list(dataset.sources) == [name]


def test_random_split_is_the_usual_one(write: Write) -> None:
    rows = "".join(f"{i % 2},{i}\n" for i in range(40))
    dataset = load_dataset(str(write("r.csv", "user,item\n" + rows)))
    assert dataset.data_split == "random-80-10-10"
    assert [len(each) for each in (dataset.train, dataset.validation, dataset.test)] == [32, 4, 4]
    with pytest.raises(CondrecError, match="no time column"):
        load_dataset(str(write("r.csv", "user,item\n" + rows)) + "@time-80-10-10")


def test_repeated_pairs_and_small_users_are_left_out_and_counted(
    write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    # cy has three rows but two items; only cy has item z, so both go; gappy ids stay in order.
    text = "user,item,rating,time\n" + "".join(
        f"{user},{item},5,{time}\n"
        for user, item, time in [
            ("cy", "z", 1),
            ("007", "900", 2),
            ("cy", "z", 3),
            ("007", "17", 4),
            ("cy", "17", 5),
            ("007", "900", 6),
            ("007", "a b", 1),
        ]
    )
    with caplog.at_level(logging.INFO, logger="condrec"):
        dataset = read_table(write("r.csv", text), "leave-one-out")
    assert (dataset.n_users, dataset.n_items) == (1, 3)
    assert dataset.train.item.tolist() == [2] and dataset.validation.item.tolist() == [0]
    assert dataset.test.item.tolist() == [1]
    assert "2 repeated rows left out" in caplog.text
    assert "1 users with too few items left out" in caplog.text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "found no header"),
        ("\n", "found no header"),
        ("user,item\n", "found a header and no row"),
        ("1,2\n1,3\n", "line 1: found no user column in '1, 2'"),
        ("user,thing\n1,2\n", "line 1: found no item column in 'user, thing'"),
        ("user,uid,item\n1,2,3\n", "line 1: found the columns 'user' and 'uid', expected one user"),
        ("user,item\n1,2\n,3\n", "line 3: found an empty user, expected an id"),
        ("user,item\n1, \n", "line 2: found an empty item"),
        ("user,item\n1,2\n1\n", "line 3: found 1 fields, expected 2"),
        ("user,item\n1,2,3\n", "line 2: found 3 fields, expected 2"),
        ("user,item,rating\n1,2,good\n", "line 2: found rating 'good', expected a number"),
        ("user,item,rating\n1,2,nan\n", "line 2: found rating 'nan'"),
        ("user,item,time\n1,2,2020-01-01\n", "line 2: found time '2020-01-01', expected a number"),
        ("user,item,time\n1,2,inf\n", "line 2: found time 'inf'"),
        ("user,item,time\n1,2,1e30\n", "line 2: found time '1e30'"),
        ("user,item,time\n1,2,\n", "line 2: found time ''"),
        ('user,item\n1,"2\n1,3\n', "line 3: found a broken line.*expected a table"),
        ("user,item\n1,2\n1,3\n2,1\n2,1\n2,1\n", "found no user with 3 items or more"),
        (
            "user,item\n1,1\n1,2\n1,3\n",
            "found no user with 10 items, so random",
        ),
        ("user,item\n" + "1" * 200_000 + ",2\n", "line 2: found a broken line"),
    ],
)
def test_bad_tables_name_file_and_line(text: str, words: str, write: Write) -> None:
    with pytest.raises(CondrecError, match=r"r\.csv: " + words):
        read_table(write("r.csv", text))


def test_a_file_without_line_ends_is_not_read_whole(write: Write) -> None:
    path = write("r.csv.gz", "user,item\n" + "1" * 3_000_000)
    with pytest.raises(CondrecError, match="line 2: found 1000000 characters or more"):
        read_table(path)


@pytest.mark.parametrize("content", [b"\xff\xfeu\x00s\x00", b"user,item\n1,\xe4\n"])
def test_other_bytes_than_utf_8_are_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(content)
    with pytest.raises(CondrecError, match="expected a table in UTF-8"):
        read_table(tmp_path / "r.csv")


@pytest.mark.parametrize("cut", [0, 9, 20])
def test_damaged_gzip_is_refused(cut: int, tmp_path: Path) -> None:
    packed = gzip.compress(("user,item\n" + "1,2\n" * 100).encode())
    (tmp_path / "r.csv.gz").write_bytes(packed[:-cut] if cut else b"user,item\n1,2\n")
    with pytest.raises(CondrecError, match="cannot be read"):
        read_table(tmp_path / "r.csv.gz")


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_titles_from_the_item_file_of_recbole(suffix: str, write: Write) -> None:
    path = write("r.inter", "user_id:token\titem_id:token\n" + "".join(f"u\t{i}\n" for i in "cab"))
    beside = write(
        f"r.item{suffix}",
        "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n"
        'a\tAn "A\t1990\tDrama War\nzz\tNot there\t1991\tWar\nc\tSea\t1992\t\n',
    )
    text = path.read_text() + "".join(f"v\t{i}\n" for i in range(10))
    path.write_text(text)
    dataset = read_table(path)
    assert dataset.titles[:3] == ("Sea", 'An "A', "")
    assert dataset.categories[:3] == ("", "Drama War", "")
    assert list(dataset.sources) == ["r.inter", f"r.item{suffix}"]
    beside.unlink()
    write("r.item", "item_id:token\tprice:float\na\t1\n")
    assert read_table(path).titles == ()
    write("r.item", "item_id:token\ttitle:token_seq\na\n")
    with pytest.raises(CondrecError, match=r"r\.item: line 2: found 1 fields, expected 2"):
        read_table(path)


def test_names_of_tables() -> None:
    assert all(map(is_table, ("a.csv", "x/b.TSV", "c.inter.gz")))
    assert not any(map(is_table, ("ml-100k", "a.csv.zip", "csv", "a.txt.gz")))


IDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\t"), min_size=1, max_size=3)


@given(st.lists(IDS.filter(lambda s: bool(s.strip())), min_size=10, max_size=40))
def test_any_text_is_an_id(tmp_path_factory: pytest.TempPathFactory, ids: list[str]) -> None:
    distinct = list(dict.fromkeys(each.strip() for each in ids))
    path = tmp_path_factory.mktemp("any") / "r.tsv"
    path.write_bytes(
        ("user\titem\n" + "".join(f"{u}\t{u}{i}\n" for u in distinct for i in range(10))).encode()
    )
    dataset = read_table(path)
    pairs = {f"{u}{i}".strip() for u in distinct for i in range(10)}
    assert (dataset.n_users, dataset.n_items) == (len(distinct), len(pairs))
    parts = (dataset.train, dataset.validation, dataset.test)
    assert [len(part) for part in parts] == [8 * len(distinct), len(distinct), len(distinct)]


READ_AND_TELL_THE_PEAK = """
import sys
from pathlib import Path
from condrec.datasets.tables import read_table

def resident(name):
    status = Path("/proc/self/status").read_text()
    return int(status.split(name + ":")[1].split()[0]) * 1024

before = resident("VmRSS")
dataset = read_table(Path(sys.argv[1]), "time-80-10-10")
rows = sum(len(each) for each in (dataset.train, dataset.validation, dataset.test))
print(rows, dataset.n_items, resident("VmHWM") - before)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is told by /proc")
def test_a_million_rows_need_less_than_400_mb(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    numbers = np.random.default_rng(0).permutation(5_000_000)[:1_000_000]
    with path.open("w") as stream:
        stream.write("userId,movieId,rating,timestamp\n")
        stream.writelines(f"{n // 200 * 7},{n % 200},4.5,{n}\n" for n in numbers.tolist())
    # A process of its own: the peak of this one may lie in another test.
    told = subprocess.run(
        [sys.executable, "-c", READ_AND_TELL_THE_PEAK, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(condrec.__file__).parents[1])},
    )
    rows, n_items, peak = map(int, told.stdout.split())
    assert (rows, n_items) == (1_000_000, 200)
    assert peak < 400_000_000
