"""MIND's official format, on made-up files of a miniature and on lines written by hand."""

from __future__ import annotations

import calendar
import gzip
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mind_files import MindSize, write_mind

from condrec.condensers import condenser
from condrec.condensers.shared_work import fingerprint
from condrec.datasets import (
    Dataset,
    Interactions,
    available,
    checksums,
    load_dataset,
    read_mind,
    read_mind_small_sample,
)
from condrec.datasets.files import open_data_file
from condrec.datasets.mind import SAMPLE_BEHAVIORS, official_files
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics, mean_metrics, random_expectation
from condrec.recommenders import RECOMMENDERS, recommender
from condrec.report.formatting import escaped
from condrec.text import tokenizer

MINIATURE = MindSize(
    n_news=150,
    n_users=160,
    news=(120, 110),
    users=(130, 120),
    impressions=(420, 301),
    candidates=12.0,
    history=8.0,
    n_categories=6,
)
SIZES: dict[str, Any] = {"embedding_size": 16, "hidden_size": 16, "attention_size": 8}
NAMES = ("mind-small", "mind-large")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a miniature of both sizes; the larger one is another draw."""
    path = tmp_path_factory.mktemp("mind")
    for seed, name in enumerate(NAMES):
        write_mind(path, MINIATURE, name, seed)
    return path


@pytest.fixture(scope="module")
def miniature(folder: Path) -> Dataset:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONDREC_DATA", str(folder))
        return load_dataset("mind-small")


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let CONDREC_DATA name the folder of the miniature."""
    monkeypatch.setenv("CONDREC_DATA", str(folder))
    return folder


def fields(folder: Path, what: str, name: str = "mind-small") -> list[list[str]]:
    """Return the fields of every line of one of the four files."""
    text = (folder / official_files(name)[what]).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.split("\n")[:-1]]


def numbered(names: list[str]) -> dict[str, int]:
    """Number names in the order of their first appearance."""
    return {name: i for i, name in enumerate(dict.fromkeys(names))}


def both(folder: Path, kind: str, name: str = "mind-small") -> list[list[str]]:
    """Return the fields of the lines of the training and then of the dev part."""
    return [line for split in ("train", "dev") for line in fields(folder, f"{split} {kind}", name)]


def expected_rows(folder: Path, name: str) -> list[tuple[int, int, int, int, int]]:
    """Return user, item, label, time, impression of every candidate, the plain way."""
    news = numbered([line[0] for line in both(folder, "news", name)])
    lines = both(folder, "behaviors", name)
    users = numbered([line[1] for line in lines])
    rows = []
    for i, (_, user, when, _, shown) in enumerate(lines):
        seconds = calendar.timegm(time.strptime(when, "%m/%d/%Y %I:%M:%S %p"))
        for candidate in shown.split(" "):
            item, label = candidate.split("-")
            rows.append((users[user], news[item], int(label), seconds, i))
    return rows


