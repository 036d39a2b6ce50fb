"""TF-DCon by hand: which users are chosen, and what becomes of their rows and histories."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from condrec.condensers import KMedoids, TFDCon, condenser
from condrec.condensers import tf_dcon as module
from condrec.condensers import user_embeddings as embeddings_module
from condrec.condensers.interests import history_texts
from condrec.condensers.shared_work import fingerprint
from condrec.condensers.tf_dcon import merge, trim
from condrec.condensers.user_embeddings import encoder_cost, user_embeddings
from condrec.datasets import Dataset, Interactions, Ragged, Replies, read_tfdcon_movielens
from condrec.errors import CondrecError
from condrec.recommenders import NAML

# Two clusters of three users.  Cluster means 2 and 102, so that user 1 and user 4 are nearest.
Z = np.array([[0.0], [1.0], [5.0], [99.0], [103.0], [104.0]])
# Interests: user 0 and user 5 stand at the means of their clusters, (0, 0) and (1, 1).
E = np.array([[0.0, 0], [0, 3], [0, -3], [1, 0], [1, 2], [1, 1]])


@pytest.fixture
def six() -> Dataset:
    """Six users with one like each and a history of one item."""
    ids = np.arange(6)
    train = Interactions(ids, ids, np.ones(6))
    return Dataset("six", 6, 6, train, train, train, Ragged.from_lists([[i] for i in ids]))


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "user_embeddings", lambda *_: Z)
    monkeypatch.setattr(TFDCon, "interest_embeddings", lambda self, dataset, users: E[users])


def chosen(dataset: Dataset, seed: int = 0, **settings: Any) -> list[list[int]]:
    parts = TFDCon(**settings).choose_users(dataset, np.arange(6), 2, seed, "cpu")
    return sorted(part.tolist() for part in parts)


@pytest.mark.usefixtures("by_hand")
@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_to_the_centroid_come_first(six: Dataset, seed: int) -> None:
    # |z - mean|: 2, 1, 3 and 3, 1, 2: the smallest distance is chosen, not the largest.
    assert chosen(six, seed, alpha=0.0) == [[1], [4]]
    assert chosen(six, seed, alpha=0.0, m=2) == [[1, 0], [4, 5]]
    assert chosen(six, seed, alpha=0.0, m=3) == [[1, 0, 2], [4, 5, 3]]


@pytest.mark.usefixtures("by_hand")
def test_alpha_weighs_the_interests(six: Dataset) -> None:
    # d_int: 0, 3, 3 and 1, 1, 0.  User 1 costs 1 + 3 alpha, user 0 costs 2: equal at 1/3.
    # User 4 costs 1 + alpha, user 5 costs 2: equal at 1.
    assert chosen(six, alpha=0.3) == [[1], [4]]
    assert chosen(six, alpha=0.4) == [[0], [4]]
    assert chosen(six, alpha=0.9) == [[0], [4]]
    assert chosen(six, alpha=1.1) == [[0], [5]]


@pytest.mark.usefixtures("by_hand")
def test_standardised_distances_do_not_depend_on_the_scale_of_the_interests(
    six: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    ratio = np.std([2, 1, 3, 3, 1, 2]) / np.std([0, 3, 3, 1, 1, 0])
    # Standardised, user 0 overtakes user 1 at alpha * 3 * ratio = 1.
    below, above = 0.99 / 3 / ratio, 1.01 / 3 / ratio
    for scale in (1.0, 1000.0):
        monkeypatch.setattr(
            TFDCon, "interest_embeddings", lambda self, dataset, users, s=scale: s * E[users]
        )
        assert chosen(six, alpha=below, distance="standardised")[0] == [1]
        assert chosen(six, alpha=above, distance="standardised")[0] == [0]
        assert chosen(six, alpha=0.01, distance="raw")[0] == ([1] if scale == 1 else [0])
        # The edition decides where nothing is said.
        assert chosen(six, alpha=below, edition="strict")[0] == [1]
        assert chosen(six, alpha=0.01, edition="as_published")[0] == ([1] if scale == 1 else [0])


@pytest.mark.usefixtures("by_hand")
def test_equal_distances_are_left_alone_when_standardised(
    six: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "user_embeddings", lambda *_: Z[[1, 1, 1, 4, 4, 4]])
    assert chosen(six, alpha=0.0, edition="strict") == [[0], [3]]


@pytest.mark.usefixtures("by_hand")
def test_without_alpha_no_language_model_is_asked(
    six: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError("asked for interests")

    monkeypatch.setattr(TFDCon, "interest_embeddings", refuse)
    assert chosen(six, alpha=0.0) == [[1], [4]]


@pytest.mark.usefixtures("by_hand")
def test_alpha_0_and_m_1_are_k_medoids(six: Dataset) -> None:
    medoids = KMedoids(content="original").condense(six, 2, 0)
    ours = TFDCon(alpha=0.0, m=1, content="original").condense(six, 2, 0)
    assert fingerprint(medoids) == fingerprint(ours)
    assert medoids.train_users.tolist() == [1, 4]


@pytest.mark.usefixtures("by_hand")
def test_users_without_history_or_positives_are_never_chosen(six: Dataset) -> None:
    lists = [[0], [], [2], [3], [4], [5]]
    rows = six.train.where([0, 1, 2, 3, 5])
    data = dataclasses.replace(six, train=rows, histories=Ragged.from_lists(lists))
    found = KMedoids(content="original").condense(data, 2, 0).train_users
    # Left are 0, 2 and 3, 5: means 2.5 and 101.5, both users equally near.
    assert set(found.tolist()) in ({0, 3}, {0, 5}, {2, 3}, {2, 5})
    with pytest.raises(CondrecError, match="budget: found 5 users, but six has 4"):
        KMedoids(content="original").condense(data, 5, 0)


@pytest.fixture
def pair() -> Dataset:
    """Users 0 and 1 to be merged, user 2 on his own; user 3 is dropped."""
    train = Interactions(
        user=[0, 0, 1, 1, 1, 2, 3],
        item=[0, 1, 1, 2, 0, 3, 4],
        label=[1, 0, 1, 0, 1, 1, 1],
    )
    validation = Interactions([0, 1, 2, 3], [4, 5, 4, 4], [1, 0, 1, 1])
    histories = Ragged.from_lists([[5, 6], [6, 7, 8], [9], [1]])
    return Dataset("pair", 4, 10, train, validation, validation, histories)


GROUPS = [np.array([1, 0]), np.array([2])]


def table(rows: Interactions) -> list[tuple[int, int, int]]:
    return list(zip(rows.user.tolist(), rows.item.tolist(), rows.label.tolist(), strict=True))


def lists(ragged: Ragged) -> list[list[int]]:
    return [ragged[i].tolist() for i in range(len(ragged))]


def test_merge_as_published_keeps_ids_and_shares_the_history(pair: Dataset) -> None:
    merged = merge(pair, GROUPS, history_limit=30, one_id=False)
    assert table(merged.train) == table(pair.train)[:6]
    assert table(merged.validation) == table(pair.validation)[:3]
    # User 1 is nearest, so his items come last; 6 is in both and keeps its last place.
    assert lists(merged.histories) == [[5, 6, 7, 8], [5, 6, 7, 8], [9], [1]]
    assert merged.negative_pool is None


def test_merge_keeps_the_latest_of_a_long_history(pair: Dataset) -> None:
    merged = merge(pair, GROUPS, history_limit=3, one_id=False)
    assert lists(merged.histories) == [[6, 7, 8], [6, 7, 8], [9], [1]]


def test_merge_of_single_users_leaves_histories_alone(pair: Dataset) -> None:
    merged = merge(pair, [np.array([1]), np.array([2])], history_limit=1, one_id=True)
    assert lists(merged.histories) == lists(pair.histories)
    assert table(merged.train) == table(pair.train)[2:6]


def test_merge_into_one_id(pair: Dataset) -> None:
    merged = merge(pair, GROUPS, history_limit=30, one_id=True)
    # Item 0 is liked by both, item 1 liked by user 1 and disliked by user 0: one like each.
    assert sorted(table(merged.train)) == [(1, 0, 1), (1, 1, 1), (1, 2, 0), (2, 3, 1)]
    assert sorted(table(merged.validation)) == [(1, 4, 1), (1, 5, 0), (2, 4, 1)]
    assert lists(merged.histories)[1] == [5, 6, 7, 8]
    assert merged.train_users.tolist() == [1, 2]


def test_strict_condense_merges_and_restricts_the_negatives(
    pair: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "user_embeddings", lambda *_: np.array([[0.0], [1], [50], [0]]))
    unread = dataclasses.replace(pair, histories=Ragged.from_lists([[5, 6], [6, 7, 8], [9], []]))
    method = TFDCon(edition="strict", alpha=0.0, m=2, content="original")
    kept = method.condense(unread, 2, 0)
    # Users 0 and 1 are equally near to their mean: the first gives the id.
    assert sorted(table(kept.train)) == [(0, 0, 1), (0, 1, 1), (0, 2, 0), (2, 3, 1)]
    assert kept.negative_pool is not None
    assert kept.negative_pool.tolist() == [0, 1, 2, 3]


def test_trim_drops_random_positives_only(pair: Dataset) -> None:
    for seed in range(5):
        trimmed = trim(pair, 2, seed)
        assert len(trimmed.train.positives) == 2
        assert table(trimmed.train.negatives) == table(pair.train.negatives)
    kept = {tuple(trim(pair, 2, seed).train.positives.item.tolist()) for seed in range(20)}
    assert len(kept) > 3
    assert table(trim(pair, 5, 0).train) == table(pair.train)
    assert table(trim(pair, 99, 0).train) == table(pair.train)


def test_levels(tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    z = np.random.default_rng(0).normal(size=(30, 2))
    monkeypatch.setattr(module, "user_embeddings", lambda *_: z)
    both, user, content = (
        TFDCon(level=level, alpha=0.0).condense(tiny_dataset, budget, 0)
        for level, budget in (("both", 5), ("user", 5), ("content", None))
    )
    assert content.train is tiny_dataset.train
    assert user.tokens is tiny_dataset.tokens
    assert table(user.train) == table(both.train)
    assert len(user.train_users) == 5
    assert both.tokens is not None and content.tokens is not None
    assert both.tokens.values.tolist() == content.tokens.values.tolist()
    assert len(both.tokens.values) < len(tiny_dataset.tokens.values)  # type: ignore[union-attr]


def test_interest_embeddings_are_those_of_the_words(tiny_dataset: Dataset) -> None:
    words = tuple(("goal", "match") if u % 2 else ("planet", "star") for u in range(30))
    told = dataclasses.replace(tiny_dataset, replies=Replies((), words))
    method = TFDCon(sentence_encoder="tfidf-svd")
    e = method.interest_embeddings(told, np.array([4, 1, 6, 3]))
    assert e.shape[0] == 4 and e.dtype == np.float64
    np.testing.assert_allclose(e[0], e[2])
    np.testing.assert_allclose(e[1], e[3])
    np.testing.assert_allclose(np.linalg.norm(e, axis=1), 1, atol=1e-6)
    assert abs(float(e[0] @ e[1])) < 1e-6
    extractive = dataclasses.replace(method, interests="extractive")
    assert not np.allclose(extractive.interest_embeddings(told, np.array([4, 1, 6, 3])), e)


def test_history_texts(pair: Dataset) -> None:
    titled = dataclasses.replace(pair, titles=tuple(f"Title {i}" for i in range(10)))
    assert history_texts(titled)[0] == ["Title 5", "Title 6"]
    described = dataclasses.replace(titled, descriptions=tuple(f"about {i}" for i in range(10)))
    assert history_texts(described)[2] == ["Title 9. about 9"]
    assert history_texts(pair)[3] == [""]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"alpha": -0.1}, "alpha: found -0.1, expected a number from 0 on"),
        ({"alpha": "nan"}, "alpha: found nan"),
        ({"alpha": "inf"}, "alpha: found inf"),
        ({"m": 0}, "m: found 0, expected at least 1"),
        ({"merged_history_limit": 0}, "merged_history_limit: found 0"),
        ({"level": "word"}, "level: found 'word', expected one of"),
        ({"distance": "squared"}, "distance: found 'squared', expected raw or standardised"),
        ({"encoder": "popularity"}, "encoder: found 'popularity', expected one of .*'naml'"),
        ({"interests": "mine"}, "interests: found 'mine', expected one of .*'recorded'"),
        ({"sentence_encoder": "bert"}, "sentence_encoder: found 'bert', expected one of"),
    ],
)
def test_refuses_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    for name in ("tf-dcon", "k-medoids"):
        with pytest.raises(CondrecError, match=message):
            condenser(name, settings)


@pytest.fixture
def quick_encoder(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the encoder be a tiny NAML, and count how often one is trained."""
    trained: list[int] = []
    config = NAML(embedding_size=8, hidden_size=8, attention_size=4, epochs=1)
    fit = NAML.fit

    def count(self: NAML, dataset: Dataset, seed: int, device: str = "cpu") -> Any:
        trained.append(seed)
        return fit(self, dataset, seed, device)

    monkeypatch.setattr(NAML, "fit", count)
    monkeypatch.setattr(embeddings_module, "recommender", lambda _: config)
    return trained


