"""MIND: news with titles and abstracts, and impressions kept as lists of candidates.

Source: F. Wu et al. 2020 (MIND).  Reads the official folders ``MINDsmall_train``, ``MINDsmall_dev``
and their large siblings, and the sample of MIND-small that public repositories hold.
"""

from __future__ import annotations

import csv
import io
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from condrec import paths
from condrec.datasets.checked_lines import Lines, opened
from condrec.datasets.files import file_sha256, locate, open_data_file, sources
from condrec.datasets.ragged import IntArray, Ragged
from condrec.datasets.types import Dataset, Interactions
from condrec.errors import CondrecError
from condrec.text import tokenizer

TITLE_PIECES, ABSTRACT_PIECES = 20, 50
"""Word pieces kept of each text (fact sheet TF-DCon, section 2.4)."""
SAMPLE_BEHAVIORS = ("train_behaviors_first2000.tsv", "train_behaviors_random5000.tsv")
_SAMPLE, _NEWS_IDS = "mind_small_parts", "once_vocab/mind/user/tok.nid.dat"
_TIME = "%m/%d/%Y %I:%M:%S %p"
_CLICK = {"-0": 0, "-1": 1}
_HALVES = 47  # the seed that cuts the labelled impressions of dev


def official_files(name: str) -> dict[str, str]:
    """Return where the four files of ``mind-small`` or ``mind-large`` lie in the data folder."""
    prefix = f"{name}/MIND{name.removeprefix('mind-')}"
    return {
        f"{split} {kind}": f"{prefix}_{split}/{kind}.tsv"
        for split in ("train", "dev")
        for kind in ("news", "behaviors")
    }


@dataclass(frozen=True)
class News:
    """News by their official ids, numbered in the order they were read."""

    number: dict[str, int] = field(default_factory=dict)
    titles: list[str] = field(default_factory=list)
    abstracts: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)

    def add(self, name: str, title: str, abstract: str, category: str) -> None:
        """Add one that is not known yet; the first of several with one id counts."""
        if name not in self.number:
            self.number[name] = len(self.titles)
            self.titles.append(title)
            self.abstracts.append(abstract)
            self.categories.append(category)


@dataclass
class Behaviors:
    """Impressions, gathered from any number of files.

    Args:
        user: number of every user by its official id, in the order they were read.
        histories: of every user, as its first impression gives it, oldest first.
        counts: candidates of every impression.
        impressions: official number of every impression (unique within one file only).
    """

    user: dict[str, int] = field(default_factory=dict)
    histories: list[array[int]] = field(default_factory=list)
    users: array[int] = field(default_factory=lambda: array("i"))
    times: array[int] = field(default_factory=lambda: array("q"))
    counts: array[int] = field(default_factory=lambda: array("i"))
    impressions: array[int] = field(default_factory=lambda: array("q"))
    items: array[int] = field(default_factory=lambda: array("i"))
    labels: array[int] = field(default_factory=lambda: array("b"))

    def add_file(self, name: str, stream: Iterator[bytes], news: Mapping[str, int]) -> int:
        """Add the impressions of a ``behaviors.tsv`` and return how many there are now.

        A line is malformed where its number or time is none, a news id is unknown, a candidate
        has no label, or none is listed.
        """
        lines = Lines(name, 5)
        for number, (impression, user, when, history, shown) in lines.read(stream):
            candidates = shown.split()
            try:
                seconds = int(datetime.strptime(when, _TIME).replace(tzinfo=UTC).timestamp())
                which = array("q", [int(impression)])
                labels = [_CLICK[each[-2:]] for each in candidates]
                items = [news[each[:-2]] for each in candidates]
                past = [news[each] for each in history.split()]
            except KeyError as error:
                lines.reject(number, f"the unknown news or label {str(error.args[0])[:20]!r}")
                continue
            except (ValueError, OverflowError):
                lines.reject(number, f"impression {impression[:20]!r} or time {when[:30]!r}")
                continue
            if not items or not user:
                lines.reject(number, "no user" if items else "no candidate")
                continue
            if user not in self.user:
                self.user[user] = len(self.user)
                self.histories.append(array("i", past))
            self.users.append(self.user[user])
            self.times.append(seconds)
            self.impressions.extend(which)
            self.counts.append(len(items))
            self.items.extend(items)
            self.labels.extend(labels)
        return len(self.users)

    def rows(self, impressions: IntArray) -> Interactions:
        """Return the candidates of impressions, one row each, in the order of the files."""
        wanted = np.zeros(len(self.users), dtype=bool)
        wanted[impressions] = True
        counts = np.frombuffer(self.counts, dtype=np.int32)
        kept = np.repeat(wanted, counts)
        columns = [
            np.repeat(np.frombuffer(self.users, dtype=np.int32)[wanted], counts[wanted]),
            np.frombuffer(self.items, dtype=np.int32)[kept],
            np.frombuffer(self.labels, dtype=np.int8)[kept],
            np.repeat(np.frombuffer(self.times, dtype=np.int64)[wanted], counts[wanted]),
            np.repeat(np.flatnonzero(wanted), counts[wanted]),
        ]
        return Interactions(*columns)


