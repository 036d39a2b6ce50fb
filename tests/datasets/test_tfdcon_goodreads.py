"""Goodreads of the TF-DCon release: what is known of it, and the missing file if it comes."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from condrec.condensers import condenser
from condrec.datasets import (
    Dataset,
    Interactions,
    checksums,
    load_dataset,
    read_goodreads_8749,
    read_released_content,
    read_released_split,
    read_tfdcon_goodreads,
)
from condrec.datasets.tfdcon_goodreads import TRAIN
from condrec.datasets.tfdcon_release import GOODREADS, SUBSETS
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics, mean_metrics, random_expectation
from condrec.experiments import make_run
from condrec.recommenders import recommender
from condrec.text import tokenizer

# Training rows, all of them positive, and users of the released sets (data README of the release).
SETS = {"condensed": 45_513, "random": 40_327, "majority": 46_144}


@pytest.fixture(scope="module")
def goodreads(real_data: Path) -> Dataset:
    if not (real_data / "tfdcon_release" / "dataset" / "goodreads").is_dir():
        pytest.skip("CONDREC_DATA holds no Goodreads of the TF-DCon release")
    if any((real_data / TRAIN).parent.glob("train.npy*")):
        pytest.skip("CONDREC_DATA holds the full training rows, nothing is known in part")
    return read_tfdcon_goodreads()


@pytest.fixture(scope="module")
def known(goodreads: Dataset) -> Dataset:
    return read_goodreads_8749()


def pairs(rows: Interactions) -> list[tuple[int, int]]:
    return list(zip(rows.user.tolist(), rows.item.tolist(), strict=True))


def of_users(rows: Interactions, users: np.ndarray) -> Interactions:
    return rows.where(np.isin(rows.user, users))


def test_the_counts_are_the_known_ones(goodreads: Dataset) -> None:
    assert (goodreads.n_users, goodreads.n_items) == (23_089, 16_833)
    assert (len(goodreads.validation), len(goodreads.test)) == (68_022, 71_021)
    assert len(goodreads.train) == len(goodreads.train.positives) == 107_574
    assert len(goodreads.train_users) == 8_749
    assert len(set(pairs(goodreads.train))) == 107_574
    assert goodreads.data_split == "released-in-part" and goodreads.protocol == "listed"
    for rows in (goodreads.validation, goodreads.test):
        assert 0 < len(rows.positives) < len(rows)
    assert TRAIN not in goodreads.sources
    assert len(goodreads.sources) == 11
    assert all(len(digest) == 64 for digest in goodreads.sources.values())


@pytest.mark.parametrize("subset", SUBSETS)
def test_a_released_set_holds_all_positives_of_its_users(subset: str, goodreads: Dataset) -> None:
    train, dev = read_released_split(subset, GOODREADS)
    assert len(train) == len(train.positives) == SETS[subset]
    # Users in ascending order here, in any order there; each user's rows in one order.
    own = of_users(goodreads.train, train.user)
    by_user = np.argsort(train.user, kind="stable")
    assert pairs(own) == pairs(train.where(by_user))
    rest = of_users(goodreads.validation, dev.user)
    assert sorted(pairs(rest)) == sorted(pairs(dev))


def test_the_union_holds_no_other_user(goodreads: Dataset) -> None:
    users = [read_released_split(subset, GOODREADS)[0].user for subset in SUBSETS]
    assert np.array_equal(np.unique(np.concatenate(users)), goodreads.train_users)
    assert (np.diff(goodreads.train.user) >= 0).all()


def test_replies_belong_to_the_books(goodreads: Dataset) -> None:
    assert goodreads.replies is not None
    condensed = read_released_content("condensed", GOODREADS)
    pieces = tokenizer().encode(goodreads.replies.contents, limit=20)
    same = [condensed[i].tolist() == each for i, each in enumerate(pieces)]
    assert np.mean(same) > 0.999
    assert len(goodreads.replies.interests) == 23_089
    named = [
        title.split(" (")[0].lower() in text.lower()
        for title, text in zip(goodreads.titles, goodreads.replies.contents, strict=True)
    ]
    assert np.mean(named) > 0.8


def test_original_texts_are_20_pieces_of_the_title_and_50_of_the_description(
    goodreads: Dataset,
) -> None:
    assert goodreads.tokens is not None
    words = tokenizer()
    titles = words.encode(goodreads.titles, limit=20)
    descriptions = words.encode(goodreads.descriptions, limit=50)
    found = [each.tolist() for each in map(goodreads.tokens.__getitem__, range(16_833))]
    assert found == [a + b for a, b in zip(titles, descriptions, strict=True)]
    assert goodreads.tokens.lengths.mean() == pytest.approx(35.37, abs=0.005)


def test_the_known_users_are_the_same_rows_of_fewer_users(
    known: Dataset, goodreads: Dataset
) -> None:
    assert (known.name, known.data_split) == ("goodreads-8749", "released")
    assert (known.n_users, known.n_items) == (23_089, 16_833)
    assert pairs(known.train) == pairs(goodreads.train)
    users = goodreads.train_users
    for mine, all_rows in (
        (known.validation, goodreads.validation),
        (known.test, goodreads.test),
    ):
        rest = of_users(all_rows, users)
        assert pairs(mine) == pairs(rest) and np.array_equal(mine.label, rest.label)
        assert 0 < len(mine) < len(all_rows)
    assert np.array_equal(known.histories.values, goodreads.histories.values)
    assert known.titles == goodreads.titles and known.replies == goodreads.replies
    assert known.sources == goodreads.sources


def test_the_known_users_are_data_like_any_other(known: Dataset) -> None:
    assert len(condenser("none").condense(known, None, 0).train) == 107_574
    fewer = condenser("random-users").condense(known, 100, 0)
    assert len(fewer.train_users) == 100
    released = condenser("released-condensed").condense(known, None, 0)
    assert np.isin(released.train_users, known.train_users).all()


@pytest.mark.parametrize(
    ("method", "budget"), [("none", None), ("tf-dcon", 60), ("random-users", 60)]
)
def test_data_known_in_part_are_not_condensed(
    method: str, budget: float | None, goodreads: Dataset
) -> None:
    expected = (
        "tfdcon-goodreads: found the training rows of 8749 users, expected those of all; the "
        "others' file is missing (data/README.md says which): put it there, choose a released "
        "set, or the data set of the known users"
    )
    for refuse in (condenser(method).condense, condenser(method).prepare):
        # Before an encoder is trained: that takes long.
        with pytest.raises(CondrecError) as raised:
            refuse(goodreads, budget, 0, "cpu")
        assert str(raised.value) == expected


@pytest.mark.parametrize("subset", SUBSETS)
def test_released_sets_of_data_known_in_part_are_used(subset: str, goodreads: Dataset) -> None:
    method = condenser(f"released-{subset}")
    method.prepare(goodreads, None, 0, "cpu")
    small = method.condense(goodreads, None, 0)
    assert len(small.train) == len(small.train.positives) == SETS[subset]
    assert small.test is goodreads.test and small.histories is goodreads.histories
    content = "condensed" if subset == "condensed" else "random"
    assert small.tokens is not None
    released = read_released_content(content, GOODREADS)
    assert np.array_equal(small.tokens.values, released.values)


def test_the_floors_are_the_known_ones(goodreads: Dataset) -> None:
    small = condenser("released-condensed").condense(goodreads, None, 0)
    found = []
    for name in ("popularity", "random"):
        scores = recommender(name).fit(small, 0).score(goodreads, goodreads.test)
        found.append(mean_metrics(listed_metrics(scores, goodreads.test, ks=(5,)))["NDCG@5"])
    assert found[0] == pytest.approx(0.8037, abs=0.002)
    expected = random_expectation(goodreads.test, (5,))["NDCG@5"]
    assert expected == pytest.approx(0.7485, abs=0.001)  # the fact sheet's mean of three draws
    assert found[1] == pytest.approx(expected, abs=0.004)


# The missing file, made up.


@pytest.fixture
def data_with_train(
    real_data: Path, goodreads: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the Goodreads files by links, in which the full training rows can be put."""
    for path in real_data.rglob("*"):
        if path.is_file() and "goodreads" in path.parts:
            link = tmp_path / path.relative_to(real_data)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve())
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    return tmp_path / TRAIN


