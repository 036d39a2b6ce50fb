"""BERT4Rec: self-attention in both directions, trained on masked items."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from condrec.recommenders.sasrec import TransformerConfig, TransformerModel
from condrec.recommenders.sequence_model import INITIAL_STD, SequenceModel, divergence
from condrec.settings import require

SOFT_SHARE = 0.6
"""Most positions of a soft sequence that are masked (fact sheet TD3, section 2.2)."""


@dataclass(frozen=True)
class BERT4Rec(TransformerConfig):
    """Sequential recommendation with bidirectional encoders (Sun et al. 2019).

    The layers are SASRec's without the causal mask, in TD3's sizes.  A learned vector stands for
    masked items, which are predicted from both sides (the paper's cloze task); the next item is
    predicted by a mask behind the most recent ones.
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "bert4rec"
    mask_rate: float = 0.2
    """Share of the items masked (the paper's rho for ML-1M)."""
    mask_last_rate: float = 0.5
    """Share of the windows of which only the last item is masked, as in RecBole."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        for name in ("mask_rate", "mask_last_rate"):
            found = getattr(self, name)
            require(0 <= found <= 1, f"{self.NAME}: {name}: found {found}, expected 0 to 1")

    @property
    def context(self) -> int:
        """Items a prediction reads at most; the mask takes a position."""
        return self.max_length - 1

    def build(self, n_items: int) -> SequenceModel:
        """Build the untrained model."""
        return BERT4RecModel(n_items, self)


class BERT4RecModel(TransformerModel):
    """The transformer without a causal mask, and the vector of a masked item."""

    def __init__(self, n_items: int, config: BERT4Rec) -> None:
        super().__init__(n_items, config)
        self.mask_rate, self.mask_last_rate = config.mask_rate, config.mask_last_rate
        self.mask = nn.Parameter(torch.empty(config.embedding_size).normal_(std=INITIAL_STD))

    def hidden(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Read sequences; a position attends to every entry, before and after it."""
        padding = torch.arange(embedded.shape[1], device=lengths.device) >= lengths[:, None]
        return self.attend(embedded, padding[:, None, None])

    def last(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Read the most recent items and a mask behind them; return the mask's vector."""
        kept = lengths.clamp(max=self.max_length - 1)
        place = torch.arange(int(kept.max()), device=lengths.device)
        # Every row's most recent items, from position 0; what stands behind is never read.
        index = ((lengths - kept)[:, None] + place).clamp(max=embedded.shape[1] - 1)
        recent = embedded.gather(1, index[:, :, None].expand(-1, -1, embedded.shape[2]))
        recent = torch.cat([recent, recent[:, :1]], 1)
        places = torch.arange(recent.shape[1], device=lengths.device)
        masked = self.masked(recent, places == kept[:, None])
        return self.hidden(masked, kept + 1)[torch.arange(len(kept)), kept]

    def masked(self, embedded: Tensor, at: Tensor) -> Tensor:
        """Return the vectors with the mask in place of those chosen, shape [b, L, d]."""
        return torch.where(at[:, :, None], self.mask, embedded)

    def predictions(self, ids: Tensor, lengths: Tensor, fresh: Tensor) -> tuple[Tensor, Tensor]:
        """Return the vectors of masked items and the items, drawn anew at every call.

        Args:
            ids: windows, shape [b, L].
            lengths: entries of each window, shape [b].
            fresh: plays no part: an item is predicted from both sides, wherever it stands.
        """
        place = torch.arange(ids.shape[1], device=ids.device)
        luck = torch.rand(ids.shape, device=ids.device)
        at = (luck < self.mask_rate) & (place < lengths[:, None])
        alone = torch.rand(len(ids), device=ids.device) < self.mask_last_rate
        at = torch.where((alone | ~at.any(1))[:, None], place == lengths[:, None] - 1, at)
        return self.hidden(self.masked(self.embed(ids), at), lengths)[at], ids[at]

    def soft_loss(
        self, sequences: Tensor, cut: Tensor | None = None, everywhere: bool = False
    ) -> Tensor:
        """Return KL(target || prediction), the mean over positions masked at random.

        From 1 to 0.6 L positions of every sequence are masked, the number drawn uniformly.

        Args:
            sequences: distributions, shape [b, L, n_items].
            cut: plays no part; the other models' second target.
            everywhere: plays no part either.
        """
        b, n = sequences.shape[:2]
        device = sequences.device
        most = max(int(SOFT_SHARE * n), 1)
        number = torch.randint(1, most + 1, (b, 1), device=device)
        at = torch.rand(b, n, device=device).argsort(1) < number
        whole = torch.full((b,), n, device=device)
        read = self.hidden(self.masked(self.embed(sequences), at), whole)
        return divergence(sequences[at], self.scores(read[at]))
