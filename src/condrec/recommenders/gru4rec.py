"""GRU4Rec: a recurrent network over a sequence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor, nn

from condrec.recommenders.sequence import SequenceConfig
from condrec.recommenders.sequence_model import Dropout, SequenceModel


@dataclass(frozen=True)
class GRU4Rec(SequenceConfig):
    """Session-based recommendation with recurrent networks (Hidasi et al. 2016).

    The layers are those of RecBole, the library TD3 builds on: item vectors, dropout, one GRU, a
    linear map back to the size of the item vectors.  Trained with the full softmax, as TD3's
    learners are (fact sheet TD3, section 2.2), not with the paper's ranking losses.
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "gru4rec"
    hidden_size: int = 64
    """Length of the GRU's state: twice the item vectors, as in RecBole (128 and 64)."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "hidden_size")

    def build(self, n_items: int) -> SequenceModel:
        """Build the untrained model."""
        return GRU4RecModel(n_items, self)


class GRU4RecModel(SequenceModel):
    """Item vectors, dropout, a GRU, a linear map back to the item space."""

    def __init__(self, n_items: int, config: GRU4Rec) -> None:
        super().__init__(n_items, config)
        self.dropout = Dropout(config.dropout)
        self.gru = gru(config.embedding_size, config.hidden_size)
        self.out = nn.Linear(config.hidden_size, config.embedding_size)

    def hidden(self, embedded: Tensor, lengths: Tensor) -> Tensor:
        """Read sequences, oldest item first; the state at a position knows nothing later."""
        return self.out(self.gru(self.dropout(embedded))[0])


def gru(size: int, hidden_size: int) -> nn.GRU:
    """Return a GRU layer of Xavier-uniform weights without biases, as RecBole builds it.

    On a CPU it has the second derivative that TD3 needs.
    """
    layer = nn.GRU(size, hidden_size, bias=False, batch_first=True)
    for weight in layer.parameters():
        nn.init.xavier_uniform_(weight)
    return layer