def put(path: Path, **columns: list[int]) -> None:
    """Write columns as the release does: a dict of arrays, pickled."""
    table = {name: np.array(column) for name, column in columns.items()}
    np.save(path, np.array(table, dtype=object), allow_pickle=True)


ROWS = {"uid": [3, 3, 23_088, 0], "bid": [0, 16_832, 5, 7], "click": [1, 0, 1, 1]}


def test_the_full_rows_are_used_where_they_are(data_with_train: Path, goodreads: Dataset) -> None:
    run = make_run("tfdcon-goodreads", "none", "popularity", 0)
    before, key = checksums("tfdcon-goodreads"), run.key()
    assert before[TRAIN] == ""
    put(data_with_train, **ROWS, index=[0, 1, 2, 3])
    after = checksums("tfdcon-goodreads")
    assert len(after[TRAIN]) == 64 and after != before and run.key() != key
    full = load_dataset("tfdcon-goodreads")
    assert pairs(full.train) == [(3, 0), (3, 16_832), (23_088, 5), (0, 7)]
    assert full.train.label.tolist() == [1, 0, 1, 1]
    assert (full.name, full.data_split) == ("tfdcon-goodreads", "released")
    assert full.sources == {**goodreads.sources, TRAIN: after[TRAIN]}
    assert pairs(full.test) == pairs(goodreads.test)
    everything = condenser("none").condense(full, None, 0)
    assert len(everything.train) == 4
    # The dislikes of a released set's users are known now.
    users = read_released_split("condensed", GOODREADS)[0].user
    put(data_with_train, uid=[int(users[0])] * 2, bid=[1, 2], click=[1, 0], index=[0, 1])
    small = condenser("released-condensed").condense(load_dataset("tfdcon-goodreads"), None, 0)
    assert pairs(small.train.negatives) == [(int(users[0]), 2)]


