"""The picture of the front page: four tasks, each with its rivals, from recorded rows."""

from __future__ import annotations

import pytest

from condrec.report import recorded_results
from condrec.report.overview import KINDS, TASKS, kept, overview


@pytest.mark.parametrize("task", TASKS, ids=[task.dataset for task in TASKS])
def test_each_panel_holds_the_method_its_rivals_and_a_floor(task):
    table, floors = kept(task)
    assert set(table["kind"]) == set(KINDS)
    assert "popularity" in floors
    assert (table["bytes %"] > 0).all() and table["kept %"].between(0, 120).all()


def test_what_is_kept_is_relative_to_the_full_data_of_the_same_model():
    task = next(task for task in TASKS if task.grid == "dconrec-overall")
    results = recorded_results(task.grid, dataset=task.dataset).where(recommender=task.model)
    values = results.values(task.metric, "test").groupby("line")["value"].mean()
    sets = results.plan.drop_duplicates("line").set_index("line")["set"]
    full = values[sets[sets == "full data"].index[0]]
    chosen = sets[sets == "random users (25.0 % of interactions)"].index[0]
    table, _ = kept(task)
    (shown,) = table.loc[table["set"] == sets[chosen], "kept %"]
    assert shown == pytest.approx(100 * values[chosen] / full)


def test_every_recorded_floor_is_drawn_with_its_name():
    found = [set(kept(task)[1]) for task in TASKS]
    counted = {"random scores", "popularity"}
    # The caption of the front page says which one is missing.
    magazine = {"popularity", "Markov chain", "item-kNN"}
    assert found == [counted | {"like-ratio"}, counted, counted, magazine]
    for names, axis in zip(found, overview().axes, strict=True):
        assert {text.get_text() for text in axis.texts} == names
        low, high = axis.get_ylim()
        assert all(low <= y <= high for line in axis.lines for y in line.get_ydata())


def test_the_picture_has_a_panel_a_task():
    assert [axis.get_title() for axis in overview().axes] == [task.title for task in TASKS]
