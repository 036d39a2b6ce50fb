"""The types that carry the data: interactions, a data set."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from condrec.datasets.ragged import IntArray, Ragged, check_range, whole_numbers
from condrec.datasets.soft import ItemTable, SoftSequences, SoftUsers
from condrec.errors import CondrecError

PROTOCOLS = ("listed", "full", "uni100")
WORD_PIECES = 30_522  # of bert-base-uncased
IN_PART = "released-in-part"
"""The split of released data whose training rows are known of some users only."""


@dataclass(frozen=True, eq=False)
class Interactions:
    """What users did with items: equally long columns, one row an event.

    Args:
        user, item: ids counted from 0, shape [n_rows].
        label: 1 for liked or clicked, 0 for disliked or shown and not clicked, shape [n_rows].
        time: optional seconds since 1970, shape [n_rows].
        impression: optional id of the list of candidates a row was shown in, shape [n_rows].
    """

    user: IntArray
    item: IntArray
    label: IntArray
    time: IntArray | None = None
    impression: IntArray | None = None

    def __post_init__(self) -> None:
        lengths = {}
        for name in ("user", "item", "label", "time", "impression"):
            column = getattr(self, name)
            if column is None:
                continue
            object.__setattr__(self, name, whole_numbers(name, column))
            lengths[name] = len(getattr(self, name))
        if len(set(lengths.values())) > 1:
            raise CondrecError(f"columns: found lengths {lengths}, expected equal ones")
        if len(self) and not np.isin(self.label, (0, 1)).all():
            found = self.label[~np.isin(self.label, (0, 1))][0]
            raise CondrecError(f"label: found {found}, expected 0 or 1")

    def __len__(self) -> int:
        return len(self.user)

    def where(self, rows: ArrayLike) -> Interactions:
        """Return the rows of a boolean mask or an index array, in that order."""
        chosen = np.asarray(rows)
        if not chosen.size and chosen.dtype != bool:
            chosen = chosen.astype(np.int64)  # an empty list is an array of floats to numpy
        return Interactions(
            *(
                None if column is None else column[chosen]
                for column in (self.user, self.item, self.label, self.time, self.impression)
            )  # type: ignore[arg-type]
        )

    @property
    def positives(self) -> Interactions:
        """The rows with label 1."""
        return self if self.label.all() else self.where(self.label == 1)

    @property
    def negatives(self) -> Interactions:
        """The rows with label 0."""
        return self.where(self.label == 0)

    @property
    def group(self) -> IntArray:
        """What rows are ranked together: the impression if there is one, else the user."""
        return self.user if self.impression is None else self.impression


@dataclass(frozen=True)
class Replies:
    """What a language model answered about a data set, recorded once.

    Args:
        contents: one short text an item, or empty.
        interests: interest words of each user, or empty.
    """

    contents: tuple[str, ...] = ()
    interests: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, eq=False)
class Dataset:
    """A recommendation data set with its split, checked when it is built.

    Args:
        name: how it is called on the command line.
        n_users, n_items: sizes of the id spaces.
        train, validation, test: the split; ``train`` holds the disliked rows too (label 0).
        histories: items each user liked before the split begins, oldest first; one list a user.
        tokens: word pieces of every item's text, one list an item (no special tokens), or None.
        vocabulary: the word behind each token id; empty means bert-base-uncased word pieces.
        titles, descriptions, categories: item texts to show and to condense; empty if unknown.
        interests: true interests of every user where they are known (generated data), else empty.
        replies: recorded language-model answers that come with the data.
        protocol: how the test is ranked: ``listed`` candidates per user or impression,
            ``full`` catalogue with seen items masked, or 100 sampled negatives (``uni100``).
        data_split: ``released``, ``released-in-part``, ``dev-halves`` (MIND),
            ``impressions-80-10-10`` (its sample), ``random-80-10-10``, ``time-80-10-10`` or
            ``leave-one-out``, this one with the filter applied before, such as
            ``leave-one-out-5-core``.
        negative_pool: items uniform negatives are drawn from; None means every item.
        known: positive rows users are known by when they are scored and validated under the
            ``full`` protocol; None means ``train``.  A condensed set keeps those of the full data.
        soft: made-up users to train on in place of ``train``, which is empty then.
        soft_sequences: made-up sequences to train on in place of ``train``, likewise.
        item_table: item vectors that sequence models start from, where a summary ships them.
        sources: SHA-256 of every file it was read from.
    """

    name: str
    n_users: int
    n_items: int
    train: Interactions
    validation: Interactions
    test: Interactions
    histories: Ragged
    tokens: Ragged | None = None
    vocabulary: tuple[str, ...] = ()
    titles: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    interests: tuple[tuple[str, ...], ...] = ()
    replies: Replies | None = None
    protocol: str = "listed"
    data_split: str = "released"
    negative_pool: IntArray | None = None
    known: Interactions | None = None
    soft: SoftUsers | None = None
    soft_sequences: SoftSequences | None = None
    item_table: ItemTable | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise CondrecError(f"protocol: found {self.protocol!r}, expected one of {PROTOCOLS}")
        for split in ("train", "validation", "test"):
            rows: Interactions = getattr(self, split)
            check_range(f"{split}.user", rows.user, self.n_users)
            check_range(f"{split}.item", rows.item, self.n_items)
        if self.known is not None:
            check_range("known.user", self.known.user, self.n_users)
            check_range("known.item", self.known.item, self.n_items)
        made_up = self.soft if self.soft_sequences is None else self.soft_sequences
        if made_up is not None:
            if made_up.n_items != self.n_items or len(self.train):
                raise CondrecError(
                    f"soft data: found {made_up.n_items} items and {len(self.train)} training "
                    f"rows beside them, expected {self.n_items} items and no row"
                )
        elif not (self.train.label == 1).any():
            raise CondrecError(
                f"train of {self.name}: found no positive row, expected at least one"
            )
        if self.item_table is not None and len(self.item_table.values) != self.n_items:
            raise CondrecError(
                f"item table: found {len(self.item_table.values)} rows, expected {self.n_items}"
            )
        self._check_lists("histories", self.histories, self.n_users)
        check_range("histories", self.histories.values, self.n_items)
        if self.tokens is not None:
            self._check_lists("tokens", self.tokens, self.n_items)
            check_range("tokens", self.tokens.values, len(self.vocabulary) or WORD_PIECES)
        if self.negative_pool is not None:
            check_range("negative_pool", self.negative_pool, self.n_items)
        per_item: Sequence[str] = ("titles", "descriptions", "categories")
        for name, expected in [(n, self.n_items) for n in per_item] + [("interests", self.n_users)]:
            if getattr(self, name) and len(getattr(self, name)) != expected:
                found = len(getattr(self, name))
                raise CondrecError(f"{name}: found {found} entries, expected {expected}")

    @staticmethod
    def _check_lists(name: str, lists: Ragged, expected: int) -> None:
        if len(lists) != expected:
            raise CondrecError(f"{name}: found {len(lists)} lists, expected {expected}")

    @property
    def known_rows(self) -> Interactions:
        """The positive rows users are known by when they are scored."""
        return (self.train if self.known is None else self.known).positives

    @property
    def next_item(self) -> bool:
        """Whether the task is the next item of every user: one held out, the latest."""
        return self.protocol == "full" and self.data_split.startswith("leave-one-out")

    @property
    def train_users(self) -> IntArray:
        """Users with at least one positive training row, ascending."""
        return np.unique(self.train.positives.user)
