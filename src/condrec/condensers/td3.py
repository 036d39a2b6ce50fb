"""TD3: learn a few soft sequences, stored as Tucker factors, through unrolled training.

Zhang et al. 2025, "TD3: Tucker Decomposition Based Dataset Distillation Method for Sequential
Recommendation"; sections are those of the fact sheet TD3.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from condrec.condensers.base import check_budget
from condrec.condensers.shared_work import fingerprint, load_or_make
from condrec.condensers.soft_sequences import SoftSequenceCondenser
from condrec.condensers.td3_search import Search
from condrec.datasets import Dataset, SoftSequences
from condrec.recommenders import TrainingLog, resolve_device
from condrec.recommenders.sequence_model import SOFT_TARGETS
from condrec.settings import require

FORMS = ("tucker", "dense", "latent")
STARTS = ("checkpoints", "untrained")
TRUNCATIONS = ("random", "last", "full")


@dataclass(frozen=True)
class TD3(SoftSequenceCondenser):
    """Soft sequences X learned so that a model trained on them predicts the real users.

    ``as_published`` reloads the inner learner once an epoch, so that warm-up steps add up, starts
    the window's batches anew, trains and validates with dropout, and lets the item vectors drift
    through validations and into the test (section 4, points 1 to 5, 10).  The other editions take
    a fresh learner every outer step; ``strict`` a random one, they an epoch's checkpoint.
    """

    VERSION: ClassVar[int] = 1
    form: str = "tucker"
    """How X is stored: Tucker factors, ``dense`` logits, or a ``latent`` tensor with a decoder that
    is learned too (Farzi)."""
    outer_epochs: int = 30
    """Passes over the real data."""
    outer_batch_size: int = 4096
    """Next items of real users a step, roughly: whole windows are taken."""
    outer_learning_rate: float = 0.03
    """Adam's rate for the factors; it falls to 0 by a cosine."""
    outer_weight_decay: float = 1e-4
    """Adam's weight decay for the factors."""
    clip_norm: float = 1.0
    """Longest gradient of the factors."""
    inner_steps: int = 200
    """Steps of the inner learner at most, warm-up and window together."""
    window: int = 40
    """Last steps that are differentiated through (W)."""
    truncation: str = "random"
    """Where the window lies: after a ``random`` number of steps, the ``last`` steps, or ``full``:
    every step is in it."""
    inner_batch_size: int = 15
    """Soft sequences a step, consecutive blocks in turn."""
    inner_learning_rate: float = 5e-3
    """Adam's rate of the inner learner."""
    inner_weight_decay: float = 5e-5
    """Adam's weight decay of the inner learner."""
    alignment: float = 1.0
    """Weight of the squared distance to the full-data model's vectors (section 2.4)."""
    targets: str = "cut"
    """What inner steps predict: the ``last`` position, a random earlier one too (``cut``, section
    2.3), or ``all`` positions."""
    start: str = "checkpoints"
    """What an inner learner starts from: the full-data model after a random epoch, or, as learners
    of the finished sequences do, an ``untrained`` encoder; always that in ``strict``."""
    earliest: int = 5
    """First epoch of the full-data model that an inner learner may start from; the last is the
    30th, or where training stopped before (section 4, point 12)."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        for name in ("outer_epochs", "outer_batch_size", "inner_batch_size", "window", "earliest"):
            found = getattr(self, name)
            require(found >= 1, f"td3: {name}: found {found}, expected at least 1")
        for name in ("outer_learning_rate", "inner_learning_rate", "clip_norm"):
            found = getattr(self, name)
            require(0 < found < np.inf, f"td3: {name}: found {found}, expected above 0")
        for name in ("outer_weight_decay", "inner_weight_decay", "alignment"):
            found = getattr(self, name)
            require(0 <= found < np.inf, f"td3: {name}: found {found}, expected at least 0")
        for name, known in (
            ("form", FORMS),
            ("truncation", TRUNCATIONS),
            ("start", STARTS),
            ("targets", SOFT_TARGETS),
        ):
            found = getattr(self, name)
            require(found in known, f"td3: {name}: found {found!r}, expected one of {known}")
        require(
            self.inner_steps >= self.window,
            f"td3: inner_steps: found {self.inner_steps}, expected at least window {self.window}",
        )

    def prepare(
        self, dataset: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Learn the sequences, which all learners share; see :meth:`Condenser.prepare`."""
        stored = self._load_or_learn(
            dataset, check_budget(dataset, budget, self.unit), seed, device
        )
        names = ("outer_steps", "inner_steps", "gradient_steps", "seconds", "seconds_pretrain")
        return {name: float(stored[name]) for name in names}

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Learn the sequences."""
        stored = self._load_or_learn(dataset, budget, seed, device)
        names = ("core", "users", "times", "latent", "logits")
        factors = {name: stored[name] for name in names if name in stored}
        sequences = SoftSequences(factors, stored.get("table"))
        return self.finished(dataset, sequences, stored.get("start"))

    def _load_or_learn(
        self, dataset: Dataset, budget: float, seed: int, device: str
    ) -> dict[str, NDArray[Any]]:
        """Return what was learned, kept in the folder of runs."""
        device, model = resolve_device(device), self.model()
        parts = [
            "td3",
            TD3.VERSION,
            self.VERSION,
            model.VERSION,
            asdict(self),
            budget,
            seed,
            device,
        ]

        def learn() -> dict[str, Any]:
            learned, _, cost = self.learn(dataset, budget, seed, device)
            made = learned.soft_sequences
            assert made is not None
            tables = {} if made.table is None else {"table": made.table}
            if learned.item_table is not None:
                tables["start"] = learned.item_table.values
            return {**made.factors, **tables, **cost}

        return load_or_make("soft-sequences", [*parts, fingerprint(dataset)], learn)

    def learn(
        self, dataset: Dataset, budget: float, seed: int, device: str = "cpu"
    ) -> tuple[Dataset, TrainingLog, dict[str, float]]:
        """Return the data set of soft sequences, how the search went, and what it cost.

        Args:
            dataset: a leave-one-out split.
            budget: number of sequences, or a share of the training users.
            seed: fixes the full-data model, the start and every draw.
            device: ``auto``, ``cpu`` or ``cuda``.

        Returns:
            The sequences of the best validation; a log with one row an epoch (validation left out
            of its seconds); outer, inner and gradient steps and seconds.

        Raises:
            CondrecError: another split, or an inner or outer loss that is not finite.
        """
        place = resolve_device(device)
        full = self.full_model(dataset, seed, place)
        gpus = [torch.cuda.current_device()] if place == "cuda" else []
        # cuDNN's recurrences have no second derivative; torch's own have.
        with torch.random.fork_rng(devices=gpus), torch.backends.cudnn.flags(enabled=False):
            torch.manual_seed(seed)
            return Search(self, dataset, full, budget, seed, place).run()


@dataclass(frozen=True)
class Farzi(TD3):
    """A latent tensor times a decoder, both learned, through the same outer loop.

    Sachdeva et al. 2023, "Farzi Data: Autoregressive Data Distillation", in the form that TD3's
    code compares itself with (fact sheet TD3, section 2.6).
    """

    VERSION: ClassVar[int] = 1
    form: str = "latent"
    """How X is stored, see :class:`TD3`."""
