"""TD3 and what it shares with its rivals, on generated sequences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from condrec.condensers import TD3, Farzi, condenser, size
from condrec.condensers.pretrained import pretrained
from condrec.condensers.shared_work import fingerprint
from condrec.condensers.soft_sequences import RandomSoftSequences
from condrec.condensers.td3_search import Search
from condrec.condensers.unrolled import Learner
from condrec.datasets import Dataset, embedded_sequences, training_sequences
from condrec.errors import CondrecError
from condrec.recommenders import SASRec

QUICK: dict[str, Any] = {
    **{"length": 10, "outer_epochs": 1, "inner_steps": 6, "window": 3, "inner_batch_size": 4},
    **{"outer_batch_size": 3000, "earliest": 1, "rank_users": 3, "rank_times": 2},
}
EDITIONS = ("as_published", "reset", "frozen", "strict")
every_edition = pytest.mark.parametrize("edition", EDITIONS)


@pytest.fixture(scope="module")
def walks() -> Dataset:
    return embedded_sequences()


@pytest.fixture(autouse=True)
def few_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train the full-data model for two epochs only."""
    monkeypatch.setattr(
        "condrec.condensers.soft_sequences.SequenceCondenser.model",
        lambda self: SASRec(max_length=self.length, epochs=2, embedding_size=8, inner_size=8),
    )


@every_edition
def test_sequences_come_with_what_the_edition_says(edition: str, walks: Dataset) -> None:
    method = TD3(edition=edition, **QUICK)
    condensed = method.condense(walks, 7, seed=0)
    made, table = condensed.soft_sequences, condensed.item_table
    assert made is not None and made.table is not None
    assert not len(condensed.train) and len(condensed.known_rows) == len(walks.train)
    shapes = {name: array.shape for name, array in made.factors.items()}
    assert shapes == {"core": (3, 2, 8), "users": (7, 3), "times": (10, 2)}
    v = method.full_model(walks, 0, "cpu").table.cpu().numpy()
    np.testing.assert_array_equal(made.table, v)
    if edition == "strict":
        assert table is None
    else:
        assert table is not None and table.frozen == (edition == "frozen")
        # As published the table drifts through the validations; else it is V.
        assert np.array_equal(table.values, v) == (edition != "as_published")
    learned = 3 * 2 * 8 + 7 * 3 + 10 * 2
    shipped = v.size * (2 if edition == "as_published" else 1)
    assert method.facts(walks, condensed, 7, 0, "cpu") == {"stored_learned": learned}
    assert size(condensed).bytes == 4 * (learned + shipped)


def test_the_distributions_are_those_of_the_factors(walks: Dataset) -> None:
    search = _search(TD3(edition="frozen", **QUICK), walks)
    for factor in search.factors.values():  # larger ones than at the start
        factor.data.mul_(30)
    made = {name: each.detach().numpy() for name, each in search.factors.items()}
    table = search.table.numpy()
    found = search._distributions().detach().numpy()
    logits = np.zeros(found.shape)
    for a, b, c in np.ndindex(*found.shape):
        logits[a, b, c] = sum(
            made["core"][i, j, k] * made["users"][a, i] * made["times"][b, j] * table[c, k]
            for i, j, k in np.ndindex(*made["core"].shape)
        )
    expected = np.exp(logits) / np.exp(logits).sum(2, keepdims=True)
    assert np.ptp(expected) > 0.01
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)


def _search(method: TD3, dataset: Dataset, n: float = 4, seed: int = 0) -> Any:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        full = method.full_model(dataset, seed, "cpu")
        return Search(method, dataset, full, n, seed, "cpu")


def test_the_outer_loss_by_hand(walks: Dataset) -> None:
    search = _search(TD3(edition="reset", alignment=0.5, **QUICK), walks)
    theta, batch = search._begin(), torch.tensor([0, 3, 5])
    found = float(search._outer(batch)(theta))
    search.everything.load(theta)
    model, full = search.model.eval(), search.full.model.eval()
    ids, lengths, fresh = (array[batch] for array in search.real)
    entropy, distance, n = 0.0, 0.0, 0
    with torch.no_grad():
        for row in range(3):
            one = ids[row : row + 1, : int(lengths[row])]
            size = torch.tensor([one.shape[1] - 1])
            mine, its = (each.read(one[:, :-1], size)[0] for each in (model, full))
            for place in range(one.shape[1] - 1):
                if fresh[row, place]:
                    logits = mine[place] @ model.items.weight.T
                    entropy -= float(logits.log_softmax(0)[one[0, place + 1]])
                    distance += float(((mine[place] - its[place]) ** 2).mean())
                    n += 1
    assert found == pytest.approx(entropy / n + 0.5 * distance / n, rel=1e-5)


