"""NARM's attention against the paper's sums written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from condrec.errors import CondrecError
from condrec.recommenders import NARM


def test_reads_by_the_papers_sums() -> None:
    torch.manual_seed(0)
    config = NARM(embedding_size=3, hidden_size=4, dropout=0.0, context_dropout=0.0)
    model = config.build(6).double()
    with torch.no_grad():
        model.items.weight.normal_()
    ids = torch.tensor([[1, 5, 2, 2]])
    found = model.read(ids, torch.tensor([4]))[0].detach().numpy()
    states = model.gru(model.embed(ids))[0][0].detach().numpy()
    ask, offer, weigh, decode = (
        layer.weight.detach().numpy()
        for layer in (model.ask, model.offer, model.weigh, model.decode)
    )
    for t, state in enumerate(states):
        local = np.zeros(4)
        for earlier in states[: t + 1]:
            inside = 1 / (1 + np.exp(-(ask @ state + offer @ earlier)))
            local += (weigh[0] @ inside) * earlier
        expected = decode @ np.concatenate([state, local])
        np.testing.assert_allclose(found[t], expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hidden_size": 0}, "narm: hidden_size: found 0, expected at least 1"),
        ({"context_dropout": 1.0}, r"narm: context_dropout: found 1.0, expected \[0, 1\)"),
    ],
)
def test_refuses_settings_of_its_own(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        NARM(**settings)
