from __future__ import annotations

import re

import pandas as pd
import pytest

TABLE = pd.DataFrame({"mean": [1.5, 2.0], "sd": [0.1, 0.2]}, index=[8, 16])


@pytest.fixture(scope="module")
def with_one_heading(extension):
    return extension("one_heading").with_one_heading


def test_the_name_of_the_index_joins_the_other_headings(with_one_heading):
    html = TABLE.rename_axis("width").to_html()
    assert html.count("<tr") == 4
    found = with_one_heading(html)
    assert found.count("<tr") == 3
    assert re.findall("<th>(.*?)</th>", found) == ["width", "mean", "sd", "8", "16"]
    assert found.partition("<tbody>")[2] == html.partition("<tbody>")[2]


@pytest.mark.parametrize(
    "table",
    [TABLE, TABLE.rename_axis("width").rename_axis(columns="of")],
    ids=["no name", "a name for each axis"],
)
def test_other_headings_stay_as_they_are(with_one_heading, table):
    assert with_one_heading(table.to_html()) == table.to_html()
