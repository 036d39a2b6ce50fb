"""Mult-VAE: a variational autoencoder with a multinomial likelihood."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor
from torch.nn import functional

from condrec.datasets import Dataset, SparseMatrix, dense, training_matrix
from condrec.recommenders.base import FullRanker, TrainingLog, resolve_device
from condrec.recommenders.epochs import EpochConfig, fit_by_epochs
from condrec.settings import require


@dataclass(frozen=True)
class MultVAE(EpochConfig):
    """Encoder and decoder of users' rows (Liang et al. 2018); sizes and rates are the paper's.

    The paper anneals over a number of steps that suits its data; here it is a number of epochs.
    """

    VERSION: ClassVar[int] = 1
    NAME: ClassVar[str] = "mult-vae"
    batch_size: int = 500
    """Users a step."""
    embedding_size: int = 200
    """Length of the latent vector of a user."""
    hidden_size: int = 600
    """Width of the hidden layer of encoder and decoder."""
    dropout: float = 0.5
    """Share of a user's items hidden from the encoder."""
    beta: float = 0.2
    """Weight of the divergence from the prior, once it is annealed (section 2.2.2)."""
    annealing_epochs: int = 50
    """Epochs over which that weight rises from zero, linearly, step by step."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        self.require_at_least(1, "embedding_size", "hidden_size", "annealing_epochs")
        self.require_at_least(0, "beta")
        require(0 <= self.dropout < 1, f"mult-vae: dropout: found {self.dropout}, expected [0, 1)")

    def fit(self, dataset: Dataset, seed: int, device: str = "cpu") -> FittedMultVAE:
        """Train on the rows of the training users and keep the best weights on validation.

        Args:
            dataset: interactions or soft users.
            seed: fixes the initial weights, the order of users, the dropout and the noise.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            CondrecError: no positive validation row, or a loss that is not finite.
        """
        place = resolve_device(device)
        gpus = [torch.cuda.current_device()] if place == "cuda" else []
        # Weights, dropout and noise draw from torch's generator: seed it inside a fork only.
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(seed)
            return self._train(dataset, seed, place)

    def _train(self, dataset: Dataset, seed: int, device: str) -> FittedMultVAE:
        matrix = training_matrix(dataset)
        rng = np.random.default_rng([seed, 17])
        model = Autoencoder(
            dataset.n_items, self.hidden_size, self.embedding_size, self.dropout
        ).to(device)
        optimizer = torch.optim.Adam(model.parameters(), lr=self.learning_rate, fused=True)
        n_rows = matrix.shape[0]
        annealing = self.annealing_epochs * -(-n_rows // self.batch_size)
        steps = 0

        def epoch(_: int) -> float:
            nonlocal steps
            order = rng.permutation(n_rows)
            total = 0.0
            for start in range(0, n_rows, self.batch_size):
                rows = matrix[order[start : start + self.batch_size]]
                weight = self.beta * min(1.0, steps / annealing)
                loss = model.loss(rows, weight)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                steps += 1
                total += float(loss.detach()) * rows.shape[0]
            return total / n_rows

        def fitted(log: TrainingLog) -> FittedMultVAE:
            return FittedMultVAE(model, log)

        return fit_by_epochs(self, dataset, seed, model, epoch, fitted)


class Autoencoder(torch.nn.Module):
    """n_items -> hidden -> latent (mean and log-variance) -> hidden -> n_items, tanh between."""

    def __init__(self, n_items: int, hidden: int, latent: int, dropout: float) -> None:
        super().__init__()
        self.dropout = dropout
        self.first = torch.nn.Embedding(n_items, hidden)
        self.bias = torch.nn.Parameter(torch.empty(hidden))
        self.second = torch.nn.Linear(hidden, 2 * latent)
        self.third = torch.nn.Linear(latent, hidden)
        self.last = torch.nn.Linear(hidden, n_items)
        torch.nn.init.xavier_uniform_(self.first.weight)
        torch.nn.init.trunc_normal_(self.bias, std=0.001)
        for layer in (self.second, self.third, self.last):
            torch.nn.init.xavier_uniform_(layer.weight)
            torch.nn.init.trunc_normal_(layer.bias, std=0.001)

    def _first(self, rows: Any) -> Tensor:
        """Return the first layer of rows scaled to length 1, [b, hidden]; sparse stays sparse."""
        place = self.first.weight.device
        if not sparse.issparse(rows):
            scaled = functional.normalize(torch.from_numpy(rows).to(place))
            shown = functional.dropout(scaled, self.dropout, self.training)
            return shown @ self.first.weight + self.bias
        count = np.diff(rows.indptr)
        length = np.sqrt(
            np.add.reduceat(np.append(rows.data, np.float32(0)) ** 2, rows.indptr[:-1])
        )
        value = torch.from_numpy(rows.data / np.repeat(length, count)).to(place)
        value = functional.dropout(value, self.dropout, self.training)
        total = functional.embedding_bag(
            torch.from_numpy(rows.indices.astype(np.int64)).to(place),
            self.first.weight,
            torch.from_numpy(rows.indptr[:-1].astype(np.int64)).to(place),
            mode="sum",
            per_sample_weights=value,
        )
        return total + self.bias

    def encode(self, rows: Any) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance, [b, latent] each, of rows [b, n_items]."""
        mean, log_variance = self.second(torch.tanh(self._first(rows))).chunk(2, dim=1)
        return mean, log_variance

    def decode(self, latent: Tensor) -> Tensor:
        """Return logits, [b, n_items]."""
        logits: Tensor = self.last(torch.tanh(self.third(latent)))
        return logits

    def loss(self, rows: Any, beta: float) -> Tensor:
        """Return the negative of the annealed lower bound, a mean over rows (Eq. 6)."""
        mean, log_variance = self.encode(rows)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        target = torch.from_numpy(dense(rows)).to(mean.device)
        fit = (functional.log_softmax(self.decode(latent), dim=1) * target).sum(1).mean()
        return beta * divergence(mean, log_variance).mean() - fit


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)) of every row, shape [b]."""
    return (log_variance.exp() + mean**2 - 1 - log_variance).sum(1) / 2


@dataclass(frozen=True, eq=False)
class FittedMultVAE(FullRanker):
    """The trained autoencoder."""

    model: Autoencoder
    log: TrainingLog

    @torch.no_grad()
    def score_users(self, users: NDArray[np.int64], known: SparseMatrix) -> NDArray[np.floating]:
        """Return the logits of the mean latent vector, see :class:`FullRanker`."""
        scores: NDArray[np.floating] = self.model.decode(self.model.encode(known)[0]).cpu().numpy()
        return scores
