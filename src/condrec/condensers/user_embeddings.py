"""User embeddings z_u of a model trained on the full data, kept on disk between runs."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from condrec.condensers.shared_work import fingerprint, load_or_make
from condrec.datasets import Dataset
from condrec.recommenders import recommender


def user_embeddings(
    dataset: Dataset, encoder: str, seed: int, device: str = "cpu"
) -> NDArray[np.float64]:
    """Return the user vectors of ``encoder`` trained on ``dataset`` (Wu et al. 2023, Eq. 4).

    Training the encoder is the costliest part of TF-DCon, and a grid condenses with the same
    encoder many times, so the vectors are kept in the folder of runs.

    Returns:
        Shape [n_users, hidden size].
    """
    return _load_or_train(dataset, encoder, seed, device)["z"]


def encoder_cost(
    dataset: Dataset, encoder: str, seed: int, device: str = "cpu"
) -> dict[str, float]:
    """Return the ``seconds`` and ``gradient_steps`` it took to train the encoder once."""
    stored = _load_or_train(dataset, encoder, seed, device)
    return {name: float(stored[name]) for name in ("seconds", "gradient_steps")}


def _load_or_train(
    dataset: Dataset, encoder: str, seed: int, device: str
) -> dict[str, NDArray[Any]]:
    config = recommender(encoder)

    def train() -> dict[str, Any]:
        start = time.perf_counter()
        fitted = config.fit(dataset, seed, device)
        z = fitted.user_vectors(dataset)
        seconds = time.perf_counter() - start
        steps = fitted.log.epochs * -(-len(dataset.train.positives) // config.batch_size)
        return {"z": z, "seconds": seconds, "gradient_steps": steps}

    parts = [encoder, config.VERSION, asdict(config), seed, device, fingerprint(dataset)]
    return load_or_make("encoders", parts, train)
