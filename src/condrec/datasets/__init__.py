"""Data sets: types, registry and download, readers, the generated embedded set."""

from condrec.datasets.ciao import read_ciao
from condrec.datasets.distill_cf import read_distill_cf_folder, read_magazine
from condrec.datasets.download import fetch
from condrec.datasets.embedded import embedded, embedded_vocabulary, encode_words
from condrec.datasets.embedded_implicit import embedded_implicit
from condrec.datasets.embedded_sequences import embedded_sequences
from condrec.datasets.filters import FILTERS
from condrec.datasets.gowalla import read_gowalla
from condrec.datasets.matrix import (
    SparseMatrix,
    dense,
    interaction_matrix,
    known_matrix,
    training_matrix,
)
from condrec.datasets.mind import read_mind, read_mind_small_sample
from condrec.datasets.movielens import read_ml_100k
from condrec.datasets.movielens_1m import read_ml_1m
from condrec.datasets.movielens_20m import read_ml_20m
from condrec.datasets.noise import with_noise
from condrec.datasets.ragged import IntArray, Ragged
from condrec.datasets.registry import DatasetInfo, available, checksums, load_dataset, split_name
from condrec.datasets.sequences import known_sequences, training_sequences
from condrec.datasets.soft import ItemTable, SoftSequences, SoftUsers
from condrec.datasets.splits import RULES, split_interactions
from condrec.datasets.storage import load_saved_dataset, save_dataset
from condrec.datasets.tables import read_table
from condrec.datasets.tfdcon_goodreads import read_goodreads_8749, read_tfdcon_goodreads
from condrec.datasets.tfdcon_movielens import read_tfdcon_movielens
from condrec.datasets.tfdcon_release import (
    part_of,
    read_released_content,
    read_released_split,
    released_content_order,
)
from condrec.datasets.types import IN_PART, Dataset, Interactions, Replies

__all__ = [
    "FILTERS",
    "IN_PART",
    "RULES",
    "Dataset",
    "DatasetInfo",
    "IntArray",
    "Interactions",
    "ItemTable",
    "Ragged",
    "Replies",
    "SoftSequences",
    "SoftUsers",
    "SparseMatrix",
    "available",
    "checksums",
    "dense",
    "embedded",
    "embedded_implicit",
    "embedded_sequences",
    "embedded_vocabulary",
    "encode_words",
    "fetch",
    "interaction_matrix",
    "known_matrix",
    "known_sequences",
    "load_dataset",
    "load_saved_dataset",
    "part_of",
    "read_ciao",
    "read_distill_cf_folder",
    "read_goodreads_8749",
    "read_gowalla",
    "read_magazine",
    "read_mind",
    "read_mind_small_sample",
    "read_ml_1m",
    "read_ml_20m",
    "read_ml_100k",
    "read_released_content",
    "read_released_split",
    "read_table",
    "read_tfdcon_goodreads",
    "read_tfdcon_movielens",
    "released_content_order",
    "save_dataset",
    "split_interactions",
    "split_name",
    "training_matrix",
    "training_sequences",
    "with_noise",
]