def columns(rows: Interactions) -> list[tuple[int, int, int, int, int]]:
    assert rows.time is not None and rows.impression is not None
    found = (rows.user, rows.item, rows.label, rows.time, rows.impression)
    return list(zip(*(column.tolist() for column in found), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_every_candidate_is_a_row_of_its_impression(name: str, here: Path) -> None:
    dataset = load_dataset(name)
    expected = expected_rows(here, name)
    assert columns(dataset.train) == [row for row in expected if row[4] < 420]
    held_out = [row for row in expected if row[4] >= 420]
    assert sorted(columns(dataset.validation) + columns(dataset.test)) == sorted(held_out)
    assert (dataset.name, dataset.n_users, dataset.n_items) == (name, 160, 150)
    assert (dataset.protocol, dataset.data_split) == ("listed", "dev-halves")


def test_both_parts_have_their_own_times(miniature: Dataset) -> None:
    dev = calendar.timegm((2019, 11, 15, 0, 0, 0))
    assert miniature.train.time is not None and miniature.train.time.max() < dev
    for rows in (miniature.validation, miniature.test):
        assert rows.time is not None
        assert dev <= rows.time.min() <= rows.time.max() < dev + 86_400


def test_the_dev_impressions_are_cut_in_two_halves(miniature: Dataset, here: Path) -> None:
    halves = [np.unique(rows.group) for rows in (miniature.validation, miniature.test)]
    assert [len(half) for half in halves] == [150, 151]
    assert sorted(np.concatenate(halves).tolist()) == list(range(420, 721))
    assert max(halves[0]) > min(halves[1])  # not the first against the last ones
    assert np.unique(miniature.train.group).tolist() == list(range(420))
    assert fingerprint(read_mind("mind-small")) == fingerprint(miniature)


def test_a_history_is_the_one_of_the_first_impression(miniature: Dataset, folder: Path) -> None:
    news = numbered([line[0] for line in both(folder, "news")])
    first: dict[str, list[int]] = {}
    for _, user, _, history, _ in both(folder, "behaviors"):
        first.setdefault(user, [news[name] for name in history.split()])
    assert [each.tolist() for each in map(miniature.histories.__getitem__, range(160))] == list(
        first.values()
    )
    assert 0 in miniature.histories.lengths


def test_texts_are_20_pieces_of_the_title_and_50_of_the_abstract(
    miniature: Dataset, folder: Path
) -> None:
    lines = list({line[0]: line for line in both(folder, "news")}.values())
    assert miniature.titles == tuple(line[3] for line in lines)
    assert miniature.descriptions == tuple(line[4] for line in lines)
    assert miniature.categories == tuple(line[1] for line in lines)
    words, tokens = tokenizer(), miniature.tokens
    assert tokens is not None
    for i, line in enumerate(lines):
        title, abstract = words.encode([line[3], line[4]])
        assert tokens[i].tolist() == title[:20] + abstract[:50]
    assert tokens.lengths.max() == 70
    assert "" in miniature.descriptions


def test_files_may_be_gzipped(
    miniature: Dataset, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in official_files("mind-small").values():
        packed = (tmp_path / path).with_suffix(".tsv.gz")
        packed.parent.mkdir(parents=True, exist_ok=True)
        packed.write_bytes(gzip.compress((folder / path).read_bytes()))
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    assert fingerprint(load_dataset("mind-small")) == fingerprint(miniature)


@pytest.mark.parametrize("name", NAMES)
def test_the_four_files_are_known_by_their_hash(name: str, here: Path) -> None:
    sources = load_dataset(name).sources
    assert sources == checksums(name)
    assert set(sources) == set(official_files(name).values())
    size = name.removeprefix("mind-")
    assert f"{name}/MIND{size}_train/news.tsv" in sources
    assert all(len(digest) == 64 for digest in sources.values())
    info = next(info for info in available() if info.name == name)
    assert (info.here, info.present, info.expected) == (True, 4, 4)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("missing", ["train news", "dev behaviors"])
def test_a_missing_file_says_which_and_where_it_comes_from(
    name: str, missing: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    for what, path in official_files(name).items():
        if what != missing:
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).symlink_to(folder / path)
    with pytest.raises(CondrecError) as raised:
        load_dataset(name)
    assert str(raised.value) == (
        f"data file {official_files(name)[missing]}: found nothing in {tmp_path}, expected the "
        "official file; accept the terms on https://msnews.github.io/ and unpack it there"
    )
    assert checksums(name)[official_files(name)[missing]] == ""


def test_a_model_of_texts_learns_the_clicks(miniature: Dataset) -> None:
    settings = {**SIZES, "embedding_size": 64, "batch_size": 64, "learning_rate": 0.01}
    fitted = recommender("naml", {**settings, "epochs": 8, "patience": 8}).fit(miniature, 0)
    scores = fitted.score(miniature, miniature.test)
    result = listed_metrics(scores, miniature.test, ks=(5,))
    assert (len(result.groups), result.n_dropped) == (151, 0)
    chance = random_expectation(miniature.test, (5,))["NDCG@5"]
    assert mean_metrics(result)["NDCG@5"] > chance + 0.05


# Bad input: two news files and two of impressions, of which one line is changed at a time.

WHEN = "11/9/2019 9:05:58 AM"
GOOD = {
    "train news": [
        "N1\tsport\tball\tA goal in time\tThe team won.\thttps://example.org\t[]\t[]",
        "N22\tnews\tlocal\tA vote is due\tThe town votes.\thttps://example.org\t[]\t[]",
        "N3\tnews\tlocal\tA road is closed\tCars wait.\thttps://example.org\t[]\t[]",
        "N9\tnews\tlocal\tNobody saw this\t\thttps://example.org\t[]\t[]",
    ],
    "dev news": [
        "N1\tsport\tball\tAnother title\t\thttps://example.org\t[]\t[]",
        "N4\tsport\tball\tA match today\t\thttps://example.org\t[]\t[]",
    ],
    "train behaviors": [
        f"1\tU1\t{WHEN}\tN1 N22\tN3-1 N22-0",
        f"2\tU2\t{WHEN}\tN1\tN22-1 N3-0",
        f"3\tU1\t{WHEN}\tN1 N22\tN1-1 N3-0",
    ],
    "dev behaviors": [
        f"1\tU3\t{WHEN}\t\tN4-1 N1-0 N3-0",
        f"2\tU1\t{WHEN}\tN1 N22\tN4-0 N1-1",
    ],
}
Change = Callable[..., Path]


@pytest.fixture
def change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Change:
    """Return a function that writes the files, some lines replaced, and returns the changed one."""
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))

    def write(what: str = "train news", **lines: str | bytes) -> Path:
        files = {each: [line.encode() for line in text] for each, text in GOOD.items()}
        for place, line in lines.items():
            number = int(place.removeprefix("line_"))
            files[what][number - 1] = line if isinstance(line, bytes) else line.encode()
        for each, text in files.items():
            path = tmp_path / official_files("mind-small")[each]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(line + b"\n" for line in text))
        return tmp_path / official_files("mind-small")[what]

    return write


