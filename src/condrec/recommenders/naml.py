"""NAML: convolution over an item's words, additive attention over words and over items.

Wu et al. 2019, "Neural News Recommendation with Attentive Multi-View Learning", in the form
TF-DCon trains it: all text fields joined into one sequence (fact sheet, section 2.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from condrec.recommenders.layers import AdditiveAttention, Lists
from condrec.recommenders.text_model import TextModel
from condrec.recommenders.training import TextModelConfig


class NAMLModel(TextModel):
    """Item: CNN (window 3) and additive attention; user: additive attention over items."""

    def __init__(self, config: TextModelConfig) -> None:
        super().__init__()
        size = config.hidden_size
        # One matrix a place of the window.  The convolution is linear in the word vectors, so
        # it is applied once to each distinct word instead of once to each occurrence.
        self.window = nn.Linear(config.embedding_size, 3 * size, bias=False)
        self.bias = nn.Parameter(torch.zeros(size))
        self.dropout = nn.Dropout(config.dropout)
        self.word_attention = AdditiveAttention(size, config.attention_size)
        self.item_attention = AdditiveAttention(size, config.attention_size)

    def encode_items(self, word_vectors: Tensor, words: Tensor, lists: Lists) -> Tensor:
        """Encode items from their words, see :class:`TextModel`."""
        left, centre, right = self.window(word_vectors)[words].chunk(3, dim=1)  # each [total, h]
        joined = (lists.owner[1:] == lists.owner[:-1])[:, None]  # neighbours in the same item
        x = centre + self.bias
        x = x + nn.functional.pad(left[:-1] * joined, (0, 0, 1, 0))
        x = x + nn.functional.pad(right[1:] * joined, (0, 0, 0, 1))
        return self.word_attention(self.dropout(torch.relu(x)), lists)

    def encode_users(self, items: Tensor, lists: Lists) -> Tensor:
        """Encode users from the vectors of the items in their histories."""
        return self.item_attention(items, lists)


@dataclass(frozen=True)
class NAML(TextModelConfig):
    """NAML with the sizes TF-DCon states."""

    VERSION: ClassVar[int] = 1

    def model(self) -> NAMLModel:
        """Build the untrained model."""
        return NAMLModel(self)
