"""SASRec: causal self-attention over a sequence; the transformer it shares with BERT4Rec."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from condrec.recommenders.sequence import SequenceConfig
from condrec.recommenders.sequence_model import INITIAL_STD, Dropout, SequenceModel
from condrec.settings import require


@dataclass(frozen=True)
class TransformerConfig(SequenceConfig):
    """Settings of the models that attend; sizes are TD3's for SASRec (fact sheet, section 2.6)."""

    n_layers: int = 1
    """Transformer layers."""
    n_heads: int = 1
    """Attention heads a layer."""
    inner_size: int = 64
    """Width of the feed-forward layers."""
    attention_dropout: float = 0.5
    """Share of the attention weights dropped."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "n_layers", "n_heads", "inner_size")
        require(
            self.embedding_size % self.n_heads == 0,
            f"{self.NAME}: n_heads: found {self.n_heads}, expected a divisor of embedding_size "
            f"{self.embedding_size}",
        )
        require(
            0 <= self.attention_dropout < 1,
            f"{self.NAME}: attention_dropout: found {self.attention_dropout}, expected [0, 1)",
        )


@dataclass(frozen=True)
class SASRec(TransformerConfig):
    """Self-attentive sequential recommendation (Kang and McAuley 2018); sizes are TD3's.

    Trained with the full softmax, as TD3 does (fact sheet TD3, sections 2.4 and 2.6), not with
    sampled negatives.
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "sasrec"
    soft_targets: str = "cut"
    """What a step on soft sequences predicts, see :class:`SequenceConfig`."""

    def build(self, n_items: int) -> SequenceModel:
        """Build the untrained model."""
        return SASRecModel(n_items, self)


class TransformerModel(SequenceModel):
    """Item and position vectors, LayerNorm, dropout, then transformer layers."""

    def __init__(self, n_items: int, config: TransformerConfig) -> None:
        super().__init__(n_items, config)
        self.positions = nn.Embedding(config.max_length, config.embedding_size)
        nn.init.normal_(self.positions.weight, std=INITIAL_STD)
        self.norm = nn.LayerNorm(config.embedding_size)
        self.dropout = Dropout(config.dropout)
        self.layers = nn.ModuleList(TransformerLayer(config) for _ in range(config.n_layers))

    def attend(self, embedded: Tensor, hidden_from: Tensor) -> Tensor:
        """Run the layers over vectors [b, L, d]; see :class:`TransformerLayer` for the mask."""
        x = self.dropout(self.norm(embedded + self.positions.weight[: embedded.shape[1]]))
        for layer in self.layers:
            x = layer(x, hidden_from)
        return x


class SASRecModel(TransformerModel):
    """The transformer with a causal mask."""

    def hidden(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Read sequences; a position attends to itself and those before it."""
        n = embedded.shape[1]
        return self.attend(
            embedded, torch.ones(n, n, dtype=torch.bool, device=embedded.device).triu(1)
        )


class TransformerLayer(nn.Module):
    """Attention and feed-forward, each added to its input and normalised after (post-norm)."""

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        d = config.embedding_size
        self.n_heads = config.n_heads
        self.project = nn.Linear(d, 3 * d)
        self.out = nn.Linear(d, d)
        self.wide, self.narrow = nn.Linear(d, config.inner_size), nn.Linear(config.inner_size, d)
        self.norms = nn.ModuleList(nn.LayerNorm(d) for _ in range(2))
        self.dropout = Dropout(config.dropout)
        self.attention_dropout = Dropout(config.attention_dropout)
        for linear in (self.project, self.out, self.wide, self.narrow):
            nn.init.normal_(linear.weight, std=INITIAL_STD)
            nn.init.zeros_(linear.bias)

    def forward(self, x: Tensor, hidden_from: Tensor) -> Tensor:
        """Mix positions, shape [b, L, d].

        Args:
            x: shape [b, L, d].
            hidden_from: True where position i must not see j, shape [L, L] or [b, 1, 1, L].
        """
        b, n, d = x.shape
        # Written out: fused attention has no second derivative, which TD3 needs.
        heads = self.project(x).view(b, n, 3, self.n_heads, d // self.n_heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)  # [b, heads, L, d / heads] each
        logits = query @ key.transpose(2, 3) / math.sqrt(d / self.n_heads)
        weights = logits.masked_fill(hidden_from, -torch.inf).softmax(3)
        mixed = (self.attention_dropout(weights) @ value).transpose(1, 2).reshape(b, n, d)
        x = self.norms[0](x + self.dropout(self.out(mixed)))
        wide = functional.gelu(self.wide(x))
        return self.norms[1](x + self.dropout(self.narrow(wide)))
