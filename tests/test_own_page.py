"""The page "Put in your own": every block runs as printed and prints what stands under it."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from condrec.cli import main
from condrec.condensers import CONDENSERS, size
from condrec.datasets import load_saved_dataset
from condrec.errors import CondrecError
from condrec.evaluation import paired_interval
from condrec.experiments import execute, make_run, read_metrics
from condrec.recommenders import RECOMMENDERS

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "book" / "own.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(?P<kind>[a-z{][^\n]*)\n(?P<body>.*?)^```$", re.M | re.S)
BLOCKS = [(each["kind"], each["body"]) for each in FENCE.finditer(TEXT)]
RUNS = {
    "learned-users": "distill-cf",
    "as-many-random-users": "random-users",
    "all-users": "none",
    "my-run": "most-recent-users",
}
FILE = re.compile(r"^:caption: (the end of )?mine\.py\n")


@dataclass
class Outcome:
    """What the page printed, and what stands under each block."""

    folder: Path
    names: dict = field(default_factory=lambda: {"__name__": "page"})
    told: list[tuple[str, str, str]] = field(default_factory=list)


def run_python(source: str, names: dict) -> str:
    """Return what a block prints, or the error it ends in."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            exec(compile(source, "own.md", "exec", dont_inherit=True), names)
        except CondrecError as error:
            return f"{out.getvalue()}CondrecError: {error}"
    return out.getvalue()


def run_shell(source: str) -> None:
    """Run each command of a block: ``condrec`` in this process, ``python`` in its own."""
    for command in source.replace("\\\n", " ").splitlines():
        program, *words = shlex.split(command)
        if program == "condrec":
            assert main(words) == 0
        else:
            assert program == "python"
            environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
            subprocess.run([sys.executable, *words], check=True, env=environment)


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Outcome:
    """Run the whole page in a folder of its own."""
    outcome = Outcome(tmp_path_factory.mktemp("own"))
    known, models = dict(CONDENSERS), dict(RECOMMENDERS)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(outcome.folder)
        patch.setenv("CONDREC_RUNS", str(outcome.folder / "runs"))
        for number, (kind, body) in enumerate(BLOCKS):
            if kind == "bash":
                run_shell(body)
                continue
            if kind == "text":
                continue
            source = FILE.sub("", body)
            if kind == "{code-block} python":
                assert source != body
                with (outcome.folder / "mine.py").open("a", encoding="utf-8") as stream:
                    stream.write(f"{source}\n\n")
                if FILE.match(body)[1]:
                    continue  # for the file alone
            found = run_python(source, outcome.names)
            after = BLOCKS[number + 1][1] if BLOCKS[number + 1][0] == "text" else ""
            outcome.told.append((source, found, after))
    for table, before in ((CONDENSERS, known), (RECOMMENDERS, models)):
        table.clear()
        table.update(before)
    return outcome


def words(text: str) -> str:
    """Return a text with its line ends made spaces: long messages are wrapped on the page."""
    return " ".join(text.split())


def test_blocks_are_of_the_kinds_that_are_run():
    assert {kind for kind, _ in BLOCKS} == {"python", "{code-block} python", "bash", "text"}
    assert len(re.findall(r"^```", TEXT, re.M)) == 2 * len(BLOCKS)


@pytest.mark.slow
def test_every_block_prints_what_stands_under_it(page):
    assert len(page.told) > 20
    for source, found, shown in page.told:
        assert words(found) == words(shown), source


@pytest.mark.slow
def test_mistakes_are_told_as_the_page_says(page):
    refused = [found for _, found, _ in page.told if found.startswith("CondrecError: ")]
    section = TEXT.split("\n## Mistakes that are told\n")[1].split("\n## ")[0]
    assert len(refused) == section.count("```python\n") > 9


@pytest.mark.slow
def test_the_condenser_of_the_page_keeps_its_budget_and_its_promise(page):
    clicks, method = page.names["clicks"], page.names["MostRecentUsers"]()
    assert len(method.condense(clicks, budget=30, seed=0).train_users) == 30
    assert size(page.names["small"]).n_positives == round(0.1 * len(clicks.train))
    news = page.names["condrec"].load_dataset("embedded")
    few = method.condense(news, budget=60, seed=0)
    assert len(few.train_users) == 60
    latest = news.train.time[news.train.label == 1].argmax()
    assert news.train.positives.user[latest] in few.train_users
    timeless = page.folder / "timeless.csv"
    page.names["table"].drop(columns="time").to_csv(timeless, index=False)
    nowhen = page.names["condrec"].load_dataset(str(timeless))
    with pytest.raises(CondrecError, match="found no times, expected some"):
        method.condense(nowhen, budget=30, seed=0)


