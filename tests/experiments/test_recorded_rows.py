"""Numbers that grids were planned with, held against the rows recorded since."""

from __future__ import annotations

import pytest

from condrec.experiments import recorded
from condrec.experiments.grids import dconrec, distill_cf
from condrec.recommenders.infinite_ae import LAMBDAS


def test_rivals_of_the_published_edition_are_as_large_as_what_it_stores() -> None:
    rows = recorded("dconrec-overall")
    rows = rows[(rows["edition"] == "as_published") & (rows["budget"] == dconrec.BUDGET)]
    for dataset, share in dconrec.PUBLISHED_SHARE.items():
        there = rows[(rows["dataset"] == dataset) & (rows["method"] == "dconrec")]
        full = recorded("dconrec-overall")
        full = full[(full["dataset"] == dataset) & (full["method"] == "none")]
        if there.empty:
            pytest.skip(f"nothing recorded on {dataset}")
        found = there["n_positives"].mean() / full["n_positives"].iloc[0]
        assert found == pytest.approx(share, rel=0.01)


@pytest.mark.parametrize("dataset", sorted(distill_cf.FIT_LAMBDAS))
def test_the_lambda_of_a_timed_fit_is_the_one_validation_chose(dataset: str) -> None:
    tried = recorded("distill-cf-lambda", "-curves.csv")
    tried = tried[tried["dataset"] == dataset]
    best = tried.loc[tried.groupby(["method", "budget"])["value"].idxmax()]
    found = {
        method: tuple(LAMBDAS[number - 1] for number in rows.sort_values("budget")["epochs"])
        for method, rows in best.groupby("method")
    }
    assert found == distill_cf.FIT_LAMBDAS[dataset]
