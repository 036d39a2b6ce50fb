"""SASRec's layer against the library's, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from condrec.errors import CondrecError
from condrec.recommenders import SASRec, recommender
from condrec.recommenders.sasrec import TransformerLayer


@pytest.mark.parametrize("n_heads", [1, 2])
def test_layer_is_the_post_norm_transformer(n_heads: int) -> None:
    torch.manual_seed(0)
    config = SASRec(embedding_size=8, n_heads=n_heads, dropout=0.0, attention_dropout=0.0)
    ours = TransformerLayer(config)
    reference = nn.TransformerEncoderLayer(8, n_heads, 64, 0.0, "gelu", batch_first=True)
    pairs = {
        "self_attn.in_proj": ours.project,
        "self_attn.out_proj": ours.out,
        "linear1": ours.wide,
        "linear2": ours.narrow,
        "norm1": ours.norms[0],
        "norm2": ours.norms[1],
    }
    state = reference.state_dict()
    for name, module in pairs.items():
        join = "_" if name.endswith("in_proj") else "."
        for kind in ("weight", "bias"):
            torch.nn.init.normal_(getattr(module, kind), std=0.3)
            state[f"{name}{join}{kind}"] = getattr(module, kind)
    reference.load_state_dict(state)
    x, ahead = torch.randn(3, 5, 8), torch.ones(5, 5, dtype=torch.bool).triu(1)
    torch.testing.assert_close(ours(x, ahead), reference(x, ahead), rtol=1e-4, atol=1e-5)


def test_positions_matter() -> None:
    torch.manual_seed(0)
    model = SASRec(dropout=0.0, attention_dropout=0.0).build(5)
    ids = torch.tensor([[1, 2, 3], [2, 1, 3]])
    first, second = model.last(model.embed(ids), torch.tensor([3, 3])).detach()
    assert not torch.allclose(first, second)


def test_sizes_are_those_of_td3() -> None:
    # n_items x 32 and 50 x 32 tables; 4 (32 x 32 + 32) for attention, 32 to 64 and back; 3 norms.
    expected = 100 * 32 + 50 * 32 + 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 3 * 64
    assert sum(each.numel() for each in SASRec().build(100).parameters()) == expected


@pytest.mark.parametrize("name", ["sasrec", "bert4rec"])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_heads": 3}, "n_heads: found 3, expected a divisor of embedding_size 32"),
        ({"n_heads": 0}, "n_heads: found 0, expected at least 1"),
        ({"n_layers": 0}, "n_layers: found 0, expected at least 1"),
        ({"inner_size": 0}, "inner_size: found 0, expected at least 1"),
        ({"attention_dropout": 1}, r"attention_dropout: found 1.0, expected \[0, 1\)"),
    ],
)
def test_refuses_layers_that_cannot_be(name: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(CondrecError, match=message):
        recommender(name, settings)
