"""How large a condensed set is, counted the same four ways for every method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from condrec.datasets import Dataset


@dataclass(frozen=True)
class Size:
    """What a training set stores.

    Args:
        n_users: users with at least one positive training row, or soft users or sequences.
        n_positives, n_negatives: stored training rows by label; a condensed set that brings its
            users' dislikes along stores them.
        n_tokens: word pieces of all item texts.
        bytes: 4 bytes for each user and item id of a stored row and of the kept users' histories,
            2 bytes a word piece (ids fit in 16 bits), 4 bytes a weight of a soft user and a
            number of soft sequences, the item tables they bring along included.  Soft users of
            zeros and ones count as interactions, others have none.
    """

    n_users: int
    n_positives: int
    n_negatives: int
    n_tokens: int
    bytes: int


def size(dataset: Dataset) -> Size:
    """Measure a full or a condensed data set."""
    users = dataset.train_users
    n_tokens = 0 if dataset.tokens is None else len(dataset.tokens.values)
    n_rows = len(dataset.train)
    n_history = int(dataset.histories.lengths[users].sum())
    n_positives, n_soft, n_weights = len(dataset.train.positives), 0, 0
    if dataset.soft is not None:
        n_soft, n_weights = len(dataset.soft), dataset.soft.matrix.size
        if dataset.soft.is_binary:
            n_positives = n_rows = int(dataset.soft.matrix.sum())
            n_weights = 0
    tables = [] if dataset.item_table is None else [dataset.item_table.values]
    if dataset.soft_sequences is not None:
        n_soft, n_weights = len(dataset.soft_sequences), dataset.soft_sequences.n_learned
        decoder = dataset.soft_sequences.table
        # Often the same one as learners start from: stored once.
        if decoder is not None and not (tables and np.array_equal(decoder, tables[0])):
            tables.append(decoder)
    n_weights += sum(table.size for table in tables)
    return Size(
        n_users=len(users) + n_soft,
        n_positives=n_positives,
        n_negatives=n_rows - n_positives,
        n_tokens=n_tokens,
        bytes=8 * n_rows + 4 * n_history + 2 * n_tokens + 4 * n_weights,
    )


def size_report(condensed: Dataset, full: Dataset) -> dict[str, float]:
    """Return the condensed set's share of the full one in percent, four ways.

    Returns:
        ``users_pct``, ``positives_pct``, ``tokens_pct``, ``bytes_pct``.
    """
    small, large = size(condensed), size(full)
    pairs = {
        "users_pct": (small.n_users, large.n_users),
        "positives_pct": (small.n_positives, large.n_positives),
        "tokens_pct": (small.n_tokens, large.n_tokens),
        "bytes_pct": (small.bytes, large.bytes),
    }
    return {name: 100 * a / b if b else 0.0 for name, (a, b) in pairs.items()}
