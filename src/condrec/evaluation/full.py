"""The full protocol: rank the whole catalogue for every user, what is known of him left out.

HR@k, NDCG@k, PSP@k and AUC are computed exactly as Distill-CF's code does (fact sheet
Distill-CF, section 3.2); Recall@k, coverage and the long-tail share stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import sparse

from condrec.datasets import Dataset, SparseMatrix, interaction_matrix, known_matrix
from condrec.errors import CondrecError
from condrec.evaluation.listed import RankingResult
from condrec.evaluation.metrics import FloatArray, IntArray, check_cutoffs, pooled_auc

ScoreUsers = Callable[[IntArray, SparseMatrix], NDArray[np.floating]]
"""Scores every item, [b, n_items], for users [b] with known items [b, n_items]."""
N_NEGATIVES = 50
"""Random items a user that the pooled AUC sets against his positives."""
HEAD = 0.2
"""The most popular share of the items, the others are the long tail; and the quietest of users."""
CHUNK_BYTES = 2**28
"""Memory for the dense matrices of one chunk of users."""


def full_metrics(
    score_users: ScoreUsers,
    dataset: Dataset,
    split: str = "test",
    ks: Sequence[int] = (10, 100),
    seed: int = 0,
    with_auc: bool = True,
    users: IntArray | None = None,
) -> RankingResult:
    """Rank all items but the known ones for every user and measure the lists.

    Known are the training rows; for ``test`` the validation rows too.  Equal scores fall in an
    order drawn from ``seed``.

    Args:
        score_users: the model.
        dataset: its ``known_rows`` give what is known and how popular an item is.
        split: ``test`` or ``validation``.
        ks: cut-offs.
        seed: fixes the order of tied items and the negatives of the AUC.
        with_auc: whether the pooled AUC is computed.
        users: rank these only (they must have positives); None ranks all who have.

    Returns:
        Of every user HR@k, NDCG@k, PSP@k (0 without a positive, where the published code would
        divide by zero) and Recall@k (NaN without one); over all users Coverage@k, LongTail@k, AUC,
        TailUserRecall@k (of the fifth with the fewest known rows) and TailItemRecall@k (share of
        the long tail's positives that are found).

    Raises:
        CondrecError: no positive row in the split, scores that are not finite or of the wrong
            shape, cut-offs that are not whole numbers above 0.
    """
    check_cutoffs(ks)
    n_users, n_items = dataset.n_users, dataset.n_items
    rows = dataset.test if split == "test" else dataset.validation
    targets = interaction_matrix(rows, n_users, n_items)
    ranked = np.flatnonzero(np.diff(targets.indptr)) if users is None else users
    if not len(ranked):
        raise CondrecError(
            f"{split} of {dataset.name}: found no positive row, expected one to rank"
        )
    known = known_matrix(dataset, split)
    trained = known_matrix(dataset) if with_auc else known  # nothing else asks for it
    weights = propensity_weights(dataset)
    rng = np.random.default_rng([seed, 41])
    shuffled = rng.permutation(n_items)  # ties fall in this order
    deepest = min(max(ks), n_items)
    values = {f"{name}@{k}": np.zeros(n_users) for k in ks for name in ("HR", "NDCG", "PSP")}
    values |= {f"Recall@{k}": np.full(n_users, np.nan) for k in ks}
    recommended = {k: np.zeros(n_items, dtype=np.int64) for k in ks}
    tail, tail_hits = _long_tail(dataset), dict.fromkeys(ks, 0)
    pools: list[tuple[NDArray[np.floating], NDArray[np.bool_]]] = []
    for some in np.array_split(ranked, -(-len(ranked) * n_items * 16 // CHUNK_BYTES)):
        given, wanted = known[some], targets[some]
        scores = checked_scores(score_users(some, given), (len(some), n_items))
        if with_auc:
            pools.append(_auc_pool(scores, trained[some], wanted, rng))
        scores[given.nonzero()] = -np.inf
        top = _highest(scores, deepest, shuffled)
        liked = np.zeros(scores.shape, dtype=bool)
        liked[wanted.nonzero()] = True
        hits = np.take_along_axis(liked, top, axis=1)
        # Where fewer items are left than the list is long, it ends in known ones: not recommended.
        listed = np.isfinite(np.take_along_axis(scores, top, axis=1))
        for name, column in list_metrics(hits, top, wanted, weights, ks).items():
            values[name][some] = column
        for k in ks:
            chosen = top[:, :k][listed[:, :k]]
            recommended[k] += np.bincount(chosen, minlength=n_items)
            tail_hits[k] += int((hits[:, :k] & tail[top[:, :k]]).sum())
    overall = {"AUC": pooled_auc(*map(np.concatenate, zip(*pools, strict=True)))} if pools else {}
    quiet = _quiet_users(dataset, ranked)
    n_tail = int(targets[ranked][:, tail].nnz)
    for k in ks:
        overall[f"TailUserRecall@{k}"] = float(values[f"Recall@{k}"][quiet].mean())
        if n_tail:
            overall[f"TailItemRecall@{k}"] = tail_hits[k] / n_tail
        overall[f"Coverage@{k}"] = float((recommended[k] > 0).mean())
        shown = max(int(recommended[k].sum()), 1)  # nobody is shown anything he has not seen
        overall[f"LongTail@{k}"] = float(recommended[k][tail].sum() / shown)
    return RankingResult(np.arange(n_users), values, n_users - len(ranked), overall)


def _highest(scores: NDArray[np.floating], deepest: int, shuffled: IntArray) -> IntArray:
    """Return the items of the highest scores in falling order, shape [b, deepest].

    Args:
        scores: shape [b, n_items].
        deepest: at most n_items.
        shuffled: all items, in the order equal scores fall in.
    """
    table = torch.from_numpy(scores)
    best = table.topk(min(deepest + 1, scores.shape[1]), dim=1)
    top: IntArray = best.indices[:, :deepest].numpy()
    # A trained model ties few scores so high up; only such rows are put in the order of ties.
    tied = (best.values[:, 1:] == best.values[:, :-1]).any(1).numpy()
    if tied.any():
        again = torch.from_numpy(scores[tied][:, shuffled]).topk(deepest, dim=1)
        top[tied] = shuffled[again.indices.numpy()]
    return top


def list_metrics(
    hits: NDArray[np.bool_],
    top: IntArray,
    wanted: SparseMatrix,
    weights: FloatArray,
    ks: Sequence[int],
) -> dict[str, FloatArray]:
    """Return HR, NDCG, PSP and Recall at every cut-off of ranked lists, shape [b] each.

    HR@k is hits / min(p, k), a truncated recall; NDCG@k divides by the gain of min(p, k) hits on
    top; PSP@k is the mean weight of the hits over min(p, k), divided by the *sum* of the
    min(p, k) largest weights, so that a perfect list scores 1 / min(p, k).

    Args:
        hits: whether each place holds a positive, [b, deepest].
        top: item at each place, [b, deepest].
        wanted: the positives, [b, n_items], at least one a row.
        weights: of every item, see :func:`propensity_weights`.
        ks: cut-offs.
    """
    p = np.diff(wanted.indptr)
    gain = 1 / np.log2(np.arange(hits.shape[1]) + 2)
    ideal = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(max(ks)) + 2))])
    largest = _largest_weights(wanted, weights)
    found: dict[str, FloatArray] = {}
    for k in ks:
        best = np.minimum(p, k)
        hit = hits[:, :k]
        found[f"HR@{k}"] = hit.sum(1) / best
        found[f"NDCG@{k}"] = (hit * gain[:k]).sum(1) / ideal[best]
        weight = (hit * weights[top[:, :k]]).sum(1)
        found[f"PSP@{k}"] = weight / best / largest[np.arange(len(p)), best]
        found[f"Recall@{k}"] = hit.sum(1) / p
    return found


def _largest_weights(wanted: SparseMatrix, weights: FloatArray) -> FloatArray:
    """Return entry [b, m]: the sum of the m largest weights of row b's items."""
    p = np.diff(wanted.indptr)
    owner = np.repeat(np.arange(len(p)), p)
    mine = weights[wanted.indices]
    falling = np.lexsort((-mine, owner))
    table = np.zeros((len(p), p.max() + 1))
    place = np.arange(len(owner)) - np.repeat(wanted.indptr[:-1], p)
    table[owner, place + 1] = mine[falling]
    return table.cumsum(1)


def propensity_weights(dataset: Dataset) -> FloatArray:
    """Return the inverse propensity of every item, shape [n_items].

    w_i = 1 + C (N_i + 1.5)^-0.55 with C = (ln N - 1) 2.5^0.55, N_i the known rows of item i and
    N all known rows (fact sheet Distill-CF, section 3.2; Jain et al. 2016).
    """
    count = np.bincount(dataset.known_rows.item, minlength=dataset.n_items)
    c = (np.log(count.sum()) - 1) * 2.5**0.55
    return 1 + c * (count + 1.5) ** -0.55


def _long_tail(dataset: Dataset) -> NDArray[np.bool_]:
    """Return which items are not among the most popular fifth, shape [n_items]."""
    count = np.bincount(dataset.known_rows.item, minlength=dataset.n_items)
    tail = np.ones(dataset.n_items, dtype=bool)
    tail[np.argsort(-count, kind="stable")[: round(HEAD * dataset.n_items)]] = False
    return tail


def _quiet_users(dataset: Dataset, ranked: IntArray) -> IntArray:
    """Return the users who have at most as many known rows as the quietest fifth of the ranked."""
    count = np.bincount(dataset.known_rows.user, minlength=dataset.n_users)[ranked]
    return ranked[count <= np.quantile(count, HEAD, method="lower")]


def _auc_pool(
    scores: NDArray[np.floating],
    trained: SparseMatrix,
    wanted: SparseMatrix,
    rng: np.random.Generator,
) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    """Return scores and labels of the users' positives and of 50 random negatives each.

    Negatives are drawn with replacement among items that are neither in training nor wanted, so
    that validation items may be among them, as in the published code; a user who leaves no such
    item gets none.
    """
    n_rows, n_items = scores.shape
    taken = (trained + wanted).sorted_indices()
    n_taken = np.diff(taken.indptr)
    n_free = n_items - n_taken
    pick = np.floor(rng.random((n_rows, N_NEGATIVES)) * n_free[:, None]).astype(np.int64)
    # Before the j-th taken item of a row lie (its id - j) free ones; a free one's id is its place
    # among them and the number of taken ones before it, found in all rows at once.
    row = np.repeat(np.arange(n_rows), n_taken)
    before = taken.indices - (np.arange(taken.nnz) - taken.indptr[row])
    row_of_pick = np.repeat(np.arange(n_rows), N_NEGATIVES)
    skipped = np.searchsorted(
        row * (n_items + 1) + before, row_of_pick * (n_items + 1) + pick.ravel(), side="right"
    )
    item = pick.ravel() + skipped - taken.indptr[row_of_pick]
    has_free = np.repeat(n_free > 0, N_NEGATIVES)
    positive = scores[wanted.nonzero()]
    negative = scores[row_of_pick[has_free], item[has_free]]
    labels = np.arange(len(positive) + len(negative)) < len(positive)
    return np.concatenate([positive, negative]), labels


def checked_scores(scores: NDArray[np.floating], shape: tuple[int, int]) -> NDArray[np.floating]:
    """Return a copy of the scores, or say what is wrong with them."""
    values = np.array(scores, dtype=np.result_type(scores, np.float32))
    if values.shape != shape:
        raise CondrecError(f"scores: found shape {values.shape}, expected {shape}, [users, items]")
    if sparse.issparse(scores) or not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise CondrecError(
            f"scores: found {n_bad} that are not finite, expected finite numbers; check the "
            "model's training for overflow"
        )
    return values
