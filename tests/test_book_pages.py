"""The prose pages: what they refer to exists, and what they state as fact is so."""

from __future__ import annotations

import re
from dataclasses import fields
from pkgutil import resolve_name

import numpy as np
import pytest
from page_text import EQUATION, NOTEBOOKS, PAGES

from condrec.condensers import CONDENSERS, TD3, DConRec, DistillCF
from condrec.condensers.candidates import LEAST, OUTER_SHARE
from condrec.condensers.dconrec import CREDITS
from condrec.datasets import load_dataset, read_released_content, read_released_split
from condrec.experiments.grids import GRIDS
from condrec.recommenders import NAML, RECOMMENDERS
from condrec.report.sequences import decoding
from condrec.report.verdicts import TOLERANCE, WIDEST, spread_factor


@pytest.mark.parametrize("name", ["tf_dcon", "notebooks/03_tf_dcon_step_by_step"])
def test_the_nine_equations_of_the_paper_keep_their_numbers(name):
    # A tenth labelled equation would move the number after the dot away from the paper's.
    assert len(re.findall(r"^\$\$ \(eq-", PAGES[name], re.M)) == 9


METHODS = ["tf_dcon", "distill_cf", "dconrec", "td3"]
OPENED = ["condensation", "protocol", *METHODS, "rerun", "own", "teaching", "later"]
OPENED += NOTEBOOKS[:3]
OPENED += ["notebooks/13_infinite_ae", "notebooks/14_distill_cf_step_by_step"]
OPENED += [name for name in NOTEBOOKS if "dconrec" in name or "td3" in name]


@pytest.mark.parametrize("name", OPENED)
def test_chapters_open_and_end_alike(name):
    text = PAGES[name]
    for opening in ("You will learn", "You need", "Time"):
        assert f"**{opening}**" in text, opening
    assert "Take-aways" in text
    assert "## What next" in text


IN_CODE = "The equations in code"
HEADINGS = [
    "The problem",
    "The idea",
    IN_CODE,
    "Editions",
    "Where paper and code disagree",
    "Results",
    "Verdicts",
    "What we would do next",
    "What next",
]
each_method = pytest.mark.parametrize("name", METHODS)


@each_method
def test_method_chapters_have_the_same_headings_in_the_same_order(name):
    found = re.findall(r"^## (.+)$", PAGES[name], re.M)
    assert [re.sub(r"^The idea in .+", "The idea", heading) for heading in found] == HEADINGS
    assert PAGES[name].index("Take-aways") > PAGES[name].index("## What we would do next")


@each_method
def test_functions_named_beside_the_equations_exist(name):
    section = PAGES[name].split(f"## {IN_CODE}\n")[1].split("\n## ")[0]
    named = re.findall(r"`((?:\w+\.)+\w+)`", section)
    assert len(named) > 7
    for dotted in named:
        assert resolve_name(f"condrec.{dotted.removeprefix('condrec.')}") is not None, dotted


@each_method
def test_every_equation_of_a_method_stands_beside_its_code(name):
    section = PAGES[name].split(f"## {IN_CODE}\n")[1].split("\n## ")[0]
    labels = {label for label, _ in EQUATION.findall(PAGES[name])}
    assert labels and labels == set(re.findall(r"\{eq\}`([^`]+)`", section))


@each_method
def test_results_and_verdicts_hold_no_number_that_is_typed(name):
    text = PAGES[name]
    results = text[text.index("\n## Results") : text.index("\n## Verdicts")]
    rows = re.findall(r"^\| (?!---|Trained on|Fitted on).*$", results, re.M)
    rows += re.findall(r"^\| .* \| (?!Verdict).+ \|$", text[text.index("\n## Verdicts") :], re.M)
    assert len(rows) > 10
    for row in rows:
        assert re.search(r"\| \{glue:text\}`[^`|]+` \|$", row), row


def test_every_method_and_recommender_stands_in_the_tables_of_the_rerun_page():
    section = PAGES["rerun"].split("(sec-names)=")[1].split("\n## One single")[0]
    methods, recommenders = section.split("| `--recommender` |")
    for table, known in ((methods, CONDENSERS), (recommenders, RECOMMENDERS)):
        rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
        assert sorted(re.findall(r"`([a-z][\w-]*)`", " ".join(rows))) == sorted(known)


def test_the_grids_of_the_rerun_page_exist():
    named = re.findall(r"`((?:tf-dcon|distill-cf|dconrec|td3)-[\w-]+)`", PAGES["rerun"])
    assert len(named) > 5 and set(named) <= set(GRIDS)


