"""The neural tangent kernel: hand case, wide random networks, identical and empty rows."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from condrec.recommenders.kernel import gram, regularised, tangent_diagonal, tangent_kernel


def kernel_of(x: Tensor, y: Tensor, depth: int = 1) -> Tensor:
    return tangent_kernel(x @ y.T, (x**2).sum(1), (y**2).sum(1), x.shape[1], depth)


def binary(n: int, width: int, seed: int, share: float = 0.4) -> Tensor:
    draw = np.random.default_rng(seed).random((n, width)) < share
    return torch.tensor(draw, dtype=torch.float64)


def test_a_case_by_hand() -> None:
    # Two items: x = (1, 0), y = (0, 1).  S = 2 <x, y> / 2 + 0.01.
    x, y = torch.tensor([[1.0, 0.0]]).double(), torch.tensor([[0.0, 1.0]]).double()
    cross, own = 0.01, 1.01
    t = math.acos(cross / own)
    relu = own / (2 * math.pi) * (math.sin(t) + (math.pi - t) * math.cos(t))
    step = (math.pi - t) / (2 * math.pi)
    expected = 2 * relu + 0.01 + 2 * cross * step  # section 2.1 of the fact sheet
    assert kernel_of(x, y).item() == pytest.approx(expected, rel=1e-12)
    assert gram(x @ x.T, 2, 1).item() == pytest.approx(2 * own + 0.01, rel=1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_agrees_with_wide_random_networks(depth: int) -> None:
    """Theta is the inner product of the gradients of an infinitely wide random network."""
    n_items, hidden, n_draws = 12, 2000, 8
    x = binary(5, n_items, 0)
    x[4] = 0  # an empty row
    x[3] = x[2]  # and two alike
    gen = torch.Generator().manual_seed(0)
    total = torch.zeros(5, 5, dtype=torch.float64)
    for _ in range(n_draws):
        sizes = [n_items, *[hidden] * depth, 1]
        weights = [
            torch.randn(b, a, generator=gen, dtype=torch.float64).requires_grad_()
            for a, b in itertools.pairwise(sizes)
        ]
        biases = [torch.randn(b, generator=gen).double().requires_grad_() for b in sizes[1:]]
        rows = []
        for row in x:
            value = row
            for layer, (w, b) in enumerate(zip(weights, biases, strict=True)):
                value = math.sqrt(2 / len(value)) * (w @ value) + 0.1 * b
                value = torch.relu(value) if layer < depth else value
            found = torch.autograd.grad(value.sum(), [*weights, *biases])
            rows.append(torch.cat([each.flatten() for each in found]))
        stacked = torch.stack(rows)
        total += stacked @ stacked.T / n_draws
    exact = gram(x @ x.T, n_items, depth)
    torch.testing.assert_close(total, exact, rtol=0.08, atol=0.02)


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_the_diagonal_is_the_kernel_of_a_row_with_itself(depth: int) -> None:
    x = torch.cat([binary(6, 9, 1), torch.zeros(1, 9).double(), torch.rand(2, 9).double()])
    inner = x @ x.T
    plain = kernel_of(x, x, depth).diagonal()
    torch.testing.assert_close(
        tangent_diagonal(inner.diagonal(), 9, depth), plain, rtol=1e-6, atol=0
    )
    torch.testing.assert_close(gram(inner, 9, depth).diagonal(), plain, rtol=1e-6, atol=0)


@given(st.integers(0, 10_000), st.integers(1, 3))
def test_is_symmetric_positive_definite_and_blind_to_the_order_of_items(
    seed: int, depth: int
) -> None:
    x = binary(6, 10, seed)
    k = gram(x @ x.T, 10, depth)
    torch.testing.assert_close(k, k.T)
    assert torch.linalg.eigvalsh(k).min() > -1e-8
    order = torch.from_numpy(np.random.default_rng(seed).permutation(10))
    torch.testing.assert_close(kernel_of(x[:, order], x[:, order], depth), kernel_of(x, x, depth))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("depth", [1, 3])
def test_gradients_are_finite_on_identical_and_empty_rows(dtype: torch.dtype, depth: int) -> None:
    x = binary(4, 8, 2).to(dtype)
    x[1] = x[0]
    x[2] = 0
    x[3] = 0
    x.requires_grad_()
    kernel = gram(x @ x.T, 8, depth)
    cross = kernel_of(x, x.detach(), depth)
    (gradient,) = torch.autograd.grad(kernel.sum() + cross.sum(), x)
    assert torch.isfinite(kernel).all() and torch.isfinite(gradient).all()


def test_gradients_equal_finite_differences_where_rows_differ() -> None:
    x = torch.rand(4, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    x.requires_grad_()
    assert torch.autograd.gradcheck(lambda v: gram(v @ v.T, 6, 2), (x,))
    y = torch.rand(3, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(lambda v: kernel_of(v, y, 2), (x,))


def test_the_regulariser_is_relative_to_the_mean_of_the_diagonal() -> None:
    kernel = torch.tensor([[2.0, 1.0], [1.0, 4.0]])
    assert regularised(kernel, 0.5).tolist() == [[3.5, 1.0], [1.0, 5.5]]
