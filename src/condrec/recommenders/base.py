"""What every recommender offers: a configuration that fits, a fitted model that scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import Dataset, Interactions


@dataclass(frozen=True)
class TrainingLog:
    """How a fit went.

    Args:
        curve: one row an epoch: epoch, seconds since the start, loss, validation NDCG@5.
        epochs: epochs run.
        seconds: wall-clock seconds of the whole fit, validation included.
    """

    curve: list[dict[str, float]] = field(default_factory=list)
    epochs: int = 0
    seconds: float = 0.0


class Fitted(Protocol):
    """A trained model."""

    log: TrainingLog

    def score(self, dataset: Dataset, rows: Interactions) -> NDArray[np.float64]:
        """Return one score a row, higher is better, shape [n_rows].

        Histories and item texts come from ``dataset``, users and items from ``rows``.
        """
        ...


class Recommender(Protocol):
    """A configuration of a model: a frozen dataclass whose fields are its parameters."""

    VERSION: int

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> Any:
        """Train on ``dataset.train``, stop early on ``dataset.validation``."""
        ...


def resolve_device(device: str) -> str:
    """Return ``cpu`` or ``cuda`` for ``auto``, ``cpu`` or ``cuda``; refuse a missing GPU."""
    import torch

    from condrec.errors import CondrecError, unknown_name

    if device not in ("auto", "cpu", "cuda"):
        raise unknown_name("device", device, ("auto", "cpu", "cuda"))
    has_gpu = torch.cuda.is_available()
    if device == "cuda" and not has_gpu:
        raise CondrecError("device cuda: found no CUDA GPU; choose --device cpu or auto")
    return ("cuda" if has_gpu else "cpu") if device == "auto" else device
