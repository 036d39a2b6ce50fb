"""The MovieLens part of the TF-DCon release.

What the files hold and how they are aligned was checked against MovieLens-100K, see the tests.
Item ids are the release's ``mid`` (0 to 1681), user ids its ``uid`` (0 to 942, the raw MovieLens
user less one).
"""

from __future__ import annotations

from condrec.datasets.files import locate, sources
from condrec.datasets.movielens import ITEMS as ML_100K_ITEMS
from condrec.datasets.movielens import read_movies
from condrec.datasets.tfdcon_release import (
    MOVIELENS,
    read_histories,
    read_interactions,
    read_released_content,
    read_replies,
)
from condrec.datasets.types import Dataset


def read_tfdcon_movielens() -> Dataset:
    """Return the released MovieLens data set with its released split.

    ``tokens`` is the original content (title, then year).  Titles and genres are not in the
    release: they come from MovieLens-100K's ``u.item`` where it lies in the data folder, and
    stay empty otherwise.  User 684 has an empty history.

    Raises:
        CondrecError: missing or changed file.
    """
    replies, raw = read_replies()
    used = [MOVIELENS.history, MOVIELENS.condensed_texts, MOVIELENS.interests]
    used += [MOVIELENS.content("original")]
    used += [MOVIELENS.interactions("original", split) for split in ("train", "dev", "test")]
    titles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    if locate(ML_100K_ITEMS):
        names, genres = read_movies()
        titles = tuple(names[int(i) - 1] for i in raw)
        categories = tuple(genres[int(i) - 1] for i in raw)
        used.append(ML_100K_ITEMS)
    return Dataset(
        name="tfdcon-movielens",
        n_users=MOVIELENS.n_users,
        n_items=MOVIELENS.n_items,
        train=read_interactions(MOVIELENS, "original", "train"),
        validation=read_interactions(MOVIELENS, "original", "dev"),
        test=read_interactions(MOVIELENS, "original", "test"),
        histories=read_histories(MOVIELENS),
        tokens=read_released_content("original"),
        titles=titles,
        categories=categories,
        replies=replies,
        sources=sources(used),
    )
