"""Numbers that grids were planned with, held against the rows recorded since."""

from __future__ import annotations

import pytest

from condrec.experiments import recorded
from condrec.experiments.grids import dconrec


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
