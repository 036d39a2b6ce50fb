"""The algebra of Distill-CF: samples of soft users, kernels, the loss; pure functions.

Sections are those of the fact sheet Distill-CF.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from condrec.datasets import SparseMatrix
from condrec.recommenders.kernel import gram, regularised, tangent_kernel

GUMBELS = ("shared", "independent", "none")


def clipped_softmaxes(
    logits: Tensor,
    tau: float,
    n_samples: int,
    gumbel: str,
    generator: torch.Generator,
    first_twice: bool = False,
) -> Tensor:
    """Return X = min(1, sum_g softmax((Z + G_g) / tau)), shape [n_soft, n_items] (section 2.2).

    With E = exp(-G) standard exponential, exp((Z + G) / tau) is A W for A = exp(Z / tau) and
    W = E^(-1/tau): A is computed once for all samples, and where the noise is shared between
    users the sums over items and over samples are matrix products.

    Args:
        logits: Z, shape [n_soft, n_items].
        tau: temperature.
        n_samples: softmaxes in the sum.
        gumbel: ``shared`` noise for all users, ``independent`` noise a user, or ``none``.
        generator: draws the noise.
        first_twice: let the first sample stand for the last one too, as the official code does.
    """
    scaled = logits / tau
    a = torch.exp(scaled - scaled.detach().amax(1, keepdim=True))
    if gumbel == "none":
        return (n_samples * a / a.sum(1, keepdim=True)).clamp(max=1)
    twice = first_twice and n_samples > 1
    n_fresh = n_samples - int(twice)
    if gumbel == "shared":
        w = _noise((n_fresh, logits.shape[1]), tau, logits, generator)
        if twice:
            w = torch.cat([w[:1], w])
        return (a * ((1 / (a @ w.T)) @ w)).clamp(max=1)
    total: Tensor = _Samples.apply(a, tau, n_fresh, twice, generator)
    return total.clamp(max=1)


def _noise(shape: Any, tau: float, like: Tensor, generator: torch.Generator) -> Tensor:
    exponential = torch.empty(shape, device=like.device).exponential_(generator=generator)
    return exponential.pow_(-1 / tau)


def kernels(weights: Tensor, given: SparseMatrix, depth: int) -> tuple[Tensor, Tensor]:
    """Return K = Theta(X, X) in float64, [n_soft, n_soft], and Theta(X_q, X), [b, n_soft]."""
    n_items = weights.shape[1]
    norm = torch.from_numpy(np.asarray(given.power(2).sum(1)).ravel()).to(weights.device)
    inner = _SparseProduct.apply(weights, given)
    queries = tangent_kernel(inner, norm, (weights**2).sum(1), n_items, depth)
    return gram((weights @ weights.T).double(), n_items, depth), queries


def projected(kernel: Tensor, queries: Tensor, strength: float) -> Tensor:
    """Return Theta(X_q, X) (K + lambda tr(K) / n_soft I)^-1, shape [b, n_soft].

    The inverse is small and taken in float64, instead of a solve for every item.
    """
    return (queries.double() @ torch.linalg.inv(regularised(kernel, strength))).float()


def multinomial_loss(scores: Tensor, target: SparseMatrix) -> Tensor:
    """Return the mean over users of -sum_i x_ui log softmax(scores_u)_i; all [b, n_items]."""
    place = scores.device
    row, column = (torch.from_numpy(each).to(place) for each in target.nonzero())
    counts = torch.from_numpy(target.data).to(place)
    totals = torch.from_numpy(np.asarray(target.sum(1)).ravel()).to(place)
    fit = (totals * scores.logsumexp(1)).sum() - (counts * scores[row, column]).sum()
    return fit / len(totals)


class _SparseProduct(torch.autograd.Function):
    """Inner products of sparse rows with the rows of X; sparse in both directions."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, rows: SparseMatrix) -> Tensor:
        ctx.rows = rows
        return torch.from_numpy(rows @ weights.detach().cpu().numpy().T).to(weights.device)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        gradient = ctx.rows.T @ gradients[0].cpu().numpy()
        return torch.from_numpy(gradient.T).to(gradients[0].device), None


class _Samples(torch.autograd.Function):
    """The sum over samples of A W / sum(A W), which keeps W alone of each sample."""

    @staticmethod
    def forward(
        ctx: Any, a: Tensor, tau: float, n_samples: int, twice: bool, generator: torch.Generator
    ) -> Tensor:
        noises, ctx.twice = [], twice
        total, product = torch.zeros_like(a), torch.empty_like(a)
        for sample in range(n_samples):
            w = _noise(a.shape, tau, a, generator)
            torch.mul(a, w, out=product)
            product.div_(product.sum(1, keepdim=True))
            total.add_(product, alpha=2 if twice and sample == 0 else 1)
            noises.append(w)
        ctx.save_for_backward(a, *noises)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None, None]:
        a, *noises = ctx.saved_tensors
        total, weighted, part = (torch.zeros_like(a) for _ in range(3))
        for sample, w in enumerate(noises):
            torch.mul(a, w, out=weighted)
            sums = weighted.sum(1, keepdim=True)
            inner = weighted.mul_(gradients[0]).sum(1, keepdim=True) / sums
            torch.sub(gradients[0], inner, out=part)
            times = 2 if ctx.twice and sample == 0 else 1
            total.add_(part.mul_(w).div_(sums), alpha=times)
        return total, None, None, None, None
