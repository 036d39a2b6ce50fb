"""Windows: how long sequences are cut for training."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import Ragged
from condrec.errors import CondrecError


def windows(
    sequences: Ragged, max_length: int, step: int | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Cut sequences into windows in which every next item counts once.

    Windows end at the last item and step back; one causal pass over a window gives all its
    predictions.  Every next item is predicted from all that stands before it or at least
    ``max_length + 1 - step`` items: short steps read more, long ones cost less.

    Args:
        sequences: items of each user, oldest first; shorter ones than 2 have nothing to predict.
        max_length: most items L a prediction reads.
        step: items between the ends of windows, from 1 to L; half of L if not given.

    Returns:
        Ids [n_windows, L + 1], padded with 0; entries of each window [n_windows]; whether the
        item after each position counts in this window [n_windows, L].

    Raises:
        CondrecError: no sequence of two items.
    """
    step = max(max_length // 2, 1) if step is None else step
    starts, ends, owners, firsts = [], [], [], []
    lengths = sequences.lengths
    # Each window counts what the later one has not.
    end = lengths.copy()
    while (alive := np.flatnonzero(end >= 2)).size:
        start = np.maximum(end[alive] - max_length - 1, 0)
        first = np.where(start == 0, 1, end[alive] - step)
        owners.append(alive)
        starts.append(start)
        ends.append(end[alive])
        firsts.append(first)
        end[alive] = np.where(start == 0, 0, end[alive] - step)
    if not owners:
        raise CondrecError(
            "sequences: found none of two items or more, expected some to predict a next item from"
        )
    owner, start, stop, first = map(np.concatenate, (owners, starts, ends, firsts))
    size = stop - start
    width = int(size.max())
    place = np.arange(width)
    inside = place < size[:, None]
    ids = np.zeros((len(owner), width), dtype=np.int64)
    ids[inside] = sequences.values[
        (sequences.offsets[owner] + start)[:, None].repeat(width, 1)[inside]
        + np.broadcast_to(place, inside.shape)[inside]
    ]
    fresh = inside[:, 1:] & (place[1:] + start[:, None] >= first[:, None])
    return ids, size, fresh
