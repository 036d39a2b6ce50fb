from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from condrec.datasets import (
    Dataset,
    Interactions,
    read_released_content,
    read_released_split,
    read_tfdcon_movielens,
    released_content_order,
)
from condrec.datasets.files import open_data_file
from condrec.datasets.movielens import RATINGS
from condrec.datasets.tfdcon_release import MOVIELENS, read_replies, rows_by_id, whole
from condrec.errors import CondrecError
from condrec.text import tokenizer

# Rows, positives, users, items: computed on the released files (TF-DCon fact sheet).
COUNTS = {
    ("original", "train"): (48_954, 36_105, 939, 1_609),
    ("original", "dev"): (12_239, 9_145, 872, 1_318),
    ("original", "test"): (5_122, 3_634, 686, 980),
    ("condensed", "train"): (2_373, 2_373, 47, 708),
    ("condensed", "dev"): (699, 540, 45, 440),
    ("majority", "train"): (7_112, 7_112, 47, 1_094),
    ("majority", "dev"): (2_500, 1_741, 47, 984),
    ("random", "train"): (1_953, 1_953, 46, 705),
    ("random", "dev"): (709, 475, 45, 460),
}


@pytest.fixture(scope="module")
def release(real_data: Path) -> Dataset:
    return read_tfdcon_movielens()


def split(release: Dataset, subset: str, part: str) -> Interactions:
    if subset == "original":
        return {"train": release.train, "dev": release.validation, "test": release.test}[part]
    return read_released_split(subset)[part == "dev"]


@pytest.mark.parametrize(("subset", "part"), COUNTS)
def test_counts_are_the_known_ones(subset: str, part: str, release: Dataset) -> None:
    rows = split(release, subset, part)
    found = (
        len(rows),
        len(rows.positives),
        len(np.unique(rows.user)),
        len(np.unique(rows.item)),
    )
    assert found == COUNTS[subset, part]


@pytest.mark.parametrize("subset", ["condensed", "random", "majority"])
def test_a_subset_is_all_positives_of_its_users(subset: str, release: Dataset) -> None:
    train, dev = read_released_split(subset)
    positives = release.train.positives
    own = positives.where(np.isin(positives.user, train.user))
    order = np.lexsort((own.item, own.user))
    released = np.lexsort((train.item, train.user))
    assert np.array_equal(own.user[order], train.user[released])
    assert np.array_equal(own.item[order], train.item[released])
    known = release.validation.where(np.isin(release.validation.user, dev.user))
    assert len(known) == len(dev)


def test_the_condensed_rows_stand_in_the_original_order(release: Dataset) -> None:
    train, dev = read_released_split("condensed")
    own = release.train.positives.where(np.isin(release.train.positives.user, train.user))
    assert np.array_equal(own.user, train.user) and np.array_equal(own.item, train.item)
    rest = release.validation.where(np.isin(release.validation.user, train.user))
    assert np.array_equal(rest.item, dev.item) and np.array_equal(rest.label, dev.label)


def test_clicks_and_histories_agree_with_movielens_itself(release: Dataset) -> None:
    lines = open_data_file(RATINGS).decode("ascii").splitlines()
    ratings = np.array([line.split("\t") for line in lines], dtype=np.int64)
    raw = np.array(read_replies()[1]).astype(np.int64)
    stars = {(u, m): (rating, time) for u, m, rating, time in ratings.tolist()}
    for rows in (release.train, release.validation, release.test):
        found = [
            stars[u + 1, m][0]
            for u, m in zip(rows.user.tolist(), raw[rows.item].tolist(), strict=True)
        ]
        assert set(found) <= {1, 2, 4, 5}
        assert np.array_equal(np.array(found) > 3, rows.label == 1)
    for user in range(0, 943, 7):
        history = [stars[user + 1, m] for m in raw[release.histories[user]].tolist()]
        assert all(rating > 3 for rating, _ in history)
        times = [time for _, time in history]
        assert times == sorted(times)


def test_contents_and_tokens_belong_to_the_items(release: Dataset) -> None:
    assert release.replies is not None and release.tokens is not None
    encoder = tokenizer()
    condensed = read_released_content("condensed")
    pieces = encoder.encode(release.replies.contents, limit=20)
    assert [condensed[i].tolist() for i in range(MOVIELENS.n_items)] == pieces
    named = [title.rsplit(" (", 1)[0] for title in release.titles]
    same = [
        release.tokens[i].tolist()[: len(each)] == each
        for i, each in enumerate(encoder.encode(named))
    ]
    assert np.mean(same) > 0.98
    name = release.titles[863].removesuffix(" (1995)")
    assert release.replies.contents[863].startswith(f"{name} is about ")


