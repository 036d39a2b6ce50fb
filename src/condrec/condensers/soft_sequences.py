"""Soft sequences: what TD3 and its rivals share, and random ones, the control that matters."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from condrec.condensers.base import Condenser
from condrec.condensers.pretrained import Pretrained, pretrained
from condrec.datasets import Dataset, ItemTable, SoftSequences
from condrec.recommenders import RECOMMENDERS, resolve_device
from condrec.recommenders.sequence import SequenceConfig
from condrec.recommenders.sequence_model import INITIAL_STD
from condrec.settings import require

BACKBONES = ("sasrec", "gru4rec", "narm")
KEPT = 30
"""Epochs of the full-data model whose weights are kept; inner learners start from these."""


@dataclass(frozen=True)
class SequenceCondenser(Condenser):
    """What makers of sequences share, soft or real: their length, and the full-data model."""

    unit: ClassVar[str] = "sequences"
    length: int = 50
    """Positions of a sequence, and the most items that the full-data model reads (L)."""
    backbone: str = "sasrec"
    """Model of the full data: its item vectors are V, and soft sequences are learned by it."""

    full_epochs: int = 200
    """Epochs of its training at most."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        for name, least in (("length", 2), ("full_epochs", 1)):
            found = getattr(self, name)
            require(found >= least, f"{name}: found {found}, expected at least {least}")
        require(
            self.backbone in BACKBONES,
            f"backbone: found {self.backbone!r}, expected one of {', '.join(BACKBONES)}",
        )
        require(
            self.content == "original",
            f"content: found {self.content!r}, sequences have no texts to condense",
        )

    def model(self) -> SequenceConfig:
        """Return the configured backbone."""
        configured: SequenceConfig = RECOMMENDERS[self.backbone](
            max_length=self.length, epochs=self.full_epochs
        )
        return configured

    @property
    def needs_full_model(self) -> bool:
        """Whether a set is made through the full-data model, or brings its item vectors along."""
        return True

    def prepare(
        self, dataset: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Train the full-data model, whose seconds every set that needs it counts as its own."""
        cost = super().prepare(dataset, budget, seed, device)
        if not self.needs_full_model:
            return cost
        seconds = self.full_model(dataset, seed, resolve_device(device)).seconds
        return cost | {"seconds": seconds, "seconds_pretrain": seconds}

    def full_model(self, dataset: Dataset, seed: int, device: str) -> Pretrained:
        """Return the backbone trained on the full data."""
        require(
            dataset.next_item and dataset.soft_sequences is None,
            f"{dataset.name}: found split {dataset.data_split}, expected sequences; choose the "
            "split leave-one-out",
        )
        return pretrained(dataset, self.model(), KEPT, seed, device)


@dataclass(frozen=True)
class SoftSequenceCondenser(SequenceCondenser):
    """What the makers of soft sequences share: their number and factors, what they bring along.

    Editions say what learners know beside the sequences.  ``as_published``, ``reset``: the item
    vectors V of the full-data model, which they start from and train; ``frozen``: V, left as it
    is (the intention of the published code); ``strict``: nothing, V only decodes the sequences.
    """

    editions: ClassVar[tuple[str, ...]] = ("as_published", "reset", "frozen", "strict")
    rank_users: int = 8
    """Second dimension of the factor of synthetic users (d1)."""
    rank_times: int = 8
    """Second dimension of the factor of positions (d2)."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        for name in ("rank_users", "rank_times"):
            found = getattr(self, name)
            require(found >= 1, f"{name}: found {found}, expected at least 1")

    def n_sequences(self, dataset: Dataset, budget: float) -> int:
        """Return M; a budget below 1 is a share of the training users."""
        return int(budget) if budget >= 1 else max(1, round(budget * len(dataset.train_users)))

    def random_factors(
        self, n_sequences: int, n_items: int, width: int, form: str, generator: torch.Generator
    ) -> dict[str, Tensor]:
        """Return the factors that learning starts from (section 2.1)."""

        def normal(*shape: int, std: float = INITIAL_STD) -> Tensor:
            return std * torch.randn(*shape, generator=generator, device=generator.device)

        if form == "dense":
            return {"logits": normal(n_sequences, self.length, n_items)}
        if form == "latent":
            return {"latent": normal(n_sequences, self.length, width)}
        fan_in = self.rank_times * width  # Kaiming's, of a tensor whose first axis is the output
        return {
            "core": normal(self.rank_users, self.rank_times, width, std=(2 / fan_in) ** 0.5),
            "users": normal(n_sequences, self.rank_users),
            "times": normal(self.length, self.rank_times),
        }

    def finished(
        self, dataset: Dataset, sequences: SoftSequences, start: NDArray[np.float32] | None
    ) -> Dataset:
        """Return the data set whose training sequences are soft, with what learners start from.

        Args:
            dataset: the full data.
            sequences: what is trained on.
            start: item vectors [n_items, d]; ``strict`` leaves them behind.
        """
        table = None
        if start is not None and self.edition != "strict":
            table = ItemTable(start, frozen=self.edition == "frozen")
        return replace(
            dataset,
            train=dataset.train.where([]),
            known=dataset.known_rows,
            soft_sequences=sequences,
            item_table=table,
        )

    def facts(
        self, dataset: Dataset, condensed: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Return how many numbers are learned; tables are counted in the set's bytes."""
        made = condensed.soft_sequences
        return {} if made is None else {"stored_learned": float(made.n_learned)}


@dataclass(frozen=True)
class RandomSoftSequences(SoftSequenceCondenser):
    """Soft sequences of random Tucker factors: TD3 without learning, all it ships included.

    Both bring along what the full-data model knows of the items; what learning adds to that is
    the difference between the two.
    """

    VERSION: ClassVar[int] = 1
    scale: float = 1.0
    """Factor of the logits; at 1, where TD3 starts, all distributions are nearly uniform."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        require(
            0 < self.scale < np.inf,
            f"random-soft-sequences: scale: found {self.scale}, expected above 0",
        )

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Draw the factors; the table comes from the full-data model."""
        place = resolve_device(device)
        full = self.full_model(dataset, seed, place)
        table = full.table.cpu().numpy()
        generator = torch.Generator().manual_seed(seed)
        n = self.n_sequences(dataset, budget)
        drawn = self.random_factors(n, dataset.n_items, table.shape[1], "tucker", generator)
        factors = {name: each.numpy() for name, each in drawn.items()}
        factors["core"] = factors["core"] * self.scale
        return self.finished(dataset, SoftSequences(factors, table), table)
