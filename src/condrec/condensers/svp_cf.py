"""SVP-CF: keep what a proxy model finds hard.

Sachdeva, Wu, McAuley 2022, "On Sampling Collaborative Filtering Datasets" (WSDM).  The paper is
not among our sources; this is our reading of its idea, selection via proxy: the importance of an
interaction is how badly a small matrix factorisation ranks it against random items, averaged
over the epochs of its training, and the most important ones are kept.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from condrec.condensers.base import (
    Condenser,
    keep_users,
    keep_users_in_order,
    n_interactions,
)
from condrec.datasets import Dataset
from condrec.settings import require

LEVELS = ("users", "interactions")
FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class SVPCF(Condenser):
    """The interactions, or the users, that a proxy model ranks worst over its training."""

    VERSION: ClassVar[int] = 1
    unit: ClassVar[str] = "interactions"
    level: str = "interactions"
    """``interactions`` keeps single positives; ``users`` whole users by their mean importance,
    the last one cut to the budget."""
    proxy_epochs: int = 10
    """Passes of the proxy over the positives."""
    proxy_embedding_size: int = 16
    """Length of the proxy's vectors."""
    proxy_learning_rate: float = 0.02
    """Adam's rate."""
    proxy_batch_size: int = 8192
    """Positives a step."""
    proxy_negatives: int = 20
    """Random items an interaction is ranked against at the end of an epoch."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        require(self.level in LEVELS, f"level: found {self.level!r}, expected one of {LEVELS}")
        for name in ("proxy_epochs", "proxy_embedding_size", "proxy_batch_size", "proxy_negatives"):
            found = getattr(self, name)
            require(found >= 1, f"svp-cf: {name}: found {found}, expected at least 1")
        require(
            self.proxy_learning_rate > 0,
            f"svp-cf: proxy_learning_rate: found {self.proxy_learning_rate}, expected above 0",
        )

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Keep the most important positives, or users."""
        likes = np.flatnonzero(dataset.train.label == 1)
        target = n_interactions(dataset, budget)
        hard = importance(self, dataset, seed)
        # Equal importances fall in a random order.
        order = np.random.default_rng([seed, 59]).permutation(len(likes))
        if self.level == "users":
            user = dataset.train.user[likes]
            sums = np.bincount(user, weights=hard, minlength=dataset.n_users)
            users = np.random.default_rng([seed, 59]).permutation(dataset.train_users)
            mean = sums[users] / np.bincount(user, minlength=dataset.n_users)[users]
            ranked = users[np.argsort(-mean, kind="stable")]
            return keep_users_in_order(dataset, ranked, target / (len(likes) + 1e-9))
        kept = likes[order[np.argsort(-hard[order], kind="stable")[:target]]]
        users = np.unique(dataset.train.user[kept])
        dislikes = np.flatnonzero((dataset.train.label == 0) & np.isin(dataset.train.user, users))
        rows = np.sort(np.concatenate([kept, dislikes]))
        return replace(keep_users(dataset, users), train=dataset.train.where(rows))


def importance(config: SVPCF, dataset: Dataset, seed: int) -> FloatArray:
    """Return 1 - AUC of every training positive, averaged over the proxy's epochs.

    The proxy is a matrix factorisation trained with the pairwise loss of Rendle et al. 2009 on
    one uniform negative a positive.

    Returns:
        Shape [n_positives], in row order; 0 ranked above every drawn item, 1 below all.
    """
    rows = dataset.train.positives
    user, item = torch.from_numpy(rows.user), torch.from_numpy(rows.item)
    draw = torch.Generator().manual_seed(seed)
    size = config.proxy_embedding_size
    vectors = [
        (0.1 * torch.randn(n, size, generator=draw)).requires_grad_()
        for n in (dataset.n_users, dataset.n_items)
    ]
    bias = torch.zeros(dataset.n_items, requires_grad=True)
    optimizer = torch.optim.Adam([*vectors, bias], lr=config.proxy_learning_rate, fused=True)

    def score(u: torch.Tensor, i: torch.Tensor) -> torch.Tensor:
        return (vectors[0][u] * vectors[1][i]).sum(-1) + bias[i]

    total = torch.zeros(len(rows))
    for _ in range(config.proxy_epochs):
        for batch in torch.randperm(len(rows), generator=draw).split(config.proxy_batch_size):
            negative = torch.randint(dataset.n_items, (len(batch),), generator=draw)
            margin = score(user[batch], item[batch]) - score(user[batch], negative)
            optimizer.zero_grad()
            torch.nn.functional.softplus(-margin).mean().backward()
            optimizer.step()
        with torch.no_grad():
            positive = score(user, item)
            for _ in range(config.proxy_negatives):
                negative = torch.randint(dataset.n_items, (len(rows),), generator=draw)
                total += (score(user, negative) >= positive).float()
    return (total / (config.proxy_epochs * config.proxy_negatives)).double().numpy()
