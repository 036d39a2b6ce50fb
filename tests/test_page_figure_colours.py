"""Figures can be read: text on them, and colours that differ without red and green cones."""

from __future__ import annotations

from itertools import combinations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from page_style import contrast

from condrec.report import drawings, figures, size_figures

ENOUGH = 4.5  # WCAG 2.1, criterion 1.4.3
APART = 12.0  # CIE 1976; 2.3 is just noticeable side by side

WHITE = (1.0, 1.0, 1.0)
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
"""Machado, Oliveira and Fernandes 2009, "A physiologically-based model for simulation of color
vision deficiency", severity 1.0, on linear red, green and blue."""
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
DAYLIGHT = np.array([0.95047, 1.0, 1.08883])  # D65, the white of sRGB


def lab(color: str, sight: str) -> np.ndarray:
    """Return a colour in CIE L*a*b*, as an eye of this kind sees it."""
    rgb = np.array(mpl.colors.to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SIGHT[sight] @ linear, 0, 1) / DAYLIGHT
    x, y, z = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def nearest(colors: tuple[str, ...], sight: str) -> float:
    """Return the distance of the two colours that are hardest to tell apart."""
    seen = [lab(color, sight) for color in colors]
    return min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2))


@pytest.mark.parametrize("sight", SIGHT)
def test_the_colours_of_figures_can_be_told_apart(sight):
    assert nearest(figures.PALETTE, sight) > APART


def test_a_palette_of_red_and_green_is_found():
    red_and_green = ("#d62728", "#6b8e00")
    assert nearest(red_and_green, "normal") > APART
    assert min(nearest(red_and_green, sight) for sight in SIGHT) < APART


def test_distances_are_those_of_cie():
    assert lab("white", "normal") == pytest.approx([100, 0, 0], abs=0.01)
    assert lab("red", "normal") == pytest.approx([53.24, 80.09, 67.20], abs=0.02)
    for sight in SIGHT:  # who sees fewer colours sees the same greys
        assert lab("#808080", sight)[1:] == pytest.approx([0, 0], abs=0.1)


SETS = pd.DataFrame(
    {
        "model": ["NAML", "NAML", "NRMS"],
        "set": ["full data", "random users", "full data"],
        "NDCG@5": [0.8, 0.7, 0.8],
        "NDCG@5 sd": [0.01, np.nan, 0.02],
        "published": [0.9, np.nan, np.nan],
        "condense s": [0.0, 2.0, 0.0],
        "train s": [3.0, 1.0, 3.0],
        "alpha": [0.0, 0.5, 1.0],
        "distance": ["raw", "standardised", "raw"],
        "data": "films",
        "dataset": "films",
        "series": ["random users", "Distill-CF", "Distill-CF"],
        "method": ["none", "random-users", "distill-cf"],
        "users": [100, 10, 10],
        "fit s": [1.0, 0.1, 0.2],
        "score s": [1.0, 0.1, 0.2],
        "NDCG@5 ±": 0.01,
        "key": ["a", "b", "c"],
        "seconds_train": [1.0, 2.0, 3.0],
        "value": [0.8, 0.7, 0.8],
    }
)
FLOORS = {"popularity": 0.75}
FIGURES = {
    "dots": lambda: figures.dots_with_spread(SETS, "NDCG@5", FLOORS),
    "seconds": lambda: figures.stacked_seconds(SETS.iloc[:2]),
    "curves": lambda: figures.curves(SETS),
    "alpha": lambda: figures.alpha_curves(SETS, "NDCG@5", {"NAML": (0.7, 0.1)}, FLOORS),
    "sizes": lambda: size_figures.quality_by_size(SETS, "users", "NDCG@5"),
    "speed": lambda: size_figures.seconds_by_users(SETS),
    "paradigm": drawings.draw_paradigm,
    "method": drawings.draw_method,
    "unrolled": drawings.draw_unrolled,
}


def papers_of(figure: Figure) -> list[tuple[float, ...]]:
    """Return the colours text may stand on: the card and, in a drawing, its boxes."""
    papers: list[tuple[float, ...]] = [WHITE]
    for axis in figure.axes:
        papers.append(over_white(axis.get_facecolor()))
        if not axis.axison:  # a drawing
            papers += [over_white(patch.get_facecolor()) for patch in axis.patches]
    return papers


def over_white(color) -> tuple[float, ...]:
    *rgb, alpha = mpl.colors.to_rgba(color)
    return tuple(alpha * x + 1 - alpha for x in rgb)


@pytest.fixture
def style():
    with mpl.rc_context():
        figures.use_style()
        yield


def shown(figure: Figure) -> list[mpl.text.Text]:
    figure.canvas.draw()
    texts = figure.findobj(mpl.text.Text)
    texts += [label for axis in figure.axes for label in axis.get_yticklabels()]
    return [text for text in texts if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("name", FIGURES)
def test_text_on_figures_stands_out_from_their_card(name, style):
    figure = FIGURES[name]()
    assert over_white(figure.get_facecolor()) == WHITE  # dark pages show the same card
    texts = shown(figure)
    assert len(texts) > 3
    for text in texts:
        ink = mpl.colors.to_rgb(text.get_color())
        assert min(contrast(ink, paper) for paper in papers_of(figure)) >= ENOUGH, text


def test_numbers_on_a_heat_map_stand_out_from_their_cells(style):
    values = np.linspace(0, 100, 101)
    table = pd.DataFrame(
        {"data": "films", "row": [f"{x:.0f}" for x in values], "column": "a", "value": values}
    )
    axis = figures.heat_map(table, "row", "column", "value", "percent").axes[0]
    (image,) = axis.get_images()
    assert len(axis.texts) == len(values)
    for text, value in zip(axis.texts, values, strict=True):
        cell = image.cmap(image.norm(value))[:3]
        assert contrast(mpl.colors.to_rgb(text.get_color()), cell) >= ENOUGH, value