@pytest.mark.slow
def test_the_recommender_of_the_page_is_compared_with_floors_and_a_random_subset(page):
    mine, rivals = page.names["mine"], page.names["rivals"]
    assert mine.shape == (5, page.names["clicks"].n_users)
    assert {"random users, as many rows", "popularity on full data"} < set(rivals)
    # "What it gives beyond popularity": here it does, and no more than chance does by the rows.
    assert paired_interval(mine, rivals["popularity on full data"]).low > 0
    assert paired_interval(mine, rivals["random users, as many rows"]).low < 0
    # The model works on listed candidates as well.
    condrec = page.names["condrec"]
    news = condrec.load_dataset("embedded")
    fitted = page.names["Together"]().fit(news, seed=0)
    metrics = condrec.mean_metrics(condrec.evaluate(fitted, news, news, seed=0)["test"])
    assert 0 < metrics["NDCG@5"] < 1


@pytest.mark.slow
def test_order_matters_in_the_sequences_of_the_page(page):
    # "A chain that knows the last book alone is ahead of popularity here."
    (shown,) = (found for source, found, _ in page.told if "markov" in source)
    few, chain, popularity = (float(line.split(": ")[1]) for line in shown.splitlines())
    assert popularity < few <= chain


@pytest.mark.slow
def test_the_commands_of_the_page_write_what_it_says(page):
    runs = {name: read_metrics(page.folder / name) for name in RUNS}
    for name, method in RUNS.items():
        assert runs[name]["run"]["method"] == method
    for name in ("learned-users", "as-many-random-users"):
        assert runs[name]["size"]["n_users"] == 30
    n_rows = len(page.names["clicks"].train)
    assert runs["all-users"]["size"]["n_positives"] == n_rows
    assert runs["my-run"]["size"]["n_positives"] == round(0.1 * n_rows)
    assert runs["my-run"]["run"]["settings"] == {"damping": 0.7}
    assert size(load_saved_dataset(page.folder / "small")).n_positives == round(0.1 * n_rows)


@pytest.mark.slow
def test_mistakes_that_nobody_tells_are_as_the_page_says(page, monkeypatch):
    names, clicks, small = (page.names[name] for name in ("condrec", "clicks", "small"))
    text = words(TEXT)

    @dataclass(frozen=True)
    class Ids(CONDENSERS["none"]):
        unit = "users"

        def select(self, dataset, budget, seed, device):
            return dataset.train_users[: int(budget)]

    @dataclass(frozen=True)
    class All(Ids):
        def select(self, dataset, budget, seed, device):
            return dataset

    assert len(All().condense(clicks, 10, 0).train_users) == clicks.n_users
    with pytest.raises(TypeError) as told:
        Ids().condense(clicks, 10, 0)
    assert f"TypeError: {told.value}" in text

    class Sparse(page.names["FittedTogether"]):
        def score_users(self, users, known):
            return known

    with pytest.raises(ValueError):
        names.evaluate(Sparse(None), clicks, small, seed=0)
    with pytest.raises(AttributeError):
        names.evaluate(object(), clicks, small, seed=0)
    with pytest.raises(CondrecError, match="unknown data set 'ratings.cvs'"):
        names.load_dataset("ratings.cvs")
    ratio, popular = (
        names.recommender(name).fit(clicks, 0) for name in ("like-ratio", "popularity")
    )
    order = [np.argsort(each.item_scores, kind="stable") for each in (ratio, popular)]
    assert np.array_equal(*order)
    page.names["replace"](page.names["news"], vocabulary=())  # nobody complains

    monkeypatch.chdir(page.folder)
    table = page.names["table"]
    sizes = []
    for share in (1.0, 0.5):
        table.head(round(share * len(table))).to_csv("changing.csv", index=False)
        folder = execute(make_run("changing.csv", "none", "popularity", 0))
        sizes.append(read_metrics(folder)["size"]["n_users"])
    assert sizes[0] == sizes[1] == 300, "the second run has not seen the new file"


def test_names_of_the_page_are_not_left_behind():
    assert "most-recent-users" not in CONDENSERS and "together" not in RECOMMENDERS
    with pytest.raises(CondrecError, match="unknown method 'most-recent-users'"):
        make_run("embedded-implicit", "most-recent-users", "popularity", 0, 10)