def test_encoders_are_trained_once_and_kept(
    tiny_dataset: Dataset, quick_encoder: list[int]
) -> None:
    first = user_embeddings(tiny_dataset, "naml", 0)
    assert first.shape == (30, 8)
    assert (user_embeddings(tiny_dataset, "naml", 0) == first).all()
    cost = encoder_cost(tiny_dataset, "naml", 0)
    assert quick_encoder == [0]
    assert cost["gradient_steps"] == 1 and cost["seconds"] > 0
    assert (user_embeddings(tiny_dataset, "naml", 1) != first).any()
    fewer = dataclasses.replace(tiny_dataset, train=tiny_dataset.train.where(np.arange(60)))
    assert (user_embeddings(fewer, "naml", 0) != first).any()
    assert quick_encoder == [0, 1, 0]
    # Test rows are no part of what an encoder sees.
    without = dataclasses.replace(tiny_dataset, test=tiny_dataset.test.where([]))
    assert (user_embeddings(without, "naml", 0) == first).all()
    assert quick_encoder == [0, 1, 0]


def test_condense_with_a_trained_encoder_and_its_cost(
    tiny_dataset: Dataset, quick_encoder: list[int]
) -> None:
    method = TFDCon(sentence_encoder="tfidf-svd")
    cost = method.prepare(tiny_dataset, 8, 0, "cpu")
    assert cost["language_model_requests"] == 0 and cost["gradient_steps"] == 1
    assert len(method.condense(tiny_dataset, 6, 0).train_users) == 6
    assert quick_encoder == [0]


