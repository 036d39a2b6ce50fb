"""The made-up news site as sequences: what is read next depends on what was read last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.embedded import DAYS, FIRST_SECOND, News, write_news
from condrec.datasets.embedded_words import topics
from condrec.datasets.ragged import IntArray
from condrec.datasets.splits import LEAVE_ONE_OUT, no_histories, split_interactions
from condrec.datasets.types import Dataset, Interactions

N_USERS, N_ITEMS = 300, 120
SHORTEST, LONGEST = 8, 40
FOLLOWS, STAYS = 0.7, 0.1
"""Probability that the next item is of the topic that follows the last one's, or of the same."""


def _topics_next(n_topics: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return how likely a topic comes after another, shape [n_topics, n_topics].

    Every topic has one that mostly follows it, all of them in one circle.
    """
    circle = rng.permutation(n_topics)
    chances = np.full((n_topics, n_topics), (1 - FOLLOWS - STAYS) / n_topics)
    chances[circle, np.roll(circle, -1)] += FOLLOWS
    np.fill_diagonal(chances, np.diag(chances) + STAYS)
    return chances


def _read(news: News, lengths: IntArray, rng: np.random.Generator) -> IntArray:
    """Return what everybody reads, in order, shape [n_users, LONGEST]; nothing is read twice.

    The next topic is drawn by the last one alone, the item by its popularity in its topic.
    """
    popularity = rng.permutation(np.arange(1, N_ITEMS + 1) ** -0.8)  # long-tailed
    within = popularity / np.bincount(news.topic, popularity)[news.topic]
    after = _topics_next(int(news.topic.max()) + 1, rng)[:, news.topic] * within
    weights = np.tile(popularity, (len(lengths), 1))
    unread = np.ones_like(weights, dtype=bool)
    users = np.arange(len(lengths))
    sequences = np.empty((len(lengths), LONGEST), dtype=np.int64)
    for place in range(LONGEST):
        luck = rng.gumbel(size=weights.shape)  # the largest is a draw by weight
        item = np.where(unread, np.log(weights) + luck, -np.inf).argmax(axis=1)
        sequences[:, place] = item
        unread[users, item] = False
        weights = after[news.topic[item]]
    return sequences


def embedded_sequences(split: str = LEAVE_ONE_OUT, seed: int = 0) -> Dataset:
    """Return a made-up news site whose readers go from topic to topic by a Markov chain.

    300 users, 120 items with titles, abstracts and topics (``categories``); every user reads 8 to
    40 items, none twice, at rising times.  After an item of one topic comes mostly (70 %) one of
    the topic that follows it, of these more likely a popular one: who knows the last item knows
    far more than popularity, and earlier items add nothing.

    Args:
        split: one of ``condrec.datasets.splits.RULES``.
        seed: another seed, another site and another random split.

    Raises:
        CondrecError: unknown split.
    """
    rng = np.random.default_rng([seed, 0x5E9])
    news = write_news(rng, N_ITEMS)
    lengths = rng.integers(SHORTEST, LONGEST + 1, size=N_USERS)
    read = np.arange(LONGEST) < lengths[:, None]
    pauses = rng.integers(60, DAYS * 86_400 // LONGEST, size=read.shape)
    rows = Interactions(
        user=np.repeat(np.arange(N_USERS), lengths),
        item=_read(news, lengths, rng)[read],
        label=np.ones(int(lengths.sum()), dtype=np.int64),
        time=(FIRST_SECOND + pauses.cumsum(axis=1))[read],
    )
    train, validation, test = split_interactions(rows, N_USERS, split, seed)
    names = [topic[0] for topic in topics()]
    return Dataset(
        name="embedded-sequences",
        n_users=N_USERS,
        n_items=N_ITEMS,
        train=train,
        validation=validation,
        test=test,
        histories=no_histories(N_USERS),
        titles=news.titles,
        descriptions=news.abstracts,
        categories=tuple(names[t] for t in news.topic),
        protocol="full",
        data_split=split,
    )
