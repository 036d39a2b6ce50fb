"""Learning the probabilities of a random mask from the losses of the masks alone.

Sections are those of the fact sheet DConRec.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from numpy.typing import NDArray

from condrec.errors import CondrecError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]
TINY = 1e-20
"""Added to both factors of the score function's denominator, as the official code does."""
HALVINGS = 60
"""Of the interval that holds the shift of a projection; the official code makes at most 20."""


def draw_masks(scores: FloatArray, n_masks: int, rng: np.random.Generator) -> BoolArray:
    """Return independent masks m_j ~ Bernoulli(s_j), shape [n_masks, n]."""
    # One mask at a time: random numbers for all of them would take eight times their memory.
    return np.stack([rng.random(len(scores)) < scores for _ in range(n_masks)])


def score_function(masks: BoolArray, scores: FloatArray) -> FloatArray:
    """Return the gradient of ln p(m | s), (m - s) / (s (1 - s)), shape of ``masks``."""
    return (masks - scores) / ((scores + TINY) * (1 - scores + TINY))


def estimate(losses: FloatArray, masks: BoolArray, scores: FloatArray, centred: bool) -> FloatArray:
    """Return the policy-gradient estimate of the gradient of E[L] (section 2.1), shape [n].

    Plain: the mean over masks of L_k (m_k - s) / (s (1 - s)).  Centred: L_k less the mean loss,
    and K - 1 in place of K.  Both have the gradient as their mean; the centred one does not
    change when a constant is added to every loss.

    Args:
        losses: of every mask, shape [K]; or what of the loss each score answers for, [K, n].
        masks: shape [K, n].
        scores: probabilities s, shape [n].
        centred: whether the mean loss is subtracted.

    Raises:
        CondrecError: a centred estimate of fewer than two masks.
    """
    n_masks = len(losses)
    if centred:
        if n_masks < 2:
            raise CondrecError(
                f"centred estimator: found {n_masks} mask, expected at least 2; raise n_masks or "
                "choose the plain one"
            )
        losses = losses - losses.mean(0)
    gradient = np.zeros(len(scores))
    for loss, mask in zip(losses, masks, strict=True):
        gradient += loss * score_function(mask, scores)
    return gradient / (n_masks - 1 if centred else n_masks)


def project(scores: FloatArray, budget: float, edge: float = 0.0, fill: bool = False) -> FloatArray:
    """Return the nearest scores in [edge, 1 - edge] that sum to at most the budget.

    They are clip(s - v, edge, 1 - edge), with v = 0 if that meets the budget and else the root of
    the sum, by bisection (section 2.1).

    Args:
        scores: any numbers, shape [n].
        budget: bound of the sum.
        edge: how far the scores stay from 0 and 1; a score at 0 could never come back.
        fill: whether the sum must *equal* the budget, so that v may be negative.

    Raises:
        CondrecError: no scores in the range can meet the budget.
    """
    n = len(scores)
    if not n * edge <= budget <= (n * (1 - edge) if fill else np.inf):
        raise CondrecError(
            f"budget of the scores: found {budget:g}, expected {n * edge:g} to "
            f"{n * (1 - edge):g}, what {n} scores can sum to"
        )

    def shifted(v: float) -> FloatArray:
        return np.clip(scores - v, edge, 1 - edge)

    low, high = (scores.min() - 1, scores.max()) if fill else (0.0, max(scores.max(), 0.0))
    if not fill and shifted(0.0).sum() <= budget:
        return shifted(0.0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if shifted(middle).sum() > budget:
            low = middle
        else:
            high = middle
    return shifted(high)


def draw_exactly(scores: FloatArray, n_kept: int, rng: np.random.Generator) -> BoolArray:
    """Return a mask of exactly ``n_kept`` entries, each kept with probability s_j.

    Systematic sampling in a random order: the running sum of the scores passes a whole number
    (plus a random start) at each entry that is kept.  Scores must sum to ``n_kept``; sums that
    differ by rounding are scaled.

    Args:
        scores: probabilities that sum to about ``n_kept``, shape [n].
        n_kept: entries to keep.
        rng: draws order and start.
    """
    order = rng.permutation(len(scores))
    passed = np.cumsum(scores[order])
    steps = np.floor(passed * (n_kept / passed[-1]) + rng.random())
    steps[-1] = max(steps[-1], n_kept)  # rounding may leave the last step one short
    mask = np.zeros(len(scores), dtype=bool)
    mask[order] = np.diff(steps, prepend=0) > 0
    return mask


def enumerated(loss: Callable[[BoolArray], float], scores: FloatArray) -> tuple[float, FloatArray]:
    """Return E[L] and its gradient by going through all 2^n masks, for a few scores only.

    Args:
        loss: of a mask, shape [n].
        scores: probabilities strictly between 0 and 1, shape [n].
    """
    expected, gradient = 0.0, np.zeros(len(scores))
    for bits in product((False, True), repeat=len(scores)):
        mask = np.array(bits)
        weight = float(np.where(mask, scores, 1 - scores).prod()) * loss(mask)
        expected += weight
        gradient += weight * score_function(mask, scores)
    return expected, gradient
