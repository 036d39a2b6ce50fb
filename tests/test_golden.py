"""A module whose results change must raise its ``VERSION``: it is part of the key of every run.

The file holds a few numbers of every recommender and condenser on the tiny data set.  After a
change that is meant: raise ``VERSION``, then run this file with ``CONDREC_UPDATE_GOLDEN=1``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from condrec.condensers import CONDENSERS, condenser
from condrec.datasets import Dataset
from condrec.recommenders import RECOMMENDERS, recommender

GOLDEN = Path(__file__).with_name("golden.json")
SMALL = {"embedding_size": 8, "hidden_size": 16, "attention_size": 8, "epochs": 3}
SEQUENTIAL = ("markov", "sasrec", "gru4rec", "bert4rec", "narm")
TRAINED = ("bpr-mf", "neumf", "mult-vae", "lightgcn", "ngcf", "xsimgcl", *SEQUENTIAL[1:])
EPOCHS = {name: {"epochs": 3} for name in TRAINED}
SOFT = ("distill-cf", "random-soft")
IMPLICIT = ("dconrec", "frozen-scores")
KEEP = {"tail_degree": 2, "edition": "strict"}
LEARN = {"steps": 4, "validation_interval": 2, "n_samples": 5}
SOFT_SEQUENCES = ("random-soft-sequences", "td3", "farzi")
REAL_SEQUENCES = ("random-sequences", "most-recent", "longest", "k-medoids-sequences")
UNROLL = {
    **{"length": 8, "full_epochs": 2, "outer_epochs": 2, "inner_steps": 6, "window": 3},
    **{"outer_learning_rate": 0.1, "earliest": 1},
}
METHODS = [name for name in CONDENSERS if not name.startswith("released")]
VARIANTS: dict[str, list[dict[str, Any]]] = {
    "tf-dcon": [
        {"alpha": 0.5, "sentence_encoder": "tfidf-svd"},
        {"alpha": 0.5, "sentence_encoder": "tfidf-svd", "edition": "strict", "m": 2},
    ],
    "random-interactions": [{}, {"edition": "strict"}],
    "svp-cf": [{"proxy_epochs": 2}, {"proxy_epochs": 2, "level": "users"}],
    "frozen-scores": [KEEP],
    "dconrec": [{**KEEP, "iterations": 3}, {"iterations": 3}],
    "td3": [UNROLL, {**UNROLL, "edition": "frozen", "start": "untrained", "targets": "all"}],
    "farzi": [{**UNROLL, "edition": "strict"}],
    "random-soft-sequences": [{"length": 8, "full_epochs": 2, "scale": 100.0}],
    **{name: [{"length": 8, "full_epochs": 2}] for name in REAL_SEQUENCES},
    "distill-cf": [LEARN, {**LEARN, "edition": "strict", "gumbel": "none"}],
}


def scores_of(name: str, dataset: Dataset) -> list[float]:
    model = recommender(
        name, SMALL if name in ("naml", "nrms", "fastformer") else EPOCHS.get(name, {})
    )
    scores = model.fit(dataset, seed=3).score(dataset, dataset.test)
    return [float(value) for value in scores[:8]]


def condensed_of(name: str, dataset: Dataset) -> list[float]:
    budget = None if name == "none" else 90 if name in IMPLICIT else 7
    numbers = []
    for settings in VARIANTS.get(name, [{}]):
        small = condenser(name, settings).condense(dataset, budget, seed=3)
        pool = [] if small.negative_pool is None else small.negative_pool
        for array in (small.train.user, small.train.item, small.validation.user, pool):
            numbers += [float(len(array)), float(np.dot(array, np.arange(len(array)) + 1))]
        tokens = 0 if small.tokens is None else small.tokens.values.sum()
        numbers += [float(tokens), float(small.histories.values.sum())]
    return numbers


def soft_of(name: str, dataset: Dataset) -> list[float]:
    numbers: list[float] = []
    for settings in VARIANTS.get(name, [{}]):
        users = condenser(name, settings).condense(dataset, 7, seed=3).soft
        assert users is not None
        numbers += users.matrix[:3, :8].ravel().tolist()
    return numbers


def soft_sequences_of(name: str, dataset: Dataset) -> list[float]:
    numbers: list[float] = []
    for settings in VARIANTS[name]:
        small = condenser(name, settings).condense(dataset, 7, seed=3)
        made = small.soft_sequences
        assert made is not None
        numbers += made.distributions()[:2, :2, :8].ravel().tolist()
        numbers += [] if small.item_table is None else small.item_table.values[0].tolist()
    return numbers


@pytest.mark.parametrize("name", [*RECOMMENDERS, *METHODS])
def test_results_change_only_with_the_version(
    name: str,
    tiny_dataset: Dataset,
    implicit_dataset: Dataset,
    sequence_dataset: Dataset,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("CONDREC_RUNS", str(tmp_path))
    # The user encoder has a test of its own: fixed vectors keep the condensers' numbers exact.
    vectors = np.random.default_rng(1).normal(size=(tiny_dataset.n_users, 4))
    monkeypatch.setattr("condrec.condensers.tf_dcon.user_embeddings", lambda *_: vectors)
    module: Any = RECOMMENDERS.get(name) or CONDENSERS[name]
    if name in SOFT:
        found = soft_of(name, implicit_dataset)
    elif name in SOFT_SEQUENCES:
        found = soft_sequences_of(name, sequence_dataset)
    else:
        numbers = scores_of if name in RECOMMENDERS else condensed_of
        sequential = name in (*SEQUENTIAL, *REAL_SEQUENCES)
        data = sequence_dataset if sequential else tiny_dataset
        found = numbers(name, implicit_dataset if name in IMPLICIT else data)
    golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    if os.environ.get("CONDREC_UPDATE_GOLDEN"):
        golden[name] = {"version": module.VERSION, "numbers": found}
        GOLDEN.write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")
    stored = golden[name]
    assert stored["version"] == module.VERSION, "refresh golden.json after raising VERSION"
    assert found == pytest.approx(stored["numbers"], rel=1e-3, abs=1e-3), (
        "results changed: raise VERSION"
    )
