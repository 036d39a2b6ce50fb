"""Table III on made-up files in MIND's official format: planned, and some rows carried out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mind_files import MindSize, write_mind

from condrec.datasets import load_dataset
from condrec.datasets.mind import official_files
from condrec.experiments import Run, Scale, execute, make_run, read_metrics
from condrec.experiments.execute import load
from condrec.experiments.grids.tf_dcon import table_3

SIZE = MindSize(
    n_news=90,
    n_users=70,
    news=(80, 70),
    users=(60, 60),
    impressions=(150, 90),
    candidates=8.0,
    history=6.0,
    n_categories=4,
)
TINY = {"epochs": 1, "embedding_size": 16, "hidden_size": 8, "attention_size": 8}
SCALE = Scale("mind-small", (0,), ("naml",))


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Let CONDREC_DATA name a folder with a miniature; loaded data are kept by name only."""
    path = tmp_path_factory.mktemp("mind")
    write_mind(path, SIZE)
    load.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONDREC_DATA", str(path))
        yield path
    load.cache_clear()


def tiny(run: Run) -> Run:
    """Return the run with a small model, and a budget of the miniature's half at most."""
    settings = dict(run.settings())
    if run.method == "tf-dcon":
        settings["sentence_encoder"] = "tfidf-svd"
    if run.recommender == "naml":
        settings |= TINY
    budget = None if run.budget is None else min(run.budget, 30)
    return make_run(run.dataset, run.method, run.recommender, run.seed, budget, settings)


def rows(method: str, recommender: str = "naml") -> list[Run]:
    found = [r for r in table_3(SCALE) if (r.method, r.recommender) == (method, recommender)]
    assert found
    return found


def test_table_3_can_be_planned_without_the_released_sets() -> None:
    runs = table_3(SCALE)
    assert len({run.key() for run in runs}) == len(runs)
    assert {run.dataset for run in runs} == {"mind-small"}
    assert {"none", "tf-dcon", "k-medoids", "random-users"} <= {run.method for run in runs}
    assert not any("released" in run.method for run in runs)
    sources = {run.settings().get("negatives", "dislikes") for run in rows("none")}
    assert {"dislikes", "random"} <= sources


def test_the_key_of_a_run_holds_the_files(folder: Path) -> None:
    run = rows("none")[0]
    before = run.key()
    path = folder / official_files("mind-small")["dev behaviors"]
    content = path.read_bytes()
    path.write_bytes(content.replace(b"-1", b"-0", 1))
    assert run.key() != before
    path.write_bytes(content)
    assert run.key() == before


@pytest.mark.parametrize(
    ("method", "recommender"),
    [
        ("none", "naml"),
        ("none", "popularity"),
        ("k-medoids", "naml"),
        ("tf-dcon", "naml"),
        ("random-users", "naml"),
        ("random-interactions", "naml"),
    ],
)
def test_rows_of_table_3_are_carried_out(method: str, recommender: str) -> None:
    run = tiny(rows(method, recommender)[0])
    content = read_metrics(execute(run))
    for block in ("test", "validation", "test_original_content"):
        assert 0 < content[block]["NDCG@5"] < 1
    full = load_dataset("mind-small")
    if method == "none":
        assert content["size"]["users_pct"] == content["size"]["positives_pct"] == 100
        assert content["size"]["n_positives"] == len(full.train.positives)
    else:
        assert content["size"]["users_pct"] <= 100 and content["size"]["positives_pct"] < 100
        assert content["size"]["tokens_pct"] < 100  # the texts are condensed too
    assert content["data"] == {"data_split": "dev-halves", "protocol": "listed"}
    assert content["provenance"]["data_sha256"] == full.sources