def warned(path: Path) -> Iterator[str]:
    """Read the files and yield what each warning says."""
    with pytest.warns(UserWarning) as caught:
        read_mind("mind-small")
    for each in caught:
        assert str(each.message).startswith(f"{path}: left out ")
        yield str(each.message).removeprefix(f"{path}: left out ")


def test_good_lines_are_read_without_a_warning(change: Change) -> None:
    change()
    dataset = read_mind("mind-small")
    assert (dataset.n_users, dataset.n_items) == (3, 5)
    assert dataset.train.item.tolist() == [2, 1, 1, 2, 0, 2]
    assert dataset.train.label.tolist() == [1, 0, 1, 0, 1, 0]
    assert dataset.train.user.tolist() == [0, 0, 1, 1, 0, 0]
    assert dataset.train.group.tolist() == [0, 0, 1, 1, 2, 2]
    assert dataset.train.time is not None and set(dataset.train.time) == {1_573_290_358}
    assert [dataset.histories[user].tolist() for user in range(3)] == [[0, 1], [0], []]
    # The training part's text of a news that both parts hold.
    assert dataset.titles[0] == "A goal in time"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (f"2\tU2\t{WHEN}\tN22-1 N3-0", "4 fields, expected 5"),
        (f"2\tU2\t{WHEN}\tN1\tN22-1\tN3-0", "6 fields, expected 5"),
        ("", "1 fields, expected 5"),
        (f"2\tU2\t{WHEN}\tN1 N77\tN22-1 N3-0", "the unknown news or label 'N77'"),
        (f"2\tU2\t{WHEN}\tN1\tN22-1 N77-0", "the unknown news or label 'N77'"),
        (f"2\tU2\t{WHEN}\tN1\tN22-1 N22", "the unknown news or label '22'"),
        (f"2\tU2\t{WHEN}\tN1\tN22-1 N3", "the unknown news or label 'N3'"),
        (f"2\tU2\t{WHEN}\tN1\tN22-1 N3-2", "the unknown news or label '-2'"),
        (f"2\tU2\t{WHEN}\tN1\t-1", "the unknown news or label ''"),
        (f"2\tU2\t{WHEN}\tN1\t", "no candidate"),
        (f"2\t\t{WHEN}\tN1\tN22-1", "no user"),
        (f"2\tU2\t{WHEN}\tN1\t \r", "no candidate"),
        ("2\tU2\t2019-11-09 09:05\tN1\tN22-1", "impression '2' or time '2019-11-09 09:05'"),
        ("2\tU2\t13/9/2019 9:05:58 AM\tN1\tN22-1", "impression '2' or time '13/9/2019 9:05:58 AM'"),
        ("2\tU2\t11/9/2019 19:05:58\tN1\tN22-1", "impression '2' or time '11/9/2019 19:05:58'"),
        ("2\tU2\t\tN1\tN22-1", "impression '2' or time ''"),
        (f"two\tU2\t{WHEN}\tN1\tN22-1", f"impression 'two' or time '{WHEN}'"),
        (f"\tU2\t{WHEN}\tN1\tN22-1", f"impression '' or time '{WHEN}'"),
        (f"2.0\tU2\t{WHEN}\tN1\tN22-1", f"impression '2.0' or time '{WHEN}'"),
        (f"{10**40}\tU2\t{WHEN}\tN1\tN22-1", f"impression '{10**19}' or time '{WHEN}'"),
        (b"2\tU2\t\xff\xfe\tN1\tN22-1", "bytes that are not UTF-8"),
    ],
)
def test_a_malformed_impression_is_left_out_with_a_warning(
    line: str | bytes, why: str, change: Change
) -> None:
    path = change("train behaviors", line_2=line)
    assert list(warned(path)) == [f"malformed lines, 1 of them (line 2: {why})"]
    with pytest.warns(UserWarning, match="line 2"):
        dataset = read_mind("mind-small")
    # Nothing of the line stays, and the lines around it do.
    assert dataset.train.item.tolist() == [2, 1, 0, 2]
    assert dataset.train.user.tolist() == [0, 0, 0, 0]
    assert dataset.train.group.tolist() == [0, 0, 1, 1]
    assert dataset.n_users == 2
    assert [dataset.histories[user].tolist() for user in range(2)] == [[0, 1], []]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("N9\tnews\tlocal\tNobody saw this\t\thttps://example.org\t[]", "7 fields, expected 8"),
        ("\tnews\tlocal\tNobody saw this\t\thttps://example.org\t[]\t[]", "no news id"),
        (
            b"N9\tnews\tlocal\tNobody \xe9\t\thttps://example.org\t[]\t[]",
            "bytes that are not UTF-8",
        ),
    ],
)
def test_a_malformed_news_is_left_out_with_a_warning(
    line: str | bytes, why: str, change: Change
) -> None:
    path = change("train news", line_4=line)
    assert list(warned(path)) == [f"malformed lines, 1 of them (line 4: {why})"]
    with pytest.warns(UserWarning, match="line 4"):
        dataset = read_mind("mind-small")
    assert dataset.n_items == 4
    assert len(dataset.train) == 6


