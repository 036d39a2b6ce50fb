"""NRMS: multi-head self-attention and additive attention, over words and over items.

Wu et al. 2019, "Neural News Recommendation with Multi-Head Self-Attention".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from condrec.recommenders.layers import AdditiveAttention, Lists
from condrec.recommenders.text_model import TextModel
from condrec.recommenders.training import TextModelConfig


class SelfAttentionEncoder(nn.Module):
    """Self-attention among the entries of each list, then additive attention."""

    def __init__(self, size: int, n_heads: int, attention_size: int, dropout: float) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(size, n_heads, dropout=dropout, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.pool = AdditiveAttention(size, attention_size)

    def forward(self, x: Tensor, lists: Lists) -> Tensor:
        """Encode ``x`` [total, size] into [n, size]."""
        return self.pool(self.dropout(lists.mix(x, self._attend)), lists)

    def _attend(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.attention(x, x, x, ~mask, need_weights=False)[0]


class NRMSModel(TextModel):
    """Both sides: 8-head self-attention and additive attention."""

    def __init__(self, config: NRMS) -> None:
        super().__init__()
        size = config.hidden_size
        self.project = nn.Linear(config.embedding_size, size)
        arguments = (size, config.n_heads, config.attention_size, config.dropout)
        self.item_encoder = SelfAttentionEncoder(*arguments)
        self.user_encoder = SelfAttentionEncoder(*arguments)

    def encode_items(self, word_vectors: Tensor, words: Tensor, lists: Lists) -> Tensor:
        """Encode items from their words, see :class:`TextModel`."""
        return self.item_encoder(self.project(word_vectors)[words], lists)

    def encode_users(self, items: Tensor, lists: Lists) -> Tensor:
        """Encode users from the vectors of the items in their histories."""
        return self.user_encoder(items, lists)


@dataclass(frozen=True)
class NRMS(TextModelConfig):
    """NRMS with the sizes TF-DCon states."""

    VERSION: ClassVar[int] = 1
    n_heads: int = 8
    """Attention heads."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_heads(self.n_heads)

    def model(self) -> NRMSModel:
        """Build the untrained model."""
        return NRMSModel(self)
