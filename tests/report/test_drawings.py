from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree

from condrec.condensers import condenser
from condrec.report.drawings import draw_before_after, draw_method, draw_paradigm, item_text


def texts(figure) -> str:
    figure.canvas.draw()
    (axis,) = figure.axes
    return "\n".join(text.get_text() for text in axis.texts)


def test_paradigm_and_method_name_their_parts():
    assert "condensed data" in texts(draw_paradigm())
    found = texts(draw_method())
    assert all(f"Eq. {n}" in found for n in (2, 3, 4, 5))
    assert "clusters" in found  # of K-means, in Eq. 7 too
    assert "Eqs. 6, 7" in found and "Eqs. 8, 9" in found


def test_before_and_after_show_an_item_and_a_user(tiny_dataset):
    condensed = condenser("random-users", {"content": "truncated"}).condense(tiny_dataset, 5, 0)
    kept = int(condensed.train_users[0])
    gone = int(next(u for u in tiny_dataset.train_users if u not in condensed.train_users))
    assert tiny_dataset.titles[2] in texts(draw_before_after(tiny_dataset, condensed, 2, kept))
    assert "not among the chosen users" in texts(
        draw_before_after(tiny_dataset, condensed, 2, gone)
    )


def test_texts_from_data_are_no_formulas(tiny_dataset):
    hostile = replace(tiny_dataset, titles=("$\\frac{",) * tiny_dataset.n_items)
    assert "frac" in texts(draw_before_after(hostile, hostile, 0, 1))


def test_control_characters_in_titles_leave_a_picture_that_can_be_read(tiny_dataset):
    hostile = replace(tiny_dataset, titles=("bell \x07 here \x00",) * tiny_dataset.n_items)
    picture = io.StringIO()
    draw_before_after(hostile, hostile, 0, 1).savefig(picture, format="svg")
    ElementTree.fromstring(picture.getvalue().encode())  # raises where it is no XML


def test_items_without_own_vocabulary_are_decoded(tiny_dataset):
    assert item_text(tiny_dataset, 0).split()[0] in tiny_dataset.vocabulary
    assert item_text(replace(tiny_dataset, tokens=None), 0).startswith(tiny_dataset.titles[0])
