"""Own drawings: what TF-DCon's Figures 1 to 3 show, and an outer step of TD3."""

from __future__ import annotations

import textwrap

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from condrec.datasets import Dataset
from condrec.report.figures import PALETTE

BLUE, ORANGE, GREEN, PINK, *_ = PALETTE
INK, GREY = "#222222", "#6E6E6E"
Box = tuple[float, float, float, float]


def draw_paradigm() -> Figure:
    """Draw the paradigm: train on a small set instead of the full one, and compare."""
    figure, axis = _sheet(9.0, 3.3)
    full = _box(axis, (0.2, 1.9, 2.2, 1.1), "full data\nitems with long texts,\nall users", BLUE)
    small = _box(axis, (0.2, 0.2, 2.2, 1.1), "condensed data\nshort texts, few users", ORANGE)
    _arrow(axis, (full[0] + full[2] / 2, full[1]), (small[0] + small[2] / 2, small[1] + small[3]))
    axis.text(1.45, 1.6, "condense once,\nno gradients on data", va="center", fontsize=8, color=INK)
    for y, color, name, cost in (
        (2.1, BLUE, "model trained\non full data", "slow"),
        (0.4, ORANGE, "model trained\non condensed data", "fast"),
    ):
        _box(axis, (4.4, y, 1.9, 0.8), name, color)
        _arrow(axis, (2.4, y + 0.4), (4.4, y + 0.4), f"train: {cost}")
        _arrow(axis, (6.3, y + 0.4), (7.3, 1.75 if y > 1 else 1.55))
    _box(axis, (7.3, 1.1, 1.6, 1.1), "same test:\nhow much quality\nis kept?", GREEN)
    return figure


def draw_method() -> Figure:
    """Draw the method: texts through a language model, users through two distances (Eqs. 2-9)."""
    figure, axis = _sheet(10.0, 4.4)
    _box(axis, (0.1, 3.2, 1.7, 0.9), "item texts", BLUE)
    _box(axis, (0.1, 1.5, 1.7, 0.9), "histories\nof all users", BLUE)
    _box(axis, (2.6, 3.2, 1.9, 0.9), "language model\none short text\nan item (Eq. 2)", GREEN)
    _box(axis, (2.6, 1.5, 1.9, 0.9), "language model\ninterest words $I(u)$\n(Eq. 3)", GREEN)
    _box(axis, (2.6, 0.1, 1.9, 0.9), "user encoder trained\non the full data\n$z_u$ (Eq. 4)", PINK)
    _box(axis, (5.3, 1.5, 1.9, 0.9), "distance of interests\n$d_{int}$ (Eqs. 6, 7)", GREEN)
    _box(axis, (5.3, 0.1, 1.9, 0.9), "K-means, distance to\nthe centroid\n$d_{emb}$ (Eq. 5)", PINK)
    _box(
        axis,
        (7.9, 0.8, 1.9, 0.9),
        "$d = d_{emb} + \\alpha\\, d_{int}$\nnearest $m$ a cluster\n(Eqs. 8, 9)",
        PINK,
    )
    _box(axis, (7.9, 3.2, 1.9, 0.9), "condensed data", ORANGE)
    for start, end in (
        ((1.8, 3.65), (2.6, 3.65)),
        ((4.5, 3.65), (7.9, 3.65)),
        ((1.8, 1.95), (2.6, 1.95)),
        ((1.5, 1.5), (2.6, 0.7)),
        ((4.5, 1.95), (5.3, 1.95)),
        ((4.5, 0.55), (5.3, 0.55)),
        ((6.25, 1.0), (6.25, 1.5)),
        ((7.2, 1.8), (7.9, 1.45)),
        ((7.2, 0.7), (7.9, 1.0)),
        ((8.85, 1.7), (8.85, 3.2)),
    ):
        _arrow(axis, start, end)
    axis.text(6.2, 3.78, "items with short texts", ha="center", fontsize=8, color=INK)
    axis.text(6.33, 1.25, "clusters", fontsize=8, color=INK, va="center")
    axis.text(8.95, 2.45, "chosen users\nand their rows", fontsize=8, color=INK, va="center")
    return figure


def draw_unrolled(warm_up: int = 2, window: int = 3) -> Figure:
    """Draw an outer step of TD3: steps without a graph, the window, and the gradient's way back.

    Args:
        warm_up: steps drawn before the window.
        window: steps drawn in it.
    """
    n_steps, pitch, wide, y = warm_up + window, 1.2, 0.75, 0.95
    end = 0.1 + pitch * n_steps
    figure, axis = _sheet(end + 2.5, 3.3)
    way = {"arrowstyle": "->", "color": PINK, "lw": 1.8}
    right, top = end + 0.35, 2.5
    _box(axis, (0.5, top, right - 0.5, 0.55), "soft sequences $X$ = softmax(logits)", ORANGE)
    _box(axis, (right + 0.5, 2.35, 1.55, 0.85), "factors $G, U, T$\nitem table $V$", ORANGE)
    _arrow(axis, (right + 0.5, 2.9), (right, 2.9))
    axis.annotate("", xy=(right + 0.5, 2.65), xytext=(right, 2.65), arrowprops=way)
    for step in range(n_steps + 1):
        inside = step >= warm_up
        x = 0.1 + pitch * step
        words = f"$\\theta_{step}$\nmoments\n$m_{step}, v_{step}$"
        _box(axis, (x, y, wide, 0.95), words, BLUE if inside else "#9A9A9A")
        if step < n_steps:
            _arrow(axis, (x + wide, y + 0.4), (x + pitch, y + 0.4), "Adam")
            between = x + (wide + pitch) / 2
            _arrow(axis, (between - 0.09 * inside, top), (between - 0.09 * inside, y + 0.7))
            if inside:
                back = (between + 0.09, y + 0.7), (between + 0.09, top)
                axis.annotate("", xy=back[1], xytext=back[0], arrowprops=way)
    _box(axis, (end + 1.05, y, 1.3, 0.95), "real batch:\nnext items,\ndistance to $F$", GREEN)
    _arrow(axis, (end + wide, y + 0.4), (end + 1.05, y + 0.4))
    cut = 0.1 + pitch * warm_up
    axis.text(cut / 2, 0.35, "warm-up: no graph", ha="center", va="center", fontsize=9, color=INK)
    axis.annotate("", xy=(cut, 0.75), xytext=(end + 1.7, 0.75), arrowprops=way)
    text = "window: the gradient goes back through every step,\n"
    text += "to parameters and moments, to $X$ and on to the factors"
    middle = (cut + end + 1.7) / 2
    axis.text(middle, 0.35, text, ha="center", va="center", fontsize=9, color=INK)
    return figure


