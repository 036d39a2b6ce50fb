"""Distill-CF: learn a few soft users through the infinitely wide autoencoder.

Sachdeva et al. 2022, "Infinite Recommendation Networks: A Data-Centric Approach"; sections are
those of the fact sheet Distill-CF.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from condrec.condensers.base import Condenser, check_budget
from condrec.condensers.distill_cf_algebra import (
    GUMBELS,
    clipped_softmaxes,
    kernels,
    multinomial_loss,
    projected,
)
from condrec.condensers.shared_work import fingerprint, load_or_make
from condrec.condensers.soft import binarised, soft_dataset
from condrec.datasets import Dataset, SoftUsers, SparseMatrix, interaction_matrix
from condrec.errors import CondrecError
from condrec.processes import progress
from condrec.recommenders import InfiniteAE, TrainingLog, resolve_device
from condrec.settings import require


@dataclass(frozen=True)
class DistillCF(Condenser):
    """Soft users X learned so that the autoencoder fitted on them predicts the real users.

    ``as_published``: repeated pairs of the data count twice, one of the Gumbel samples is drawn
    twice (an indexing slip of the code), and the first lambda is the one that suits the real rows
    the logits start from.  ``strict``: binary data, independent samples, and the first lambda is
    the one that suits a sample.
    """

    VERSION: ClassVar[int] = 1
    n_samples: int = 200
    """Gumbel samples a soft user is the clipped sum of (gamma, `num_per_user`)."""
    tau: float = 10.0
    """Temperature of the softmax over items."""
    gumbel: str = "shared"
    """Gumbel noise: one draw a sample for all soft users (``shared``: each user's marginal is the
    same, at the cost of two matrix products), one a user (``independent``: what the official
    code does) or ``none`` (the limit of many samples at a high temperature)."""
    cardinality: float = 0.001
    """Weight of the mean row sum of X, in units of the real users' mean."""
    score_scale: float = 1.0
    """Factor of the scores inside the softmax of the loss; 1 as published.  The scores are sums
    of weights between 0 and 1, so that at 1 the softmax over thousands of items stays flat."""
    outer_dropout: float = 0.0
    """Share of the input interactions hidden from the autoencoder at each step; 0 as published."""
    start_scale: float = 1.0
    """Logit of a liked item in the real rows that Z starts from."""
    outer_learning_rate: float = 0.04
    """Adam's rate."""
    outer_lambda: float | None = None
    """Regulariser while learning; None takes the best of the last validation, as published."""
    steps: int = 500
    """Adam steps at most."""
    outer_batch_size: int = 0
    """Real users a step; 0 takes all, as the official code does."""
    validation_interval: int = 25
    """Steps between validations."""
    outer_patience: int = 150
    """Steps without a better validation before the search stops."""
    kernel_depth: int = 1
    """Hidden layers of the autoencoder."""
    top: int = 0
    """Keep the items of largest weight of each soft user as plain interactions; 0 keeps weights."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        for name in ("n_samples", "steps", "validation_interval", "kernel_depth"):
            found = getattr(self, name)
            require(found >= 1, f"distill-cf: {name}: found {found}, expected at least 1")
        for name in ("tau", "outer_learning_rate", "start_scale", "score_scale"):
            found = getattr(self, name)
            require(0 < found < np.inf, f"distill-cf: {name}: found {found}, expected above 0")
        require(
            self.outer_lambda is None or 0 < self.outer_lambda < np.inf,
            f"distill-cf: outer_lambda: found {self.outer_lambda}, expected above 0",
        )
        for name in ("outer_batch_size", "outer_patience", "cardinality", "top"):
            found = getattr(self, name)
            require(found >= 0, f"distill-cf: {name}: found {found}, expected at least 0")
        require(
            0 <= self.outer_dropout < 1,
            f"distill-cf: outer_dropout: found {self.outer_dropout}, expected [0, 1)",
        )
        require(
            self.content == "original",
            f"distill-cf: content: found {self.content!r}, soft users have no texts to condense",
        )
        require(
            self.gumbel in GUMBELS,
            f"distill-cf: gumbel: found {self.gumbel!r}, expected one of {GUMBELS}",
        )

    def prepare(
        self, dataset: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Learn the soft users, which all learners share; see :meth:`Condenser.prepare`."""
        stored = self._load_or_learn(
            dataset, check_budget(dataset, budget, self.unit), seed, device
        )
        steps = float(stored["steps"])
        return {"outer_steps": steps, "inner_steps": 1.0, "seconds": float(stored["seconds"])}

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Learn the soft users; a budget below 1 is a share of the training users."""
        require(
            self.top <= dataset.n_items,
            f"distill-cf: top: found {self.top}, expected at most the {dataset.n_items} items",
        )
        stored = self._load_or_learn(dataset, budget, seed, device)
        users = SoftUsers(stored["matrix"], stored["logits"])
        return soft_dataset(dataset, binarised(users, self.top) if self.top else users)

    def _load_or_learn(
        self, dataset: Dataset, budget: float, seed: int, device: str
    ) -> dict[str, NDArray[Any]]:
        """Return what was learned, kept in the folder of runs: several learners train on it."""
        plain = asdict(replace(self, top=0))
        parts = ["distill-cf", self.VERSION, InfiniteAE.VERSION, plain, budget, seed, device]

        def learn() -> dict[str, Any]:
            learned, log = self.learn(dataset, budget, seed, device)
            assert learned.soft is not None
            return {
                "matrix": learned.soft.matrix,
                "logits": learned.soft.logits,
                "steps": log.epochs,
                "seconds": log.seconds,
            }

        return load_or_make("soft-users", [*parts, fingerprint(dataset)], learn)

    def learn(
        self, dataset: Dataset, budget: float, seed: int, device: str = "cpu"
    ) -> tuple[Dataset, TrainingLog]:
        """Return the data set of soft users and how the search went.

        Args:
            dataset: interactions under the full protocol.
            budget: number of soft users, or a share of the training users.
            seed: fixes start, noise and batches.
            device: ``auto``, ``cpu`` or ``cuda``.

        Returns:
            The sample X of the best validation with its logits Z, and a log with one row a
            validation: step, seconds (validation left out), loss and validation score.
        """
        require(
            dataset.protocol == "full" and dataset.soft is None,
            f"distill-cf: found {dataset.name} under protocol {dataset.protocol}, expected "
            "interactions ranked over the full catalogue; load the data set as implicit feedback",
        )
        place = resolve_device(device)
        generator = torch.Generator(place).manual_seed(seed)
        rng = np.random.default_rng([seed, 43])
        published = self.edition == "as_published"
        shape = (dataset.n_users, dataset.n_items)
        real = interaction_matrix(dataset.train, *shape, counts=published)
        users = dataset.train_users
        n_soft = int(budget) if budget >= 1 else max(1, round(budget * len(users)))
        first = real[np.sort(rng.permutation(users)[:n_soft])].toarray()
        logits = torch.tensor(first * self.start_scale, device=place, requires_grad=True)
        optimizer = torch.optim.Adam([logits], lr=self.outer_learning_rate)
        batches = _batches(users, self.outer_batch_size, rng)
        with torch.no_grad():
            # The code takes Z itself for the first lambda, the real rows it starts from.
            start_from = logits if published else self.draw(logits, generator)
        strength = self._best_lambda(_soft(dataset, start_from), seed, device)[0]

        start, paused = time.perf_counter(), 0.0
        curve: list[dict[str, float]] = []
        best = (-1.0, logits, logits)
        best_step = 0
        for step in progress(range(1, self.steps + 1), "distill-cf, outer steps"):
            weights = self.draw(logits, generator)
            target = real[next(batches)]
            given = _hide(target, self.outer_dropout, rng)
            loss = self.loss(
                weights, target, given, self.outer_lambda or strength, real.sum() / len(users)
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % self.validation_interval and step != self.steps:
                continue
            before = time.perf_counter()
            if not np.isfinite(loss.item()):
                raise CondrecError(
                    f"distill-cf: loss {loss.item()} in step {step}; lower outer_learning_rate"
                )
            with torch.no_grad():
                weights = self.draw(logits, generator)
            strength, score = self._best_lambda(_soft(dataset, weights), seed, device)
            paused += time.perf_counter() - before
            curve.append(
                {
                    "epoch": step,
                    "seconds": time.perf_counter() - start - paused,
                    "loss": loss.item(),
                    "validation": score,
                }
            )
            if score > best[0]:
                best, best_step = (score, weights, logits.detach().clone()), step
            elif step - best_step >= self.outer_patience:
                break
        log = TrainingLog(curve, step, time.perf_counter() - start)
        return _soft(dataset, best[1], best[2]), log

    def draw(self, logits: Tensor, generator: torch.Generator) -> Tensor:
        """Return a sample X of soft users from their logits, see :func:`clipped_softmaxes`."""
        return clipped_softmaxes(
            *(logits, self.tau, self.n_samples, self.gumbel, generator),
            first_twice=self.edition == "as_published",
        )

    def loss(
        self,
        weights: Tensor,
        target: SparseMatrix,
        given: SparseMatrix,
        strength: float,
        mean_row: float,
    ) -> Tensor:
        """Return the multinomial loss of real users plus the cardinality term (section 2.2).

        Args:
            weights: X, shape [n_soft, n_items].
            target: rows of real users to predict, shape [b, n_items].
            given: the same rows as the autoencoder sees them.
            strength: lambda.
            mean_row: mean interactions of a real user.
        """
        kernel, queries = kernels(weights, given, self.kernel_depth)
        scores = self.score_scale * (projected(kernel, queries, strength) @ weights)
        size = weights.sum(1).mean() / mean_row
        return multinomial_loss(scores, target) + self.cardinality * size

    def _best_lambda(self, dataset: Dataset, seed: int, device: str) -> tuple[float, float]:
        """Return the lambda of the best validation score, and the score."""
        curve = InfiniteAE(depth=self.kernel_depth).fit(dataset, seed, device).log.curve
        best = max(curve, key=lambda row: row["validation"])
        return best["loss"], best["validation"]


def _soft(dataset: Dataset, weights: Tensor, logits: Tensor | None = None) -> Dataset:
    matrix, z = (None if x is None else x.detach().cpu().numpy() for x in (weights, logits))
    assert matrix is not None
    return soft_dataset(dataset, SoftUsers(matrix.clip(0, 1), z))


def _batches(
    users: NDArray[np.int64], size: int, rng: np.random.Generator
) -> Iterator[NDArray[np.int64]]:
    """Yield batches of users for ever, every user once a pass; 0 takes all users."""
    if not 0 < size < len(users):
        while True:
            yield users
    while True:
        order = rng.permutation(users)
        for start in range(0, len(users) - size + 1, size):
            yield np.sort(order[start : start + size])


def _hide(rows: SparseMatrix, share: float, rng: np.random.Generator) -> SparseMatrix:
    """Return the rows with a random share of their entries left out."""
    if not share:
        return rows
    kept = rows.copy()
    kept.data *= rng.random(len(kept.data)) >= share
    kept.eliminate_zeros()
    return kept
