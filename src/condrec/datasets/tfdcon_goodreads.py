"""The Goodreads part of the TF-DCon release, whole as far as it goes, and the users known whole.

The file of the full training rows is missing from every copy we could check.  The three released
subsets hold all training positives of their users, so those of 8,749 users are known.  Ids are
the release's ``bid`` (0 to 16832) and ``uid`` (0 to 23088).
"""

from __future__ import annotations

import csv
import io

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.files import locate, open_by_hand, open_data_file, sources
from condrec.datasets.tfdcon_release import (
    GOODREADS,
    SUBSETS,
    parse_interactions,
    read_histories,
    read_interactions,
    read_released_content,
    read_replies,
)
from condrec.datasets.types import IN_PART, Dataset, Interactions
from condrec.errors import CondrecError

TRAIN = GOODREADS.interactions("original", "train")
"""The missing file; whoever has it puts it here."""
_TRAIN_BYTES = 60_000_000  # twice what as many rows take in the other files
_TITLES = "once_vocab/goodreads/book.csv"
_DESCRIPTIONS = "once_vocab/goodreads/book-desc.csv"


def read_tfdcon_goodreads() -> Dataset:
    """Return the released Goodreads data set with its released split.

    ``tokens`` is the original content (title, then the description a language model wrote).
    Without the file of the full training rows ``train`` holds the positives of the 8,749 known
    users and ``data_split`` says so: released sets can be trained on and tested, a full-data run
    or another condensation would be one of half of the data and is refused.

    Raises:
        CondrecError: missing or changed file.
    """
    if locate(TRAIN) is None:
        return _goodreads("tfdcon-goodreads", known_positives(), data_split=IN_PART)
    content, own = open_by_hand(TRAIN, _TRAIN_BYTES, "expected the release's file")
    return _goodreads(
        "tfdcon-goodreads", parse_interactions(TRAIN, content, GOODREADS), more_sources=own
    )


def read_goodreads_8749() -> Dataset:
    """Return the users whose training positives are all known, with their released test rows.

    They are the union of the authors' three selections: their majority selection (2,350 users,
    27 %, nearly twice as active as the random ones), a random draw, and TF-DCon's choice, so
    that active users are too many.  No training negative is known of them.  User ids are the
    release's; the other users have no rows.

    Raises:
        CondrecError: missing or changed file.
    """
    train = known_positives()
    return _goodreads("goodreads-8749", train, users=np.unique(train.user))


def known_positives() -> Interactions:
    """Return the distinct rows of the three released training sets, by user."""
    rows = [read_interactions(GOODREADS, subset, "train") for subset in SUBSETS]
    user, item = (
        np.concatenate([getattr(each, name) for each in rows]) for name in ("user", "item")
    )
    # Every set holds a user's rows in one and the same order.
    first = np.sort(np.unique(user * GOODREADS.n_items + item, return_index=True)[1])
    first = first[np.argsort(user[first], kind="stable")]
    return Interactions(user[first], item[first], np.ones(len(first), dtype=np.int64))


def _goodreads(
    name: str,
    train: Interactions,
    users: NDArray[np.int64] | None = None,
    data_split: str = "released",
    more_sources: dict[str, str] | None = None,
) -> Dataset:
    held_out = [read_interactions(GOODREADS, "original", split) for split in ("dev", "test")]
    if users is not None:
        held_out = [rows.where(np.isin(rows.user, users)) for rows in held_out]
    replies, raw = read_replies(GOODREADS)
    used = [GOODREADS.history, GOODREADS.condensed_texts, GOODREADS.interests]
    used += [GOODREADS.content("original"), _TITLES, _DESCRIPTIONS]
    used += [GOODREADS.interactions("original", split) for split in ("dev", "test")]
    used += [GOODREADS.interactions(subset, "train") for subset in SUBSETS]
    return Dataset(
        name=name,
        n_users=GOODREADS.n_users,
        n_items=GOODREADS.n_items,
        train=train,
        validation=held_out[0],
        test=held_out[1],
        histories=read_histories(GOODREADS),
        tokens=read_released_content("original", GOODREADS),
        titles=_texts(_TITLES, "title", "\t", raw),
        descriptions=_texts(_DESCRIPTIONS, "desc", ",", raw),
        replies=replies,
        data_split=data_split,
        sources=sources(used) | (more_sources or {}),
    )


def _texts(path: str, column: str, mark: str, raw: tuple[str, ...]) -> tuple[str, ...]:
    """Return a text of every book in the order of the release, whose raw ids are ``raw``."""
    text = open_data_file(path).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=mark))
    if tuple(row["bid"] for row in rows) != raw:
        raise CondrecError(f"{path}: found other books than in the release, expected the same")
    return tuple(row[column] or "" for row in rows)
