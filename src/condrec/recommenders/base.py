"""What every recommender offers: a configuration that fits, a fitted model that scores."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from condrec.datasets import (
    Dataset,
    Interactions,
    Ragged,
    SparseMatrix,
    known_matrix,
    known_sequences,
)
from condrec.evaluation import full_metrics, listed_metrics, mean_metrics, next_item_metrics

SELECTORS = ("HR@100", "NDCG@10", "Recall@10")
"""Validation metrics that may select a model under the full protocol; the first is the default,
the published choice (fact sheet Distill-CF, section 3.2)."""

VALIDATED = 1500
"""Users that a validation inside a fit looks at, at most: choices are cheap and stay the same."""


@dataclass(frozen=True)
class TrainingLog:
    """How a fit went.

    Args:
        curve: one row an epoch: epoch, seconds since the start, loss, and the validation score the
            model is selected by (:func:`validation_score`).  A model that is solved rather than
            trained has a row for every regulariser it tried, given as the loss.
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


class FullRanker:
    """A fitted model that scores the whole catalogue for users known by their items.

    Sub-classes implement :meth:`score_users`; single rows are scored through it.
    """

    log: TrainingLog

    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.floating]:
        """Return a score for every item.

        Args:
            users: ids, shape [b]; models that know no ids ignore them.
            known: what is known of these users, binary, shape [b, n_items].

        Returns:
            Shape [b, n_items], higher is better; known items are scored like any other.
        """
        raise NotImplementedError

    def score_next(
        self, users: NDArray[np.int64], known: SparseMatrix, sequences: Ragged
    ) -> NDArray[np.floating]:
        """Return a score for every item as the next of a user, shape [b, n_items].

        Args:
            users: ids, shape [b].
            known: what is known of them, binary, shape [b, n_items].
            sequences: the same in its order, oldest first, b lists; models that read no order
                ignore it.
        """
        return self.score_users(users, known)

    def score(self, dataset: Dataset, rows: Interactions) -> NDArray[np.float64]:
        """Return one score a row, shape [n_rows]; users are known by ``dataset.known_rows``."""
        users, place = np.unique(rows.user, return_inverse=True)
        known, sequences = known_matrix(dataset), known_sequences(dataset)
        scores = np.empty(len(rows))
        # Few users at a time: a row may belong to any of them.
        for start in range(0, len(users), 1024):
            here = (place >= start) & (place < start + 1024)
            some = users[start : start + 1024]
            table = self.score_next(some, known[some], sequences.take(some))
            scores[here] = table[place[here] - start, rows.item[here]]
        return scores


def selected_by(dataset: Dataset, model: Any = None) -> str:
    """Return the name of the validation metric a model is selected by.

    Args:
        dataset: under the listed protocol the metric is NDCG@5, whatever the model says.
        model: a configuration; one without ``select_on`` uses the first of :data:`SELECTORS`.
    """
    if dataset.protocol != "full":
        return "NDCG@5"
    return str(getattr(model, "select_on", SELECTORS[0]))


def validated_users(dataset: Dataset, seed: int) -> NDArray[np.int64]:
    """Return the users a validation looks at: those with a positive, at most :data:`VALIDATED`."""
    users = np.unique(dataset.validation.positives.user)
    if len(users) <= VALIDATED:
        return users
    return np.sort(np.random.default_rng([seed, 37]).choice(users, VALIDATED, replace=False))


def validation_score(fitted: Any, dataset: Dataset, seed: int, metric: str = SELECTORS[0]) -> float:
    """Return a model's validation score, a mean over validated users.

    Args:
        fitted: the model.
        dataset: its validation rows are ranked; see :func:`selected_by`.
        seed: breaks ties, and draws the validated users where there are many.
        metric: one of :data:`SELECTORS`; read under the full protocol only.
    """
    if dataset.next_item:
        name, _, k = metric.partition("@")
        found = next_item_metrics(fitted.score_next, dataset, "validation", (int(k),), seed)["full"]
        # With one held-out item every share of what is found is a hit.
        name = {"HR": "Hit", "Recall": "Hit"}.get(name, name)
        return float(found.values[f"{name}@{k}"].mean())
    if dataset.protocol == "full":
        users = validated_users(dataset, seed)
        result = full_metrics(
            *(fitted.score_users, dataset, "validation"),
            ks=(int(metric.partition("@")[2]),),
            seed=seed,
            with_auc=False,
            users=users,
        )
        return float(result.values[metric][users].mean())
    scores = fitted.score(dataset, dataset.validation)
    return mean_metrics(listed_metrics(scores, dataset.validation, ks=(5,), seed=seed))["NDCG@5"]


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