def test_average_lengths_are_the_published_ones(release: Dataset) -> None:
    assert release.tokens is not None
    assert read_released_content("condensed").lengths.mean() == pytest.approx(15.26, abs=0.005)
    assert read_released_content("random").lengths.mean() == pytest.approx(15.24, abs=0.005)
    assert release.tokens.lengths.mean() == pytest.approx(5.045, abs=0.005)


def test_the_released_random_content_is_misaligned(release: Dataset) -> None:
    assert release.tokens is not None
    random, condensed = read_released_content("random"), read_released_content("condensed")
    frequent = set(np.argsort(-np.bincount(condensed.values))[:300].tolist())
    raw = np.array(read_replies()[1]).astype(np.int64)
    own, other = [], []
    for m in np.flatnonzero(raw - 1 != np.arange(MOVIELENS.n_items)):
        description = set(random[m].tolist()) - set(release.tokens[m].tolist()) - frequent
        own.append(len(description & set(condensed[m].tolist())))
        # The film whose place in MovieLens is this item's place in the list of descriptions.
        other.append(len(description & set(condensed[raw[m] - 1].tolist())))
    assert np.mean(own) < 0.1 and np.mean(other) > 1


@pytest.mark.parametrize("which", ["original", "random"])
def test_content_files_stand_in_the_order_of_movielens(which: str, real_data: Path) -> None:
    assert np.array_equal(
        np.array(read_replies()[1]).astype(np.int64)[released_content_order(which)],
        np.arange(MOVIELENS.n_items) + 1,
    )


def test_replies_and_histories_have_one_entry_each(release: Dataset) -> None:
    assert release.replies is not None
    assert len(release.replies.contents) == 1682 and len(release.replies.interests) == 943
    # The log is not in the order of the users: the first and the last line are not his.
    assert release.replies.interests[904] == ("crime", "corruption", "scandal", "romance", "comedy")
    empty = np.flatnonzero(release.histories.lengths == 0)
    assert empty.tolist() == [684] and release.replies.interests[684] == ()
    assert release.histories.lengths.max() == 5


def test_sources_name_every_file(release: Dataset) -> None:
    assert len(release.sources) == 8
    assert all(len(digest) == 64 for digest in release.sources.values())


def test_titles_stay_empty_without_movielens(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tfdcon_release").symlink_to((real_data / "tfdcon_release").resolve())
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    dataset = read_tfdcon_movielens()
    assert dataset.titles == dataset.categories == ()
    assert len(dataset.sources) == 7


def test_a_changed_release_file_is_refused(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "tfdcon_release/dataset/movielens/content/original.npy"
    content = open_data_file(path)
    (tmp_path / path).parent.mkdir(parents=True)
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    for bad in (content[:-1], content[:-9] + b"X" + content[-8:]):
        (tmp_path / path).write_bytes(bad)
        with pytest.raises(CondrecError, match="truncated|content was changed"):
            read_released_content("original")


@pytest.mark.parametrize(
    "read", [read_released_content, read_released_split], ids=["content", "split"]
)
def test_unknown_names_get_the_nearest_one(read: object) -> None:
    with pytest.raises(CondrecError, match="did you mean 'condensed'"):
        read("condense")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([0, float("nan")], "expected whole numbers"),
        ([0, 1.5], "expected whole numbers"),
        ([0, "1"], "expected whole numbers"),
        ([0, None], "expected whole numbers"),
        ([0, 2**70], "expected whole numbers"),
        ([0, 3], "found id 3, expected 0 to 2"),
        ([-1, 0], "found id -1"),
    ],
)
def test_bad_ids_are_refused(ids: list[object], words: str) -> None:
    with pytest.raises(CondrecError, match=words):
        whole("a.npy", "uid", np.array(ids, dtype=object), 3)


def test_rows_are_found_by_id_and_must_be_complete() -> None:
    assert rows_by_id("a.npy", "mid", np.array([2, 0, 1]), 3).tolist() == [1, 2, 0]
    for ids in ([0, 1], [0, 1, 1], [0, 1, 2, 2]):
        with pytest.raises(CondrecError, match="exactly once"):
            rows_by_id("a.npy", "mid", np.array(ids), 3)
