"""The MovieLens part of the data Wu et al. published with TF-DCon.

Source: github.com/Jyonn/TF-DCon; what the files hold and how they are aligned was checked
against MovieLens-100K, see the tests.  Item ids are the release's ``mid`` (0 to 1681), user ids
its ``uid`` (0 to 942, the raw MovieLens user less one).
"""

from __future__ import annotations

import csv
import io
import json
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.files import locate, open_data_file, sources
from condrec.datasets.movielens import ITEMS as ML_100K_ITEMS
from condrec.datasets.movielens import read_movies
from condrec.datasets.safe_pickle import load_columns
from condrec.datasets.types import Dataset, Interactions, Ragged, Replies
from condrec.errors import CondrecError, unknown_name

N_USERS, N_ITEMS = 943, 1682
# Text fields of each content file in the order they are joined; see read_released_content.
FIELDS = {"original": ("name", "year"), "condensed": ("sum",), "random": ("name",)}
SUBSETS = ("condensed", "random", "majority")
_FOLDER = "tfdcon_release/dataset/movielens"
_HISTORY = f"{_FOLDER}/user/history.npy"
_CONTENTS = "tfdcon_release/raw_data/movielens/content_condensation.csv"
_INTERESTS = "tfdcon_release/raw_data/movielens/user_interest.log"


def _columns(path: str, *names: str) -> list[NDArray[Any]]:
    """Return the named columns of one verified release file."""
    columns = load_columns(open_data_file(path), path)
    missing = [name for name in names if name not in columns]
    if missing:
        raise CondrecError(f"{path}: found columns {sorted(columns)}, expected {missing[0]!r} too")
    return [columns[name] for name in names]


def _whole(path: str, name: str, column: NDArray[Any], stop: int) -> NDArray[np.int64]:
    """Return an id column as int64, refusing what is no id below ``stop``."""
    try:
        ids = np.array([index(i) for i in column], dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CondrecError(f"{path}: {name}: {error}, expected whole numbers") from None
    if len(ids) and (ids.min() < 0 or ids.max() >= stop):
        bad = ids[(ids < 0) | (ids >= stop)][0]
        raise CondrecError(f"{path}: {name}: found id {bad}, expected 0 to {stop - 1}")
    return ids


def _rows_by_id(path: str, name: str, column: NDArray[Any], stop: int) -> NDArray[np.int64]:
    """Return, for each id from 0 to stop - 1, the one row that holds it."""
    ids = _whole(path, name, column, stop)
    if len(ids) != stop or len(np.unique(ids)) != stop:
        raise CondrecError(f"{path}: {name}: expected each id from 0 to {stop - 1} exactly once")
    return np.argsort(ids)


def _interactions(subset: str, split: str) -> Interactions:
    path = f"{_FOLDER}/interaction/{subset}/{split}.npy"
    user, item, click = _columns(path, "uid", "mid", "click")
    return Interactions(
        _whole(path, "uid", user, N_USERS),
        _whole(path, "mid", item, N_ITEMS),
        _whole(path, "click", click, 2),
    )


def read_released_content(which: str) -> Ragged:
    """Return the word pieces (bert-base-uncased ids) of every item, list i for item id i.

    ``original`` joins title, then year; the descriptions the paper adds are not in the release.
    ``condensed`` is the language model's sentence cut at 20 pieces, without the file's year
    column: alone it has the paper's 15.26 pieces on average.  ``random`` has one field only.

    The released random content is *misaligned*: its title comes from the item's own movie, its
    description from the movie that stands at that position of the list of descriptions.  It is
    what the authors trained on; a correct one must be drawn from aligned texts.

    Args:
        which: ``original``, ``condensed`` or ``random``.

    Raises:
        CondrecError: unknown name; missing or changed file.
    """
    if which not in FIELDS:
        raise unknown_name("released content", which, FIELDS)
    path = f"{_FOLDER}/content/{which}.npy"
    ids, *fields = _columns(path, "mid", *FIELDS[which])
    rows = _rows_by_id(path, "mid", ids, N_ITEMS)
    return Ragged.from_lists([piece for field in fields for piece in field[row]] for row in rows)


def released_content_order(which: str) -> NDArray[np.int64]:
    """Return the item id that stands in each row of a content file, shape [1682].

    Row p holds the movie with raw MovieLens id p + 1; in ``random`` its description is that of
    item id p instead, see :func:`read_released_content`.
    """
    if which not in FIELDS:
        raise unknown_name("released content", which, FIELDS)
    path = f"{_FOLDER}/content/{which}.npy"
    (ids,) = _columns(path, "mid")
    _rows_by_id(path, "mid", ids, N_ITEMS)
    return _whole(path, "mid", ids, N_ITEMS)


def read_released_split(which: str) -> tuple[Interactions, Interactions]:
    """Return training and validation rows of a released subset of the users.

    The training rows are positives only; the validation rows hold both labels.

    Args:
        which: ``condensed``, ``random`` or ``majority``.

    Raises:
        CondrecError: unknown name; missing or changed file.
    """
    if which not in SUBSETS:
        raise unknown_name("released subset", which, SUBSETS)
    return _interactions(which, "train"), _interactions(which, "dev")


def read_replies() -> tuple[Replies, NDArray[np.int64]]:
    """Return the recorded language-model replies, and the raw movie id of every item id.

    Row m of the condensed contents belongs to item id m; its ``mid`` column is the *raw*
    MovieLens id, not the release's.  The interests are stored by user id, in arbitrary order.
    """
    text = open_data_file(_CONTENTS).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    raw = np.array([int(row["mid"]) for row in rows])
    _rows_by_id(_CONTENTS, "mid", raw - 1, N_ITEMS)
    lines = [json.loads(line) for line in open_data_file(_INTERESTS).decode("utf-8").splitlines()]
    users = _rows_by_id(_INTERESTS, "uid", np.array([line["uid"] for line in lines]), N_USERS)
    interests = tuple(tuple(lines[row]["interest"]) for row in users)
    return Replies(tuple(row["sum"] for row in rows), interests), raw


def read_tfdcon_movielens() -> Dataset:
    """Return the released MovieLens data set with its released split.

    ``tokens`` is the original content (title, then year).  Titles and genres are not in the
    release: they come from MovieLens-100K's ``u.item`` where it lies in the data folder, and
    stay empty otherwise.  User 684 has an empty history.

    Raises:
        CondrecError: missing or changed file.
    """
    replies, raw = read_replies()
    user, history = _columns(_HISTORY, "uid", "history")
    order = _rows_by_id(_HISTORY, "uid", user, N_USERS)
    used = [_HISTORY, _CONTENTS, _INTERESTS, f"{_FOLDER}/content/original.npy"]
    used += [f"{_FOLDER}/interaction/original/{split}.npy" for split in ("train", "dev", "test")]
    titles: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    if locate(ML_100K_ITEMS):
        names, genres = read_movies()
        titles = tuple(names[i - 1] for i in raw)
        categories = tuple(genres[i - 1] for i in raw)
        used.append(ML_100K_ITEMS)
    return Dataset(
        name="tfdcon-movielens",
        n_users=N_USERS,
        n_items=N_ITEMS,
        train=_interactions("original", "train"),
        validation=_interactions("original", "dev"),
        test=_interactions("original", "test"),
        histories=Ragged.from_lists(history[row] for row in order),
        tokens=read_released_content("original"),
        titles=titles,
        categories=categories,
        replies=replies,
        sources=sources(used),
    )
