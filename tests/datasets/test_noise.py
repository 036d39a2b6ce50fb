"""Noise: how much is replaced, and what never changes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from condrec.datasets import Dataset, embedded_implicit, with_noise
from condrec.errors import CondrecError

NEWS = embedded_implicit()


def pairs(rows: object, n_items: int) -> np.ndarray:
    return rows.user * n_items + rows.item  # type: ignore[attr-defined]


@given(st.floats(0.01, 0.9), st.integers(0, 50))
@settings(max_examples=15)
def test_a_share_of_the_rows_gets_items_the_user_never_had(share: float, seed: int) -> None:
    noisy = with_noise(NEWS, share, seed)
    own = np.concatenate([pairs(NEWS.train, 400), pairs(NEWS.validation, 400)])
    now = np.concatenate([pairs(noisy.train, 400), pairs(noisy.validation, 400)])
    for split in ("train", "validation"):
        before, after = getattr(NEWS, split), getattr(noisy, split)
        assert np.array_equal(before.user, after.user)
        assert (before.item != after.item).sum() == round(share * len(before))
    changed = now[now != own]
    assert len(set(now)) == len(now)
    assert not np.isin(changed, own).any()
    assert noisy.test is NEWS.test


def test_no_noise_changes_nothing_and_seeds_differ() -> None:
    assert with_noise(NEWS, 0, 3) is NEWS
    first, again, other = (with_noise(NEWS, 0.3, s).train.item for s in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)


def test_refuses_what_is_no_share_and_listed_data(tiny_dataset: Dataset) -> None:
    with pytest.raises(CondrecError, match="noise: found 1, expected a share from 0 to below 1"):
        with_noise(NEWS, 1, 0)
    with pytest.raises(CondrecError, match="noise: found tiny under protocol listed"):
        with_noise(tiny_dataset, 0.1, 0)
