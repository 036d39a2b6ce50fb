"""Training by epochs with early stopping on validation, shared by the models of gradient steps."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np
import torch

from condrec.datasets import Dataset
from condrec.errors import CondrecError
from condrec.processes import progress
from condrec.recommenders.base import SELECTORS, FullRanker, TrainingLog, validation_score
from condrec.settings import require

Ranker = TypeVar("Ranker", bound=FullRanker)


@dataclass(frozen=True)
class EpochConfig:
    """Settings of training by epochs with Adam."""

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = ""
    epochs: int = 200
    """Passes over the training data at most."""
    batch_size: int = 4096
    """Training examples a step."""
    learning_rate: float = 1e-3
    """Adam's rate."""
    patience: int = 5
    """Validations in a row without a better score before training stops."""
    validate_every: int = 5
    """Epochs between validations; the last epoch is always validated."""
    select_on: str = SELECTORS[0]
    """Validation metric that selects the weights under the full protocol: one of ``SELECTORS``."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        self.require_at_least(1, "epochs", "batch_size", "patience", "validate_every")
        self.require_at_least(0, "learning_rate")
        require(self.learning_rate > 0, f"{self.NAME}: learning_rate: found 0, expected above 0")
        require(
            self.select_on in SELECTORS,
            f"{self.NAME}: select_on: found {self.select_on!r}, expected one of "
            f"{', '.join(SELECTORS)}",
        )

    def require_at_least(self, least: int, *names: str) -> None:
        """Refuse fields that are below ``least`` or not finite."""
        for name in names:
            found = getattr(self, name)
            require(
                least <= found < np.inf,
                f"{self.NAME}: {name}: found {found}, expected at least {least}",
            )


def fit_by_epochs(
    config: EpochConfig,
    dataset: Dataset,
    seed: int,
    model: torch.nn.Module,
    epoch: Callable[[int], float],
    fitted: Callable[[TrainingLog], Ranker],
) -> Ranker:
    """Train until validation stops improving and return the model of the best validation.

    Args:
        config: epochs, patience, how often to validate and by which metric.
        dataset: its validation rows select the weights.
        seed: breaks ties of the validation lists.
        model: what is trained; its best weights are restored at the end.
        epoch: trains the epoch of that number (from 1) and returns the mean loss.
        fitted: makes the ranker of the model's present weights.

    Raises:
        CondrecError: no positive validation row, or a loss that is not finite.
    """
    if not len(dataset.validation.positives):
        raise CondrecError(
            f"{dataset.name}: found no positive validation row, early stopping needs one; "
            "choose a larger budget"
        )
    start = time.perf_counter()
    curve: list[dict[str, float]] = []
    best, missed, state = -np.inf, 0, copy.deepcopy(model.state_dict())
    for number in progress(range(1, config.epochs + 1), f"{config.NAME}, epochs"):
        model.train()
        loss = epoch(number)
        if not np.isfinite(loss):
            raise CondrecError(
                f"training diverged: loss {loss} in epoch {number}; lower learning_rate"
            )
        score = np.nan
        if number % config.validate_every == 0 or number == config.epochs:
            model.eval()
            score = validation_score(fitted(TrainingLog()), dataset, seed, config.select_on)
            missed = 0 if score > best else missed + 1
            if score > best:
                best, state = score, copy.deepcopy(model.state_dict())
        seconds = time.perf_counter() - start
        curve.append({"epoch": number, "seconds": seconds, "loss": loss, "validation": score})
        if missed >= config.patience:
            break
    model.load_state_dict(state)
    model.eval()
    return fitted(TrainingLog(curve, len(curve), time.perf_counter() - start))
