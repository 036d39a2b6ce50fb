"""The training loop: each step by the book, the best epoch kept, patience, and that it learns."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from condrec.datasets import Dataset, Ragged
from condrec.errors import CondrecError
from condrec.evaluation import listed_metrics
from condrec.recommenders import NAML, NRMS, Fastformer, Popularity, TextModelConfig
from condrec.recommenders import training as training_module
from condrec.recommenders.layers import WordTable
from condrec.recommenders.negatives import draw_negatives
from condrec.recommenders.text_model import RaggedTensor, TextModel

SIZES: dict[str, Any] = {"embedding_size": 16, "hidden_size": 16, "attention_size": 8}
every_model = pytest.mark.parametrize("model", [NAML, NRMS, Fastformer], ids=lambda c: c.__name__)


def ndcg(scores: np.ndarray, dataset: Dataset, seed: int = 0) -> float:
    values = listed_metrics(scores, dataset.test, ks=(5,), seed=seed).values["NDCG@5"]
    return float(np.nanmean(values))


def reference(
    config: TextModelConfig, dataset: Dataset, seed: int, n_steps: int
) -> tuple[TextModel, list[float]]:
    """Train for some steps with every part of a step written out."""
    assert dataset.tokens is not None
    rng = np.random.default_rng([seed, 11])
    torch.manual_seed(seed)
    model = config.model()
    words, place = np.unique(dataset.tokens.values, return_inverse=True)
    model.words = WordTable(torch.tensor(words), 30_522, config.embedding_size)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    positives, negatives = dataset.train.positives, dataset.train.negatives
    texts = RaggedTensor.of(Ragged(place, dataset.tokens.offsets), "cpu")
    histories = RaggedTensor.of(dataset.histories, "cpu")
    dislikes = Ragged.group(negatives.user, negatives.item, dataset.n_users)
    steps_an_epoch = int(np.ceil(len(positives) / config.batch_size))
    losses, step = [], 0
    model.train()
    while step < n_steps:
        drawn = draw_negatives(
            positives.user, dislikes, np.arange(dataset.n_items), config.n_negatives, rng
        )
        order = rng.permutation(len(positives))
        for start in range(0, len(order), config.batch_size):
            rows = order[start : start + config.batch_size]
            candidates = np.column_stack([positives.item[rows], drawn[rows]])
            logits = model.logits(
                texts, histories, torch.tensor(positives.user[rows]), torch.tensor(candidates)
            )
            loss = -(logits.softmax(1)[:, 0].log()).mean()
            for parameter in model.parameters():
                parameter.grad = None
            loss.backward()
            total = config.epochs * steps_an_epoch
            optimizer.param_groups[0]["lr"] = config.learning_rate * (total - step) / total
            optimizer.step()
            losses.append(float(loss.detach()))
            step += 1
    return model, losses


@pytest.fixture
def in_double_precision() -> Any:
    """Compare to rounding: Adam turns a gradient of rounding errors into a whole step."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("in_double_precision")