@pytest.mark.parametrize(
    ("settings", "requests", "tokens"),
    [
        ({"level": "content"}, 25, 25 * (2 + 3)),  # titles of two words, replies of three
        ({"level": "content", "content": "extractive"}, 0, 0),
        ({"level": "user", "alpha": 0.0}, 0, 0),
        ({"level": "user", "interests": "extractive"}, 0, 0),
        ({"level": "user"}, 30, None),
        ({}, 55, None),
    ],
)
def test_replies_of_a_language_model_are_counted_where_they_are_used(
    tiny_dataset: Dataset,
    quick_encoder: list[int],
    settings: dict[str, Any],
    requests: int,
    tokens: int | None,
) -> None:
    replies = Replies(("new team goal",) * 25, (("sport", "film"),) * 30)
    told = dataclasses.replace(tiny_dataset, replies=replies)
    cost = TFDCon(**settings).prepare(told, 8, 0, "cpu")
    assert cost["language_model_requests"] == requests
    if tokens is not None:
        assert cost["language_model_tokens"] == tokens
    else:
        assert cost["language_model_tokens"] > 30 * 3  # two words and a comma a user, and more
    assert ("seconds" in cost) == (settings.get("level") != "content")
    assert len(quick_encoder) == (settings.get("level") != "content")


def test_our_selection_has_the_structure_of_the_released_one(
    real_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As released: 47 real users, with all their training positives in the original order."""
    full = read_tfdcon_movielens()
    items = np.random.default_rng(0).normal(size=(full.n_items, 16))
    z = np.array([items[full.histories[u]].sum(0) for u in range(full.n_users)])
    monkeypatch.setattr(module, "user_embeddings", lambda *_: z)
    for method in (
        KMedoids(content="original"),
        TFDCon(sentence_encoder="tfidf-svd"),
        TFDCon(sentence_encoder="tfidf-svd", edition="strict"),
    ):
        condensed = method.condense(full, 47, 0)
        users = condensed.train_users
        assert len(users) == 47
        for kept, whole in ((condensed.train, full.train), (condensed.validation, full.validation)):
            assert table(kept) == table(whole.where(np.isin(whole.user, users)))
        assert condensed.test is full.test
        assert lists(condensed.histories) == lists(full.histories)
        assert 0.005 < len(condensed.train.positives) / len(full.train.positives) < 0.2