def test_the_first_five_of_many_malformed_lines_are_named(change: Change) -> None:
    path = change()
    with path.with_name("behaviors.tsv").open("a") as stream:
        stream.writelines(f"{4 + k}\tU5\t{WHEN}\t\t\n" for k in range(20))
    named = "; ".join(f"line {number}: no candidate" for number in range(4, 9))
    assert list(warned(path.with_name("behaviors.tsv"))) == [
        f"malformed lines, 20 of them ({named})"
    ]


@pytest.mark.parametrize("what", ["train news", "dev behaviors"])
def test_more_than_20_malformed_lines_are_refused(what: str, change: Change) -> None:
    path = change(what)
    n_good = len(GOOD[what])
    with path.open("a") as stream:
        stream.writelines("no field at all\n" for _ in range(21))
    n_fields = 8 if "news" in what else 5
    named = "; ".join(f"line {n_good + k}: 1 fields, expected {n_fields}" for k in range(1, 6))
    with pytest.raises(CondrecError) as raised:
        read_mind("mind-small")
    assert str(raised.value) == (
        f"{path}: found malformed lines, 21 of them ({named}) or more, expected at most 20; "
        "get the file again"
    )


@pytest.mark.parametrize("what", ["train behaviors", "dev behaviors"])
def test_a_damaged_gzip_file_is_refused(what: str, change: Change) -> None:
    path = change(what)
    lines = path.read_bytes()
    path.unlink()
    whole = gzip.compress(lines)
    for bad in (whole[:-12], whole[:10] + b"\xff\xff\xff" + whole[13:], lines):
        path.with_name("behaviors.tsv.gz").write_bytes(bad)
        with pytest.raises(CondrecError, match="behaviors.tsv.gz: found a damaged file"):
            read_mind("mind-small")


def test_files_without_an_impression_are_refused(change: Change) -> None:
    path = change("train behaviors")
    path.write_bytes(b"")
    with pytest.raises(CondrecError, match="train of mind-small: found no positive row"):
        read_mind("mind-small")
    change().write_bytes(b"")
    with pytest.warns(UserWarning, match="the unknown news"), pytest.raises(CondrecError):
        read_mind("mind-small")


MARKUP = '<script>alert("1")</script> \x00\x07\x0b\x85\u2028 | `x` "quoted & open'


@pytest.mark.parametrize("name", ["naml", "nrms", "fastformer"])
def test_news_without_a_word_train_and_score(name: str, change: Change) -> None:
    change("train news", line_3="N3\tnews\tlocal\t\t\thttps://example.org\t[]\t[]")
    dataset = read_mind("mind-small")
    assert dataset.tokens is not None
    assert (dataset.titles[2], dataset.tokens[2].tolist()) == ("", [])
    fitted = RECOMMENDERS[name](**SIZES, epochs=2).fit(dataset, 0)
    for rows in (dataset.train, dataset.validation, dataset.test):
        assert np.isfinite(fitted.score(dataset, rows)).all()
    short = condenser("none", {"content": "extractive"}).condense(dataset, None, 0)
    assert np.isfinite(fitted.score(short, dataset.test)).all()


