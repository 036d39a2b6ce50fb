"""Differentiate through steps of Adam on made-up data: RaT-BPTT in plain torch.

Feng, Vedantam and Kempe 2024 ("Embarrassingly simple dataset distillation"): a random number of
ordinary steps, then a window of steps with graph, and the outer loss at its end is differentiated
through the window only (fact sheet TD3, section 2.5).  The gradient is exact, second order.

Two ways give it.  :func:`plain_gradient` keeps the graph of the whole window.
:func:`window_gradient` keeps the states between the steps, goes back through the window and
rebuilds one step's graph at a time: the memory of one step and of the states, for one more forward
pass of the window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

InnerLoss = Callable[[Tensor, Tensor], Tensor]
"""Loss of flat parameters [P] on a batch of made-up data; called with torch's generator seeded."""
OuterLoss = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class State:
    """A learner between two steps: flat parameters, Adam's moments, steps taken.

    Args:
        theta, first, second: parameters and moments, shape [P].
        count: steps Adam has taken.
    """

    theta: Tensor
    first: Tensor
    second: Tensor
    count: int = 0

    @classmethod
    def begin(cls, theta: Tensor) -> State:
        """Return the state before Adam's first step."""
        return cls(theta.detach(), torch.zeros_like(theta), torch.zeros_like(theta))

    def map(self, change: Callable[[Tensor], Tensor]) -> State:
        """Return the state with every tensor changed."""
        return State(change(self.theta), change(self.first), change(self.second), self.count)

    @property
    def tensors(self) -> tuple[Tensor, Tensor, Tensor]:
        """Parameters and moments."""
        return self.theta, self.first, self.second


@dataclass(frozen=True)
class Adam:
    """Adam with weight decay added to the gradient, as ``torch.optim.Adam`` computes it.

    Args:
        learning_rate, weight_decay: of the learner.
        beta1, beta2, epsilon: torch's defaults.
    """

    learning_rate: float
    weight_decay: float = 0.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    def step(self, state: State, gradient: Tensor) -> State:
        """Return the state after a step; every operation can be differentiated."""
        count = state.count + 1
        gradient = gradient + self.weight_decay * state.theta
        first = self.beta1 * state.first + (1 - self.beta1) * gradient
        second = self.beta2 * state.second + (1 - self.beta2) * gradient * gradient
        # The root has no derivative at 0: a parameter without any gradient so far does not move.
        moved = second > 0
        root = torch.where(moved, second, 1.0).sqrt() / (1 - self.beta2**count) ** 0.5
        update = torch.where(moved, first / (root + self.epsilon), 0.0)
        rate = self.learning_rate / (1 - self.beta1**count)
        return State(state.theta - rate * update, first, second, count)


class Learner:
    """A model whose trained parameters are one flat vector.

    Args:
        model: its parameters that require no gradient stay as they are.
    """

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        self._names = [name for name, each in model.named_parameters() if each.requires_grad]
        self._shapes = [dict(model.named_parameters())[name].shape for name in self._names]
        self._sizes = [shape.numel() for shape in self._shapes]

    def flat(self) -> Tensor:
        """Return the model's present parameters, shape [P], detached."""
        named = dict(self.model.named_parameters())
        return torch.cat([named[name].detach().reshape(-1) for name in self._names])

    def load(self, theta: Tensor) -> None:
        """Write flat parameters into the model."""
        named = dict(self.model.named_parameters())
        with torch.no_grad():
            for name, part in self.parts(theta).items():
                named[name].copy_(part)

    def parts(self, theta: Tensor) -> dict[str, Tensor]:
        """Return flat parameters by the model's names."""
        parts = theta.split(self._sizes)
        views = [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]
        return dict(zip(self._names, views, strict=True))

    def call(self, theta: Tensor, task: str, *arguments: Any) -> Any:
        """Call a method of the model, by name, under flat parameters."""
        return functional_call(self.model, self.parts(theta), (task, *arguments))


