"""User embeddings z_u of a model trained on the full data, kept on disk between runs."""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from condrec import paths
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
) -> dict[str, NDArray[np.float64]]:
    config = recommender(encoder)
    parts = [encoder, config.VERSION, asdict(config), seed, device, fingerprint(dataset)]
    key = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
    path = paths.runs() / "encoders" / f"{key}.npz"
    if not path.exists():
        start = time.perf_counter()
        fitted = config.fit(dataset, seed, device)
        z = fitted.user_vectors(dataset)
        seconds = time.perf_counter() - start
        steps = fitted.log.epochs * -(-len(dataset.train.positives) // config.batch_size)
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(f".{os.getpid()}.tmp.npz")
        np.savez(aside, z=z, seconds=seconds, gradient_steps=steps)
        os.replace(aside, path)
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def fingerprint(dataset: Dataset) -> str:
    """Return a hash of everything in the data that a model sees while it trains."""
    digest = hashlib.sha256()
    arrays = [dataset.histories.values, dataset.histories.offsets]
    arrays += [] if dataset.tokens is None else [dataset.tokens.values, dataset.tokens.offsets]
    for rows in (dataset.train, dataset.validation):
        arrays += [rows.user, rows.item, rows.label]
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