def draw_before_after(
    dataset: Dataset, condensed: Dataset, item: int, user: int, most: int = 6
) -> Figure:
    """Draw one item and one user, in the full and in the condensed data.

    Args:
        dataset: the full data, with titles.
        condensed: what a condenser made of it.
        item: the item to show.
        user: the user to show.
        most: history entries shown at most, the latest.
    """
    tall = 0.6 + 0.19 * most  # room for a history
    figure, axis = _sheet(9.5, tall + 1.9)
    for x, data, color, name in ((0.1, dataset, BLUE, "before"), (5.0, condensed, ORANGE, "after")):
        axis.text(x, tall + 1.65, name, fontsize=11, color=INK, weight="bold")
        length = 0 if data.tokens is None else len(data.tokens[item])
        text = item_text(data, item) if data is not dataset else _original(dataset, item)
        _panel(axis, (x, tall + 0.25, 4.4, 1.25), f"item {item}: {length} words", text, color)
        history = data.histories[user][-most:]
        kept = int((data.train.user == user).sum())
        lines = [f"- {_title(dataset, int(i))}" for i in history]
        if not kept:
            lines = ["not among the chosen users"]
        head = f"user {user}: {len(data.histories[user])} in the history, {kept} training rows"
        _panel(axis, (x, 0.1, 4.4, tall), head, "\n".join(lines), color)
    return figure


def item_text(dataset: Dataset, item: int) -> str:
    """Return the words of an item's tokens, as the models read them."""
    if dataset.tokens is None:
        return _original(dataset, item)
    tokens = dataset.tokens[item].tolist()
    if dataset.vocabulary:
        return " ".join(dataset.vocabulary[token] for token in tokens)
    from condrec.text import tokenizer

    return tokenizer().decode(tokens)


def _original(dataset: Dataset, item: int) -> str:
    if not dataset.titles:
        return item_text(dataset, item)
    text = dataset.descriptions[item] if dataset.descriptions else ""
    return f"{dataset.titles[item]}\n{text}"


def _title(dataset: Dataset, item: int) -> str:
    title = dataset.titles[item] if dataset.titles else f"item {item}"
    return textwrap.shorten(title, 62, placeholder=" …")


def _plain(text: str) -> str:
    """Return a text that a drawing can hold: no control characters, no dollar starts a formula."""
    shown = "".join(c if c.isprintable() or c == "\n" else " " for c in text)
    return shown.replace("$", r"\$")


def _sheet(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure whose units are inches, without axes."""
    figure = Figure(figsize=(width, height), facecolor="white")
    axis = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axis.set(xlim=(0, width), ylim=(0, height))
    axis.set_axis_off()
    return figure, axis


def _frame(axis: Axes, box: Box, color: str) -> None:
    x, y, width, height = box
    style = "round,pad=0,rounding_size=0.08"
    axis.add_patch(FancyBboxPatch((x, y), width, height, style, fc=f"{color}22", ec=color, lw=1.4))


def _box(axis: Axes, box: Box, text: str, color: str) -> Box:
    """Draw a box with centred text; the colour only repeats what the text says."""
    _frame(axis, box, color)
    x, y, width, height = box
    axis.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=9, color=INK)
    return box


def _panel(axis: Axes, box: Box, head: str, text: str, color: str) -> None:
    """Draw a box with a heading and lines of text, wrapped and cut to fit."""
    _frame(axis, box, color)
    x, y, width, height = box
    axis.text(x + 0.12, y + height - 0.25, head, fontsize=9, weight="bold", color=INK)
    lines = [
        part for line in text.splitlines() for part in textwrap.wrap(line, int(width * 15)) or [""]
    ]
    room = int((height - 0.4) / 0.19)
    shown = lines if len(lines) <= room else [*lines[: room - 1], "…"]
    axis.text(
        x + 0.12,
        y + height - 0.4,
        _plain("\n".join(shown)),
        fontsize=8.5,
        va="top",
        color=INK,
        linespacing=1.35,
    )


def _arrow(
    axis: Axes, start: tuple[float, float], end: tuple[float, float], text: str = ""
) -> None:
    axis.annotate(
        "", xy=end, xytext=start, arrowprops={"arrowstyle": "->", "color": GREY, "lw": 1.4}
    )
    if text:
        middle = np.mean([start, end], axis=0)
        axis.text(middle[0], middle[1] + 0.1, text, ha="center", fontsize=8, color=INK)
