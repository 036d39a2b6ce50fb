"""Which of our configurations answer which printed rows: declared, never decided afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from condrec.experiments import MEASURE_ONLY


@dataclass(frozen=True)
class Line:
    """A configuration of ours.

    Args:
        method, edition: columns of the recorded rows.
        settings: parameters that single it out beyond the grid's primary setting.
    """

    method: str
    edition: str = "as_published"
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        settings = ", ".join(f"{name} {value}" for name, value in self.settings.items())
        return self.method + (f" ({settings})" if settings else "")


@dataclass(frozen=True)
class TableMapping:
    """How a printed table is answered.

    Args:
        grid: the grid whose recorded rows answer it.
        lines: by published method, the line the verdict is for and, if any, the one beside it.
        split: ``test``, or ``train`` for statistics and costs, which are counted there.
        recommender: model of the recorded rows where the printed table names none.
    """

    grid: str
    lines: Mapping[str, tuple[Line, ...]]
    split: str = "test"
    recommender: str = ""


@dataclass(frozen=True)
class Rule:
    """A reason for the printed rows whose columns are among the given values."""

    reason: str
    where: Mapping[str, tuple[str, ...]]

    def holds(self, row: Mapping[str, Any]) -> bool:
        """Say whether the rule is about this printed row."""
        return all(row[column] in values for column, values in self.where.items())


@dataclass(frozen=True)
class PaperMapping:
    """How a paper's printed rows are answered.

    Args:
        tables: by the paper's own number of the table.
        checked_on: the data set that answers what names no data set.
        missing_data: by data set, what it would take to answer its rows.
        missing_methods: by published method, why it was not built.
        not_comparable: rows no recorded number can be held against.
        caveats: what to know when reading a verdict.
    """

    tables: Mapping[str, TableMapping]
    checked_on: str
    missing_data: Mapping[str, str]
    missing_methods: Mapping[str, str]
    not_comparable: tuple[Rule, ...]
    caveats: tuple[Rule, ...]


_USERS_AND_TEXTS = {
    "none": (Line("none"),),
    "random": (Line("released-random"), Line("random-users", settings={"content": "auto"})),
    "majority": (Line("released-majority"), Line("majority", settings={"content": "auto"})),
    "tf-dcon": (Line("released-condensed"), Line("tf-dcon")),
}
_TEXTS_ONLY = {
    "none": (Line("none", settings={"content": "original"}),),
    "random": (
        Line("none", settings={"content": "released-random"}),
        Line("none", settings={"content": "realigned-random"}),
    ),
    "tf-dcon": (
        Line("none", settings={"content": "released-condensed"}),
        Line("none", settings={"content": "extractive"}),
    ),
}
_USERS_ONLY = {
    "none": (Line("none", settings={"content": "original"}),),
    "random": (Line("released-random", settings={"content": "original"}), Line("random-users")),
    "tf-dcon": (
        Line("released-condensed", settings={"content": "original"}),
        Line("tf-dcon", settings={"level": "user"}),
    ),
}
_OTHER_METHOD = "the method condenses continuous data and has no run on this task"
_FILE_SIZES = (
    "the paper counts the bytes of its own files; ours are measured in users, positives, "
    "word pieces and bytes, the same way for every method"
)

TF_DCON = PaperMapping(
    tables={
        "I": TableMapping("tf-dcon-table-1", {"tf-dcon": (Line("tf-dcon"),)}, "train", "naml"),
        "II": TableMapping("tf-dcon-table-2", {"none": (Line("none"),)}, "train", MEASURE_ONLY),
        "III": TableMapping("tf-dcon-table-3", _USERS_AND_TEXTS),
        "IV": TableMapping("tf-dcon-table-4", _USERS_AND_TEXTS, "train", MEASURE_ONLY),
        "V": TableMapping("tf-dcon-table-5", {"tf-dcon": (Line("tf-dcon"),)}),
        "VI": TableMapping("tf-dcon-table-6", _TEXTS_ONLY),
        "VII": TableMapping("tf-dcon-table-7", _USERS_ONLY),
    },
    checked_on="tfdcon-movielens",
    missing_data={
        "mind-small": "missing files of the release: dataset/mind/content/original.npy, "
        "dataset/mind/interaction/original/*.npy and dataset/mind/user/history.npy",
        "tfdcon-goodreads": "missing file of the release: dataset/goodreads/interaction/original/"
        "train.npy, the full training data; the grid has not been run on Goodreads",
    },
    missing_methods={
        "dc": _OTHER_METHOD,
        "doscond": _OTHER_METHOD,
        "distill-cf": _OTHER_METHOD,
    },
    not_comparable=(
        Rule(_FILE_SIZES, {"metric": ("size", "size_ratio")}),
        Rule("100 by definition", {"metric": ("Quality",), "method": ("none",)}),
        Rule(
            "the printed Quality of this table is not the mean of its four printed ratios (up to "
            "3.7 points off); compare the metrics",
            {"metric": ("Quality",), "table": ("VI", "VII")},
        ),
        Rule(
            "the released texts are title and year; the paper's also hold a generated "
            "description, which was not released",
            {
                "metric": ("avg_tokens_per_item",),
                "method": ("none",),
                "dataset": ("tfdcon-movielens",),
            },
        ),
    ),
    caveats=(
        Rule(
            "our full texts are title and year; the paper's also hold a generated description, "
            "which was not released",
            {"table": ("III", "VI"), "method": ("none",), "dataset": ("tfdcon-movielens",)},
        ),
        Rule(
            "our item texts are title and year; the paper's also hold a generated description, "
            "which was not released",
            {"table": ("VII",), "dataset": ("tfdcon-movielens",)},
        ),
        Rule(
            "the released random texts are put to the wrong films; read as released",
            {
                "table": ("III", "VI"),
                "method": ("random", "majority"),
                "dataset": ("tfdcon-movielens",),
            },
        ),
    ),
)
"""TF-DCon: the released sets answer its rows, our own condensation stands beside them."""
MAPPINGS = {"tf-dcon": TF_DCON}