def test_the_training_table_states_the_defaults():
    defaults = {field.name: field.default for field in fields(NAML)}
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \|", PAGES["protocol"], re.M)
    assert len(rows) == 10
    for name, value in rows:
        assert float(value) == defaults[name], name


def test_the_rule_of_the_verdicts_is_the_one_in_the_code():
    text = PAGES["protocol"]
    assert f"w = {spread_factor(5)}\\,\\sigma + {TOLERANCE}" in text
    assert f"$w > {100 * WIDEST:g}\\,\\%$" in text


def test_the_generated_data_are_as_the_pages_say():
    news = load_dataset("embedded")
    text = PAGES["notebooks/01_quickstart"]
    assert f"{news.n_users} readers, {news.n_items} articles" in text


def test_the_counts_of_the_release_are_as_stated(real_data):
    films = load_dataset("tfdcon-movielens")
    train, _ = read_released_split("condensed")
    users = np.unique(train.user)
    dislikes = np.isin(films.train.negatives.user, users).sum()
    lengths = read_released_content("condensed").lengths
    assert lengths.mean() > read_released_content("original").lengths.mean()
    text = " ".join(PAGES["tf_dcon"].split())
    for fact in (
        f"{len(users)} real users with {len(train):,} training rows",
        f"over {len(np.unique(train.item))} films",
        f"{100 * len(train) / len(films.train.positives):.1f} % of the "
        f"{len(films.train.positives):,} training positives",
        f"{dislikes} rows for these {len(users)} users",
        f"have {lengths.mean():.2f} word pieces on average",
        f"{len(np.unique(films.test.group))} users with {len(films.test):,} rows",
    ):
        assert fact in text, fact


def test_the_settings_of_distill_cf_that_are_ours_exist():
    named = set(re.findall(r"^\| `(\w+)` \|", PAGES["distill_cf"], re.M))
    assert len(named) == 7
    assert named <= {field.name for field in fields(DistillCF)}


def test_the_settings_and_numbers_of_dconrec_are_as_stated():
    text = " ".join(PAGES["dconrec"].split())
    (sentence,) = re.findall(r"(`accumulate`.*?) put back four of these quirks", text)
    named = set(re.findall(r"`(\w+)`", sentence))
    assert len(named) == 4 and named <= {field.name for field in fields(DConRec)}
    kinds = re.findall(r"^\| `(\w+)` \|", PAGES["dconrec"], re.M)
    assert tuple(kinds) == ("credit", *CREDITS)
    official = DConRec()
    assert f"Draw $K = {official.n_masks}$ masks" in text
    assert f"official number is {official.iterations:,} iterations" in text
    assert f"With {official.augment} predicted pairs" in text
    assert f"$\\max({LEAST}, " in text and OUTER_SHARE == 0.1


def test_the_settings_and_numbers_of_td3_are_as_stated():
    text = " ".join(PAGES["td3"].split())
    (sentence,) = re.findall(
        r"Settings that are \*\*our additions\*\*: (.*?)\. What they are", text
    )
    named = set(re.findall(r"(?<!\})`(\w+)`", sentence))  # without what is cited
    assert len(named) == 4 and named <= {field.name for field in fields(TD3)}
    official = TD3()
    for fact in (
        f"{official.outer_epochs} passes, at most {official.inner_steps} inner steps",
        f"a window of {official.window}",
        f"$d_1 = d_2 = {official.rank_users}$",
    ):
        assert fact in text, fact
    (head,) = re.findall(r"^\| Point \| (`as_published`.*)$", PAGES["td3"], re.M)
    assert tuple(re.findall(r"`(\w+)`", head)) == TD3.editions
    # "More than ten times the numbers of the factors."
    assert 10 * decoding("tucker", 30, 20, 900).learned < 900 * 32


def test_the_counts_of_the_data_of_distill_cf_are_as_stated(real_data):
    films, magazines = load_dataset("ml-1m"), load_dataset("magazine")
    text = " ".join(PAGES["distill_cf"].split())
    pairs, items = len(films.train), films.n_items
    for fact in (
        f'"500 users instead of {films.n_users:,}"',
        f"with its {items:,} items",
        f"are $500 \\times {items} \\times 4$ bytes, or {500 * items * 4 / 1e6:.1f} million",
        f"all {pairs:,} training pairs as two ids of 4 bytes are {8 * pairs / 1e6:.1f} million",
        f"only {len(np.unique(magazines.validation.user))} users have a validation item",
    ):
        assert fact in text, fact
