from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from condrec.report import figures

TABLE = pd.DataFrame(
    {
        "model": ["NAML", "NAML", "NRMS"],
        "set": ["full data", "random users", "full data"],
        "NDCG@5": [0.86, 0.82, 0.87],
        "NDCG@5 sd": [0.01, np.nan, 0.02],
        "published": [0.83, np.nan, np.nan],
    }
)
FLOORS = {"random scores": 0.76, "popularity": 0.855, "like-ratio": np.nan}


@pytest.fixture(autouse=True)
def style():
    with mpl.rc_context():
        figures.use_style()
        yield


def drawn(figure: Figure) -> Figure:
    figure.canvas.draw()
    return figure


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_dots_one_panel_a_model_one_row_a_set():
    figure = drawn(figures.dots_with_spread(TABLE, "NDCG@5", FLOORS))
    left, right = figure.axes
    assert [left.get_title(), right.get_title()] == ["NAML", "NRMS"]
    assert [t.get_text() for t in left.get_yticklabels()] == ["full data", "random users"]
    assert legend(figure) == ["published", "random scores", "popularity", "mean ± sd"]
    assert figure.get_facecolor() == (1, 1, 1, 1)  # its own card on a dark page


def test_a_long_name_is_broken():
    name = "DConRec (strict, credit by pair, all users folded in, 25.0 % of interactions)"
    (axis, _) = drawn(figures.dots_with_spread(TABLE.replace("random users", name), "NDCG@5")).axes
    found = axis.get_yticklabels()[1].get_text()
    assert "\n" in found and " ".join(found.split()) == name


def test_dots_without_a_spread_promise_none_and_may_have_scales_of_their_own():
    table = TABLE.assign(**{"model": ["users", "likes", "bytes"], "NDCG@5 sd": np.nan})
    figure = drawn(figures.dots_with_spread(table, "NDCG@5", across=2))
    first, second, third = figure.axes
    assert legend(figure) == ["published", "mean"]
    assert not figures.dots_with_spread(table.drop(columns="published"), "NDCG@5").legends
    assert all(axis.get_xlim()[0] == 0 for axis in figure.axes)
    assert first.get_xlim() != second.get_xlim()
    assert third.get_subplotspec().rowspan.start == 1
    assert all(axis.get_ylim() == first.get_ylim() for axis in (second, third))


ALPHAS = ["model", "alpha", "distance", "NDCG@5", "NDCG@5 sd"]
CELLS = pd.DataFrame({"data": "d", "a": ["x", "y"], "b": ["u", "v"], "kept": [90.0, np.nan]})


@pytest.mark.parametrize(
    "figure",
    [
        lambda: figures.dots_with_spread(TABLE.iloc[:0], "NDCG@5", FLOORS),
        lambda: figures.dots_with_spread(TABLE.iloc[1:2].assign(**{"NDCG@5": np.nan}), "NDCG@5"),
        lambda: figures.stacked_seconds(pd.DataFrame(columns=["set", "condense s", "train s"])),
        lambda: figures.curves(pd.DataFrame(columns=["model", "set", "seconds_train", "value"])),
        lambda: figures.alpha_curves(pd.DataFrame(columns=ALPHAS), "NDCG@5", {}, FLOORS),
        lambda: figures.heat_map(CELLS.iloc[:0], "a", "b", "kept", "%"),
        lambda: figures.heat_map(CELLS.iloc[1:], "a", "b", "kept", "%"),
    ],
)
def test_figures_of_nothing_say_so(figure):
    (axis,) = drawn(figure()).axes
    assert [text.get_text() for text in axis.texts] == ["not run yet"]
    assert not [*axis.get_xticks(), *axis.get_yticks(), *axis.lines]


def test_a_heat_map_numbers_what_is_recorded():
    panel, _ = drawn(figures.heat_map(CELLS, "a", "b", "kept", "%")).axes
    assert [text.get_text() for text in panel.texts] == ["90.0"]


def test_curves_mark_the_best_epoch_of_every_run():
    table = pd.DataFrame(
        {
            "model": "NAML",
            "set": ["full data"] * 3 + ["random users"] * 2,
            "key": list("aaabb"),
            "seconds_train": [1.0, 2.0, 3.0, 0.1, 0.2],
            "value": [0.5, 0.7, 0.6, 0.4, 0.5],
        }
    )
    (axis,) = drawn(figures.curves(table)).axes
    marks = [line for line in axis.get_lines() if line.get_marker() in "os"]
    assert [tuple(line.get_xydata()[0]) for line in marks] == [(2.0, 0.7), (0.2, 0.5)]


def test_alpha_curves_with_a_band_and_floors():
    table = pd.DataFrame(
        {
            "model": "NAML",
            "alpha": [0.0, 1.0, 0.0, 1.0],
            "distance": ["raw", "raw", "standardised", "standardised"],
            "NDCG@5": [0.8, 0.82, 0.8, 0.81],
            "NDCG@5 sd": 0.01,
        }
    )
    figure = drawn(figures.alpha_curves(table, "NDCG@5", {"NAML": (0.8, 0.01)}, FLOORS))
    assert {"raw distances", "standardised distances", "popularity"} <= set(legend(figure))
    assert "random users, mean ± sd" in legend(figure)


def test_seconds_are_stacked():
    table = pd.DataFrame({"set": ["a", "b"], "condense s": [1.0, np.nan], "train s": [2.0, 4.0]})
    (axis,) = drawn(figures.stacked_seconds(table)).axes
    ends = [patch.get_x() + patch.get_width() for patch in axis.patches]
    assert ends == [1.0, 0.0, 3.0, 4.0]


def test_the_palette_tells_its_colours_apart_without_colour():
    """Neighbours in a figure differ in lightness, or are drawn with other marks and dashes."""
    lightness = [np.dot(mpl.colors.to_rgb(c), (0.299, 0.587, 0.114)) for c in figures.PALETTE[:2]]
    assert len(set(figures.PALETTE)) == len(figures.PALETTE)
    assert abs(lightness[0] - lightness[1]) > 0.03
    assert len(set(map(str, figures.DASHES))) >= 3
