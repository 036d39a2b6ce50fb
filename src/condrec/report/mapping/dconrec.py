"""How the numbers of DConRec's abstract are answered; its tables were not found."""

from condrec.experiments.grids.dconrec import BUDGET
from condrec.report.mapping.types import Line, PaperMapping, Rule, TableMapping

_OWN = {"served_by": "own"}
"""Users are served by a vector of their own where they have one, as in the paper's models."""
LEARNED = Line("dconrec", "strict", {"credit": "all", **_OWN})
PUBLISHED_EDITION = Line("dconrec", "as_published", {"credit": "all", **_OWN})
FULL = Line("none", settings=_OWN)
SHARE = BUDGET
PAPERS_DATA = ("ciao", "gowalla")
"""The paper's sets that are at hand, in files of other people."""
OTHER_DATA = ("ml-100k", "ml-1m")
"""Sets that the paper has no claim on."""

DCONREC = PaperMapping(
    tables={
        "abstract": TableMapping(
            "dconrec-overall", {"none": (FULL,), "dconrec": (LEARNED, PUBLISHED_EDITION)}
        ),
    },
    checked_on="ml-100k",
    missing_data={
        "dianping": "missing file: the paper's Dianping lies in a personal drive and was never "
        "seen",
        "ml-20m": "MovieLens-20M is read from a file put there by hand, and no verified copy was "
        "at hand",
    },
    missing_methods={},
    not_comparable=(
        Rule(
            "the abstract prints a bound, not a number that ours could be held against; it is "
            "tested as a claim",
            {"metric": ("kept",)},
        ),
    ),
    caveats=(),
)
"""The strict edition answers, the published one stands beside."""
