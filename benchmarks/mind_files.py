"""Made-up files in the official format of MIND, as large as wanted.

Every word is made up from syllables.  A user reads and clicks the news of one category mostly, and
news of a category share words, so that a model of texts can learn the clicks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.mind import official_files

IntArray = NDArray[np.int64]
FIRST_DAY = {"train": datetime(2019, 11, 9), "dev": datetime(2019, 11, 15)}
DAYS = {"train": 6, "dev": 1}
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in "aeiou"]
LIKES = 0.7
"""Share of a history that is of the user's own category."""
PULL = 12.0
"""How much likelier a candidate of the user's own category is clicked than another one."""
CHUNK = 2000
"""Lines that are made at once."""


@dataclass(frozen=True)
class MindSize:
    """How many lines there are; the defaults are those of MIND-small.

    Args:
        n_news, n_users: over both parts.
        news, users: of the training and of the dev part; what is too many lies in both.
        impressions: of the training and of the dev part.
        candidates: of an impression, on average: most have fewer, few have many.
        history: news of a history, on average.
        n_categories: of the news; everybody prefers one.
    """

    n_news: int = 65_238
    n_users: int = 94_057
    news: tuple[int, int] = (51_282, 42_416)
    users: tuple[int, int] = (50_000, 50_000)
    impressions: tuple[int, int] = (156_965, 73_152)
    candidates: float = 37.0
    history: float = 19.0
    n_categories: int = 17

    def part(self, which: str, split: str) -> range:
        """Return the numbers of the ``news`` or ``users`` of ``train`` or ``dev``."""
        n_all = self.n_news if which == "news" else self.n_users
        n_train, n_dev = self.news if which == "news" else self.users
        return range(n_train) if split == "train" else range(n_all - n_dev, n_all)

    def scaled(self, share: float) -> MindSize:
        """Return a size with that share of news, users and impressions."""
        counts = {
            name: max(1, round(share * getattr(self, name))) for name in ("n_news", "n_users")
        }
        pairs = {
            name: tuple(max(1, round(share * each)) for each in getattr(self, name))
            for name in ("news", "users", "impressions")
        }
        return replace(self, **counts, **pairs)  # type: ignore[arg-type]


def write_mind(
    folder: Path, made: MindSize | None = None, name: str = "mind-small", seed: int = 0
) -> None:
    """Write the four files where ``condrec`` looks for them, a few thousand lines at a time.

    Args:
        folder: the data folder.
        made: how much; None for as much as MIND-small has.
        name: ``mind-small`` or ``mind-large``.
        seed: of all that is made up.
    """
    made = made or MindSize()
    rng = np.random.default_rng([seed, 1])
    category = rng.integers(made.n_categories, size=made.n_news)
    favourite = rng.integers(made.n_categories, size=made.n_users)
    names = [f"N{number}" for number in 1 + rng.permutation(2 * made.n_news)[: made.n_news]]
    past = [" ".join(names[i] for i in each) for each in _histories(made, category, favourite, rng)]
    for split in ("train", "dev"):
        places = {kind: official_files(name)[f"{split} {kind}"] for kind in ("news", "behaviors")}
        (folder / places["news"]).parent.mkdir(parents=True, exist_ok=True)
        lines = news_lines(made, split, names, category, seed)
        _write(folder / places["news"], lines)
        shown = behaviors_lines(made, split, names, past, category, favourite, seed)
        _write(folder / places["behaviors"], shown)


