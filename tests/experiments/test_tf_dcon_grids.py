from __future__ import annotations

from collections import Counter

import pytest

from condrec.condensers import TFDCon
from condrec.experiments import GRIDS, Run, Scale
from condrec.experiments.grids.tf_dcon import ONLY_RELEASED

TEXT_GRIDS = [name for name, grid in GRIDS.items() if grid.data == "texts"]
SEEDS = (0, 1, 2, 3, 4)
MODELS = ("naml", "nrms", "fastformer")
START = {"alpha": 0.5, "m": 1, "content": "auto", "interests": "auto", "distance": ""}


def runs(grid: str, dataset: str) -> list[Run]:
    return GRIDS[grid].build(Scale(dataset, SEEDS, MODELS))


@pytest.mark.parametrize("name", TEXT_GRIDS)
def test_nothing_but_released_sets_is_planned_where_training_rows_are_missing(name: str) -> None:
    assert all(run.method.startswith("released-") for run in runs(name, ONLY_RELEASED))


@pytest.mark.parametrize("dataset", ["goodreads-8749", "mind-small-sample", "mind-small"])
def test_other_data_have_five_seeds_of_the_lead_model_and_three_of_the_others(dataset: str) -> None:
    lines = Counter(
        (run.recommender, run.method, run.budget, str(run.settings()))
        for run in runs("tf-dcon-table-3", dataset)
    )
    assert {n for (model, *_), n in lines.items() if model in MODELS[1:]} == {3}
    assert {n for (model, *_), n in lines.items() if model not in MODELS[1:]} == {5}


def test_the_worst_case_of_the_leak_is_measured_on_goodreads_only() -> None:
    def sources(dataset: str) -> set[str]:
        planned = runs("tf-dcon-table-3", dataset)
        return {r.model().negatives for r in planned if r.recommender in MODELS}

    assert sources("goodreads-8749") == sources(ONLY_RELEASED) == {"dislikes", "leaked"}
    assert sources("tfdcon-movielens") == sources("mind-small-sample") == {"dislikes", "random"}


@pytest.mark.parametrize(
    ("dataset", "interests"),
    [
        ("tfdcon-movielens", {"auto", "extractive", "categories"}),
        ("goodreads-8749", {"auto", "extractive"}),
        ("mind-small-sample", {"auto", "categories"}),
    ],
)
def test_the_study_changes_one_factor_at_a_time(dataset: str, interests: set[str]) -> None:
    ours = [run.condenser() for run in runs("tf-dcon-study", dataset) if run.method == "tf-dcon"]
    assert {method.interests for method in ours} == interests
    texts = Counter(method.content for method in ours).most_common(1)[0][0]
    for method in ours:
        start = {**START, "content": texts}
        changed = {name for name, usual in start.items() if getattr(method, name) != usual}
        changed |= {"sentence_encoder"} if method.sentence_encoder != "minilm" else set()
        assert len(changed - {"distance"}) <= 1


def test_merged_sets_store_as_many_users_rows() -> None:
    merged = set()
    for run in runs("tf-dcon-variants", "tfdcon-movielens"):
        method = run.condenser()
        if isinstance(method, TFDCon) and method.m > 1:
            merged.add((method.m, method.edition, run.budget))
    assert merged == {
        (m, edition, budget)
        for m, budget in ((2, 24), (3, 16))
        for edition in ("as_published", "strict")
    }
