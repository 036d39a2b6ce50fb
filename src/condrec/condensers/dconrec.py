"""DConRec: learn which interactions to keep, real ones and predicted ones.

Wu et al., "Condensing Pre-augmented Recommendation Data via Lightweight Policy Gradient
Estimation" (arXiv 2310.01038); sections are those of the fact sheet DConRec.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from condrec.condensers.base import Condenser, check_budget, n_interactions
from condrec.condensers.candidates import Candidates, candidates
from condrec.condensers.held_out import negative_shares, predicted_shares
from condrec.condensers.inner_training import InnerTraining
from condrec.condensers.outer_loss import OuterLoss
from condrec.condensers.policy_gradient import (
    FloatArray,
    draw_exactly,
    draw_masks,
    estimate,
    project,
)
from condrec.condensers.shared_work import fingerprint, load_or_make
from condrec.datasets import Dataset, Interactions, interaction_matrix
from condrec.errors import CondrecError, unknown_name
from condrec.processes import progress
from condrec.recommenders import RECOMMENDERS, recommender, resolve_device
from condrec.recommenders.pairwise import Membership
from condrec.settings import require

IntArray = NDArray[np.int64]
BACKBONES = ("bpr-mf", "lightgcn", "ngcf", "xsimgcl")
OUTER_SETS = ("validation", "train", "all")
CREDITS = ("all", "user", "pair")
EDGE = 1e-3
"""How far the strict edition keeps scores from 0 and 1: a score at 0 never comes back."""


@dataclass(frozen=True)
class DConRec(Condenser):
    """Probabilities of keeping each candidate, learned by policy gradient through short trainings.

    ``as_published``: plain estimator, gradients that pile up over iterations, a bound of the
    expected size that counts predicted pairs as data, the rows of quiet users on top of it, and
    the loss on the validation rows with negatives that avoid test items.  ``strict``: centred
    estimator, fresh gradients, exactly the budget with those rows counted, and the loss on
    training rows that are set apart and are no candidates.
    """

    VERSION: ClassVar[int] = 1
    unit: ClassVar[str] = "interactions"
    iterations: int = 1000
    """Outer iterations; 0 leaves the scores at their start."""
    n_masks: int = 4
    """Masks an iteration, K (`expectation_num_k`)."""
    augment: float = 0.9
    """Predicted pairs a training positive (`pseduo_data_ratio`); 0 for none."""
    tail_degree: int = 10
    """Users with at most so many training positives keep all of them (`threshold_tail`)."""
    backbone: str = "bpr-mf"
    """Model of the inner trainings."""
    proxy: str = "bpr-mf"
    """Model that predicts pairs, fitted on the full data."""
    inner_epochs: int = 1
    """Passes of an inner training over the kept pairs."""
    inner_learning_rate: float = 5e-4
    """Its rate for Adam."""
    inner_batch_size: int = 4096
    """Its pairs a step."""
    score_learning_rate: float = 0.01
    """Adam's rate for the scores; the official 0.1 is divided by 10 before its first use."""
    decay_every: int = 70
    """Iterations after which that rate is divided by 10, down to 1e-5; 0 for never."""
    credit: str = "all"
    """What of the loss a score answers for: ``all`` of it, as the formula says; the rows of its own
    ``user``; or the rows of its user and of its item (``pair``).  The last two are biased, for a
    pair acts on other rows too, and far less noisy."""
    centred: bool | None = None
    """Whether the estimator subtracts the mean loss; None takes the edition's."""
    accumulate: bool | None = None
    """Whether gradients pile up over iterations; None takes the edition's."""
    outer_set: str = ""
    """Rows of the outer loss: ``validation``; a tenth of ``train``, set apart; or ``all`` training
    rows, the original data that the abstract speaks of.  Empty takes the edition's."""
    same_start: bool | None = None
    """Whether the inner trainings of an iteration begin alike; None takes the edition's."""

    def __post_init__(self) -> None:
        """Refuse settings that cannot work."""
        super().__post_init__()
        strict = self.edition == "strict"
        least = {"iterations": 0, "n_masks": 1, "tail_degree": 0, "inner_epochs": 1}
        least |= {"inner_batch_size": 1, "decay_every": 0, "augment": 0}
        for name, bound in least.items():
            found = getattr(self, name)
            require(
                bound <= found < np.inf,
                f"dconrec: {name}: found {found}, expected at least {bound}",
            )
        for name in ("inner_learning_rate", "score_learning_rate"):
            found = getattr(self, name)
            require(0 < found < np.inf, f"dconrec: {name}: found {found}, expected above 0")
        for name in ("backbone", "proxy"):
            if getattr(self, name) not in BACKBONES:
                raise unknown_name(f"{name} of dconrec", getattr(self, name), BACKBONES)
        require(
            self.credit in CREDITS,
            f"dconrec: credit: found {self.credit!r}, expected one of {CREDITS}",
        )
        require(
            self.outer_set in ("", *OUTER_SETS),
            f"dconrec: outer_set: found {self.outer_set!r}, expected one of {OUTER_SETS}",
        )
        require(
            strict or self.credit == "all",
            f"dconrec: credit: found {self.credit!r} in the published edition, expected 'all'; "
            "choose edition=strict",
        )

    @property
    def is_strict(self) -> bool:
        """Whether this is the strict edition."""
        return self.edition == "strict"

    def prepare(
        self, dataset: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Learn the scores, which all learners share; see :meth:`Condenser.prepare`."""
        stored = self._load_or_learn(
            dataset, check_budget(dataset, budget, self.unit), seed, device
        )
        losses = stored["outer_losses"]
        cost = {
            "outer_steps": float(self.iterations),
            "inner_steps": float(self.n_masks * self.inner_epochs),
            "gradient_steps": float(stored["gradient_steps"]),
            "seconds": float(stored["seconds"]),
        }
        if len(losses):
            tenth = -(-len(losses) // 10)
            cost |= {
                "outer_loss_first": float(losses[:tenth].mean()),
                "outer_loss_last": float(losses[-tenth:].mean()),
            }
        return cost

    def select(self, dataset: Dataset, budget: float, seed: int, device: str) -> Dataset:
        """Draw one set from the learned scores (section 2.5)."""
        stored = self._load_or_learn(dataset, budget, seed, device)
        user, item, kept = stored["user"], stored["item"], stored["always"].astype(bool)
        scores = stored["scores"]
        free = self._drawn(kept)
        rng = np.random.default_rng([seed, 71])
        if self.is_strict:
            n_drawn = n_interactions(dataset, budget) - int(kept.sum())
            kept[free] = draw_exactly(scores, n_drawn, rng)
        else:  # a tail pair that is drawn as well is stored once
            kept = kept | draw_masks(scores, 1, rng)[0]
        rows = np.flatnonzero(kept)
        rows = rows[np.lexsort((item[rows], user[rows]))]
        return replace(
            dataset, train=Interactions(user[rows], item[rows], np.ones(len(rows), dtype=np.int64))
        )

    def facts(
        self, dataset: Dataset, condensed: Dataset, budget: float | None, seed: int, device: str
    ) -> dict[str, float]:
        """Return how many stored pairs are predicted, and held-out shares, in percent."""
        stored = self._load_or_learn(
            dataset, check_budget(dataset, budget, self.unit), seed, device
        )
        predicted = stored["predicted"]
        user, item = stored["user"][predicted], stored["item"][predicted]
        pairs = Interactions(user, item, np.ones(len(user), dtype=np.int64))
        known = Membership(interaction_matrix(pairs, dataset.n_users, dataset.n_items))
        of_predicted = known.holds(condensed.train.user, condensed.train.item)
        found = {"predicted_pct": 100 * float(of_predicted.mean())}
        found |= predicted_shares(dataset, user, item) if len(user) else {}
        return found | negative_shares(dataset, condensed)

    def _load_or_learn(
        self, dataset: Dataset, budget: float, seed: int, device: str
    ) -> dict[str, NDArray[Any]]:
        """Return candidates and scores, kept in the folder of runs: several learners use them."""
        versions = [RECOMMENDERS[name].VERSION for name in (self.backbone, self.proxy)]
        parts = ["dconrec", self.VERSION, versions, asdict(self), budget, seed, device]
        # The published edition peeks at the items of the test rows.
        test = [] if self.is_strict else dataset.test.item.tolist()
        return load_or_make(
            "scores",
            [*parts, fingerprint(dataset), test],
            lambda: self.learn(dataset, budget, seed, device),
        )

    def learn(
        self, dataset: Dataset, budget: float, seed: int, device: str = "cpu"
    ) -> dict[str, Any]:
        """Learn the scores of the candidates (section 2.5).

        Args:
            dataset: implicit feedback under the full protocol.
            budget: see :meth:`Condenser.condense`.
            seed: fixes proxy, outer rows, masks and inner trainings.
            device: ``auto``, ``cpu`` or ``cuda``.

        Returns:
            ``user``, ``item``, ``predicted`` and ``always`` (kept whatever is drawn) of every
            candidate, shape [n]; ``scores`` of those that are drawn (strict: all but ``always``);
            ``outer_losses``, the mean over masks at each iteration; ``gradient_steps`` of proxy
            and inner trainings; ``seconds``.

        Raises:
            CondrecError: data with dislikes or texts, a budget that the rows of quiet users
                exceed or that the candidates cannot fill, no outer row.
        """
        if dataset.protocol != "full" or dataset.soft is not None:
            raise CondrecError(
                f"dconrec: found {dataset.name} under protocol {dataset.protocol}, expected "
                "implicit feedback under the full protocol, such as ml-100k"
            )
        place = resolve_device(device)
        pool = candidates(
            dataset, self.proxy, self.augment, self.tail_degree, self.outer_rows, seed, place
        )
        start = time.perf_counter()
        n_real = len(dataset.train.positives)
        n_always = int(pool.always.sum())
        n_free = int(self._drawn(pool.always).sum())
        rate = n_interactions(dataset, budget) / n_real
        bound = rate * (n_real + pool.predicted.sum())
        if self.is_strict:
            bound = n_interactions(dataset, budget) - n_always
            edge = min(EDGE, bound / n_free / 2) if bound > 0 else 0.0
            if not 0 < bound <= n_free * (1 - edge):
                raise CondrecError(
                    f"budget: found {n_always + bound:g} interactions for {n_always} of users with "
                    f"at most {self.tail_degree} each and {n_free} other candidates, expected "
                    f"{n_always + 1} to {n_always + int(n_free * (1 - edge))}; change the budget "
                    "or tail_degree"
                )
            scores = np.full(n_free, bound / n_free)
        else:
            edge, scores = 0.0, np.full(n_free, rate * n_real / n_free)
        scores, losses, steps = self._descend(dataset, pool, scores, bound, edge, seed, place)
        return {
            **{name: getattr(pool, name) for name in ("user", "item", "predicted", "always")},
            "scores": scores,
            "outer_losses": np.array(losses),
            "gradient_steps": pool.proxy_steps + steps,
            "seconds": pool.proxy_seconds + time.perf_counter() - start,
        }

    def _descend(
        self,
        dataset: Dataset,
        pool: Candidates,
        scores: FloatArray,
        bound: float,
        edge: float,
        seed: int,
        device: str,
    ) -> tuple[FloatArray, list[float], int]:
        """Return the learned scores, the loss of every iteration and the inner gradient steps."""
        training = InnerTraining(
            recommender(
                self.backbone,
                {
                    "learning_rate": self.inner_learning_rate,
                    "batch_size": self.inner_batch_size,
                },
            ),
            *(pool.user, pool.item, dataset.n_users, dataset.n_items),
            epochs=self.inner_epochs,
            same_start=self.is_strict if self.same_start is None else self.same_start,
            device=device,
        )
        outer = OuterLoss(dataset, pool.outer, hide_test=not self.is_strict)
        free = self._drawn(pool.always)
        user, item = pool.user[free], pool.item[free]
        rng = np.random.default_rng([seed, 61])
        s = torch.from_numpy(scores.copy()).requires_grad_()
        adam = torch.optim.Adam([s], lr=self.score_learning_rate)
        losses, steps, total = [], 0, np.zeros(len(scores))
        gpus = [torch.cuda.current_device()] if device == "cuda" else []
        with torch.random.fork_rng(devices=gpus):
            torch.manual_seed(seed)
            for iteration in progress(range(self.iterations), "dconrec, outer iterations"):
                masks = draw_masks(scores, self.n_masks, rng)
                kept = np.tile(pool.always, (self.n_masks, 1))
                kept[:, free] |= masks
                negatives = outer.negatives(rng)
                by_row = np.stack(
                    [outer.by_row(*each, negatives) for each in training.vectors(kept, rng)]
                )
                steps += int((-(-kept.sum(1) // self.inner_batch_size)).sum()) * self.inner_epochs
                loss = by_row.sum(1)
                losses.append(float(loss.mean()))
                answered = loss
                if self.credit != "all":
                    answered = outer.of_users(by_row)[:, user]
                if self.credit == "pair":
                    answered += outer.of_items(by_row)[:, item]
                gradient = estimate(answered, masks, scores, self._centred)
                total = total + gradient if self._accumulate else gradient
                s.grad = torch.from_numpy(total)
                adam.step()
                if self.decay_every and (iteration + 1) % self.decay_every == 0:
                    for group in adam.param_groups:
                        group["lr"] = max(group["lr"] / 10, 1e-5)
                scores = project(s.detach().numpy(), bound, edge, fill=self.is_strict)
                with torch.no_grad():
                    s.copy_(torch.from_numpy(scores))
        return scores, losses, steps

    def _drawn(self, always: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which candidates have a score: in the strict edition those not kept anyway."""
        return ~always if self.is_strict else np.ones_like(always)

    @property
    def outer_rows(self) -> str:
        """Rows of the outer loss, one of ``OUTER_SETS``."""
        return self.outer_set or ("train" if self.is_strict else "validation")

    @property
    def _centred(self) -> bool:
        return self.is_strict if self.centred is None else self.centred

    @property
    def _accumulate(self) -> bool:
        return not self.is_strict if self.accumulate is None else self.accumulate


@dataclass(frozen=True)
class FrozenScores(DConRec):
    """The same candidates and draw, scores never updated: what learning has to beat."""

    iterations: int = 0
    """Outer iterations: none."""

    def __post_init__(self) -> None:
        """Refuse to learn."""
        super().__post_init__()
        require(
            self.iterations == 0,
            f"frozen-scores: iterations: found {self.iterations}, expected 0; choose dconrec",
        )
