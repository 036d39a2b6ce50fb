from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from condrec.condensers import condenser, size
from condrec.datasets import Dataset, read_released_content, read_tfdcon_movielens
from condrec.errors import CondrecError


@pytest.fixture(scope="module")
def movielens(real_data: Path) -> Dataset:
    return read_tfdcon_movielens()


@pytest.mark.parametrize("subset", ["condensed", "random", "majority"])
def test_refuses_other_data_sets(subset: str, tiny_dataset: Dataset) -> None:
    with pytest.raises(CondrecError, match="found data set 'tiny', expected one of tfdcon-movie"):
        condenser(f"released-{subset}").condense(tiny_dataset, None, 0)
    with pytest.raises(CondrecError, match="budget: found 47, but this method takes none"):
        condenser(f"released-{subset}").condense(tiny_dataset, 47, 0)


def test_the_condensed_set_is_47_users_with_all_their_positives(movielens: Dataset) -> None:
    condensed = condenser("released-condensed").condense(movielens, None, 0)
    found = size(condensed)
    assert (found.n_users, found.n_positives, found.n_negatives) == (47, 2373, 618)
    assert len(condensed.validation) == 699
    assert len(condensed.validation.positives) == 540
    users = condensed.train_users
    whole = movielens.train.positives
    whole = whole.where(np.isin(whole.user, users))
    assert (condensed.train.positives.item == whole.item).all()
    assert (condensed.train.positives.user == whole.user).all()
    assert condensed.tokens is not None
    assert condensed.tokens.lengths.mean() == pytest.approx(15.26, abs=0.005)


@pytest.mark.parametrize("subset", ["random", "majority"])
def test_the_other_sets_are_of_whole_users_too(subset: str, movielens: Dataset) -> None:
    condensed = condenser(f"released-{subset}").condense(movielens, None, 0)
    positives, whole = condensed.train.positives, movielens.train.positives
    pairs, all_pairs = (r.user * 1682 + r.item for r in (positives, whole))
    assert np.isin(pairs, all_pairs).all()
    assert len(np.unique(pairs)) == len(pairs)
    dislikes = movielens.train.negatives
    own = np.isin(dislikes.user, condensed.train_users)
    assert len(condensed.train.negatives) == own.sum()
    assert condensed.tokens is not None
    assert (condensed.tokens.values == read_released_content("random").values).all()


@pytest.mark.parametrize("subset", ["condensed", "random", "majority"])
def test_they_are_the_same_for_every_seed_and_keep_the_test(
    subset: str, movielens: Dataset
) -> None:
    first, second = (condenser(f"released-{subset}").condense(movielens, None, s) for s in (0, 1))
    assert (first.train.item == second.train.item).all()
    assert first.test is movielens.test
    assert first.histories is movielens.histories
    other = condenser(f"released-{subset}", {"content": "original", "validation": "full"})
    plain = other.condense(movielens, None, 0)
    assert plain.tokens is movielens.tokens
    assert plain.validation is movielens.validation
