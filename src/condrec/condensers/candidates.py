"""The pairs that DConRec chooses from: real ones, and those a proxy model predicts as positive.

Sections are those of the fact sheet DConRec.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from condrec.condensers.shared_work import fingerprint, load_or_make
from condrec.datasets import Dataset, Interactions, known_matrix
from condrec.errors import CondrecError
from condrec.recommenders import FullRanker, recommender

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
LEAST = 5
"""Pairs a training user gets at least, as in the official code."""
CHUNK_SCORES = 2**25
"""Scores held at once: users are scored a chunk at a time, never all of them."""
OUTER_SHARE = 0.1
"""Training positives that the outer loss is measured on where it is not the validation rows."""


@dataclass(frozen=True, eq=False)
class Candidates:
    """The candidates D' = D + P, real pairs first.

    Args:
        user: of each pair, shape [n].
        item: of each pair, shape [n].
        predicted: whether the proxy predicted it, shape [n].
        always: whether it is kept whatever is drawn: the pairs of quiet users, shape [n].
        outer: rows of the outer loss.
        proxy_steps: gradient steps of the proxy.
        proxy_seconds: of its fit.
    """

    user: IntArray
    item: IntArray
    predicted: BoolArray
    always: BoolArray
    outer: Interactions
    proxy_steps: float
    proxy_seconds: float


def candidates(
    dataset: Dataset,
    proxy: str,
    augment: float,
    tail_degree: int,
    outer_set: str,
    seed: int,
    device: str,
) -> Candidates:
    """Return what a selection chooses from, and what it is judged on (sections 2.1 to 2.4).

    Args:
        dataset: implicit feedback.
        proxy: name of the model that predicts pairs.
        augment: predicted pairs a training positive; 0 for none.
        tail_degree: users with at most so many training positives keep them all.
        outer_set: ``validation``; ``train`` for as many as a tenth of all training positives, of
            the users who do not keep theirs, set apart (the proxy is fitted on them too); or
            ``all`` training positives, which stay candidates.
        seed: fixes the proxy and which tenth.
        device: ``cpu`` or ``cuda``.

    Raises:
        CondrecError: no outer row, or no pair to predict.
    """
    rows = dataset.train.positives
    user, item = rows.user, rows.item
    tail = np.bincount(user, minlength=dataset.n_users)[user] <= tail_degree
    outer = rows if outer_set == "all" else dataset.validation.positives
    if outer_set == "train":
        apart = np.random.default_rng([seed, 67]).permutation(np.flatnonzero(~tail))
        apart = apart[: round(OUTER_SHARE * len(rows))]
        outer = rows.where(np.sort(apart))
        others = np.setdiff1d(np.arange(len(rows)), apart)
        user, item, tail = user[others], item[others], tail[others]
    if not len(outer):
        raise CondrecError(
            f"dconrec: {dataset.name}: found no {outer_set} row for the outer loss, expected some; "
            "choose another outer_set or a smaller tail_degree"
        )
    new_user, new_item, cost = np.empty(0, np.int64), np.empty(0, np.int64), np.zeros(2)
    if augment:
        found = _predict(dataset, proxy, augment, seed, device)
        new_user, new_item, cost = found["user"], found["item"], found["cost"]
    return Candidates(
        user=np.concatenate([user, new_user]),
        item=np.concatenate([item, new_item]),
        predicted=np.repeat([False, True], [len(user), len(new_user)]),
        always=np.concatenate([tail, np.zeros(len(new_user), dtype=bool)]),
        outer=outer,
        proxy_steps=float(cost[0]),
        proxy_seconds=float(cost[1]),
    )


def _predict(
    dataset: Dataset, proxy: str, augment: float, seed: int, device: str
) -> dict[str, NDArray[Any]]:
    """Return the predicted pairs P and the proxy's cost, gradient steps and seconds.

    They are kept in the folder of runs: all variants of a seed share a proxy.
    """
    config = recommender(proxy, {"select_on": "NDCG@10"})

    def predict() -> dict[str, Any]:
        fitted = config.fit(dataset, seed, device)
        user, item = predicted_pairs(fitted, dataset, augment)
        steps = fitted.log.epochs * -(-len(dataset.train.positives) // config.batch_size)
        return {"user": user, "item": item, "cost": np.array([steps, fitted.log.seconds])}

    parts = [proxy, config.VERSION, asdict(config), augment, seed, device]
    return load_or_make("predicted-pairs", [*parts, fingerprint(dataset)], predict)


def predicted_pairs(proxy: FullRanker, dataset: Dataset, ratio: float) -> tuple[IntArray, IntArray]:
    """Return the best unseen items of every training user (fact sheet DConRec, section 2.2).

    A user with c training positives gets max(5, floor(ratio c)) items, fewer if he has seen the
    others.  The official code masks seen items by -1, which can win against unseen ones, and
    serves a padding user; here they are masked out and there is no such user.

    Args:
        proxy: fitted on the full data.
        dataset: the full data.
        ratio: predicted pairs a training positive.

    Returns:
        Users and items, shape [n_pairs] each, by user and falling score.

    Raises:
        CondrecError: every training user has seen every item.
    """
    seen, users = known_matrix(dataset), dataset.train_users
    n_seen = np.diff(seen.indptr)[users]
    wanted = np.minimum(np.maximum(LEAST, np.floor(ratio * n_seen)), dataset.n_items - n_seen)
    wanted = wanted.astype(np.int64)
    if not wanted.any():
        raise CondrecError(
            f"pre-augmentation of {dataset.name}: found no unseen item to predict, expected some; "
            "set augment = 0"
        )
    found = [np.empty(0, dtype=np.int64)]
    for part in np.array_split(
        np.arange(len(users)), -(-len(users) * dataset.n_items // CHUNK_SCORES)
    ):
        given = seen[users[part]]
        scores = np.array(proxy.score_users(users[part], given), dtype=np.float32)
        scores[given.nonzero()] = -np.inf
        best = torch.from_numpy(scores).topk(int(wanted[part].max(initial=0)), dim=1).indices
        kept = np.arange(best.shape[1]) < wanted[part, None]
        found.append(best.numpy()[kept])
    return np.repeat(users, wanted), np.concatenate(found)
