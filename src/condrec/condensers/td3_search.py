"""The search of TD3: outer steps that improve soft sequences through unrolled training."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from condrec.condensers.pretrained import Pretrained
from condrec.condensers.unrolled import (
    Adam,
    Learner,
    State,
    Window,
    ordinary_steps,
    window_gradient,
)
from condrec.datasets import Dataset, SoftSequences, training_sequences
from condrec.errors import CondrecError
from condrec.processes import progress
from condrec.recommenders import TrainingLog, validation_score
from condrec.recommenders.sequence import FittedSequenceModel
from condrec.recommenders.sequence_model import INITIAL_STD, targets_of
from condrec.recommenders.windows import windows

if TYPE_CHECKING:
    from condrec.condensers.td3 import TD3


class Search:
    """One search for soft sequences: what stays the same over its outer steps."""

    def __init__(
        self,
        config: TD3,
        dataset: Dataset,
        full: Pretrained,
        budget: float,
        seed: int,
        device: str,
    ) -> None:
        self.config, self.dataset, self.full, self.seed = config, dataset, full, seed
        self.published = config.edition == "as_published"
        self.rng = np.random.default_rng([seed, 71])
        self.model = config.model().build(dataset.n_items).to(device)
        self.everything = Learner(self.model)
        if config.edition == "frozen":
            self.model.items.weight.requires_grad_(False)
        self.learner = Learner(self.model)
        self.adam = Adam(config.inner_learning_rate, config.inner_weight_decay)
        generator = torch.Generator(device).manual_seed(seed)
        n_sequences = config.n_sequences(dataset, budget)
        self.table = full.table.detach().clone()
        found = config.random_factors(
            n_sequences, dataset.n_items, self.table.shape[1], config.form, generator
        )
        if config.form == "latent":  # its decoder is learned with it
            self.table = INITIAL_STD * torch.randn_like(self.table)
            found["table"] = self.table
        self.factors = {name: array.requires_grad_() for name, array in found.items()}
        block = min(config.inner_batch_size, n_sequences)
        self.blocks = [
            slice(at, min(at + block, n_sequences)) for at in range(0, n_sequences, block)
        ]
        arrays = windows(training_sequences(dataset), config.length)
        self.real = [torch.from_numpy(array).to(device) for array in arrays]
        self.features = self._features()
        self.drifting = full.table.detach().clone()

    def run(self) -> tuple[Dataset, TrainingLog, dict[str, float]]:
        """Learn; see :meth:`TD3.learn`."""
        config, start = self.config, time.perf_counter()
        optimizer = torch.optim.Adam(
            list(self.factors.values()),
            lr=config.outer_learning_rate,
            weight_decay=config.outer_weight_decay,
        )
        batches = self._real_batches()
        n_outer = config.outer_epochs * len(batches)
        decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_outer)
        curve: list[dict[str, float]] = []
        best, state = -np.inf, self._state()
        n_inner, validating = 0, 0.0
        for epoch in progress(range(1, config.outer_epochs + 1), "td3, outer epochs"):
            losses, theta = [], self._begin()
            for batch in batches:
                if not self.published:
                    theta = self._begin()
                soft = self._distributions()
                warm_up, window = self._steps()
                # Only the warm-up moves the learner that is carried on (section 2.5).
                before = ordinary_steps(
                    *(self._inner, State.begin(theta), soft, warm_up, self.adam)
                )
                theta = before.theta
                loss, gradient, _ = window_gradient(
                    self._inner, self._outer(batch), before, soft.detach(), window, self.adam
                )
                optimizer.zero_grad()
                soft.backward(gradient)
                norm = nn.utils.clip_grad_norm_(list(self.factors.values()), config.clip_norm)
                if not torch.isfinite(loss + norm):
                    raise CondrecError(
                        f"td3: found loss {float(loss)} and gradient {float(norm)} in epoch "
                        f"{epoch}, expected finite numbers: the inner learner diverged; lower "
                        "inner_learning_rate or the window"
                    )
                optimizer.step()
                decay.step()
                losses.append(float(loss))
                n_inner += len(warm_up) + len(window)
            paused = time.perf_counter()
            score = self._validate()
            validating += time.perf_counter() - paused
            if score > best:
                best, state = score, self._state()
            curve.append(
                {
                    "epoch": epoch,
                    "seconds": time.perf_counter() - start - validating,
                    "loss": float(np.mean(losses)),
                    "validation": score,
                }
            )
        seconds = time.perf_counter() - start
        made = dict(state)
        table = made.pop("table") if "table" in made else self.table.cpu().numpy()
        sequences = SoftSequences(made, None if config.form == "dense" else table)
        finished = config.finished(self.dataset, sequences, self.drifting.cpu().numpy())
        cost = {
            "outer_steps": float(n_outer),
            "inner_steps": n_inner / n_outer,
            "gradient_steps": float(n_inner),  # those of the full-data model are its seconds
            "seconds": seconds + self.full.seconds,
            "seconds_pretrain": self.full.seconds,
        }
        return finished, TrainingLog(curve, config.outer_epochs, seconds), cost

    def _state(self) -> dict[str, NDArray[np.float32]]:
        return {name: each.detach().cpu().numpy().copy() for name, each in self.factors.items()}

    def _distributions(self) -> Tensor:
        """Return X with its graph back to the factors (section 2.1)."""
        found = self.factors
        if "logits" in found:
            return found["logits"].softmax(2)
        latent = found.get("latent")
        if latent is None:
            latent = torch.einsum("ijk,ai,bj->abk", found["core"], found["users"], found["times"])
        return (latent @ found.get("table", self.table).T).softmax(2)

    def _begin(self) -> Tensor:
        """Return the flat parameters of a fresh inner learner."""
        if self.config.edition == "strict" or self.config.start == "untrained":
            return self._untrained()
        n = len(self.full.checkpoints)
        first = min(self.config.earliest, n) - 1
        self.everything.load(self.full.checkpoints[self.rng.integers(first, n)])
        if self.config.edition == "frozen":
            self._set_items(self.drifting)
        return self.learner.flat()

    def _untrained(self) -> Tensor:
        """Return random parameters; the item vectors are kept where the edition keeps them."""
        fresh = self.config.model().build(self.dataset.n_items).to(self.table.device)
        self.everything.load(Learner(fresh).flat())
        if self.config.edition != "strict":
            self._set_items(self.drifting)
        return self.learner.flat()

    def _set_items(self, table: Tensor) -> None:
        with torch.no_grad():
            self.model.items.weight.copy_(table)

    def _steps(self) -> tuple[Window, Window]:
        """Return the ordinary steps and the window of an outer step."""
        config = self.config
        width = config.inner_steps if config.truncation == "full" else config.window
        spare = config.inner_steps - width
        n_before = int(self.rng.integers(spare + 1)) if config.truncation == "random" else spare
        first = 0 if self.published else n_before  # the published code starts its count anew
        return self._window(0, n_before), self._window(first, width)

    def _window(self, first: int, n: int) -> Window:
        rows = [self.blocks[step % len(self.blocks)] for step in range(first, first + n)]
        return Window(rows, [int(seed) for seed in self.rng.integers(2**31, size=n)])

    def _inner(self, theta: Tensor, batch: Tensor) -> Tensor:
        self.model.train()
        loss: Tensor = self.learner.call(
            theta, "soft_loss", batch, *targets_of(self.config.targets, batch)
        )
        return loss

    def _real_batches(self) -> list[Tensor]:
        """Return blocks of windows in a fixed order, shuffled once: users come in any order."""
        fresh = self.real[2]
        order = torch.from_numpy(self.rng.permutation(len(fresh))).to(fresh.device)
        n_batches = max(1, round(int(fresh.sum()) / self.config.outer_batch_size))
        return list(order.tensor_split(n_batches))

    def _features(self) -> Tensor:
        """Return the full-data model's vectors at every position, shape [n_windows, L, d]."""
        ids, lengths, _ = self.real
        self.full.model.train(self.published)
        with torch.no_grad():
            parts = [
                self.full.model.read(some[:, :-1], n - 1)
                for some, n in zip(ids.split(512), lengths.split(512), strict=True)
            ]
        return torch.cat(parts)

    def _outer(self, batch: Tensor) -> Any:
        """Return the outer loss of a real batch as a function of flat parameters (section 2.4)."""
        ids, lengths, fresh = (array[batch] for array in self.real)
        features = self.features[batch][fresh]

        def loss(theta: Tensor) -> Tensor:
            self.model.train(self.published)
            read = self.learner.call(theta, "read", ids[:, :-1], lengths - 1)[fresh]
            table = self.learner.parts(theta).get("items.weight", self.model.items.weight)
            prediction = functional.cross_entropy(read @ table.T, ids[:, 1:][fresh])
            return prediction + self.config.alignment * functional.mse_loss(read, features)

        return loss

    def _validate(self) -> float:
        """Return the validation score of a learner trained on the sequences alone.

        Its encoder is random; the item vectors are V, or random in ``strict``.  As published they
        are those that the validation before left behind.
        """
        soft = self._distributions().detach()
        steps = self._window(0, self.config.inner_steps)
        begin = State.begin(self._untrained())
        end = ordinary_steps(self._inner, begin, soft, steps, self.adam)
        self.learner.load(end.theta)
        if self.published:
            self.drifting = self.model.items.weight.detach().clone()
        self.model.train(self.published)
        fitted = FittedSequenceModel(self.model, TrainingLog())
        return validation_score(fitted, self.dataset, self.seed, "NDCG@10")