def test_the_full_rows_may_be_gzipped(data_with_train: Path) -> None:
    put(data_with_train, **ROWS)
    data_with_train.with_name("train.npy.gz").write_bytes(
        gzip.compress(data_with_train.read_bytes())
    )
    data_with_train.unlink()
    assert len(read_tfdcon_goodreads().train) == 4


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"uid": [3, 3, 23_089, 0]}, "uid: found id 23089, expected 0 to 23088"),
        ({"bid": [0, -1, 5, 7]}, "bid: found id -1, expected 0 to 16832"),
        ({"click": [1, 0, 5, 1]}, "click: found id 5, expected 0 to 1"),
        ({"uid": [3]}, "expected a pickled dict of arrays"),
    ],
)
def test_other_full_rows_are_refused(
    changed: dict[str, list[int]], words: str, data_with_train: Path
) -> None:
    put(data_with_train, **(ROWS | changed))
    with pytest.raises(CondrecError, match=f"original/train.npy: .*{words}"):
        read_tfdcon_goodreads()


def test_full_rows_without_a_column_are_refused(data_with_train: Path) -> None:
    put(data_with_train, uid=ROWS["uid"], bid=ROWS["bid"])
    with pytest.raises(CondrecError, match="original/train.npy: .*expected 'click' too"):
        read_tfdcon_goodreads()
    data_with_train.write_bytes(b"no array")
    with pytest.raises(CondrecError, match="original/train.npy: .*pickled dict of arrays"):
        read_tfdcon_goodreads()
