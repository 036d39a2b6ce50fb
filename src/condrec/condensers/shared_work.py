"""Work that several runs of a grid share, kept on disk between them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from condrec import paths
from condrec.datasets import Dataset


def load_or_make(
    kind: str, parts: Sequence[Any], make: Callable[[], dict[str, Any]]
) -> dict[str, NDArray[Any]]:
    """Return arrays from the folder of runs; make and keep them if they are not there.

    Args:
        kind: sub-folder, such as ``encoders``.
        parts: everything the arrays depend on, plain data.
        make: returns arrays and numbers by name.
    """
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    path = paths.runs() / kind / f"{key}.npz"
    if not path.exists():
        arrays = make()
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez_compressed(aside, **arrays)
        os.replace(aside, path)
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def fingerprint(dataset: Dataset) -> str:
    """Return a hash of the rows, histories, texts, weights and vectors that a model trains on.

    The items that uniform negatives are drawn from, and which rows were shown together, are not
    in it: both follow from the data set.
    """
    digest = hashlib.sha256()
    sizes = np.array([dataset.n_users, dataset.n_items])
    arrays: list[NDArray[Any]] = [sizes, dataset.histories.values, dataset.histories.offsets]
    arrays += [] if dataset.tokens is None else [dataset.tokens.values, dataset.tokens.offsets]
    for rows in (dataset.train, dataset.validation):
        arrays += [rows.user, rows.item, rows.label]
        arrays += [] if rows.time is None else [rows.time]
    if dataset.soft is not None:
        arrays.append(dataset.soft.matrix)
    if dataset.soft_sequences is not None:
        made_up = dataset.soft_sequences
        arrays += [*made_up.factors.values(), *([] if made_up.table is None else [made_up.table])]
    if dataset.item_table is not None:
        arrays += [dataset.item_table.values, np.array(dataset.item_table.frozen)]
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
