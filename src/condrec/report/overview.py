"""The picture on the front page and in the README: Table III in one figure.

``python -m condrec.report.overview FILE.svg`` draws it from the recorded results.
"""

from __future__ import annotations

import sys

from matplotlib.figure import Figure

from condrec.report.figures import dots_with_spread, use_style
from condrec.report.results import recorded_results
from condrec.report.tables import floors, lines

SETS = ("none", "released-condensed", "released-random", "tf-dcon", "random-users", "majority")
METRIC = "NDCG@5"


def overview() -> Figure:
    """Draw NDCG@5 of the recorded sets of Table III, dislikes as negatives, with the floors."""
    use_style()
    results = recorded_results("tf-dcon-table-3", dataset="tfdcon-movielens")
    models = results.where(recommender=("naml", "nrms", "fastformer"), negatives="dislikes")
    table = lines(models.where(method=SETS), [METRIC])
    return dots_with_spread(table, METRIC, floors(results, METRIC))


if __name__ == "__main__":
    overview().savefig(sys.argv[1], metadata={"Date": None})