def _write(path: Path, lines: Iterator[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as stream:
        stream.writelines(f"{line}\n" for line in lines)


def _histories(
    made: MindSize, category: IntArray, favourite: IntArray, rng: np.random.Generator
) -> Iterator[IntArray]:
    """Yield the news every user read before, all of them in both parts; some read none."""
    both = np.array(made.part("news", "train"))[made.part("news", "dev").start :]
    of_category = [both[category[both] == c] for c in range(made.n_categories)]
    lengths = np.minimum(rng.geometric(1 / (made.history + 1), made.n_users) - 1, 300)
    for user, length in enumerate(lengths):
        own = of_category[favourite[user]]
        own = own if len(own) else both
        from_own = own[rng.integers(len(own), size=length)]
        from_all = both[rng.integers(len(both), size=length)]
        yield np.where(rng.random(length) < LIKES, from_own, from_all)


def news_lines(
    made: MindSize, split: str, names: list[str], category: IntArray, seed: int
) -> Iterator[str]:
    """Yield the lines of ``news.tsv``; news of both parts have the same texts in both.

    Titles have 5 to 16 words, abstracts 10 to 90, about one in twenty none.  Half the words are
    those of the category.
    """
    general = np.random.default_rng([seed, 2])
    words = ["".join(general.choice(SYLLABLES, general.integers(1, 4))) for _ in range(4000)]
    for i in made.part("news", split):
        rng = np.random.default_rng([seed, 3, i])
        n_title, n_abstract = rng.integers(5, 17), rng.integers(10, 91)
        any_word = rng.integers(len(words), size=n_title + n_abstract)
        own_word = 40 * category[i] + any_word % 40
        chosen = np.where(rng.random(len(any_word)) < 0.5, own_word, any_word)
        texts = [words[w] for w in chosen % len(words)]
        title = " ".join(texts[:n_title]).capitalize()
        abstract = "" if rng.random() < 0.05 else " ".join(texts[n_title:]).capitalize() + "."
        kind = words[category[i]]
        url = f"https://example.org/{names[i]}"
        yield "\t".join([names[i], kind, f"{kind}{i % 5}", title, abstract, url, "[]", "[]"])


def behaviors_lines(
    made: MindSize,
    split: str,
    names: list[str],
    past: list[str],
    category: IntArray,
    favourite: IntArray,
    seed: int,
) -> Iterator[str]:
    """Yield the lines of ``behaviors.tsv``: at least one candidate is clicked and one is not."""
    rng = np.random.default_rng([seed, 4, split == "train"])
    users, news = (np.array(made.part(which, split)) for which in ("users", "news"))
    total = made.impressions[split == "dev"]
    for first in range(0, total, CHUNK):
        n = min(CHUNK, total - first)
        # Everybody is shown something, as far as there is enough.
        turn = np.arange(first, first + n)
        anybody = rng.integers(len(users), size=n)
        chosen = users[np.where(turn < len(users), turn, anybody)]
        spread = rng.lognormal(np.log(made.candidates) - 0.405, 0.9, n)  # mean exp(0.9² / 2)
        counts = np.clip(np.rint(spread), 2, min(299, len(news))).astype(np.int64)
        # Neighbours in a shuffled circle of news are different ones.
        owner = np.repeat(np.arange(n), counts)
        ends = np.cumsum(counts)
        place = np.arange(ends[-1]) - np.repeat(ends - counts, counts)
        start = rng.integers(len(news), size=n)
        shown = rng.permutation(news)[(start[owner] + place) % len(news)]
        own = category[shown] == favourite[chosen][owner]
        # The largest of log weight + Gumbel noise are a draw by weight without replacement.
        keys = np.where(own, np.log(PULL), 0.0) + rng.gumbel(size=len(shown))
        rank = np.empty(len(shown), dtype=np.int64)
        rank[np.lexsort((-keys, owner))] = place
        clicks = np.minimum(rng.geometric(0.67, n), counts - 1)
        label = rank < clicks[owner]
        seconds = rng.integers(DAYS[split] * 86_400, size=n)
        texts = [
            f"{names[i]}-{int(c)}" for i, c in zip(shown.tolist(), label.tolist(), strict=True)
        ]
        for k in range(n):
            when = moment(FIRST_DAY[split] + timedelta(seconds=int(seconds[k])))
            candidates = " ".join(texts[ends[k] - counts[k] : ends[k]])
            user = int(chosen[k])
            yield f"{first + k + 1}\tU{user + 1}\t{when}\t{past[user]}\t{candidates}"


def moment(when: datetime) -> str:
    """Return a time as MIND writes it, such as ``11/9/2019 9:05:58 AM``."""
    day = f"{when.month}/{when.day}/{when.year}"
    return f"{day} {when.hour % 12 or 12}:{when:%M:%S} {'AM' if when.hour < 12 else 'PM'}"