def test_markup_and_control_characters_of_a_title_are_data(change: Change) -> None:
    change("train news", line_3=f"N3\tnews\tlocal\t{MARKUP}\t{MARKUP}\thttps://example.org\t[]\t[]")
    dataset = read_mind("mind-small")
    assert dataset.titles[2] == dataset.descriptions[2] == MARKUP
    assert dataset.n_items == 5
    assert dataset.tokens is not None and len(dataset.tokens[2]) > 10
    shown = escaped(dataset.titles[2])
    assert shown.startswith("&lt;script&gt;alert") and not set(shown) & set("<>\n\u2028")
    fitted = recommender("naml", {**SIZES, "epochs": 1}).fit(dataset, 0)
    assert np.isfinite(fitted.score(dataset, dataset.test)).all()


# The sample of MIND-small that public repositories hold.


@pytest.fixture(scope="module")
def sample(real_data: Path) -> Dataset:
    if not (real_data / "mind_small_parts").is_dir():
        pytest.skip("CONDREC_DATA holds no sample of MIND-small")
    return read_mind_small_sample()


def splits(dataset: Dataset) -> list[Interactions]:
    return [dataset.train, dataset.validation, dataset.test]


def test_the_sample_has_the_known_counts(sample: Dataset) -> None:
    parts = splits(sample)
    impressions = [np.unique(rows.group) for rows in parts]
    assert [len(each) for each in impressions] == [5548, 694, 694]
    assert len(np.unique(np.concatenate(impressions))) == 6_936
    assert sum(len(rows.positives) for rows in parts) == 10_403
    assert sum(len(rows.negatives) for rows in parts) == 252_216
    assert len(np.unique(np.concatenate([rows.user for rows in parts]))) == 6_227
    seen = [rows.item for rows in parts] + [sample.histories.values]
    assert len(np.unique(np.concatenate(seen))) == 25_387
    assert (sample.n_users, sample.n_items) == (6_227, 51_282)
    assert len(sample.titles) == len(sample.categories) == 51_282
    assert len(set(sample.categories)) == 17 and "" not in sample.titles
    assert sample.descriptions == ()
    assert (sample.protocol, sample.data_split) == ("listed", "impressions-80-10-10")
    assert len(sample.sources) == 4


def test_the_sample_is_cut_by_time(sample: Dataset) -> None:
    before = 0
    for rows in splits(sample):
        assert rows.time is not None
        assert before <= rows.time.min()
        before = int(rows.time.max())


def test_a_user_of_the_sample_has_one_history(sample: Dataset) -> None:
    histories: dict[str, set[str]] = {}
    for file in SAMPLE_BEHAVIORS:
        text = open_data_file(f"mind_small_parts/{file}").decode("utf-8")
        for line in text.split("\n")[:-1]:
            _, user, _, history, _ = line.split("\t")
            histories.setdefault(user, set()).add(history)
    assert len(histories) == sample.n_users
    assert all(len(each) == 1 for each in histories.values())
    lengths = [len(history.split()) for each in histories.values() for history in each]
    assert sample.histories.lengths.tolist() == lengths


@pytest.mark.parametrize("which", ["condensed", "random"])
def test_released_texts_belong_to_the_titles_of_the_sample(which: str, sample: Dataset) -> None:
    short = condenser("none", {"content": f"released-{which}"}).condense(sample, None, 0)
    assert short.tokens is not None and len(short.tokens) == sample.n_items
    assert 16 < short.tokens.lengths.mean() < 17
    words = tokenizer()
    shared = []
    for i in range(0, sample.n_items, 37):
        text = set(words.decode(short.tokens[i].tolist()).split())
        for other in (i, (i + 37) % sample.n_items):
            title = words.decode(words.encode([sample.titles[other]])[0]).split()
            shared.append(len(text & set(title)) / max(1, len(text)))
    own, next_one = np.mean(np.reshape(shared, (-1, 2)), axis=0)
    assert own > 0.4 and next_one < 0.06


def test_released_sets_of_users_are_refused_for_the_sample(sample: Dataset) -> None:
    with pytest.raises(CondrecError, match="found 6227 users .*expected the 94057 of the release"):
        condenser("released-condensed").condense(sample, None, 0)
