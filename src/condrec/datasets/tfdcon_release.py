"""The files Wu et al. published with TF-DCon: texts and interactions of three data sets.

Source: github.com/Jyonn/TF-DCon.  Ids are the release's own: its ``uid``, and ``mid``, ``bid`` or
``nid`` for items.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from operator import index
from typing import Any

import numpy as np
from numpy.typing import NDArray

from condrec.datasets.files import open_data_file
from condrec.datasets.ragged import Ragged
from condrec.datasets.safe_pickle import load_columns
from condrec.datasets.types import Interactions, Replies
from condrec.errors import CondrecError, unknown_name

SUBSETS = ("condensed", "random", "majority")


@dataclass(frozen=True)
class Part:
    """One of the three data sets of the release.

    Args:
        folder: its name below ``dataset/`` and ``raw_data/``.
        item: the column of item ids.
        n_users, n_items: sizes of the id spaces.
        fields: by content file, its text fields in the order they are joined.
    """

    folder: str
    item: str
    n_users: int
    n_items: int
    fields: Mapping[str, tuple[str, ...]]

    def content(self, which: str) -> str:
        """Return the path of a content file, or refuse its name."""
        if which not in self.fields:
            raise unknown_name("released content", which, self.fields)
        return f"tfdcon_release/dataset/{self.folder}/content/{which}.npy"

    def interactions(self, subset: str, split: str) -> str:
        """Return the path of a file of interactions."""
        return f"tfdcon_release/dataset/{self.folder}/interaction/{subset}/{split}.npy"

    @property
    def history(self) -> str:
        """The path of the users' histories."""
        return f"tfdcon_release/dataset/{self.folder}/user/history.npy"

    @property
    def condensed_texts(self) -> str:
        """The path of the language model's texts of the items."""
        return f"tfdcon_release/raw_data/{self.folder}/content_condensation.csv"

    @property
    def interests(self) -> str:
        """The path of the language model's interest words of the users."""
        return f"tfdcon_release/raw_data/{self.folder}/user_interest.log"


MOVIELENS = Part(
    "movielens",
    "mid",
    943,
    1682,
    {"original": ("name", "year"), "condensed": ("sum",), "random": ("name",)},
)
GOODREADS = Part(
    "goodreads",
    "bid",
    23_089,
    16_833,
    {"original": ("title", "desc"), "condensed": ("sum",), "random": ("title",)},
)
MIND = Part("mind", "nid", 94_057, 65_238, {"condensed": ("newtitle",), "random": ("title",)})
PARTS = {
    "tfdcon-movielens": MOVIELENS,
    "tfdcon-goodreads": GOODREADS,
    "goodreads-8749": GOODREADS,
    "mind-small-sample": MIND,
}
"""The part whose ids a data set has; the sample of MIND has the first of its items."""


def part_of(name: str) -> Part:
    """Return the part of the release a data set was made from.

    Raises:
        CondrecError: it was not made from the release.
    """
    if name not in PARTS:
        raise CondrecError(
            f"released sets: found data set {name!r}, expected one of {', '.join(PARTS)}"
        )
    return PARTS[name]


def columns(path: str, content: bytes, *names: str) -> list[NDArray[Any]]:
    """Return the named columns of a release file's content."""
    found = load_columns(content, path)
    missing = [name for name in names if name not in found]
    if missing:
        raise CondrecError(f"{path}: found columns {sorted(found)}, expected {missing[0]!r} too")
    return [found[name] for name in names]


