"""How the claims of TD3 are answered; none of its tables was found."""

from condrec.experiments.grids.td3_settings import MODELS
from condrec.report.mapping.types import Line, PaperMapping

LEARNED = Line("td3", "frozen", {"start": "untrained", "backbone": MODELS[0]})
"""The primary variant."""
PUBLISHED_EDITION = Line("td3", "as_published")
RANDOM_SOFT = Line("random-soft-sequences", "frozen")
RANDOM_REAL = Line("random-sequences", settings={"table": "frozen"})
FULL = Line("none")
LEAD, *OTHERS = MODELS
PAPERS_DATA = "ml-100k@leave-one-out"
OTHER_EDITION = "magazine@leave-one-out-5-3"
N_SEQUENCES = 30

TD3 = PaperMapping(
    tables={},
    checked_on=PAPERS_DATA,
    missing_data={
        "epinions": "missing file: no copy of Epinions with times was at hand; MovieLens-1M, the "
        "paper's other set, is not planned in the grid",
    },
    missing_methods={},
    not_comparable=(),
    caveats=(),
)
"""Only claims made in words: the primary variant answers, the published edition stands beside."""
