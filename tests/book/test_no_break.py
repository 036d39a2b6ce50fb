from __future__ import annotations

import pytest


@pytest.fixture(scope="module")
def kept_together(extension):
    return extension("no_break").kept_together


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("95 % intervals of 3 s", "95\xa0% intervals of 3\xa0s"),
        ("random users (K = 47), alpha = 0.5", "random users (K\xa0=\xa047), alpha = 0.5"),
        ("5 sets in 2 halves", "5 sets in 2 halves"),
    ],
)
def test_numbers_and_units_stay_on_one_line(kept_together, text, expected):
    assert kept_together(text) == expected
