"""Data sets small enough to read, shared by the tests of every room."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from condrec.datasets.ragged import Ragged
from condrec.datasets.splits import split_interactions
from condrec.datasets.types import Dataset, Interactions

# A slow machine is no failure: the first call of a test may load or compile something.
settings.register_profile("condrec", deadline=None)
settings.load_profile("condrec")

TOPIC_WORDS = (
    ("goal", "match", "team", "coach", "league"),
    ("vote", "party", "senate", "law", "minister"),
    ("film", "actor", "scene", "screen", "studio"),
    ("planet", "star", "orbit", "comet", "rocket"),
)
COMMON_WORDS = ("the", "new", "and", "today", "says")


def topic_dataset(
    n_users: int = 30, n_items: int = 25, n_topics: int = 3, seed: int = 0
) -> Dataset:
    """Make users who like exactly the items of one topic, told apart by the items' words.

    User u and item i belong to topic ``u % n_topics`` and ``i % n_topics``.  A user's own items
    are spread over history (2), train (2 to 4 positives), validation (1) and test (1); other
    topics' items are disliked.  The last user has dislikes only, users 3 and 17 an empty history,
    every seventh user no dislike in train.
    """
    rng = np.random.default_rng([seed, 1])
    topic = np.arange(n_items) % n_topics
    words = np.array(TOPIC_WORDS)
    titles = [" ".join(rng.permutation(words[t])[:2]) for t in topic]
    descriptions = [
        " ".join(rng.permutation(np.concatenate([words[t], COMMON_WORDS]))[: 1 + i % 9])
        for i, t in enumerate(topic)
    ]
    vocabulary = ("[PAD]", *sorted({*COMMON_WORDS, *words.ravel().tolist()}))
    ids = {word: i for i, word in enumerate(vocabulary)}
    texts = [f"{a} {b}".split() for a, b in zip(titles, descriptions, strict=True)]

    histories: list[list[int]] = []
    rows: dict[str, list[tuple[int, int, int]]] = {"train": [], "validation": [], "test": []}
    for user in range(n_users):
        own = rng.permutation(np.flatnonzero(topic == user % n_topics)).tolist()
        other = rng.permutation(np.flatnonzero(topic != user % n_topics)).tolist()
        histories.append([] if user in (3, 17) else own[:2])
        n_likes = 0 if user == n_users - 1 else 2 + user % 3
        n_dislikes = 0 if user % 7 == 0 else 1 + user % 4
        rows["train"] += [(user, item, 1) for item in own[2 : 2 + n_likes]]
        rows["train"] += [(user, item, 0) for item in other[:n_dislikes]]
        rows["validation"] += [(user, own[6], 1)] + [(user, item, 0) for item in other[5:8]]
        rows["test"] += [(user, own[7], 1)] + [(user, item, 0) for item in other[8:12]]
    return Dataset(
        name="tiny",
        n_users=n_users,
        n_items=n_items,
        **{split: Interactions(*np.array(table).T) for split, table in rows.items()},
        histories=Ragged.from_lists(histories),
        tokens=Ragged.from_lists([[ids[word] for word in text] for text in texts]),
        vocabulary=vocabulary,
        titles=tuple(titles),
        descriptions=tuple(descriptions),
        categories=tuple(f"topic {'abcd'[t]}" for t in topic),
    )


@pytest.fixture(scope="session")
def tiny_dataset() -> Dataset:
    """30 users, 25 items of three topics; its own vocabulary, so no word pieces are needed."""
    return topic_dataset()


@pytest.fixture(scope="session")
def easy_dataset() -> Dataset:
    """150 users, 48 items: the topic of the history decides every click, popularity nothing."""
    return topic_dataset(n_users=150, n_items=48, n_topics=4, seed=1)


@pytest.fixture(scope="session")
def implicit_dataset() -> Dataset:
    """The likes of 90 users for 30 items of three topics, ranked over the full catalogue."""
    liked = topic_dataset(n_users=90, n_items=30, seed=2)
    rows = {split: getattr(liked, split).positives for split in ("train", "validation", "test")}
    nothing = Ragged.from_lists([[] for _ in range(liked.n_users)])
    return replace(liked, name="implicit", protocol="full", histories=nothing, tokens=None, **rows)


def walked_dataset(n_users: int = 60, n_items: int = 24, seed: int = 3) -> Dataset:
    """Make users who walk up the items' numbers in a circle, one step mostly, sometimes two.

    Walks have 4 to 12 items; the last is test, the one before validation.  Users 3 and 17 did
    nothing, user 5 two things, which are both training rows.
    """
    rng = np.random.default_rng([seed, 1])
    lengths = rng.integers(4, 13, size=n_users)
    lengths[[3, 17, 5]] = 0, 0, 2
    user = np.repeat(np.arange(n_users), lengths)
    steps = np.where(rng.random((n_users, 12)) < 0.8, 1, 2)
    steps[:, 0] = rng.integers(n_items, size=n_users)
    item = (steps.cumsum(1) % n_items)[np.arange(12) < lengths[:, None]]
    rows = Interactions(user, item, np.ones_like(item), time=np.arange(len(user)))
    train, validation, test = split_interactions(rows, n_users, "leave-one-out")
    return Dataset(
        name="walked",
        n_users=n_users,
        n_items=n_items,
        train=train,
        validation=validation,
        test=test,
        histories=Ragged.from_lists([[] for _ in range(n_users)]),
        protocol="full",
        data_split="leave-one-out",
    )


@pytest.fixture(scope="session")
def sequence_dataset() -> Dataset:
    """60 users, 24 items: the item read last tells the next, up to one of two."""
    return walked_dataset()


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of downloaded data files; the test is skipped without one."""
    folder = os.environ.get("CONDREC_DATA", "")
    if not (Path(folder) / "tfdcon_release").is_dir() or not folder:
        pytest.skip("CONDREC_DATA names no folder with the TF-DCon release")
    return Path(folder)


@pytest.fixture(autouse=True)
def runs_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep runs and trained encoders out of the user's cache, and of other tests."""
    monkeypatch.setenv("CONDREC_RUNS", str(tmp_path / "runs"))


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Let every test process use one core: matrices are small, and workers run side by side."""
    torch.set_num_threads(1)
