"""Results as tidy rows: from artifacts, and in ``data/recorded/``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from condrec import paths
from condrec.experiments.artifact import read_metrics

_IDENTITY = ("key", "version", "grid", "dataset", "data_split", "method", "edition", "settings")
_CHOICE = ("budget", "recommender", "seed", "draw", "split", "protocol", "metric", "value")
_SIZES = ("n_users", "n_positives", "n_negatives", "n_tokens", "bytes")
_COST = ("seconds_condense", "seconds_train", "epochs", "device", "commit", "date")
COLUMNS = [*_IDENTITY, *_CHOICE, *_SIZES, *_COST]
"""The contract of a recorded file, one row a metric."""
_NUMBERS = {
    "budget",
    "seed",
    "draw",
    "value",
    "seconds_condense",
    "seconds_train",
    "epochs",
    *_SIZES,
}
_DTYPES = dict.fromkeys([name for name in COLUMNS if name not in _NUMBERS], str)
_TRAINED = (
    *("NDCG@1", "NDCG@5", "NDCG@10", "Recall@1", "Recall@5", "Recall@10", "MRR@5", "MRR@10"),
    "AUC",
)
_RANKED = ("HR@10", "NDCG@10", "PSP@10", "HR@100", "NDCG@100", "Recall@10", "AUC")
_RANKED_OVERALL = ("Coverage@10", "LongTail@10", "TailUserRecall@10", "TailItemRecall@10")
_NEXT = tuple(f"{name}@{k}" for name in ("Hit", "NDCG", "MRR") for k in (5, 10, 20))
_NEXT_VALIDATION = ("NDCG@10", "MRR@10")
_BLOCKS = {
    "test": ("test", "listed", "training", _TRAINED),
    "test_original_content": (
        *("test", "listed", "original"),
        ("NDCG@1", "NDCG@5", "Recall@1", "Recall@5"),
    ),
    "validation": ("validation", "listed", "training", ("NDCG@5",)),
}
"""Block of ``metrics.json`` -> split, protocol, test_content and the metrics that are recorded."""
_FULL_BLOCKS = {
    "test": ("test", "full", "", (*_RANKED, *_RANKED_OVERALL)),
    "validation": ("validation", "full", "", ("HR@100", "NDCG@10")),
}
"""The same under the full protocol, which knows no texts."""
_NEXT_BLOCKS = {
    "test": ("test", "full", "", _NEXT),
    "test_uni100": ("test", "uni100", "", _NEXT),
    "validation": ("validation", "full", "", _NEXT_VALIDATION),
    "validation_uni100": ("validation", "uni100", "", _NEXT_VALIDATION),
}
"""The same of the next item, ranked under two protocols."""
_GROUP_BLOCKS = {"test": "", "test_uni100": "uni100:"}
"""Block of ``per_group.npz`` that is recorded -> what stands before its metrics' names."""
SCALE = 65_535
"""Recorded metrics of single groups are stored as 16-bit fractions (error below 1e-5)."""


def rows_of(folder: Path, grid: str) -> pd.DataFrame:
    """Return the tidy rows of one artifact (columns: :data:`COLUMNS`)."""
    content = read_metrics(folder)
    common = _common(content, grid)
    rows: list[dict[str, Any]] = []
    for block, (split, protocol, test_content, metrics) in _blocks(content).items():
        for metric in metrics:
            if metric in content.get(block, {}):
                texts = {"test_content": test_content} if test_content else {}
                own = {"protocol": protocol, "settings": common["settings"] | texts}
                value = content[block][metric]
                rows.append(_row(common | own, split=split, metric=metric, value=value))
    # Statistics and costs are counted on the training side; they have no test split.
    for metric, value in (content.get("statistics", {}) | content["cost"]).items():
        rows.append(_row(common, split="train", metric=metric, value=value))
    return pd.DataFrame(rows, columns=COLUMNS)


def _blocks(content: dict[str, Any]) -> dict[str, tuple[str, str, str, tuple[str, ...]]]:
    """Return the blocks of ``metrics.json`` that are recorded."""
    if "test_uni100" in content:
        return _NEXT_BLOCKS
    return _FULL_BLOCKS if content["data"]["protocol"] == "full" else _BLOCKS


