"""NARM: a recurrent network with attention over its states."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from condrec.recommenders.gru4rec import gru
from condrec.recommenders.sequence import SequenceConfig
from condrec.recommenders.sequence_model import Dropout, SequenceModel
from condrec.settings import require


@dataclass(frozen=True)
class NARM(SequenceConfig):
    """Neural attentive session-based recommendation (Li et al. 2017).

    Two dropout rates and one GRU layer as in the paper; the state is twice the item vectors, as in
    RecBole (128 and 64).
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "narm"
    dropout: float = 0.25
    """Dropout rate of the item vectors (section 4.2)."""
    hidden_size: int = 64
    """Length of the GRU's state and of the attention's inner layer."""
    context_dropout: float = 0.5
    """Dropout rate between the session vector and the decoder (section 4.2)."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "hidden_size")
        require(
            0 <= self.context_dropout < 1,
            f"{self.NAME}: context_dropout: found {self.context_dropout}, expected [0, 1)",
        )

    def build(self, n_items: int) -> SequenceModel:
        """Build the untrained model."""
        return NARMModel(n_items, self)


class NARMModel(SequenceModel):
    """A GRU; its last state and an attentive sum of its states, decoded by a bilinear form."""

    def __init__(self, n_items: int, config: NARM) -> None:
        super().__init__(n_items, config)
        size = config.hidden_size
        self.dropout = Dropout(config.dropout)
        self.context_dropout = Dropout(config.context_dropout)
        self.gru = gru(config.embedding_size, size)
        self.ask, self.offer = nn.Linear(size, size, bias=False), nn.Linear(size, size, bias=False)
        self.weigh = nn.Linear(size, 1, bias=False)
        self.decode = nn.Linear(2 * size, config.embedding_size, bias=False)
        for linear in (self.ask, self.offer, self.weigh, self.decode):
            nn.init.xavier_normal_(linear.weight)

    def hidden(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Read sequences; position t sums the states 0 to t, weighed by what they offer state t."""
        states = self.gru(self.dropout(embedded))[0]
        asked, offered = self.ask(states), self.offer(states)
        # A position at a time: all pairs at once would take [b, L, L, hidden], half of it unused.
        sums = [
            self.attend(asked[:, t], offered[:, : t + 1], states[:, : t + 1])
            for t in range(states.shape[1])
        ]
        return self.decoded(states, torch.stack(sums, 1))

    def last(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Read whole sequences: the last position alone attends."""
        states = self.gru(self.dropout(embedded))[0]
        end = states[torch.arange(len(lengths)), lengths - 1]
        read = torch.arange(states.shape[1], device=lengths.device) < lengths[:, None]
        summed = self.attend(self.ask(end), self.offer(states), states * read[:, :, None])
        return self.decoded(end, summed)

    def attend(self, asked: Tensor, offered: Tensor, states: Tensor) -> Tensor:
        """Return sum_j a_j h_j, a_j = v . sigmoid(A1 h_t + A2 h_j), not normalised (Eq. 7, 8).

        Args:
            asked: A1 h_t, shape [b, hidden].
            offered: A2 h_j, shape [b, n, hidden].
            states: h_j, shape [b, n, hidden].
        """
        weights = self.weigh(torch.sigmoid(asked[:, None] + offered))  # [b, n, 1]
        return (weights * states).sum(1)

    def decoded(self, states: Tensor, sums: Tensor) -> Tensor:
        """Return B^T [h_t ; c_t], which is compared with the item vectors (Eq. 9, 10)."""
        return self.decode(self.context_dropout(torch.cat([states, sums], -1)))