def read_mind(name: str) -> Dataset:
    """Return MIND-small or MIND-large from the official folders.

    Training impressions are those of ``MIND…_train``.  The labelled ones of ``MIND…_dev`` are cut
    in two halves at random, validation and test, as TF-DCon's code does.  A user's history is the
    one of the first impression.  ``tokens`` are 20 word pieces of the title, 50 of the abstract.

    Args:
        name: ``mind-small`` or ``mind-large``.

    Raises:
        CondrecError: a missing file, or too many malformed lines.
    """
    files = {}
    for what, path in official_files(name).items():
        found = locate(path)
        if found is None:
            raise CondrecError(
                f"data file {path}: found nothing in {paths.user_data()}, expected the official "
                "file; accept the terms on https://msnews.github.io/ and unpack it there"
            )
        files[what] = found
    news, behaviors = News(), Behaviors()
    for split in ("train", "dev"):
        _add_news(news, files[f"{split} news"])
    ends = []
    for split in ("train", "dev"):
        shown = files[f"{split} behaviors"]
        with opened(shown) as stream:
            ends.append(behaviors.add_file(str(shown), stream, news.number))
    held_out = np.random.default_rng(_HALVES).permutation(np.arange(ends[0], ends[1]))
    half = len(held_out) // 2
    used = {official_files(name)[what]: file_sha256(path) for what, path in files.items()}
    parts = (np.arange(ends[0]), held_out[:half], held_out[half:])
    return _dataset(name, news, behaviors, parts, used)


def read_mind_small_sample() -> Dataset:
    """Return the 6,936 impressions of MIND-small's training part that are publicly at hand.

    In the order of time the first 80 % of the impressions train, the next 10 % validate, the
    last 10 % test; equal times go by the impression's number.  All 51,282 news of the training
    part have title and category; few have abstracts here, so none is used.  Item ids are the
    TF-DCon release's.

    Raises:
        CondrecError: missing or changed file.
    """
    titles = f"{_SAMPLE}/train_titles.tsv"
    table = csv.reader(io.StringIO(open_data_file(titles).decode("utf-8")), delimiter="\t")
    news = News()
    names = open_data_file(_NEWS_IDS).decode("utf-8").split("\n")
    for name, (_, category, title) in zip(names, table, strict=False):
        news.add(name, title, "", category)
    behaviors, used = Behaviors(), [titles, _NEWS_IDS]
    for file in SAMPLE_BEHAVIORS:
        place = f"{_SAMPLE}/{file}"
        behaviors.add_file(place, iter(io.BytesIO(open_data_file(place))), news.number)
        used.append(place)
    number = np.frombuffer(behaviors.impressions, dtype=np.int64)
    once = np.sort(np.unique(number, return_index=True)[1])  # both files hold some impressions
    times = np.frombuffer(behaviors.times, dtype=np.int64)
    in_time = once[np.lexsort((number[once], times[once]))]
    ends = [len(in_time) * 8 // 10, len(in_time) * 9 // 10]
    parts = np.split(in_time, ends)
    return _dataset("mind-small-sample", news, behaviors, parts, sources(used))


def _add_news(news: News, path: Path) -> None:
    """Add the lines of a ``news.tsv``: id, category, subcategory, title, abstract, and three more.

    An empty title stays empty; titles are untrusted text and escaped where a page shows them.
    """
    lines = Lines(str(path), 8)
    with opened(path) as stream:
        for number, fields in lines.read(stream):
            if not fields[0]:
                lines.reject(number, "no news id")
                continue
            news.add(fields[0], fields[3], fields[4], fields[1])


def _dataset(
    name: str,
    news: News,
    behaviors: Behaviors,
    parts: Sequence[IntArray],
    used: Mapping[str, str],
) -> Dataset:
    train, validation, test = (behaviors.rows(part) for part in parts)
    words = tokenizer()
    pieces = zip(
        words.encode(news.titles, TITLE_PIECES),
        words.encode(news.abstracts, ABSTRACT_PIECES),
        strict=True,
    )
    return Dataset(
        name=name,
        n_users=len(behaviors.user),
        n_items=len(news.titles),
        train=train,
        validation=validation,
        test=test,
        histories=Ragged.from_lists(np.asarray(each) for each in behaviors.histories),
        tokens=Ragged.from_lists(title + abstract for title, abstract in pieces),
        titles=tuple(news.titles),
        descriptions=tuple(news.abstracts) if any(news.abstracts) else (),
        categories=tuple(news.categories),
        data_split="impressions-80-10-10" if name.endswith("sample") else "dev-halves",
        sources=dict(used),
    )