@every_model
def test_three_steps_equal_an_explicit_loop(
    model: type[TextModelConfig], tiny_dataset: Dataset
) -> None:
    batch_size = -(-len(tiny_dataset.train.positives) // 3)
    config = model(**SIZES, dropout=0.0, epochs=1, batch_size=batch_size, learning_rate=0.01)
    with torch.random.fork_rng(devices=[]):
        expected, losses = reference(config, tiny_dataset, seed=4, n_steps=3)
    fitted = config.fit(tiny_dataset, seed=4)
    assert fitted.log.curve[0]["loss"] == pytest.approx(np.mean(losses), rel=1e-9)
    found = dict(fitted.model.named_parameters())
    for name, parameter in expected.named_parameters():
        torch.testing.assert_close(found[name], parameter, atol=1e-7, rtol=1e-6, msg=name)


@pytest.mark.usefixtures("in_double_precision")
def test_negatives_and_order_are_drawn_anew_every_epoch(tiny_dataset: Dataset) -> None:
    config = NAML(**SIZES, dropout=0.0, epochs=2, batch_size=40, learning_rate=0.01)
    n_steps = 2 * -(-len(tiny_dataset.train.positives) // 40)
    with torch.random.fork_rng(devices=[]):
        _, losses = reference(config, tiny_dataset, seed=1, n_steps=n_steps)
    curve = config.fit(tiny_dataset, seed=1).log.curve
    halves = np.array(losses).reshape(2, -1).mean(1)
    assert [row["loss"] for row in curve] == pytest.approx(halves.tolist(), rel=1e-9)


def test_a_short_last_batch_is_trained_too(tiny_dataset: Dataset) -> None:
    seen: list[int] = []

    class Counting(type(NAML().model())):  # type: ignore[misc]
        def logits(self, texts: Any, histories: Any, users: Any, candidates: Any) -> Any:
            seen.extend(candidates[:, 0].tolist())
            return super().logits(texts, histories, users, candidates)

    class Config(NAML):
        def model(self) -> Any:
            return Counting(self)

    Config(**SIZES, epochs=1, batch_size=32).fit(tiny_dataset, 0)
    assert sorted(seen) == sorted(tiny_dataset.train.positives.item.tolist())


Scripted = Callable[[list[float]], list[dict[str, torch.Tensor]]]


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Scripted:
    """Replace the validation NDCG@5 by a script; return the weights of every epoch."""

    def start(values: list[float]) -> list[dict[str, torch.Tensor]]:
        states: list[dict[str, torch.Tensor]] = []
        score = training_module.FittedTextModel.score

        def remember(self: Any, *rows: Any) -> np.ndarray:
            states.append(copy.deepcopy(self.model.state_dict()))
            return score(self, *rows)

        def next_value(*_: Any, **__: Any) -> Any:
            return SimpleNamespace(values={"NDCG@5": np.array([values[len(states) - 1]])})

        monkeypatch.setattr(training_module.FittedTextModel, "score", remember)
        monkeypatch.setattr(training_module, "listed_metrics", next_value)
        return states

    return start


@pytest.mark.parametrize(
    ("values", "patience", "epochs", "best"),
    [
        ([0.5, 0.7, 0.6, 0.6, 0.9], 2, 4, 2),  # stops before it would have improved
        ([0.5, 0.7, 0.6, 0.8, 0.6, 0.6], 2, 6, 4),  # one bad epoch is forgiven
        ([0.5, 0.4, 0.9], 1, 2, 1),
        ([0.5, 0.5, 0.5], 2, 3, 1),  # as good is not better
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 2, 6, 6),  # to the last epoch
    ],
)
def test_the_best_epoch_is_kept_and_patience_ends_the_training(
    scripted: Scripted,
    tiny_dataset: Dataset,
    values: list[float],
    patience: int,
    epochs: int,
    best: int,
) -> None:
    states = scripted(values)
    config = NAML(**SIZES, epochs=6, batch_size=64, patience=patience)
    fitted = config.fit(tiny_dataset, 0)
    assert fitted.log.epochs == epochs == len(fitted.log.curve) == len(states)
    assert [row["validation"] for row in fitted.log.curve] == values[:epochs]
    final = fitted.model.state_dict()
    assert all(torch.equal(final[name], value) for name, value in states[best - 1].items())
    others = [state for i, state in enumerate(states) if i != best - 1]
    for state in others:
        assert not torch.equal(final["words.weight"], state["words.weight"])


@every_model
@pytest.mark.parametrize("negatives", ["dislikes", "random"])
def test_it_learns_and_beats_popularity(
    model: type[TextModelConfig], negatives: str, easy_dataset: Dataset
) -> None:
    config = model(
        **SIZES, epochs=8, batch_size=64, learning_rate=0.01, negatives=negatives, patience=8
    )
    fitted = config.fit(easy_dataset, 0)
    losses = [row["loss"] for row in fitted.log.curve]
    assert losses[-1] < 0.75 * losses[0]
    popularity = Popularity().fit(easy_dataset, 0).score(easy_dataset, easy_dataset.test)
    found = ndcg(fitted.score(easy_dataset, easy_dataset.test), easy_dataset)
    assert found > ndcg(popularity, easy_dataset) + 0.15
    assert found > 0.85


def test_the_negative_source_changes_what_is_learned(tiny_dataset: Dataset) -> None:
    settings = {**SIZES, "epochs": 2, "batch_size": 32}
    rows = tiny_dataset.test
    own, random, leaked = (
        NAML(**settings, negatives=source).fit(tiny_dataset, 0).score(tiny_dataset, rows)
        for source in ("dislikes", "random", "leaked")
    )
    assert (own != random).any() and (own != leaked).any() and (random != leaked).any()


def test_leaked_negatives_are_those_of_all_three_splits(tiny_dataset: Dataset) -> None:
    parts = {
        "dislikes": (tiny_dataset.train,),
        "leaked": (tiny_dataset.train, tiny_dataset.validation, tiny_dataset.test),
    }
    for source, splits in parts.items():
        found = training_module._dislikes(tiny_dataset, source)
        assert found is not None and len(found) == tiny_dataset.n_users
        for user in range(tiny_dataset.n_users):
            rows = [part.item[(part.user == user) & (part.label == 0)] for part in splits]
            assert found[user].tolist() == np.concatenate(rows).tolist()
    assert training_module._dislikes(tiny_dataset, "random") is None


def test_only_leaked_negatives_see_the_held_out_dislikes(
    tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Users without a training dislike, whose random negatives would all be item 0."""
    trained: list[set[int]] = []

    def spy(*arguments: Any) -> Any:
        drawn = draw_negatives(*arguments)
        trained[-1] |= set(drawn.ravel().tolist())
        return drawn

    monkeypatch.setattr(training_module, "draw_negatives", spy)
    data = dataclasses.replace(
        tiny_dataset, train=tiny_dataset.train.positives, negative_pool=np.array([0])
    )
    held_out = {
        item
        for part in (data.validation, data.test)
        for user, item in zip(part.negatives.user, part.negatives.item, strict=True)
        if user in data.train_users
    }
    scores = {}
    for source in ("dislikes", "leaked"):
        trained.append(set())
        config = NAML(**SIZES, epochs=4, batch_size=32, negatives=source)
        scores[source] = config.fit(data, 0).score(data, data.test)
    assert trained[0] == {0}
    assert {0} < trained[1] <= held_out | {0} and len(trained[1]) > 15
    assert (scores["dislikes"] != scores["leaked"]).any()


def test_random_negatives_come_from_the_pool(
    tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    pools = []

    def spy(users: Any, dislikes: Any, pool: Any, *rest: Any) -> Any:
        pools.append((dislikes, pool))
        return draw_negatives(users, dislikes, pool, *rest)

    monkeypatch.setattr(training_module, "draw_negatives", spy)
    small = dataclasses.replace(tiny_dataset, negative_pool=np.array([1, 2]))
    NAML(**SIZES, epochs=1, negatives="random").fit(small, 0)
    NAML(**SIZES, epochs=1, negatives="dislikes").fit(tiny_dataset, 0)
    assert pools[0][0] is None
    assert pools[0][1].tolist() == [1, 2]
    assert (
        pools[1][0][1].tolist()
        == tiny_dataset.train.negatives.item[tiny_dataset.train.negatives.user == 1].tolist()
    )
    assert pools[1][1].tolist() == list(range(25))


def test_a_diverged_training_says_so(tiny_dataset: Dataset) -> None:
    with pytest.raises(CondrecError, match=r"training diverged: loss .* lower learning_rate"):
        NAML(**SIZES, epochs=20, batch_size=8, learning_rate=1e30).fit(tiny_dataset, 0)


def test_condensed_texts_of_new_words_are_scored_with_the_same_start(
    tiny_dataset: Dataset,
) -> None:
    """Words that training never saw keep the random vectors of the seed, whatever was trained."""
    assert tiny_dataset.tokens is not None
    short = dataclasses.replace(tiny_dataset, tokens=tiny_dataset.tokens.truncate(1))
    config = NAML(**SIZES, epochs=1)
    tables = [config.fit(data, 2).model.words for data in (tiny_dataset, short)]
    assert torch.equal(tables[0].initial, tables[1].initial)
    assert len(tables[0].words) > len(tables[1].words)
