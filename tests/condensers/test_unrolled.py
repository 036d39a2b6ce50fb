"""Gradients through steps of Adam, against a plain unroll, finite differences and torch's Adam."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from condrec.condensers.unrolled import (
    Adam,
    Learner,
    State,
    Window,
    ordinary_steps,
    plain_gradient,
    states_of,
    window_gradient,
)
from condrec.recommenders import GRU4Rec, SASRec
from condrec.recommenders.sequence_model import random_cut

N_ITEMS, LENGTH, N_SEQUENCES = 11, 8, 6
MODELS = {
    "sasrec": SASRec(embedding_size=4, inner_size=6, max_length=LENGTH, n_heads=2),
    "gru4rec": GRU4Rec(embedding_size=4, hidden_size=5, max_length=LENGTH),
}
every_model = pytest.mark.parametrize("name", sorted(MODELS))


@pytest.fixture(autouse=True)
def generator_as_it_was() -> Any:
    """The steps seed torch's generator; the condensers do so in a fork."""
    with torch.random.fork_rng(devices=[]):
        yield


class Case:
    """A tiny problem in float64: a model, soft sequences, real windows."""

    def __init__(self, name: str, n_steps: int = 4, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.model = MODELS[name].build(N_ITEMS).double()
        self.learner = Learner(self.model)
        self.soft = torch.randn(N_SEQUENCES, LENGTH, N_ITEMS, dtype=torch.float64).softmax(2)
        blocks = [slice(0, 3), slice(3, 6)]
        self.window = Window([blocks[k % 2] for k in range(n_steps)], list(range(5, 5 + n_steps)))
        self.ids = torch.randint(N_ITEMS, (4, LENGTH))
        self.adam = Adam(learning_rate=0.01, weight_decay=1e-3)
        # Some steps lie before the window, so that no second moment is zero.
        begin = Window([blocks[0], blocks[1]], [1, 2])
        self.state = ordinary_steps(
            self.inner, State.begin(self.learner.flat()), self.soft, begin, self.adam
        )

    def inner(self, theta: Tensor, batch: Tensor) -> Tensor:
        self.model.train()
        loss: Tensor = self.learner.call(theta, "soft_loss", batch, random_cut(len(batch), LENGTH))
        return loss

    def outer(self, theta: Tensor) -> Tensor:
        self.model.eval()
        lengths = torch.full((4,), LENGTH, device=theta.device)
        fresh = torch.ones(4, LENGTH - 1, dtype=torch.bool, device=theta.device)
        loss: Tensor = self.learner.call(theta, "hard_loss", self.ids, lengths, fresh)
        return loss

    def arguments(self) -> tuple[Any, ...]:
        return self.inner, self.outer, self.state, self.soft, self.window, self.adam


@every_model
def test_equals_a_plain_unroll(name: str) -> None:
    case = Case(name)
    loss, gradient, end = window_gradient(*case.arguments())
    plain_loss, plain, plain_end = plain_gradient(*case.arguments())
    assert gradient.abs().max() > 1e-4
    torch.testing.assert_close(loss, plain_loss, rtol=1e-12, atol=0)
    assert (gradient - plain).abs().max() <= 1e-8 * plain.abs().max()
    for one, other in zip(end.tensors, plain_end.tensors, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-15)
    assert end.count == plain_end.count == case.state.count + len(case.window)


@every_model
def test_equals_finite_differences(name: str) -> None:
    case = Case(name)
    assert (case.state.second > 0).all()
    _, gradient, _ = window_gradient(*case.arguments())
    rng = np.random.default_rng(0)
    scale = float(gradient.abs().max())
    for a, b, c in rng.integers((N_SEQUENCES, LENGTH, N_ITEMS), size=(12, 3)):
        values = []
        for step in (1e-5, -1e-5):
            moved = case.soft.clone()
            moved[a, b, c] += step
            end = ordinary_steps(case.inner, case.state, moved, case.window, case.adam)
            values.append(float(case.outer(end.theta)))
        found = (values[0] - values[1]) / 2e-5
        assert found == pytest.approx(float(gradient[a, b, c]), rel=1e-5, abs=1e-5 * scale)


@every_model
def test_adam_is_torchs_step_by_step(name: str) -> None:
    case = Case(name, n_steps=6)
    start = case.learner.flat()
    states = list(states_of(case.inner, State.begin(start), case.soft, case.window, case.adam))
    theta = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([theta], lr=0.01, weight_decay=1e-3)
    for state, rows, seed in zip(states[1:], case.window.rows, case.window.seeds, strict=True):
        torch.manual_seed(seed)
        (theta.grad,) = torch.autograd.grad(case.inner(theta, case.soft[rows]), theta)
        optimizer.step()
        # Attention ignores the bias of its keys, whose gradient is but rounding.
        torch.testing.assert_close(theta.detach(), state.theta, rtol=1e-10, atol=1e-6)


def test_a_parameter_without_any_gradient_stays_and_gives_no_nan() -> None:
    adam = Adam(learning_rate=0.1)
    theta = torch.tensor([1.0, 2.0], dtype=torch.float64)
    soft = torch.tensor([[3.0], [4.0]], dtype=torch.float64)

    def inner(theta: Tensor, batch: Tensor) -> Tensor:
        return (theta[0] * batch).sum() + 0 * theta[1]

    def outer(theta: Tensor) -> Tensor:
        return (theta**2).sum()

    window = Window([slice(0, 2)] * 3, [0, 1, 2])
    for way in (window_gradient, plain_gradient):
        _, gradient, end = way(inner, outer, State.begin(theta), soft, window, adam)
        assert torch.isfinite(gradient).all()
        assert end.theta[1] == 2.0 and end.theta[0] < 1.0


def test_one_step_by_hand() -> None:
    # Loss theta * x: the gradient is x, so that Adam's first step is -rate x / (|x| + eps):
    # a constant but for eps, d/dx of x / (x + eps) = eps / (x + eps)^2.
    epsilon = 0.5
    adam = Adam(learning_rate=0.1, epsilon=epsilon)
    theta, x = torch.tensor([1.0], dtype=torch.float64), 2.0

    def inner(theta: Tensor, batch: Tensor) -> Tensor:
        return theta[0] * batch.sum()

    def outer(theta: Tensor) -> Tensor:
        return 3 * theta[0]

    soft = torch.tensor([[x]], dtype=torch.float64)
    window = Window([slice(0, 1)], [0])
    loss, gradient, _ = window_gradient(inner, outer, State.begin(theta), soft, window, adam)
    assert float(loss) == pytest.approx(3 * (1 - 0.1 * x / (x + epsilon)))
    assert float(gradient) == pytest.approx(-3 * 0.1 * epsilon / (x + epsilon) ** 2)


def test_the_same_dropout_is_drawn_again() -> None:
    case = Case("sasrec")
    first, second = (window_gradient(*case.arguments())[1] for _ in range(2))
    assert torch.equal(first, second)
    other = Window(case.window.rows, [seed + 1 for seed in case.window.seeds])
    arguments = (*case.arguments()[:4], other, case.adam)
    assert not torch.equal(first, window_gradient(*arguments)[1])


def test_frozen_parameters_are_no_part_of_the_flat_vector() -> None:
    model = MODELS["sasrec"].build(N_ITEMS)
    n = Learner(model).flat().numel()
    model.items.weight.requires_grad_(False)
    learner = Learner(model)
    assert learner.flat().numel() == n - model.items.weight.numel()
    assert "items.weight" not in learner.parts(learner.flat())
    learner.load(torch.zeros_like(learner.flat()))
    assert model.items.weight.abs().sum() > 0


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@every_model
def test_a_step_built_again_is_the_same_on_a_gpu(name: str) -> None:
    case = Case(name)
    case.model.cuda()
    case.soft, case.ids = case.soft.cuda(), case.ids.cuda()
    state = case.state.map(lambda each: each.cuda())
    arguments = (case.inner, case.outer, state, case.soft, case.window, case.adam)
    with torch.backends.cudnn.flags(enabled=False):
        torch.testing.assert_close(
            window_gradient(*arguments)[1], plain_gradient(*arguments)[1], rtol=1e-8, atol=1e-10
        )
