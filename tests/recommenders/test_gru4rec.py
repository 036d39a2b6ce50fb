"""GRU4Rec against the recurrence written out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from condrec.errors import CondrecError
from condrec.recommenders import GRU4Rec


def sigmoid(x: np.ndarray) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(-x)))


def test_reads_by_the_recurrence() -> None:
    torch.manual_seed(0)
    model = GRU4Rec(embedding_size=3, hidden_size=4, dropout=0.0).build(6).double()
    with torch.no_grad():
        model.items.weight.normal_()
    ids = [1, 5, 2, 2]
    found = model.read(torch.tensor([ids]), torch.tensor([4]))[0].detach().numpy()
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    # Rows of both matrices: reset, update, candidate.
    by_input = weights["gru.weight_ih_l0"].reshape(3, 4, 3)
    by_state = weights["gru.weight_hh_l0"].reshape(3, 4, 4)
    state = np.zeros(4)
    for place, item in enumerate(ids):
        x = weights["items.weight"][item]
        reset, update = (sigmoid(by_input[i] @ x + by_state[i] @ state) for i in (0, 1))
        candidate = np.tanh(by_input[2] @ x + reset * (by_state[2] @ state))
        state = (1 - update) * candidate + update * state
        expected = weights["out.weight"] @ state + weights["out.bias"]
        np.testing.assert_allclose(found[place], expected, rtol=1e-10)


def test_refuses_a_state_of_no_size() -> None:
    with pytest.raises(CondrecError, match="gru4rec: hidden_size: found 0, expected at least 1"):
        GRU4Rec(hidden_size=0)
