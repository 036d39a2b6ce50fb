"""The embedded data set: a made-up news site whose readers' interests are known.

It is generated whenever it is asked for, so it needs no download and has no licence.  Readers
click what concerns their interests first and what is popular second: a personal model can beat
popularity, popularity beats chance, and what the model should find is known.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.embedded_words import ABSTRACTS, MONTHS, PEOPLE, PLACES, TITLES, topics
from condrec.datasets.ragged import Ragged
from condrec.datasets.types import Dataset, Interactions

IntArray = NDArray[np.int64]
N_USERS, N_ITEMS = 600, 400
SHOWN = 6  # candidates an impression
HISTORY = 6  # impressions of each user whose clicks become the history
FIRST_SECOND, DAYS = 1_704_067_200, 28  # January 2024
VERSION = 1  # raised by hand whenever the generated data change
PAD = "[PAD]"


@dataclass(frozen=True)
class News:
    """Made-up items.

    Args:
        titles, abstracts: of every item.
        topic, subject: what it is about, subjects counted over all topics, shape [n_items].
    """

    titles: tuple[str, ...]
    abstracts: tuple[str, ...]
    topic: IntArray
    subject: IntArray


def write_news(rng: np.random.Generator, n_items: int = N_ITEMS) -> News:
    """Write the items: subjects in equal numbers, words at random."""
    table = topics()
    subjects = [(t, s) for t, topic in enumerate(table) for s in topic[3]]
    subject = rng.permutation(np.arange(n_items) % len(subjects))
    titles, abstracts = [], []
    for s in subject:
        topic, name = subjects[s]
        _, adjectives, verbs, nouns = table[topic]
        verb = rng.permutation(verbs)
        words = dict(zip("abcde", rng.permutation(nouns[name]), strict=False))
        words |= {"adjective": rng.choice(adjectives), "verb": verb[0], "verb2": verb[1]}
        words |= {"subject": name, "place": rng.choice(PLACES), "people": rng.choice(PEOPLE)}
        words |= {"month": rng.choice(MONTHS)}
        title = str(rng.choice(TITLES)).format(**words)
        titles.append(title[0].upper() + title[1:])
        abstracts.append(str(rng.choice(ABSTRACTS)).format(**words))
    topic_of = np.array([t for t, _ in subjects])
    return News(tuple(titles), tuple(abstracts), topic_of[subject], subject)


def _draw_interests(rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return which subjects concern each user, shape [n_users, n_subjects].

    Everyone has two subjects of one topic and one subject of another; some topics have more
    followers than others.
    """
    n_topics, per_topic = len(topics()), 3
    share = 1 / np.arange(1, n_topics + 1) ** 0.5
    order = np.argsort(-(np.log(share) + rng.gumbel(size=(N_USERS, n_topics))), axis=1)
    favourite = rng.permuted(np.tile(np.arange(per_topic), (N_USERS, 1)), axis=1)
    interests = np.zeros((N_USERS, n_topics, per_topic), dtype=bool)
    user = np.arange(N_USERS)
    interests[user, order[:, 0], favourite[:, 0]] = True
    interests[user, order[:, 0], favourite[:, 1]] = True
    interests[user, order[:, 1], favourite[:, 2]] = True
    return interests.reshape(N_USERS, -1)