def whole(path: str, name: str, column: NDArray[Any], stop: int) -> NDArray[np.int64]:
    """Return an id column as int64, refusing what is no id below ``stop``."""
    try:
        ids = np.array([index(i) for i in column], dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise CondrecError(f"{path}: {name}: {error}, expected whole numbers") from None
    if len(ids) and (ids.min() < 0 or ids.max() >= stop):
        bad = ids[(ids < 0) | (ids >= stop)][0]
        raise CondrecError(f"{path}: {name}: found id {bad}, expected 0 to {stop - 1}")
    return ids


def rows_by_id(path: str, name: str, column: NDArray[Any], stop: int) -> NDArray[np.int64]:
    """Return, for each id from 0 to stop - 1, the one row that holds it."""
    ids = whole(path, name, column, stop)
    if len(ids) != stop or len(np.unique(ids)) != stop:
        raise CondrecError(f"{path}: {name}: expected each id from 0 to {stop - 1} exactly once")
    return np.argsort(ids)


def parse_interactions(path: str, content: bytes, part: Part) -> Interactions:
    """Return the rows of a file of interactions."""
    user, item, click = columns(path, content, "uid", part.item, "click")
    return Interactions(
        whole(path, "uid", user, part.n_users),
        whole(path, part.item, item, part.n_items),
        whole(path, "click", click, 2),
    )


def read_interactions(part: Part, subset: str, split: str) -> Interactions:
    """Return the rows of a verified file, ``split`` being ``train``, ``dev`` or ``test``."""
    path = part.interactions(subset, split)
    return parse_interactions(path, open_data_file(path), part)


def read_released_content(which: str, part: Part = MOVIELENS) -> Ragged:
    """Return the word pieces of every item as released: its text fields joined in order.

    The released random content of MovieLens is *misaligned*: its title comes from the item's own
    movie, its description from the movie that stands at that position of the list of
    descriptions.  It is what the authors trained on; a correct one must be drawn from aligned
    texts.

    Args:
        which: ``original`` (not of MIND, its file is missing), ``condensed`` or ``random``.
        part: the data set.

    Raises:
        CondrecError: unknown name; missing or changed file.
    """
    path = part.content(which)
    ids, *fields = columns(path, open_data_file(path), part.item, *part.fields[which])
    rows = rows_by_id(path, part.item, ids, part.n_items)
    return Ragged.from_lists([piece for field in fields for piece in field[row]] for row in rows)


def released_content_order(which: str, part: Part = MOVIELENS) -> NDArray[np.int64]:
    """Return the item id that stands in each row of a content file, shape [n_items].

    In MovieLens row p holds the movie with raw id p + 1; in ``random`` its description is that of
    item id p instead, see :func:`read_released_content`.
    """
    path = part.content(which)
    (ids,) = columns(path, open_data_file(path), part.item)
    rows_by_id(path, part.item, ids, part.n_items)
    return whole(path, part.item, ids, part.n_items)


def read_released_split(which: str, part: Part = MOVIELENS) -> tuple[Interactions, Interactions]:
    """Return training and validation rows of a released subset of the users.

    The training rows are positives only; the validation rows hold both labels.

    Args:
        which: ``condensed``, ``random`` or ``majority``.
        part: the data set.

    Raises:
        CondrecError: unknown name; missing or changed file.
    """
    if which not in SUBSETS:
        raise unknown_name("released subset", which, SUBSETS)
    return read_interactions(part, which, "train"), read_interactions(part, which, "dev")


def read_histories(part: Part) -> Ragged:
    """Return the history of every user, oldest first."""
    user, history = columns(part.history, open_data_file(part.history), "uid", "history")
    order = rows_by_id(part.history, "uid", user, part.n_users)
    return Ragged.from_lists(history[row] for row in order)


def read_replies(part: Part = MOVIELENS) -> tuple[Replies, tuple[str, ...]]:
    """Return the recorded language-model replies, and the raw id of every item.

    Row i of the condensed texts belongs to item id i of the release; its id column is the *raw*
    one, not the release's.  The interests are stored by user id, in arbitrary order.
    """
    path = part.condensed_texts
    text = open_data_file(path).decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    raw = tuple(row[part.item] for row in rows)
    if len(rows) != part.n_items or len(set(raw)) != part.n_items:
        raise CondrecError(f"{path}: expected {part.n_items} rows of different {part.item}")
    lines = [json.loads(line) for line in open_data_file(part.interests).decode().splitlines()]
    ids = np.array([line["uid"] for line in lines])
    users = rows_by_id(part.interests, "uid", ids, part.n_users)
    interests = tuple(tuple(lines[row]["interest"]) for row in users)
    return Replies(tuple(row["sum"] for row in rows), interests), raw