def curve_of(folder: Path, grid: str) -> pd.DataFrame:
    """Return one row an epoch: its validation score, and the seconds since the start."""
    content = read_metrics(folder)
    common = _common(content, grid)
    curve = pd.read_csv(folder / "curve.csv")
    rows = [
        _row(
            common | {"epochs": int(point["epoch"]), "seconds_train": round(point["seconds"], 4)},
            split="validation",
            metric=content["selected_by"],
            value=point["validation"],
        )
        for point in curve.to_dict("records")
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _common(content: dict[str, Any], grid: str) -> dict[str, Any]:
    run, size, source = content["run"], content["size"], content["provenance"]
    defaults = {"edition"}  # has a column of its own
    settings = {k: v for k, v in run["settings"].items() if k not in defaults}
    return {
        "key": content["key"],
        "version": source["version"],
        "grid": grid,
        "dataset": run["dataset"],
        **content["data"],
        "method": run["method"],
        "edition": content["edition"],
        "settings": settings,
        "budget": run["budget"],
        "recommender": run["recommender"],
        "seed": run["seed"],
        "draw": run["draw"],
        **{k: int(size[k]) for k in _SIZES},
        "seconds_condense": round(content["seconds"]["condense"], 3),
        "seconds_train": round(content["seconds"].get("train", 0.0), 3),
        "epochs": content.get("epochs", 0),
        "device": source["device"],
        "commit": source["commit"],
        "date": source["date"],
    }


def _row(common: dict[str, Any], **own: Any) -> dict[str, Any]:
    row = common | own
    row["settings"] = json.dumps(row["settings"], sort_keys=True)
    row["value"] = round(float(row["value"]), 6)
    return row


def recorded_folder() -> Path:
    """Return the folder of recorded results."""
    return paths.project_data() / "recorded"


def recorded_path(grid: str, suffix: str = ".csv") -> Path:
    """Return where a grid's recorded rows lie."""
    return recorded_folder() / f"{grid}{suffix}"


def recorded(grid: str, suffix: str = ".csv") -> pd.DataFrame:
    """Return a grid's recorded rows, none if nothing was recorded yet."""
    path = recorded_path(grid, suffix)
    if not path.exists():
        return pd.DataFrame(columns=COLUMNS)
    return pd.read_csv(path, dtype=_DTYPES, keep_default_na=False, na_values={"budget": [""]})


def record(grid: str, folders: Iterable[Path], curves: bool = False, groups: bool = True) -> None:
    """Add the rows of artifacts to ``data/recorded/``.

    What makes a run count as recorded is written last, so that a kill between two files loses
    nothing.  Rows of the same key are replaced, and so are those of the same run under another
    key: they come from an older version of a module or of the data.
    """
    folders = list(folders)
    if not folders:
        return
    if groups:
        _record_groups(grid, folders)
    if curves:
        _merge(grid, "-curves.csv", pd.concat([curve_of(folder, grid) for folder in folders]))
    _merge(grid, ".csv", pd.concat([rows_of(folder, grid) for folder in folders]))


def _merge(grid: str, suffix: str, new: pd.DataFrame) -> None:
    old = recorded(grid, suffix)
    replaced = set(_identity(new))
    kept = old[[row not in replaced for row in _identity(old)]]
    joined = new if kept.empty else pd.concat([kept, new])
    order = ["dataset", "recommender", "method", "edition", "settings", "seed", "draw", "key"]
    joined = joined.assign(budget=joined["budget"].astype(float))
    joined = joined.sort_values([*order, "split", "epochs"], kind="stable")
    _replace(recorded_path(grid, suffix), lambda path: joined.to_csv(path, index=False))


def _identity(rows: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return what tells runs and metrics apart but for the key, one tuple a row."""
    columns = ["dataset", "method", "edition", "settings", "budget", "recommender", "seed", "draw"]
    budget = rows["budget"].astype(float).fillna(0.0)  # NaN would differ from itself
    named = rows.assign(budget=budget)[[*columns, "split", "protocol", "metric"]]
    return list(named.itertuples(index=False, name=None))


def _replace(path: Path, write: Any) -> None:
    """Write aside, then move: a kill never leaves half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    try:
        write(aside)
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)


def _group_file(grid: str, recommender: str) -> Path:
    return recorded_folder() / "per_group" / f"{grid}.{recommender}.npz"


def _record_groups(grid: str, folders: list[Path]) -> None:
    """Keep a few metrics of every ranked list, for paired intervals; one file a model."""
    by_model: dict[str, dict[str, NDArray[Any]]] = {}
    for folder in folders:
        run = read_metrics(folder)["run"]
        with np.load(folder / "per_group.npz", allow_pickle=False) as stored:
            if "groups" not in stored.files:
                continue
            mine = by_model.setdefault(run["recommender"], {})
            mine[f"{run['dataset']}:groups"] = stored["groups"].astype(np.int32)
            for name in stored.files:
                block, _, metric = name.partition(":")
                if block in _GROUP_BLOCKS:
                    values = np.round(np.nan_to_num(stored[name]) * SCALE).astype(np.uint16)
                    mine[f"{folder.name}:{_GROUP_BLOCKS[block]}{metric}"] = values
    for name, arrays in by_model.items():
        path = _group_file(grid, name)
        if path.exists():
            with np.load(path, allow_pickle=False) as stored:
                arrays = {key: stored[key] for key in stored.files} | arrays
        ordered = dict(sorted(arrays.items()))
        _replace(path, lambda aside, found=ordered: np.savez_compressed(aside, **found))


def recorded_groups(grid: str, recommender: str) -> dict[str, NDArray[Any]]:
    """Return recorded metrics of single groups as fractions, shape [n_groups] each.

    By ``KEY:NDCG@5``, and ``KEY:uni100:NDCG@10`` among 100 sampled items; ``DATASET:groups`` are
    the ids of the groups.
    """
    path = _group_file(grid, recommender)
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {
            name: stored[name] if name.endswith(":groups") else stored[name] / SCALE
            for name in stored.files
        }
