"""Training on the touched rows alone equals Adam on whole tables."""

from __future__ import annotations

from copy import deepcopy

import numpy as np
import pytest
import torch

from condrec.condensers.touched_rows import TouchedRows, train_touched
from condrec.recommenders.bpr_mf import FactorModel

N_USERS, N_ITEMS = 30, 400


@pytest.mark.parametrize("n_steps", [1, 7])
def test_it_equals_adam_on_whole_tables_digit_for_digit(n_steps: int) -> None:
    torch.manual_seed(0)
    model = FactorModel(N_USERS, N_ITEMS, 8, regularization=0.1)
    start = deepcopy(model)
    whole = deepcopy(model)
    rng = np.random.default_rng(0)
    batches = [
        (
            rng.integers(N_USERS, size=12),
            rng.integers(40, size=12),
            rng.integers(N_ITEMS, size=(12, 2)),
        )
        for _ in range(n_steps)
    ]
    optimizer = torch.optim.Adam(whole.parameters(), lr=0.05, fused=True)
    for batch in batches:
        optimizer.zero_grad()
        (3.0 * whole.loss(*map(torch.from_numpy, batch))).backward()
        optimizer.step()
    train_touched(model, batches, learning_rate=0.05, weight=3.0)
    for name in ("user", "item"):
        found, expected, before = (getattr(each, name).weight for each in (model, whole, start))
        assert torch.equal(found, expected)
        assert not torch.equal(found, before)
    untouched = np.setdiff1d(
        np.arange(N_ITEMS), np.concatenate([each[2].ravel() for each in batches])
    )
    untouched = untouched[untouched >= 40]
    assert torch.equal(model.item.weight[untouched], start.item.weight[untouched])


def test_rows_stand_in_the_order_of_their_first_batch() -> None:
    table = torch.arange(6.0)[:, None]
    rows = TouchedRows(table, [np.array([4, 4, 1]), np.array([1, 5]), np.array([4])], 0.1)
    assert [rows.active(batch)[:, 0].tolist() for batch in range(3)] == [
        [4.0, 1.0],
        [4.0, 1.0, 5.0],
        [4.0, 1.0, 5.0],
    ]
    assert rows.places(np.array([1, 4, 5])).tolist() == [1, 0, 2]
