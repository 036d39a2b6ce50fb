"""The full-data model that TD3 and its rivals start from: weights of every epoch, and the best."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from condrec.condensers.shared_work import fingerprint, load_or_make
from condrec.condensers.unrolled import Learner
from condrec.datasets import Dataset
from condrec.recommenders.sequence import SequenceConfig
from condrec.recommenders.sequence_model import SequenceModel


@dataclass(frozen=True, eq=False)
class Pretrained:
    """A model trained on the full data.

    Args:
        model: it, with the weights of the best validation.
        checkpoints: weights after each of the first epochs, shape [n_kept, P].
        n_epochs: epochs run.
        seconds: of the training.
    """

    model: SequenceModel
    checkpoints: Tensor
    n_epochs: int
    seconds: float

    @property
    def table(self) -> Tensor:
        """The best model's item vectors V, shape [n_items, d]."""
        return self.model.items.weight.detach()


def pretrained(
    dataset: Dataset, config: SequenceConfig, n_kept: int, seed: int, device: str
) -> Pretrained:
    """Train a sequence model on the full data, or load it: all that start from it share it.

    Args:
        dataset: a leave-one-out split.
        config: the model.
        n_kept: how many first epochs' weights are kept; fewer if training stops before.
        seed: of its training.
        device: ``cpu`` or ``cuda``.
    """

    def make() -> dict[str, Any]:
        kept: list[np.ndarray] = []

        def keep(number: int, model: SequenceModel) -> None:
            if number <= n_kept:
                kept.append(Learner(model).flat().cpu().numpy())

        fitted = config.fit(dataset, seed, device, keep)
        return {
            "best": Learner(fitted.model).flat().cpu().numpy(),
            "checkpoints": np.stack(kept),
            "n_epochs": fitted.log.epochs,
            "seconds": fitted.log.seconds,
        }

    parts = ["pretrained", config.NAME, config.VERSION, asdict(config), n_kept, seed, device]
    stored = load_or_make("pretrained", [*parts, fingerprint(dataset)], make)
    with torch.random.fork_rng(devices=[]):  # its random weights are overwritten
        model = config.build(dataset.n_items).to(device)
    Learner(model).load(torch.from_numpy(stored["best"]).to(device))
    return Pretrained(
        model.eval(),
        torch.from_numpy(stored["checkpoints"]).to(device),
        int(stored["n_epochs"]),
        float(stored["seconds"]),
    )
