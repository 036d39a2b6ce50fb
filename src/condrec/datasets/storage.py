"""Save and load a data set, full or condensed, as a folder of plain files."""

from __future__ import annotations

import json
from dataclasses import fields
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from condrec.datasets.ragged import Ragged
from condrec.datasets.soft import FACTORS, ItemTable, SoftSequences, SoftUsers
from condrec.datasets.types import Dataset, Interactions, Replies
from condrec.errors import CondrecError

_COLUMNS = ("user", "item", "label", "time", "impression")
_TEXTS = ("titles", "descriptions", "categories", "vocabulary")


def save_dataset(dataset: Dataset, folder: Path) -> None:
    """Write ``arrays.npz`` and ``dataset.json`` into an existing folder."""
    arrays: dict[str, Any] = {}
    plain: dict[str, Any] = {}
    for field in fields(dataset):
        value = getattr(dataset, field.name)
        if isinstance(value, Interactions):
            for column in _COLUMNS:
                if getattr(value, column) is not None:
                    arrays[f"{field.name}.{column}"] = getattr(value, column)
        elif isinstance(value, SoftUsers):
            arrays["soft.matrix"] = value.matrix
            if value.logits is not None:
                arrays["soft.logits"] = value.logits
        elif isinstance(value, SoftSequences):
            arrays |= {f"sequences.{name}": array for name, array in value.factors.items()}
            if value.table is not None:
                arrays["sequences.table"] = value.table
        elif isinstance(value, ItemTable):
            arrays["item_table"] = value.values
            plain["frozen"] = value.frozen
        elif isinstance(value, Ragged):
            arrays[f"{field.name}.values"] = value.values
            arrays[f"{field.name}.offsets"] = value.offsets
        elif isinstance(value, np.ndarray):
            arrays[field.name] = value
        elif isinstance(value, Replies):
            plain[field.name] = {"contents": value.contents, "interests": value.interests}
        elif value is not None:
            plain[field.name] = dict(value) if field.name == "sources" else value
    np.savez_compressed(folder / "arrays.npz", **arrays)
    (folder / "dataset.json").write_text(json.dumps(plain), encoding="utf-8")


def load_saved_dataset(folder: Path) -> Dataset:
    """Read what :func:`save_dataset` wrote.

    Raises:
        CondrecError: the folder does not hold a saved data set.
    """
    try:
        plain = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except (OSError, ValueError) as error:
        raise CondrecError(
            f"{folder}: found no saved data set ({error}); expected dataset.json and arrays.npz"
        ) from error
    values: dict[str, Any] = dict(plain)
    for split in ("train", "validation", "test"):
        values[split] = Interactions(*(arrays.get(f"{split}.{column}") for column in _COLUMNS))  # type: ignore[arg-type]
    for name in ("histories", "tokens"):
        if f"{name}.values" in arrays:
            values[name] = Ragged(arrays[f"{name}.values"], arrays[f"{name}.offsets"])
    for name in _TEXTS:
        values[name] = tuple(values.get(name, ()))
    values["interests"] = tuple(tuple(words) for words in values.get("interests", ()))
    if "replies" in values:
        replies = values["replies"]
        values["replies"] = Replies(
            tuple(replies["contents"]), tuple(tuple(words) for words in replies["interests"])
        )
    if "known.user" in arrays:
        values["known"] = Interactions(*(arrays.get(f"known.{column}") for column in _COLUMNS))  # type: ignore[arg-type]
    if "soft.matrix" in arrays:
        values["soft"] = SoftUsers(arrays["soft.matrix"], arrays.get("soft.logits"))
    factors = {
        name: arrays[f"sequences.{name}"]
        for name in chain(*FACTORS)
        if f"sequences.{name}" in arrays
    }
    if factors:
        values["soft_sequences"] = SoftSequences(factors, arrays.get("sequences.table"))
    if "item_table" in arrays:
        values["item_table"] = ItemTable(arrays["item_table"], values.pop("frozen"))
    values["negative_pool"] = arrays.get("negative_pool")
    return Dataset(**values)
