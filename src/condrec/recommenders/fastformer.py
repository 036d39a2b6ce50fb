"""Fastformer: additive attention in linear time, over words and over items.

Wu et al. 2021, "Fastformer: Additive Attention Can Be All You Need".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from condrec.recommenders.layers import AdditiveAttention, Lists
from condrec.recommenders.text_model import TextModel
from condrec.recommenders.training import TextModelConfig
from condrec.settings import require


class FastAttention(nn.Module):
    """One Fastformer attention, heads side by side (Wu et al. 2021, section 3).

    Value and query share their transformation, as the paper does to save parameters.
    """

    def __init__(self, size: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.query, self.key = nn.Linear(size, size), nn.Linear(size, size)
        self.query_weight = nn.Linear(size, n_heads)
        self.key_weight = nn.Linear(size, n_heads)
        self.transform = nn.Linear(size, size)

    def _summary(self, logits: Tensor, x: Tensor, mask: Tensor) -> Tensor:
        """Per head, the weighted mean of ``x`` [n, l, size] over l, as [n, 1, size]."""
        n, length, size = x.shape
        head_size = size // self.n_heads
        weight = (logits / head_size**0.5).masked_fill(~mask[:, :, None], -torch.inf)
        weight = weight.softmax(1)[..., None]  # [n, l, heads, 1]
        return (weight * x.view(n, length, self.n_heads, head_size)).sum(1).view(n, 1, size)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Mix ``x`` [n, l, size]; ``mask`` [n, l] marks the real entries."""
        query, key = self.query(x), self.key(x)
        global_query = self._summary(self.query_weight(query), query, mask)
        mixed_key = key * global_query
        global_key = self._summary(self.key_weight(mixed_key), mixed_key, mask)
        return self.transform(query * global_key) + query


class FastformerEncoder(nn.Module):
    """Positions, one Fastformer layer (attention, feed-forward, norms), additive pooling."""

    def __init__(self, config: Fastformer) -> None:
        super().__init__()
        size = config.hidden_size
        self.position = nn.Embedding(config.longest_list, size)
        self.norm_in, self.norm_attention, self.norm_out = (nn.LayerNorm(size) for _ in range(3))
        self.attention = FastAttention(size, config.n_heads)
        self.feed_forward = nn.Sequential(
            nn.Linear(size, 4 * size), nn.GELU(), nn.Linear(4 * size, size)
        )
        self.dropout = nn.Dropout(config.dropout)
        self.pool = AdditiveAttention(size, config.attention_size)

    def forward(self, x: Tensor, lists: Lists) -> Tensor:
        """Encode ``x`` [total, size] into [n, size]."""
        place = lists.place.clamp(max=self.position.num_embeddings - 1)
        x = self.dropout(self.norm_in(x + self.position(place)))
        x = self.norm_attention(x + self.dropout(lists.mix(x, self.attention)))
        x = self.norm_out(x + self.dropout(self.feed_forward(x)))
        return self.pool(x, lists)


class FastformerModel(TextModel):
    """Both sides: one Fastformer layer."""

    def __init__(self, config: Fastformer) -> None:
        super().__init__()
        self.project = nn.Linear(config.embedding_size, config.hidden_size)
        self.item_encoder = FastformerEncoder(config)
        self.user_encoder = FastformerEncoder(config)

    def encode_items(self, word_vectors: Tensor, words: Tensor, lists: Lists) -> Tensor:
        """Encode items from their words, see :class:`TextModel`."""
        return self.item_encoder(self.project(word_vectors)[words], lists)

    def encode_users(self, items: Tensor, lists: Lists) -> Tensor:
        """Encode users from the vectors of the items in their histories."""
        return self.user_encoder(items, lists)


@dataclass(frozen=True)
class Fastformer(TextModelConfig):
    """Fastformer with the sizes TF-DCon states: 16 heads, one layer."""

    VERSION: ClassVar[int] = 2
    n_heads: int = 16
    """Attention heads."""
    longest_list: int = 64
    """Positions with a vector of their own; later ones share the last."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_heads(self.n_heads)
        found = self.longest_list
        require(found >= 1, f"fastformer: longest_list: found {found}, expected at least 1")

    def model(self) -> FastformerModel:
        """Build the untrained model."""
        return FastformerModel(self)
