"""Data sets: types, registry and download, readers, the generated embedded set."""

from condrec.datasets.download import fetch
from condrec.datasets.embedded import embedded, embedded_vocabulary, encode_words
from condrec.datasets.movielens import read_ml_100k
from condrec.datasets.registry import DatasetInfo, available, checksums, load_dataset
from condrec.datasets.storage import load_saved_dataset, save_dataset
from condrec.datasets.tfdcon_release import (
    read_released_content,
    read_released_split,
    read_tfdcon_movielens,
    released_content_order,
)
from condrec.datasets.types import Dataset, Interactions, Ragged, Replies

__all__ = [
    "Dataset",
    "DatasetInfo",
    "Interactions",
    "Ragged",
    "Replies",
    "available",
    "checksums",
    "embedded",
    "embedded_vocabulary",
    "encode_words",
    "fetch",
    "load_dataset",
    "load_saved_dataset",
    "read_ml_100k",
    "read_released_content",
    "read_released_split",
    "read_tfdcon_movielens",
    "released_content_order",
    "save_dataset",
]
