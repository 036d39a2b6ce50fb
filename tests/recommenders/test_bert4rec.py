"""What BERT4Rec masks, and what it reads around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

from condrec.errors import CondrecError
from condrec.recommenders import BERT4Rec
from condrec.recommenders.bert4rec import BERT4RecModel


def built(**settings: Any) -> BERT4RecModel:
    torch.manual_seed(0)
    sizes: dict[str, Any] = {"embedding_size": 8, "max_length": 10, "inner_size": 8}
    config = BERT4Rec(**sizes | {"dropout": 0.0, "attention_dropout": 0.0} | settings)
    model = config.build(20)
    assert isinstance(model, BERT4RecModel)
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.5)
    return model


def masks_of(model: BERT4RecModel, call: Callable[[], Any], times: int) -> Tensor:
    """Return which positions were masked, [times, b, L]."""
    seen = []
    plain = model.masked

    def watched(embedded: Tensor, at: Tensor) -> Tensor:
        seen.append(at)
        return plain(embedded, at)

    model.masked = watched  # type: ignore[method-assign]
    for _ in range(times):
        call()
    return torch.stack(seen)


IDS = torch.arange(1, 19).reshape(2, 9)
LENGTHS = torch.tensor([9, 5])


def test_reads_in_both_directions_but_not_what_is_masked() -> None:
    model = built()
    at = torch.zeros(1, 5, dtype=torch.bool)
    at[0, 2] = True

    def vector(ids: list[int]) -> Tensor:
        embedded = model.masked(model.embed(torch.tensor([ids])), at)
        return model.hidden(embedded, torch.tensor([5]))[0, 2]

    first = vector([1, 2, 3, 4, 5])
    assert torch.equal(first, vector([1, 2, 9, 4, 5]))
    assert not torch.allclose(first, vector([1, 2, 3, 4, 9]))
    assert not torch.allclose(first, vector([9, 2, 3, 4, 5]))


def test_the_next_item_is_a_mask_behind_the_most_recent() -> None:
    model = built()
    ids, lengths = torch.arange(1, 13)[None], torch.tensor([12])
    embedded = torch.cat([model.embed(ids[:, 3:]), model.mask[None, None]], 1)
    expected = model.hidden(embedded, torch.tensor([10]))[:, 9]
    torch.testing.assert_close(model.last(model.embed(ids), lengths), expected)
    # Rows of different lengths at once, one of them cut.
    padded = torch.zeros(2, 12, dtype=torch.long)
    padded[0], padded[1, :2] = ids[0], torch.tensor([4, 7])
    both = model.last(model.embed(padded), torch.tensor([12, 2]))
    short = model.last(model.embed(torch.tensor([[4, 7]])), torch.tensor([2]))
    torch.testing.assert_close(both, torch.cat([expected, short]))


def test_masks_a_share_of_the_items_and_never_padding() -> None:
    model = built(mask_rate=0.3, mask_last_rate=0.0)
    fresh = torch.zeros(2, 8, dtype=torch.bool)
    masks = masks_of(model, lambda: model.predictions(IDS, LENGTHS, fresh), 400)
    assert masks.any(2).all()
    assert not masks[:, 1, 5:].any()
    assert masks[:, 0].double().mean() == pytest.approx(0.3, abs=0.03)
    assert (masks.double().mean(0)[0] > 0.2).all()


def test_masks_the_last_item_alone_as_often_as_asked() -> None:
    fresh = torch.zeros(2, 8, dtype=torch.bool)
    for settings in ({"mask_last_rate": 1.0}, {"mask_rate": 0.0, "mask_last_rate": 0.0}):
        model = built(**settings)
        vectors, targets = model.predictions(IDS, LENGTHS, fresh)
        assert targets.tolist() == [9, 14]
        before = model.last(model.embed(IDS), LENGTHS - 1)
        torch.testing.assert_close(vectors, before)


def test_masks_one_to_six_tenths_of_a_soft_sequence() -> None:
    model = built()
    soft = torch.randn(3, 10, 20).softmax(2)
    masks = masks_of(model, lambda: model.soft_loss(soft), 200)
    counts = masks.sum(2)
    assert set(counts.flatten().tolist()) == {1, 2, 3, 4, 5, 6}
    share = masks.double().mean((0, 1))
    assert float(share.min()) > 0.25 and float(share.max()) < 0.45


@pytest.mark.parametrize("name", ["mask_rate", "mask_last_rate"])
def test_refuses_shares_that_are_none(name: str) -> None:
    with pytest.raises(CondrecError, match=f"bert4rec: {name}: found 1.5, expected 0 to 1"):
        BERT4Rec(**{name: 1.5})
