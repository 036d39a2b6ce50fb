from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch
from scipy import sparse

import condrec.recommenders.epochs as epochs_module
from condrec.datasets import Dataset, Interactions, SoftUsers, dense, known_matrix
from condrec.errors import CondrecError
from condrec.evaluation import full_metrics
from condrec.recommenders import recommender, selected_by, validation_score
from condrec.recommenders.base import SELECTORS, FullRanker, TrainingLog
from condrec.recommenders.epochs import EpochConfig, fit_by_epochs
from condrec.recommenders.pairwise import FoldIn, Membership, PairSampler, half_squares

NAMES = ("bpr-mf", "lightgcn", "neumf", "ngcf", "xsimgcl")
SMALL: dict[str, Any] = {"embedding_size": 8, "epochs": 4, "batch_size": 32}
NONE = Interactions([], [], [])
every_model = pytest.mark.parametrize("name", NAMES)


def of_soft_users(dataset: Dataset, weight: float = 0.9) -> Dataset:
    matrix = dense(known_matrix(dataset)) * weight
    return dataclasses.replace(
        dataset, train=NONE, soft=SoftUsers(matrix), known=dataset.train, name="soft"
    )


def test_membership() -> None:
    rows = (np.random.default_rng(0).random((6, 9)) < 0.3).astype(np.float32)
    pairs = np.indices(rows.shape).reshape(2, -1)
    assert (Membership(sparse.csr_matrix(rows)).holds(*pairs) == rows.ravel()).all()
    assert not Membership(sparse.csr_matrix(rows * 0)).holds(*pairs).any()


def test_membership_needs_memory_of_the_held_pairs_only() -> None:
    held = sparse.csr_matrix(
        (np.ones(2, dtype=np.float32), ([0, 10**6 - 1], [5, 10**7 - 1])), shape=(10**6, 10**7)
    )
    found = Membership(held).holds(np.array([10**6 - 1, 0, 0]), np.array([10**7 - 1, 5, 6]))
    assert found.tolist() == [True, True, False]


def test_draws_every_pair_once_and_no_liked_negative() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (40, 50)).astype(np.float32)
    pool = np.arange(5, 50)
    sampler = PairSampler(sparse.csr_matrix(rows), pool, 4)
    users, items, negatives = sampler.draw(np.random.default_rng(1))
    drawn = np.zeros_like(rows)
    np.add.at(drawn, (users, items), 1)
    assert (drawn == rows).all()
    assert negatives.shape == (len(users), 4)
    assert np.isin(negatives, pool).all()
    # Half of all items are liked: of 1/16 the fourth and last draw is liked too.
    assert 0.03 < rows[users[:, None], negatives].mean() < 0.1
    assert (np.diff(users) < 0).any()


def test_a_user_who_likes_everything_keeps_liked_negatives() -> None:
    sampler = PairSampler(sparse.csr_matrix(np.ones((2, 3), dtype=np.float32)), np.arange(3), 1)
    assert sampler.draw(np.random.default_rng(0))[2].shape == (6, 1)


def test_soft_pairs_come_as_often_as_their_weights_say() -> None:
    weights = np.array([[0.0, 0.2], [0.7, 1.0]], dtype=np.float32)
    sampler, rng = PairSampler(weights, np.arange(2), 1), np.random.default_rng(0)
    drawn = np.zeros_like(weights)
    for _ in range(2000):
        users, items, _ = sampler.draw(rng)
        np.add.at(drawn, (users, items), 1)
    np.testing.assert_allclose(drawn / 2000, weights, atol=0.04)
    assert drawn[0, 0] == 0 and drawn[1, 1] == 2000


def test_fold_in_by_hand() -> None:
    fold_in = FoldIn(torch.tensor([[1.0], [2.0], [4.0]]), power=1.0, offset=torch.tensor([0.5]))
    known = sparse.csr_matrix(np.array([[1, 0, 1], [0, 0, 0]], dtype=np.float32))
    np.testing.assert_allclose(fold_in.vectors(known), [[3.0], [0.5]])


