from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.report.formatting import (
    count,
    escaped,
    gain,
    markdown,
    mean_sd,
    number,
    signed,
    time_needed,
)


def test_numbers_as_tables_show_them():
    assert mean_sd(0.86123, 0.0031) == "0.8612 ± 0.0031"
    assert mean_sd(0.86123, np.nan, 3) == "0.861"
    assert mean_sd(np.nan, np.nan) == ""
    assert signed(-0.00321) == "−0.0032" and signed(0.5, 2) == "+0.50"
    assert signed(-0.00001) == "0.0000" and signed(np.nan) == ""
    assert gain(0.22, 0.2) == "+10.0" and gain(0.18, 0.2) == "−10.0"
    assert number(1682.0, 2) == "1,682" and number(4.937, 2) == "4.94"
    assert number(1.0, 4) == "1.0000"  # a metric keeps its digits
    assert count(36105.4) == "36,105" and count(np.nan) == ""


def test_hours_as_one_says_them():
    said = {222.32: "222 h", 9.96: "10 h", 1.04: "1.0 h", 0.5: "30 min", 0.001: "under 1 min"}
    assert {hours: time_needed(hours) for hours in said} == said


def test_markdown_of_a_small_table():
    table = pd.DataFrame({"set": ["a", "b"], "NDCG@5": [0.83, np.nan], "n": [1200, 5]})
    assert markdown(table).splitlines() == [
        "| set | NDCG@5 | n |",
        "| --- | ---: | ---: |",
        "| a | 0.8300 | 1,200 |",
        "| b |  | 5 |",
    ]


def test_mean_and_spread_stay_on_one_line():
    assert "0.83\u00a0±\u00a00.01" in markdown(pd.DataFrame({"x": ["0.83 ± 0.01"]}))


def test_a_table_without_rows_is_still_a_table():
    assert markdown(pd.DataFrame(columns=["a", "b"])) == "| a | b |\n| --- | --- |"


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "a | b",
        "two\nlines",
        "`{glue}` $x$ *b* [l](javascript:x) ~s~ # h",
        "back\\slash &amp; <img src=x onerror=y>",
    ],
)
def test_text_from_data_cannot_break_out(hostile):
    import html

    from markdown_it import MarkdownIt

    lines = markdown(pd.DataFrame({"text": [hostile], "n": [1]})).splitlines()
    assert len(lines) == 3
    page = MarkdownIt().enable("table").render("\n".join(lines))
    assert page.count("<td") == 2
    cell = page[page.index("<td>") + 4 : page.index("</td>")]
    assert "<" not in cell
    assert html.unescape(cell) == " ".join(hostile.split())


@given(st.text())
def test_escaped_text_holds_no_markup(text):
    safe = escaped(text)
    assert "<" not in safe and "\n" not in safe
    assert all(safe[i - 1] == "\\" for i, letter in enumerate(safe) if letter in "|`$*_{")