def test_learning_lowers_the_outer_loss(walks: Dataset) -> None:
    settings = {
        **QUICK,
        "outer_epochs": 12,
        "outer_learning_rate": 0.1,
        "inner_steps": 20,
        "window": 10,
    }
    _, log, cost = TD3(edition="frozen", start="untrained", **settings).learn(walks, 7, 0)
    losses = [row["loss"] for row in log.curve]
    assert np.mean(losses[-3:]) < np.mean(losses[:3]) - 0.1
    assert cost["outer_steps"] == 12 * len(_search(TD3(**settings), walks)._real_batches())
    assert cost["gradient_steps"] == pytest.approx(cost["inner_steps"] * cost["outer_steps"])
    assert 10 <= cost["inner_steps"] <= 20


def test_windows_of_inner_steps(walks: Dataset) -> None:
    last = _search(TD3(**{**QUICK, "edition": "reset", "truncation": "last"}), walks)
    warm_up, window = last._steps()
    assert (len(warm_up), len(window)) == (3, 3)
    full = _search(TD3(**{**QUICK, "edition": "reset", "truncation": "full"}), walks)
    assert [len(each) for each in full._steps()] == [0, 6]
    counts = set()
    for edition in ("reset", "as_published"):
        search = _search(TD3(**{**QUICK, "edition": edition, "inner_batch_size": 2}), walks)
        for _ in range(30):
            warm_up, window = search._steps()
            counts.add(len(warm_up))
            # The published code counts batches anew in the window, the others go on.
            first = 0 if edition == "as_published" else len(warm_up)
            assert window.rows[0] == search.blocks[first % 2]
    assert counts == {0, 1, 2, 3}


def test_warm_up_adds_up_over_an_epoch_only_as_published(
    walks: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    starts: dict[str, int] = {}
    begin = Search._begin
    for edition in ("as_published", "reset"):
        starts[edition] = 0

        def count(self: Any, edition: str = edition) -> torch.Tensor:
            starts[edition] += 1
            return begin(self)

        monkeypatch.setattr(Search, "_begin", count)
        TD3(edition=edition, **{**QUICK, "outer_batch_size": 1000}).learn(walks, 4, 0)
    assert starts["as_published"] == 1  # one epoch
    assert starts["reset"] > 2  # every outer step


def test_checkpoints_are_those_of_the_first_epochs(walks: Dataset) -> None:
    config = SASRec(max_length=10, epochs=3, embedding_size=8, inner_size=8)
    found = pretrained(walks, config, 2, seed=0, device="cpu")
    assert found.checkpoints.shape == (2, len(Learner(found.model).flat())) and found.n_epochs == 3
    seen: list[torch.Tensor] = []
    fitted = config.fit(walks, 0, keep=lambda _, model: seen.append(Learner(model).flat().clone()))
    for stored, expected in zip(found.checkpoints, seen, strict=False):
        assert torch.equal(stored, expected)
    assert torch.equal(Learner(found.model).flat(), Learner(fitted.model).flat())
    assert torch.equal(found.table, fitted.model.items.weight)


def test_a_diverging_inner_learner_is_one_clear_error(walks: Dataset) -> None:
    settings = {**QUICK, "inner_learning_rate": 1e30}
    with pytest.raises(CondrecError, match=r"td3: found loss .*inner learner diverged; lower"):
        TD3(edition="reset", **settings).learn(walks, 4, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 300}, "inner_steps: found 200, expected at least window 300"),
        ({"form": "sparse"}, "form: found 'sparse'"),
        ({"truncation": "none"}, "truncation: found 'none'"),
        ({"start": "best"}, "start: found 'best'"),
        ({"edition": "fixed"}, "edition: found 'fixed', expected one of"),
        ({"backbone": "bert4rec"}, "backbone: found 'bert4rec', expected one of sasrec"),
        ({"clip_norm": 0}, "clip_norm: found 0"),
        ({"alignment": -1}, "alignment: found -1"),
        ({"length": 1}, "length: found 1"),
        ({"rank_users": 0}, "rank_users: found 0"),
        ({"content": "random"}, "sequences have no texts"),
    ],
)
def test_refuses_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        condenser("td3", settings)