def _impressions(
    news: News, interests: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[IntArray, IntArray, NDArray[np.bool_], IntArray]:
    """Return user, candidates, clicks and time of every impression, oldest first.

    Returns:
        Shapes [n], [n, SHOWN], [n, SHOWN], [n]; nobody is shown an item twice.
    """
    appeal = rng.permutation(-0.8 * np.log(np.arange(1, N_ITEMS + 1)))  # long-tailed
    appeal -= appeal.mean()
    of_interest = interests[:, news.subject].astype(float)  # [n_users, n_items]
    topics_of_interest = interests.reshape(N_USERS, -1, 3).max(axis=2)
    near = topics_of_interest[:, news.topic].astype(float)

    # Few readers come often.  The site shows what is popular and, a little, what may please.
    visits = HISTORY + np.minimum(3 + rng.geometric(1 / 9, size=N_USERS), 24)
    weight = appeal + 2.0 * of_interest + 0.4 * near
    ranked = np.argsort(-(weight + rng.gumbel(size=weight.shape)), axis=1)
    taken = np.arange(N_ITEMS) < (SHOWN * visits)[:, None]
    # A second shuffle, or the likeliest items would all be shown on the first visits.
    later = np.where(taken, rng.random(weight.shape), 1.0)
    ranked = np.take_along_axis(ranked, np.argsort(later, axis=1, kind="stable"), axis=1)
    user = np.repeat(np.arange(N_USERS), visits)
    candidates = ranked[taken].reshape(-1, SHOWN)

    pleasure = 4.0 * of_interest + 0.5 * near + 1.2 * appeal
    felt = pleasure[user[:, None], candidates] + rng.gumbel(size=candidates.shape)
    place = np.argsort(np.argsort(-felt, axis=1), axis=1)
    n_clicks = np.where(rng.random(len(user)) < 0.15, 2, 1)
    clicks = place < n_clicks[:, None]

    time = FIRST_SECOND + rng.integers(DAYS * 86_400, size=len(user))
    order = np.argsort(time, kind="stable")
    return user[order], candidates[order], clicks[order], time[order]


def words_of(text: str) -> list[str]:
    """Return the lower-case words of a text, without punctuation."""
    return re.findall(r"[a-z]+", text.lower())


def encode_words(
    texts: Sequence[str], vocabulary: Sequence[str], limit: int | None = None
) -> Ragged:
    """Return the ids of the words of each text, leaving out words the vocabulary lacks.

    Args:
        texts: any number of texts.
        vocabulary: the word behind each id, such as ``Dataset.vocabulary``.
        limit: longest list wanted; None for all words.
    """
    ids = {word: i for i, word in enumerate(vocabulary)}
    return Ragged.from_lists(
        [ids[word] for word in words_of(text) if word in ids][:limit] for text in texts
    )


@dataclass(frozen=True)
class Site:
    """All that happened on the made-up site, in the order of time.

    Args:
        user: who came, shape [n_impressions].
        candidates: what was shown, shape [n_impressions, 6].
        clicks: what was clicked of it, same shape.
        time: seconds since 1970, shape [n_impressions].
        texts: what ``Dataset`` says of items and users in words, by the name of the field.
    """

    user: IntArray
    candidates: IntArray
    clicks: NDArray[np.bool_]
    time: IntArray
    texts: dict[str, Any]


def generate_site(seed: int) -> Site:
    """Return the site of a seed."""
    rng = np.random.default_rng([seed, 0xE3B])
    news = write_news(rng)
    interests = _draw_interests(rng)
    visits = _impressions(news, interests, rng)
    texts = [f"{a} {b}" for a, b in zip(news.titles, news.abstracts, strict=True)]
    vocabulary = (PAD, *sorted({word for text in texts for word in words_of(text)}))
    names = np.array([subject for topic in topics() for subject in topic[3]])
    in_words = {
        "tokens": encode_words(texts, vocabulary),
        "vocabulary": vocabulary,
        "titles": news.titles,
        "descriptions": news.abstracts,
        "categories": tuple(topics()[t][0] for t in news.topic),
        "interests": tuple(tuple(str(name) for name in names[mine]) for mine in interests),
    }
    return Site(*visits, in_words)


@lru_cache(maxsize=8)
def embedded_vocabulary(seed: int = 0) -> tuple[str, ...]:
    """Return the word behind each token id: "[PAD]" for 0, then the corpus' words, sorted."""
    return embedded(seed).vocabulary


def embedded(seed: int = 0) -> Dataset:
    """Return the embedded data set.

    600 users, 400 items with title, abstract (``descriptions``) and topic (``categories``),
    six candidates an impression of which one or two are clicked.  The clicks of everybody's
    first six impressions are the histories; the other impressions are cut in time, 70 % train,
    10 % validation, 20 % test, and hold their non-clicks too (label 0).  ``interests`` are the
    three subjects every user truly follows; an abstract names its subject.  ``tokens`` are
    whole words of title and abstract, numbered in ``vocabulary``.

    Args:
        seed: another seed, another site; the documented one is 0.
    """
    site = generate_site(seed)
    user, candidates, clicks, time = site.user, site.candidates, site.clicks, site.time

    visit = np.empty(len(user), dtype=np.int64)  # how many impressions the user had before
    by_user = np.argsort(user, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(user, minlength=N_USERS))])
    visit[by_user] = np.arange(len(user)) - starts[user[by_user]]
    old = visit < HISTORY
    clicked = clicks & old[:, None]
    histories = Ragged.group(np.repeat(user, SHOWN)[clicked.ravel()], candidates[clicked], N_USERS)

    rest = np.flatnonzero(~old)
    cuts = time[rest[[int(0.7 * len(rest)), int(0.8 * len(rest))]]]
    part = np.searchsorted(cuts, time[rest], side="right")

    def rows(chosen: IntArray) -> Interactions:
        return Interactions(
            user=np.repeat(user[chosen], SHOWN),
            item=candidates[chosen].ravel(),
            label=clicks[chosen].ravel().astype(np.int64),
            time=np.repeat(time[chosen], SHOWN),
            impression=np.repeat(chosen, SHOWN),
        )

    return Dataset(
        name="embedded",
        n_users=N_USERS,
        n_items=N_ITEMS,
        train=rows(rest[part == 0]),
        validation=rows(rest[part == 1]),
        test=rows(rest[part == 2]),
        histories=histories,
        **site.texts,
    )
