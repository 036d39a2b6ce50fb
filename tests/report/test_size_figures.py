from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from condrec.report import size_figures
from condrec.report.figures import use_style

POINTS = pd.DataFrame(
    {
        "data": "ML-1M",
        "dataset": "ml-1m",
        "series": ["Distill-CF (strict)", "Distill-CF (strict)", "random users", "Distill-CF b"],
        "users": [10.0, 500.0, 10.0, np.nan],
        "HR@10": [0.2, 0.3, 0.1, 0.2],
        "HR@10 ±": [0.01, np.nan, 0.02, 0.01],
    }
)


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        use_style()
        yield


def drawn(figure: Figure) -> Figure:
    figure.canvas.draw()
    return figure


def legend(figure: Figure) -> set[str]:
    return {text.get_text() for text in figure.legends[0].get_texts()}


def test_samplers_published_points_full_data_and_floors():
    published = pd.DataFrame(
        {
            "dataset": ["ml-1m", "magazine"],
            "series": "Distill-CF (strict)",
            "users": [40.0, 20.0],
            "value": [0.278, 0.26],
        }
    )
    figure = drawn(
        size_figures.quality_by_size(
            POINTS,
            "users",
            "HR@10",
            published,
            {"ml-1m": 0.32},
            {"ml-1m": {"popularity": 0.13}},
        )
    )
    (axis,) = figure.axes
    assert axis.get_xscale() == "log" and axis.get_ylabel() == "HR@10, %"
    assert legend(figure) == {
        *("Distill-CF (strict)", "random users", "published: Distill-CF"),
        *("full data", "popularity"),
    }
    diamonds = [line for line in axis.get_lines() if line.get_marker() == "D"]
    (point,) = diamonds[0].get_xydata()
    assert len(diamonds) == 1 and point == pytest.approx([40.0, 27.8])
    assert diamonds[0].get_markerfacecolor() == "none"


def test_one_panel_a_data_set_and_a_linear_axis_of_noise():
    both = pd.concat([POINTS, POINTS.assign(data="Magazine", dataset="magazine")])
    figure = drawn(size_figures.quality_by_size(both, "users", "HR@10", log=False, label="noise"))
    assert [axis.get_title() for axis in figure.axes] == ["ML-1M", "Magazine"]
    assert {axis.get_xlabel() for axis in figure.axes} == {"noise"}
    assert {axis.get_xscale() for axis in figure.axes} == {"linear"}


def test_figures_of_nothing_say_so():
    empty = pd.DataFrame(columns=["data", "method", "series", "users", "fit s", "score s"])
    for figure in (
        size_figures.quality_by_size(POINTS.iloc[:0], "users", "HR@10"),
        size_figures.seconds_by_users(empty),
    ):
        (axis,) = drawn(figure).axes
        assert [text.get_text() for text in axis.texts] == ["not run yet"]


def ticks(axis: Axes) -> list[str]:
    low, high = axis.get_xlim()
    return [
        label.get_text()
        for place, label in zip(axis.get_xticks(), axis.get_xticklabels(), strict=True)
        if low <= place <= high
    ]


@pytest.mark.parametrize(
    ("size", "log", "limits"),
    [(0.0, False, (-0.018, 0.318)), (25.0, False, (11.0, 39.0)), (25.0, True, (9.6, 48.8))],
)
def test_a_panel_with_one_size_says_so(size, log, limits):
    one = POINTS[:1].assign(users=size)
    (axis,) = drawn(size_figures.quality_by_size(one, "users", "HR@10", log=log)).axes
    assert ticks(axis) == [f"{size:g}"]
    assert axis.get_xlabel() == f"users\n(only {size:g} recorded)"
    assert axis.get_xlim() == pytest.approx(limits, abs=0.1)


def test_a_panel_with_one_size_spans_those_of_the_others():
    both = pd.concat([POINTS, POINTS[:1].assign(data="Magazine", dataset="magazine")])
    first, second = drawn(size_figures.quality_by_size(both, "users", "HR@10", log=False)).axes
    assert len(ticks(first)) > 1 and first.get_xlabel() == "users"
    assert ticks(second) == ["10"]
    assert second.get_xlim()[0] < 10 and second.get_xlim()[1] > 500


def test_many_decades_are_numbered_by_decades_only():
    sizes = POINTS[:2].assign(users=[0.0002, 5.0])
    (axis,) = drawn(size_figures.quality_by_size(sizes, "users", "HR@10")).axes
    assert ticks(axis) == ["0.001", "0.01", "0.1", "1"]
    (axis,) = drawn(size_figures.quality_by_size(POINTS, "users", "HR@10")).axes
    assert ticks(axis) == ["10", "30", "100", "300"]


def test_long_numbers_leave_out_the_threes():
    long = POINTS[:2].assign(users=[1_300.0, 270_000.0])
    both = pd.concat([long, long.assign(data="Magazine", dataset="magazine")])
    first, _ = drawn(size_figures.quality_by_size(both, "users", "HR@10")).axes
    assert ticks(first) == ["1,000", "10,000", "100,000"]


def test_few_sizes_can_be_the_ticks():
    noises = POINTS[:2].assign(users=[0.0, 0.1])
    (axis,) = drawn(
        size_figures.quality_by_size(noises, "users", "HR@10", log=False, at_sizes=True)
    ).axes
    assert ticks(axis) == ["0", "0.1"]


def test_binarised_sets_are_called_by_what_they_keep_and_the_legend_fits():
    names = [f"Distill-CF binarised (strict, top {n})" for n in (131, 400)]
    names += [f"sampler {n}" for n in range(6)]
    many = pd.concat([POINTS[:2].assign(series=name) for name in names])
    figure = drawn(size_figures.quality_by_size(many, "users", "HR@10"))
    assert {name for name, _ in size_figures.BINARISED} < legend(figure)
    card = figure.get_window_extent()
    assert figure.legends[0].get_window_extent().width < card.width


def test_no_two_series_share_colour_mark_and_dash():
    styles = [*size_figures.STYLES.values(), *dict(size_figures.BINARISED).values()]
    assert len(set(styles)) == len(styles)
    marks = [mark for _, mark, _ in styles]
    assert len(set(marks)) >= len(marks) - 1  # told apart without colour; two editions share one


def test_seconds_to_fit_and_to_score():
    table = pd.DataFrame(
        {
            "data": "ML-1M",
            "method": ["none", "distill-cf", "distill-cf"],
            "series": ["full data", "Distill-CF (strict)", "Distill-CF (strict)"],
            "users": [6040, 10, 500],
            "fit s": [20.0, 0.01, 0.5],
            "score s": [9.0, 1.0, 2.0],
        }
    )
    figure = drawn(size_figures.seconds_by_users(table))
    assert legend(figure) == {
        *("fit, Distill-CF (strict)", "score, Distill-CF (strict)"),
        *("fit, full data", "score, full data"),
    }
    assert figure.axes[0].get_yscale() == "log"