def test_refuses_data_without_an_order(implicit_dataset: Dataset) -> None:
    for name in ("td3", "random-soft-sequences"):
        with pytest.raises(CondrecError, match="choose the split leave-one-out"):
            condenser(name, {}).condense(implicit_dataset, 4, seed=0)


def test_dense_and_latent_forms(walks: Dataset) -> None:
    dense = TD3(edition="strict", **{**QUICK, "form": "dense"}).condense(walks, 4, 0)
    assert dense.soft_sequences is not None and dense.soft_sequences.table is None
    assert dense.soft_sequences.factors["logits"].shape == (4, 10, walks.n_items)
    farzi = Farzi(edition="strict", **QUICK).condense(walks, 4, 0).soft_sequences
    assert farzi is not None and farzi.table is not None
    assert farzi.factors["latent"].shape == (4, 10, 8)
    v = TD3(**QUICK).full_model(walks, 0, "cpu").table.numpy()
    assert not np.array_equal(farzi.table, v)  # its decoder is learned


def test_random_soft_sequences_are_the_start_of_the_learned_ones(walks: Dataset) -> None:
    settings = {"length": 10, "rank_users": 3, "rank_times": 2, "edition": "reset"}
    drawn = RandomSoftSequences(**settings).condense(walks, 4, 0)
    assert drawn.soft_sequences is not None and drawn.item_table is not None
    begin = _search(TD3(**{**QUICK, "edition": "reset"}), walks)
    for name, array in drawn.soft_sequences.factors.items():
        np.testing.assert_array_equal(array, begin.factors[name].detach().numpy())
    np.testing.assert_array_equal(drawn.item_table.values, begin.table.numpy())
    peaked = RandomSoftSequences(**settings, scale=10.0).condense(walks, 4, 0).soft_sequences
    assert peaked is not None
    np.testing.assert_allclose(
        peaked.latent, 10 * drawn.soft_sequences.latent, rtol=1e-4, atol=1e-9
    )


@pytest.mark.parametrize("name", ["random-sequences", "most-recent", "longest"])
def test_real_sequences(name: str, walks: Dataset) -> None:
    whole = training_sequences(walks)
    kept = condenser(name, {"length": 6}).condense(walks, 5, seed=1)
    assert len(kept.train_users) == 5 and kept.item_table is None
    for user, items in zip(kept.train_users, training_sequences(kept).padded()[0], strict=True):
        own = whole[int(np.flatnonzero(walks.train_users == user)[0])][-6:]
        assert items[: len(own)].tolist() == own.tolist()
    share = condenser(name, {"length": 6}).condense(walks, 0.05, seed=1)
    assert len(share.train) == round(0.05 * len(walks.train))
    if name == "longest":
        assert (
            whole.lengths[np.isin(walks.train_users, kept.train_users)].min()
            >= (np.sort(whole.lengths)[-5])
        )
    if name == "most-recent":
        assert walks.train.time is not None
        last = {
            int(u): int(walks.train.time[walks.train.user == u].max()) for u in walks.train_users
        }
        assert set(sorted(last, key=lambda u: -last[u])[:5]) == set(kept.train_users.tolist())
        no_times = replace(walks, train=replace(walks.train, time=None))
        with pytest.raises(CondrecError, match="most-recent: found no times"):
            condenser(name, {}).condense(no_times, 5, seed=1)


def test_real_sequences_with_the_item_vectors(walks: Dataset) -> None:
    kept = condenser("random-sequences", {"length": 10, "table": "frozen"}).condense(walks, 5, 0)
    v = TD3(**QUICK).full_model(walks, 0, "cpu").table.numpy()
    assert kept.item_table is not None and kept.item_table.frozen
    np.testing.assert_array_equal(kept.item_table.values, v)
    fitted = SASRec(max_length=10, epochs=2, embedding_size=8, inner_size=8).fit(kept, 0)
    np.testing.assert_array_equal(fitted.model.items.weight.detach().numpy(), v)
    plain = condenser("random-sequences", {"length": 10}).condense(walks, 5, 0)
    assert fingerprint(plain) != fingerprint(kept)
    assert size(kept).bytes == size(plain).bytes + 4 * v.size


def test_medoids_are_different_users(walks: Dataset) -> None:
    kept = condenser("k-medoids-sequences", {"length": 10}).condense(walks, 9, seed=0)
    assert len(kept.train_users) == 9
    with pytest.raises(CondrecError, match="expected a number of sequences"):
        condenser("k-medoids-sequences", {}).condense(walks, 0.1, seed=0)
