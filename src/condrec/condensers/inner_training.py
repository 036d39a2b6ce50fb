"""Training one small model on each of several masks of the same pairs, all at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse
from torch import Tensor

from condrec.condensers.touched_rows import train_touched
from condrec.recommenders.bpr_mf import FactorModel
from condrec.recommenders.pairwise import REDRAWS, PairwiseConfig, PairwiseModel

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
Batch = tuple[IntArray, IntArray, IntArray]
"""Users and liked items, shape [b], and negatives, shape [b, 1], of one step."""
STACKABLE = ("bpr-mf", "lightgcn")
"""Models whose only weights are vectors of users and items, so that copies do not share any."""


class PairIndex:
    """Finds pairs of users and items by their place in a list.

    Args:
        user, item: the pairs, each at most once, shape [n].
        n_items: size of the id space of items.
    """

    def __init__(self, user: IntArray, item: IntArray, n_items: int) -> None:
        keys = user * n_items + item
        self.order, self.n_items = np.argsort(keys, kind="stable"), n_items
        self.keys = keys[self.order]

    def find(self, user: IntArray, item: IntArray) -> IntArray:
        """Return the place of each pair, -1 where it is not in the list; shape of ``user``."""
        keys = user * self.n_items + item
        if not len(self.keys):
            return np.full(len(keys), -1)
        place = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[place] == keys, self.order[place], -1)


@dataclass
class InnerTraining:
    """The inner problem of DConRec (fact sheet, section 2.1): theta(m), a short training on D'[m].

    The copies for all masks stand in one model: copy k of user u is row ``k n_users + u``, and no
    pair crosses copies, so one step on the sum of their losses is a step of each; a processor takes
    the steps of BPR-MF copy by copy, which is faster there.  Order of pairs
    and negatives are drawn once for all masks, so that losses differ by the masks as far as can
    be.  Models that share more than vectors between users are trained one after the other.

    Args:
        config: the model; its learning rate and batch size are those of the inner training.
        user, item: the candidates D', shape [n].
        n_users, n_items: sizes of the id spaces.
        epochs: passes over the kept pairs.
        same_start: whether all copies begin with the same weights.
        device: ``cpu`` or ``cuda``.
    """

    config: PairwiseConfig
    user: IntArray
    item: IntArray
    n_users: int
    n_items: int
    epochs: int = 1
    same_start: bool = True
    device: str = "cpu"

    def __post_init__(self) -> None:
        self._places = PairIndex(self.user, self.item, self.n_items)

    def vectors(self, kept: BoolArray, rng: np.random.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Train on every mask and yield the final vectors of each copy.

        Args:
            kept: which pairs each mask keeps, shape [K, n].
            rng: draws orders and negatives; initial weights come from torch's generator.

        Yields:
            Vectors of the users, [n_users, d], and of the items, [n_items, d]; their product is
            the score.
        """
        together = self.config.NAME in STACKABLE
        state, seed = torch.get_rng_state(), int(rng.integers(2**32))
        for group in [kept] if together else kept[:, None]:
            if self.same_start and not together:
                torch.set_rng_state(state)
            model = self._train(group, np.random.default_rng(seed))
            users, items = self._final(model.eval())
            yield from zip(users.split(self.n_users), items.split(self.n_items), strict=True)

    @torch.no_grad()
    def _final(self, model: PairwiseModel) -> tuple[Tensor, Tensor]:
        """Return the vectors of users and items, all copies below each other."""
        if isinstance(model, FactorModel):  # the weights themselves, no new users to fold in
            return model.user.weight.detach(), model.item.weight.detach()
        users, _ = model.vectors()
        # Scores are linear in the vectors: those of the unit vectors are the items.
        return users, model.scores(torch.eye(users.shape[1], device=self.device)).T

    def _train(self, kept: BoolArray, rng: np.random.Generator) -> PairwiseModel:
        copies, pairs = kept.nonzero()
        rows = copies * self.n_users + self.user[pairs]
        columns = copies * self.n_items + self.item[pairs]
        shape = (len(kept) * self.n_users, len(kept) * self.n_items)
        ones = np.ones(len(rows), dtype=np.float32)
        model = self.config.model(sparse.csr_matrix((ones, (rows, columns)), shape), self.device)
        model = model.to(self.device)
        if self.same_start:
            self._copy_first(model, len(kept))
        model.train()
        rate = self.config.learning_rate
        batches = chain.from_iterable(self._batches(kept, rng) for _ in range(self.epochs))
        if isinstance(model, FactorModel) and self.device == "cpu":
            # One copy after the other: its vectors then stay in the processor's cache.
            for steps in self._by_copy(len(kept), batches):
                train_touched(model, steps, rate)
            return model
        weight = len(kept)  # the mean over copies hides each one's own mean
        if isinstance(model, FactorModel):
            train_touched(model, batches, rate, weight)
            return model
        optimizer = torch.optim.Adam(model.parameters(), lr=rate, fused=True)
        for batch in batches:
            loss = model.loss(*(torch.from_numpy(each).to(self.device) for each in batch))
            optimizer.zero_grad()
            (weight * loss).backward()
            optimizer.step()
        return model

    def _by_copy(self, n_copies: int, batches: Iterable[Batch]) -> Iterator[list[Batch]]:
        """Yield every copy's shares of the batches, those without a pair left out."""
        shares: list[list[Batch]] = [[] for _ in range(n_copies)]
        for batch in batches:
            # A batch holds the first copy's pairs first.
            ends = np.searchsorted(batch[0] // self.n_users, np.arange(1, n_copies))
            for steps, share in zip(
                shares, zip(*(np.split(each, ends) for each in batch), strict=True), strict=True
            ):
                if len(share[0]):
                    steps.append(share)
        return (steps for steps in shares if steps)

    def _copy_first(self, model: PairwiseModel, n_copies: int) -> None:
        """Give all copies the weights of the first one."""
        with torch.no_grad():
            for table in model.children():
                if isinstance(table, torch.nn.Embedding):
                    first = table.weight[: len(table.weight) // n_copies]
                    table.weight.copy_(first.repeat(n_copies, 1))

    def _batches(self, kept: BoolArray, rng: np.random.Generator) -> Iterator[Batch]:
        """Yield rows, columns and negatives [b, 1] of an epoch, a share of every copy in each."""
        negatives = self._negatives(kept, rng)
        order = rng.permutation(len(self.user))
        copies, place = kept[:, order].nonzero()
        pairs = order[place]
        sizes = kept.sum(1)
        n_batches = max(1, -(-int(sizes.max()) // self.config.batch_size))
        rank = np.arange(len(pairs)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        batch = rank * n_batches // np.maximum(sizes[copies], 1)
        by_batch = np.argsort(batch, kind="stable")
        for part in np.split(by_batch, np.searchsorted(batch[by_batch], range(1, n_batches))):
            copy_of, pair = copies[part], pairs[part]
            offset = copy_of * self.n_items
            yield (
                copy_of * self.n_users + self.user[pair],
                offset + self.item[pair],
                (offset + negatives[copy_of, pair])[:, None],
            )

    def _negatives(self, kept: BoolArray, rng: np.random.Generator) -> IntArray:
        """Return a uniform item for each candidate in each copy, [K, n], none kept for its user.

        A negative that the copy keeps is drawn again, ``REDRAWS`` times at most.
        """
        first = rng.integers(self.n_items, size=len(self.user))
        negatives = np.tile(first, (len(kept), 1))
        place = self._places.find(self.user, first)
        held = kept[:, place] & (place >= 0)
        for _ in range(REDRAWS):
            again = np.flatnonzero(held.any(0))
            fresh = rng.integers(self.n_items, size=len(again))
            place = self._places.find(self.user[again], fresh)
            replaced = held[:, again]
            negatives[:, again] = np.where(replaced, fresh, negatives[:, again])
            held[:, again] = replaced & kept[:, place] & (place >= 0)
        return negatives
