"""The neural tangent kernel of an infinitely wide autoencoder, in closed form.

The network is [dense, ReLU] x depth, dense, in the NTK parameterisation with weight standard
deviation sqrt(2) and bias standard deviation 0.1 in every dense layer (fact sheet Distill-CF,
section 2.1; Jacot et al. 2018; Cho and Saul 2009 for the two expectations).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

WEIGHT_VARIANCE = 2.0
BIAS_VARIANCE = 0.01
CLAMP = 1e-7
"""Cosines above 1 less this count as 1: the derivative of the second expectation has a pole."""


class _ArcCosine(torch.autograd.Function):
    """sin t + (pi - t) cos t, and pi - t, of a cosine; with t = arccos c.

    The derivative of the first is pi - t, finite everywhere; autograd would reach it as a
    difference of two infinities.  That of the second, 1 / sqrt(1 - c^2), is cut at the pole.
    """

    @staticmethod
    def forward(ctx: Any, cosine: Tensor) -> tuple[Tensor, Tensor]:
        cosine = cosine.clamp(-1, 1)
        rest = math.pi - torch.arccos(cosine)
        sine = torch.sqrt(1 - cosine**2)
        ctx.save_for_backward(cosine, rest, sine)
        return sine + rest * cosine, rest.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        cosine, rest, sine = ctx.saved_tensors
        of_rest = torch.where(cosine.abs() > 1 - CLAMP, torch.zeros_like(sine), 1 / sine)
        return gradients[0] * rest + gradients[1] * of_rest


def tangent_kernel(inner: Tensor, norm_x: Tensor, norm_y: Tensor, width: int, depth: int) -> Tensor:
    """Return Theta(x, y) for two different sets of rows.

    Args:
        inner: inner products <x, y>, shape [q, m].
        norm_x: <x, x>, shape [q].
        norm_y: <y, y>, shape [m].
        width: length of a row, the number of items.
        depth: hidden layers, at least 1.

    Returns:
        Shape [q, m].  Rows that are alike need no care here: values and gradients are finite.
    """
    cov = WEIGHT_VARIANCE * inner / width + BIAS_VARIANCE
    var_x = WEIGHT_VARIANCE * norm_x / width + BIAS_VARIANCE
    var_y = WEIGHT_VARIANCE * norm_y / width + BIAS_VARIANCE
    theta = cov
    for _ in range(depth):
        scale = torch.sqrt(var_x)[:, None] * torch.sqrt(var_y)[None, :]
        first, rest = _ArcCosine.apply(cov / scale)
        relu, step = scale * first / (2 * math.pi), rest / (2 * math.pi)  # E[f f], E[f' f']
        cov = WEIGHT_VARIANCE * relu + BIAS_VARIANCE
        theta = cov + WEIGHT_VARIANCE * theta * step
        var_x, var_y = _next_variance(var_x), _next_variance(var_y)
    return theta


def tangent_diagonal(norm: Tensor, width: int, depth: int) -> Tensor:
    """Return Theta(x, x) from <x, x>, shape [m]: 2 S(x, x) + 0.01 for depth 1."""
    var = WEIGHT_VARIANCE * norm / width + BIAS_VARIANCE
    theta = var
    for _ in range(depth):
        var = _next_variance(var)
        theta = var + WEIGHT_VARIANCE * theta / 2  # E[f' f'] of a row with itself is 1/2
    return theta


def _next_variance(var: Tensor) -> Tensor:
    return WEIGHT_VARIANCE * var / 2 + BIAS_VARIANCE


def gram(inner: Tensor, width: int, depth: int) -> Tensor:
    """Return Theta(x, x') of a set with itself from its inner products, shape [m, m].

    The diagonal has a formula of its own: rounding would move it off the exact value, and the
    gradient there is the diagonal's, not that of two rows that happen to be alike.
    """
    norm = inner.diagonal()
    theta = tangent_kernel(inner, norm, norm, width, depth)
    return theta.diagonal_scatter(tangent_diagonal(norm, width, depth))


def regularised(kernel: Tensor, strength: float) -> Tensor:
    """Return K + lambda tr(K) / m I: the regulariser is relative to the mean of the diagonal."""
    jitter = strength * kernel.diagonal().mean()
    return kernel + jitter * torch.eye(len(kernel), dtype=kernel.dtype, device=kernel.device)
