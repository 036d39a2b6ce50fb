"""How the printed rows of TF-DCon are answered."""

from condrec.experiments import MEASURE_ONLY
from condrec.report.mapping.types import Line, PaperMapping, Rule, TableMapping

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
        "II": TableMapping(
            "tf-dcon-table-2",
            {
                "none": (Line("none"),),
                "none in part": (Line("released-condensed", settings={"content": "original"}),),
            },
            "train",
            MEASURE_ONLY,
        ),
        "III": TableMapping("tf-dcon-table-3", _USERS_AND_TEXTS),
        "IV": TableMapping("tf-dcon-table-4", _USERS_AND_TEXTS, "train", MEASURE_ONLY),
        "V": TableMapping("tf-dcon-table-5", {"tf-dcon": (Line("tf-dcon"),)}),
        "VI": TableMapping("tf-dcon-table-6", _TEXTS_ONLY),
        "VII": TableMapping("tf-dcon-table-7", _USERS_ONLY),
    },
    checked_on="tfdcon-movielens",
    missing_data={
        "mind-small": "files of the release that are missing from every copy we could check: "
        "dataset/mind/content/original.npy, dataset/mind/interaction/original/*.npy and "
        "dataset/mind/user/history.npy",
    },
    missing_full={
        "tfdcon-goodreads": "a file of the release that is missing from every copy we could "
        "check: dataset/goodreads/interaction/original/train.npy, the full training data",
    },
    needs_full=(
        Rule(
            "a run on them, or a ratio to one",
            {"method": ("none",), "table": ("III", "IV", "VII")},
        ),
        Rule(
            "a count of them or of their users",
            {
                "table": ("II",),
                "metric": ("n_users", "n_positive", "n_negative", "density_percent"),
            },
        ),
        Rule("a run on them, or a ratio to one", {"metric": ("Quality",)}),
        Rule("a set that keeps every user", {"table": ("VI",)}),
    ),
    missing_methods={
        "dc": _OTHER_METHOD,
        "doscond": _OTHER_METHOD,
        "distill-cf": _OTHER_METHOD,
    },
    not_comparable=(
        Rule(_FILE_SIZES, {"metric": ("size", "size_ratio")}),
        Rule("100 by definition", {"metric": ("Quality",), "method": ("none",)}),
        *(
            Rule(
                "the printed Quality of this table is not the mean of its four printed ratios (up "
                f"to {off} points off on Goodreads); compare the metrics",
                {"metric": ("Quality",), "table": (table,)},
            )
            for table, off in (("VI", 3.7), ("VII", 1.8))
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
            "negatives are uniform books: the authors' lists of negatives are missing from every "
            "copy we could check",
            {"table": ("III", "VII"), "dataset": ("tfdcon-goodreads",)},
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
