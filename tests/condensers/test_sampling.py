from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from condrec.condensers import Majority, RandomInteractions, RandomUsers, StratifiedUsers, condenser
from condrec.condensers.base import keep_users_in_order, share_of_positives
from condrec.datasets import Dataset, Interactions, Ragged
from condrec.errors import CondrecError


@pytest.fixture(scope="session")
def graded() -> Dataset:
    """User u of 0 to 9 has u + 1 likes and one dislike; everybody has one item of history."""
    likes = [(u, i, 1) for u in range(10) for i in range(u + 1)]
    rows = [*likes, *((u, 11, 0) for u in range(10))]
    train = Interactions(*np.array(rows).T)
    validation = Interactions(np.arange(10), np.zeros(10), np.ones(10))
    histories = Ragged.from_lists([[10]] * 10)
    return Dataset("graded", 10, 12, train, validation, validation, histories)


def table(rows: Interactions) -> list[tuple[int, int, int]]:
    return list(zip(rows.user.tolist(), rows.item.tolist(), rows.label.tolist(), strict=True))


def test_users_are_kept_whole(graded: Dataset) -> None:
    for seed in range(3):
        kept = RandomUsers().condense(graded, 4, seed)
        own = np.isin(graded.train.user, kept.train_users)
        assert table(kept.train) == table(graded.train.where(own))
        assert kept.validation.user.tolist() == kept.train_users.tolist()
        assert kept.histories is graded.histories


def test_random_users_are_drawn_uniformly(graded: Dataset) -> None:
    drawn = np.concatenate(
        [RandomUsers().condense(graded, 3, seed).train_users for seed in range(400)]
    )
    counts = np.bincount(drawn, minlength=10)
    assert counts.sum() == 1200
    assert ((counts - 120) ** 2 / 120).sum() < 27.9  # 9 degrees of freedom, once in a thousand


def test_random_users_take_those_without_a_history_last(graded: Dataset) -> None:
    lists = [[] if u in (2, 5) else [10] for u in range(10)]
    data = dataclasses.replace(graded, histories=Ragged.from_lists(lists))
    for seed in range(10):
        users = set(RandomUsers().condense(data, 8, seed).train_users.tolist())
        assert users == set(range(10)) - {2, 5}
    assert len(RandomUsers().condense(data, 9, 0).train_users) == 9


def test_users_in_order_fill_a_share_with_part_of_the_last_user(graded: Dataset) -> None:
    # 55 positives; a fifth is 11: user 9 has 10, user 4 gives his first one.
    kept = keep_users_in_order(graded, np.array([9, 4, 0]), 0.2)
    assert table(kept.train.positives) == [(4, 0, 1)] + [(9, i, 1) for i in range(10)]
    assert table(kept.train.negatives) == [(4, 11, 0), (9, 11, 0)]
    assert kept.validation.user.tolist() == [4, 9]
    # 10 positives are user 9 alone.
    exact = keep_users_in_order(graded, np.array([9, 4, 0]), 10 / 55)
    assert exact.train_users.tolist() == [9]
    assert len(exact.train.positives) == 10


def test_share_of_positives(graded: Dataset) -> None:
    found = [share_of_positives(graded, share) for share in (1e-9, 0.2, 0.5, 0.99)]
    assert found == [1, 11, 28, 54]


def test_majority_takes_the_most_active_and_breaks_ties_by_id(graded: Dataset) -> None:
    assert Majority().condense(graded, 3, 0).train_users.tolist() == [7, 8, 9]
    lists = [[10]] * 10
    lists[1] = [10] * 9  # 2 likes, 1 dislike, 9 read: as active as user 9 with 10, 1 and 1
    active = dataclasses.replace(graded, histories=Ragged.from_lists(lists))
    assert Majority().condense(active, 1, 0).train_users.tolist() == [1]
    assert Majority().condense(active, 2, 0).train_users.tolist() == [1, 9]
    # Users with dislikes only have nothing to train on.
    rows = Interactions([0, 1, 1, 1], [0, 1, 2, 3], [1, 0, 0, 0])
    unhappy = dataclasses.replace(graded, train=rows)
    assert Majority().condense(unhappy, 1, 0).train_users.tolist() == [0]


def test_strata_are_equally_represented(graded: Dataset) -> None:
    for seed in range(6):
        kept = StratifiedUsers().condense(graded, 5, seed).train_users
        assert (kept // 2).tolist() == [0, 1, 2, 3, 4]  # one of each fifth by activity
        kept = StratifiedUsers(n_strata=2).condense(graded, 4, seed).train_users
        assert (kept // 5).tolist() == [0, 0, 1, 1]
    drawn = {tuple(StratifiedUsers().condense(graded, 5, s).train_users) for s in range(20)}
    assert len(drawn) > 5
    first = {int(StratifiedUsers().condense(graded, 1, s).train_users[0]) // 2 for s in range(40)}
    assert first == {0, 1, 2, 3, 4}  # no stratum always comes first


def test_strata_must_be_at_least_one() -> None:
    with pytest.raises(CondrecError, match="n_strata: found 0, expected at least 1"):
        condenser("stratified-users", {"n_strata": 0})


def test_random_interactions_as_published_bring_all_dislikes_of_their_users(
    tiny_dataset: Dataset,
) -> None:
    kept = RandomInteractions().condense(tiny_dataset, 10, 0)
    users = np.unique(kept.train.positives.user)
    dislikes = tiny_dataset.train.negatives
    assert len(kept.train.positives) == 10
    assert table(kept.train.negatives) == table(dislikes.where(np.isin(dislikes.user, users)))
    assert set(table(kept.train.positives)) <= set(table(tiny_dataset.train.positives))
    assert set(kept.validation.user.tolist()) == set(users.tolist())


def test_random_interactions_strict_keep_the_ratio_of_dislikes(tiny_dataset: Dataset) -> None:
    ratio = len(tiny_dataset.train.negatives) / len(tiny_dataset.train.positives)
    for n_likes in (10, 20, 40):
        loose, strict = (
            RandomInteractions(edition=edition).condense(tiny_dataset, n_likes, 1)
            for edition in ("as_published", "strict")
        )
        assert table(strict.train.positives) == table(loose.train.positives)
        assert len(strict.train.negatives) == round(n_likes * ratio)
        assert set(table(strict.train.negatives)) <= set(table(loose.train.negatives))


def test_random_interactions_are_drawn_uniformly(graded: Dataset) -> None:
    counts = np.zeros(55)
    for seed in range(300):
        kept = RandomInteractions().condense(graded, 11, seed).train.positives
        counts[kept.user * (kept.user + 1) // 2 + kept.item] += 1
    assert counts.sum() == 3300
    assert ((counts - 60) ** 2 / 60).sum() < 91.9  # 54 degrees of freedom, once in a thousand
