from __future__ import annotations

import time

import numpy as np
import pytest

from condrec.datasets import Ragged, SparseMatrix, embedded_sequences, load_dataset
from condrec.datasets.sequences import known_sequences, training_sequences
from condrec.datasets.splits import RULES
from condrec.evaluation import mean_metrics, next_item_metrics


def test_what_the_page_says_of_it() -> None:
    dataset = embedded_sequences()
    assert (dataset.n_users, dataset.n_items) == (300, 120)
    assert (dataset.protocol, dataset.data_split) == ("full", "leave-one-out")
    assert dataset.next_item and dataset.tokens is None
    assert len(set(dataset.titles)) == len(dataset.descriptions) == 120
    assert len(set(dataset.categories)) == 12 and not dataset.histories.lengths.any()
    assert len(dataset.test) == len(dataset.validation) == 300
    lengths = known_sequences(dataset, "test").lengths + 1
    assert lengths.min() == 8 and lengths.max() == 40
    assert load_dataset("embedded-sequences").titles == dataset.titles


@pytest.mark.parametrize("split", RULES)
def test_nothing_is_read_twice_and_times_rise(split: str) -> None:
    dataset = embedded_sequences(split)
    parts = (dataset.train, dataset.validation, dataset.test)
    columns = [
        np.concatenate([getattr(rows, name) for rows in parts]) for name in ("user", "item", "time")
    ]
    user, item, times = columns
    assert len(np.unique(user * 120 + item)) == len(user)
    order = np.lexsort((times, user))
    same_user = np.diff(user[order]) == 0
    assert (np.diff(times[order])[same_user] > 0).all()
    assert all((rows.label == 1).all() for rows in parts)


def test_a_seed_is_a_site() -> None:
    first, again, other = embedded_sequences(), embedded_sequences(), embedded_sequences(seed=1)
    assert first.titles == again.titles != other.titles
    for name in ("user", "item", "time"):
        assert np.array_equal(getattr(first.train, name), getattr(again.train, name))
    assert not np.array_equal(first.test.item, other.test.item)


def test_it_is_made_in_less_than_a_second() -> None:
    began = time.perf_counter()
    embedded_sequences()
    assert time.perf_counter() - began < 1


def test_the_last_item_tells_far_more_than_popularity() -> None:
    dataset = embedded_sequences()
    followed = np.zeros((120, 120))
    sequences = training_sequences(dataset)
    for user in range(300):
        mine = sequences[user]
        np.add.at(followed, (mine[:-1], mine[1:]), 1)
    popularity = np.bincount(dataset.train.item, minlength=120)

    def chain(users: np.ndarray, known: SparseMatrix, known_in_order: Ragged) -> np.ndarray:
        last = [known_in_order[row][-1] for row in range(len(users))]
        return followed[last] + 1e-3 * popularity

    def popular(users: np.ndarray, known: SparseMatrix, known_in_order: Ragged) -> np.ndarray:
        return np.tile(popularity.astype(float), (len(users), 1))

    by_chain, by_popularity = (next_item_metrics(each, dataset) for each in (chain, popular))
    for protocol in ("full", "uni100"):
        found, floor = (
            mean_metrics(each[protocol])["NDCG@10"] for each in (by_chain, by_popularity)
        )
        assert found > 2 * floor
    assert mean_metrics(by_popularity["full"])["Hit@10"] > 2 * 10 / 120
