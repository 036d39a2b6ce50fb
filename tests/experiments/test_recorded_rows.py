"""Numbers that grids were planned with, held against the rows recorded since."""

from __future__ import annotations

import pytest

from condrec.experiments import GRIDS, recorded
from condrec.experiments.grids import dconrec, distill_cf
from condrec.experiments.record import COLUMNS, recorded_folder
from condrec.recommenders.infinite_ae import LAMBDAS


@pytest.mark.parametrize("dataset", sorted(dconrec.PUBLISHED_SHARE))
def test_rivals_of_the_published_edition_are_as_large_as_what_it_stores(dataset: str) -> None:
    rows = recorded("dconrec-overall")
    rows = rows[rows["dataset"] == dataset]
    full = rows[rows["method"] == "none"]
    published = (rows["edition"] == "as_published") & (rows["budget"] == dconrec.BUDGET)
    there = rows[published & (rows["method"] == "dconrec")]
    if there.empty:
        pytest.skip(f"nothing recorded on {dataset}")
    found = there["n_positives"].mean() / full["n_positives"].iloc[0]
    assert found == pytest.approx(dconrec.PUBLISHED_SHARE[dataset], rel=0.01)


def test_the_columns_are_explained_beside_the_rows() -> None:
    text = (recorded_folder() / "README.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| ")]
    explained = {name.strip() for row in rows for name in row.split(",")}
    assert explained == {*COLUMNS, "column"}


@pytest.mark.parametrize("name", sorted(GRIDS))
def test_a_data_set_has_one_split(name: str) -> None:
    rows = recorded(name)
    assert (rows.groupby("dataset")["data_split"].nunique() == 1).all()


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