@dataclass(frozen=True)
class Window:
    """Inner steps to take: which rows of the made-up data each sees, and the seed of its draws.

    Args:
        rows: each step's batch, a block of rows.
        seeds: torch's seed of each step, so that a step rebuilt draws the same dropout.
    """

    rows: Sequence[slice]
    seeds: Sequence[int]

    def __len__(self) -> int:
        return len(self.rows)


def _seed(device: torch.device, seed: int) -> None:
    """Seed what a step draws from; ``torch.manual_seed`` would keep a stack trace at every call."""
    torch.default_generator.manual_seed(seed)  # of target positions, on any device
    if device.type == "cuda":
        torch.cuda.manual_seed(seed)


def _gradient(
    inner: InnerLoss, theta: Tensor, batch: Tensor, seed: int, graph: bool = False
) -> Tensor:
    _seed(theta.device, seed)
    (found,) = torch.autograd.grad(inner(theta, batch), theta, create_graph=graph)
    return found


def states_of(
    inner: InnerLoss, state: State, soft: Tensor, window: Window, adam: Adam
) -> Iterator[State]:
    """Take steps without a graph; yield the states before each of them and the last one.

    Args:
        inner: loss of the learner on a batch.
        state: where it starts.
        soft: made-up data, batches along the first axis.
        window: the steps.
        adam: the inner optimiser.
    """
    yield state
    for rows, seed in zip(window.rows, window.seeds, strict=True):
        theta = state.theta.detach().requires_grad_()
        gradient = _gradient(inner, theta, soft.detach()[rows], seed)
        with torch.no_grad():
            state = adam.step(state, gradient)
        yield state


def ordinary_steps(
    inner: InnerLoss, state: State, soft: Tensor, window: Window, adam: Adam
) -> State:
    """Take steps without a graph; return the state after them, see :func:`states_of`."""
    for after in states_of(inner, state, soft, window, adam):
        state = after
    return state


def window_gradient(
    inner: InnerLoss, outer: OuterLoss, state: State, soft: Tensor, window: Window, adam: Adam
) -> tuple[Tensor, Tensor, State]:
    """Return outer loss, its gradient in the made-up data, and the state after the window.

    Args:
        inner: loss of the learner on a batch of made-up data.
        outer: loss of the learner on real data.
        state: where the window starts; nothing before it is differentiated.
        soft: made-up data, batches along the first axis.
        window: its steps.
        adam: the inner optimiser.

    Source: exact reverse mode with one step's graph at a time (checkpointing at every step).
    """
    states = list(states_of(inner, state, soft, window, adam))
    end = states[-1].theta.detach().requires_grad_()
    loss = outer(end)
    (d_theta,) = torch.autograd.grad(loss, end)
    wanted = [d_theta, torch.zeros_like(d_theta), torch.zeros_like(d_theta)]
    total = torch.zeros_like(soft)
    for before, rows, seed in zip(
        reversed(states[:-1]), reversed(window.rows), reversed(window.seeds), strict=True
    ):
        again = before.map(lambda each: each.detach().requires_grad_())
        batch = soft.detach()[rows].requires_grad_()
        gradient = _gradient(inner, again.theta, batch, seed, graph=True)
        after = adam.step(again, gradient)
        *wanted, d_batch = torch.autograd.grad(after.tensors, (*again.tensors, batch), wanted)
        total[rows] += d_batch
    return loss.detach(), total, states[-1]


def plain_gradient(
    inner: InnerLoss, outer: OuterLoss, state: State, soft: Tensor, window: Window, adam: Adam
) -> tuple[Tensor, Tensor, State]:
    """Return the same as :func:`window_gradient` through one graph of the whole window."""
    leaf = soft.detach().requires_grad_()
    here = State(state.theta.detach().requires_grad_(), state.first, state.second, state.count)
    for rows, seed in zip(window.rows, window.seeds, strict=True):
        here = adam.step(here, _gradient(inner, here.theta, leaf[rows], seed, graph=True))
    loss = outer(here.theta)
    (total,) = torch.autograd.grad(loss, leaf)
    end = here.map(torch.Tensor.detach)
    return loss.detach(), total, end