def test_half_squares_by_hand() -> None:
    assert float(half_squares(torch.ones(2, 3), torch.ones(2, 4, 3))) == (6 + 24) / 4


class Counting(FullRanker):
    """Its only weight counts the epochs."""

    def __init__(self, epoch: float, log: TrainingLog) -> None:
        self.epoch, self.log = epoch, log


def counted(
    config: EpochConfig, scores: dict[float, float], dataset: Dataset, monkeypatch: Any
) -> Counting:
    model = torch.nn.Linear(1, 1)
    torch.nn.init.zeros_(model.weight)

    def epoch(number: int) -> float:
        assert model.training
        torch.nn.init.constant_(model.weight, number)
        return 1 / number

    monkeypatch.setattr(
        epochs_module, "validation_score", lambda fitted, *_: scores.get(fitted.epoch, 0.0)
    )
    return fit_by_epochs(
        config, dataset, 0, model, epoch, lambda log: Counting(float(model.weight.detach()), log)
    )


def test_keeps_the_best_epoch_and_stops_early(
    tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = EpochConfig(epochs=100, patience=2, validate_every=3)
    found = counted(config, {3: 0.2, 6: 0.5, 7: 0.9, 9: 0.4, 12: 0.4}, tiny_dataset, monkeypatch)
    assert found.epoch == 6  # epoch 7 is not validated
    assert found.log.epochs == 12 and len(found.log.curve) == 12
    assert [row["epoch"] for row in found.log.curve if not np.isnan(row["validation"])] == [
        3,
        6,
        9,
        12,
    ]
    assert found.log.curve[3]["loss"] == 1 / 4


def test_the_last_epoch_is_validated(
    tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = EpochConfig(epochs=4, validate_every=3)
    assert counted(config, {3: 0.2, 4: 0.3}, tiny_dataset, monkeypatch).epoch == 4


@pytest.mark.parametrize("metric", SELECTORS)
def test_the_chosen_metric_selects_the_weights(metric: str, implicit_dataset: Dataset) -> None:
    settings = SMALL | {"validate_every": 1, "learning_rate": 0.05, "select_on": metric}
    config = recommender("bpr-mf", settings)
    fitted = config.fit(implicit_dataset, 0)
    best = max(row["validation"] for row in fitted.log.curve)
    assert best == pytest.approx(validation_score(fitted, implicit_dataset, 0, metric))
    ks = (int(metric.split("@")[1]),)
    ranking = full_metrics(fitted.score_users, implicit_dataset, "validation", ks=ks)
    users = np.unique(implicit_dataset.validation.user)
    assert best == pytest.approx(ranking.values[metric][users].mean())
    assert selected_by(implicit_dataset, config) == metric


def test_the_default_metrics(implicit_dataset: Dataset, tiny_dataset: Dataset) -> None:
    assert selected_by(implicit_dataset, recommender("bpr-mf")) == "HR@100"
    assert selected_by(implicit_dataset, recommender("ease")) == "HR@100"
    listed = recommender("bpr-mf", {"select_on": "NDCG@10"})
    assert selected_by(tiny_dataset, listed) == selected_by(tiny_dataset) == "NDCG@5"


@every_model
def test_own_vectors_and_folded_in_ones(name: str, tiny_dataset: Dataset) -> None:
    fitted = recommender(name, SMALL).fit(tiny_dataset, 0)
    assert fitted.row_of[29] == -1 and (np.delete(fitted.row_of, 29) >= 0).all()
    known = known_matrix(tiny_dataset)
    own = fitted.score_users(np.array([4]), known[[4]])
    assert (fitted.score_users(np.array([4]), known[[5]]) == own).all()
    one, other = (fitted.score_users(np.array([29]), known[[user]]) for user in (4, 5))
    assert not np.allclose(one, other)
    assert np.isfinite(fitted.score_users(np.array([29]), known[[29]])).all()


@every_model
def test_trains_on_soft_users(name: str, tiny_dataset: Dataset) -> None:
    soft = of_soft_users(tiny_dataset)
    config = recommender(name, SMALL)
    first, again, other = (config.fit(soft, seed).score(soft, soft.test) for seed in (0, 0, 1))
    assert np.isfinite(first).all()
    assert (first == again).all() and (first != other).any()
    assert (config.fit(soft, 0).row_of == -1).all()


@every_model
def test_learns_from_soft_users(name: str, easy_dataset: Dataset) -> None:
    soft = of_soft_users(easy_dataset)
    settings = {"embedding_size": 16, "epochs": 40, "batch_size": 64, "learning_rate": 0.02}
    fitted = recommender(name, settings).fit(soft, 0)
    scores = fitted.score(soft, soft.test)
    liked = soft.test.label == 1
    # Topics part liked from disliked, popularity does not.
    assert (scores[liked].mean() - scores[~liked].mean()) / scores.std() > 1


@every_model
def test_refuses_what_it_cannot_learn_from(name: str, tiny_dataset: Dataset) -> None:
    for rows in (NONE, tiny_dataset.validation.negatives):
        with pytest.raises(CondrecError, match="tiny: found no positive validation row"):
            recommender(name, SMALL).fit(dataclasses.replace(tiny_dataset, validation=rows), 0)
    with pytest.raises(CondrecError, match="soft: drew no pair of the soft users"):
        recommender(name, SMALL).fit(of_soft_users(tiny_dataset, 1e-9), 0)
    with pytest.raises(CondrecError, match="training diverged: loss .*lower learning_rate"):
        recommender(name, SMALL | {"learning_rate": 1e30}).fit(tiny_dataset, 0)


@every_model
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs: found 0, expected at least 1"),
        ({"batch_size": -1}, "batch_size: found -1"),
        ({"n_negatives": 0}, "n_negatives: found 0"),
        ({"embedding_size": 0}, "embedding_size: found 0"),
        ({"patience": 0}, "patience: found 0"),
        ({"validate_every": 0}, "validate_every: found 0"),
        ({"learning_rate": 0}, "learning_rate: found 0, expected above 0"),
        ({"learning_rate": "nan"}, "learning_rate: found nan"),
        ({"regularization": -0.1}, "regularization: found -0.1, expected at least 0"),
        ({"regularization": "nan"}, "regularization: found nan"),
        ({"select_on": "MRR@5"}, "select_on: found 'MRR@5', expected one of HR@100, NDCG@10, Rec"),
    ],
)
def test_refuses_settings_that_cannot_work(
    name: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(CondrecError, match=f"{name}: {message}"):
        recommender(name, settings)


def test_users_are_served_by_their_own_vector_or_by_what_is_known(
    implicit_dataset: Dataset,
) -> None:
    half = implicit_dataset.train.where(np.arange(len(implicit_dataset.train)) % 2 == 0)
    small = dataclasses.replace(implicit_dataset, train=half, known=implicit_dataset.train)
    users, known = small.train_users[:5], known_matrix(small)
    own, folded = (
        recommender("bpr-mf", {"epochs": 2, "served_by": kind}).fit(small, seed=0)
        for kind in ("own", "known")
    )
    assert torch.equal(own.model.item.weight, folded.model.item.weight)
    expected = folded.fold_in.vectors(known[users]) @ folded.model.item.weight.T
    np.testing.assert_allclose(
        folded.score_users(users, known[users]), expected.detach(), rtol=1e-5, atol=1e-8
    )
    assert not np.allclose(own.score_users(users, known[users]), expected.detach())
    with pytest.raises(CondrecError, match="served_by: found 'both', expected one of"):
        recommender("bpr-mf", {"served_by": "both"})
