from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.evaluation import Interval, paired_interval
from condrec.report.comparisons import compare, conclude, in_short, readable, reads

FULL = ("none", "naml", None, {})
USERS = ("random-users", "naml", 10.0, {"content": "auto"})
POPULARITY = ("none", "popularity", None, {})
PAIR = ({"method": "random-users"}, {"method": "none"})
RNG = np.random.default_rng(0)
BASE = 0.5 + 0.1 * RNG.random((2, 400))
NOISE = 0.02 * RNG.standard_normal((2, 400))


def results(made_up, gain: float, ran=((0, 0), (0, 1), (1, 0), (1, 1), (2, 0))):
    lists = {0: BASE, 1: BASE + NOISE + gain, 2: BASE - 0.1}
    return made_up([FULL, USERS, POPULARITY], dict.fromkeys(ran, 0.5), lists=lists)


def test_the_difference_is_paired_by_list_and_seed(made_up):
    (row,) = compare(results(made_up, 0.1), [PAIR]).to_dict("records")
    expected = paired_interval(BASE + NOISE + 0.1, BASE)
    assert row["difference"] == pytest.approx(expected.mean)
    assert (row["low"], row["high"]) == pytest.approx((expected.low, expected.high))
    assert (row["seeds"], row["lists"], row["reads"]) == ("2", "400", "better")
    assert row["rows"] == "2,000 + 500"


def test_only_shared_seeds_are_paired(made_up):
    (row,) = compare(results(made_up, 0.1, ran=((0, 1), (1, 0), (1, 1))), [PAIR]).to_dict("records")
    assert row["seeds"] == "1"  # the rival's other run is still to come
    expected = paired_interval(BASE[1:] + NOISE[1:] + 0.1, BASE[1:])
    assert row["difference"] == pytest.approx(expected.mean)
    lists = {0: np.vstack([BASE, BASE]), 1: np.vstack([BASE, BASE]) + 0.1}
    ran = {(0, 0): 0.5, (0, 1): 0.5, (1, 2): 0.5, (1, 3): 0.5}
    apart = made_up([FULL, USERS], ran, seeds=(0, 1, 2, 3), lists=lists)
    assert compare(apart, [PAIR])["reads"].tolist() == ["not run"]


def test_a_floor_meets_every_seed_and_is_named(made_up):
    floor = ({"method": "random-users"}, {"recommender": "popularity"})
    (row,) = compare(results(made_up, 0.0), [floor]).to_dict("records")
    assert row["against"] == "popularity on full data"
    assert row["seeds"] == "2" and row["reads"] == "better"


def test_what_is_not_planned_is_left_out_and_what_is_not_run_is_said(made_up):
    some = results(made_up, 0.1, ran=((0, 0), (0, 1)))
    found = compare(some, [PAIR, ({"method": "majority"}, {"method": "none"})])
    assert found["reads"].tolist() == ["not run"]
    assert readable(found).empty
    assert conclude("Is it?", found) == "**Is it?** Not run yet."


@pytest.mark.parametrize(
    ("gain", "answer", "word"),
    [
        (0.1, "Yes.", "better"),
        (-0.1, "No, the opposite.", "worse"),
        (0.0, "Not shown.", "no difference shown"),
    ],
)
def test_the_sentence_follows_the_numbers(made_up, gain, answer, word):
    found = compare(results(made_up, gain), [PAIR])
    text = conclude("Is it?", found)
    assert in_short("Is it?", found) == f"**Is it?** {answer}"
    assert text.startswith(f"**Is it?** {answer}")
    assert f"- *{word}*: NAML, random users (K = 10) against full data" in text
    assert "400 ranked lists and 2 seeds" in text


def test_mixed_answers_are_counted(made_up):
    found = results(made_up, -0.05)
    pairs = [PAIR, ({"method": "random-users"}, {"recommender": "popularity"})]
    text = "**Is it?** In 1 of 2 comparisons, worse in 1."
    assert in_short("Is it?", compare(found, pairs)) == text


def test_an_answer_from_a_part_of_the_comparisons_says_so(made_up):
    found = results(made_up, 0.1, ran=((0, 0), (0, 1), (1, 0), (1, 1)))
    pairs = [PAIR, ({"recommender": "popularity"}, {"method": "none"})]
    table = compare(found, pairs)
    assert table["reads"].tolist() == ["better", "not run"]
    text = "**Is it?** Yes so far (1 of 2 comparisons not run)."
    assert in_short("Is it?", table) == text


@given(st.floats(-1, 1), st.floats(0, 1))
def test_reads_depends_on_zero_alone(mean, half):
    found = reads(Interval(mean, mean - half, mean + half, 2, 10))
    assert (found == "no difference shown") == (mean - half <= 0 <= mean + half)
    mirrored = reads(Interval(-mean, -mean - half, -mean + half, 2, 10))
    assert {found, mirrored} in ({"better", "worse"}, {"no difference shown"})
