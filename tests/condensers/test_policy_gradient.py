from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize

from condrec.condensers.policy_gradient import (
    draw_exactly,
    draw_masks,
    enumerated,
    estimate,
    project,
    score_function,
)
from condrec.errors import CondrecError

SCORES = np.array([0.2, 0.5, 0.7])
WORTH = np.array([1.0, -2.0, 0.5])


def toy_loss(mask: np.ndarray) -> float:
    """Return a loss in which two entries act together."""
    return 3.0 + float(mask @ WORTH) + 1.5 * float(mask[0] and mask[2])


def test_enumeration_by_hand() -> None:
    expected, gradient = enumerated(toy_loss, SCORES)
    assert expected == pytest.approx(3 + SCORES @ WORTH + 1.5 * 0.2 * 0.7)
    assert gradient == pytest.approx([1 + 1.5 * 0.7, -2, 0.5 + 1.5 * 0.2])


def test_score_function_by_hand() -> None:
    found = score_function(np.array([[True, False]]), np.array([0.2, 0.5]))
    assert found[0] == pytest.approx([1 / 0.2, -1 / 0.5])


def moments(centred: bool, n_masks: int, n_draws: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    found = []
    for _ in range(n_draws):
        masks = draw_masks(SCORES, n_masks, rng)
        losses = np.array([toy_loss(mask) for mask in masks])
        found.append(estimate(losses, masks, SCORES, centred))
    return np.mean(found, axis=0), np.var(found, axis=0)


def enumerated_variance(n_masks: int) -> np.ndarray:
    """Return the variance of the plain estimator by going through all masks."""
    _, gradient = enumerated(toy_loss, SCORES)
    square = np.zeros(3)
    for number in range(8):
        mask = np.array([bool(number >> bit & 1) for bit in range(3)])
        weight = np.where(mask, SCORES, 1 - SCORES).prod()
        square += weight * (toy_loss(mask) * score_function(mask, SCORES)) ** 2
    return (square - gradient**2) / n_masks


def test_the_plain_estimator_has_the_enumerated_mean_and_variance() -> None:
    n_draws = 20_000
    mean, variance = moments(False, 4, n_draws)
    exact = enumerated_variance(4)
    error = np.sqrt(exact / n_draws)
    assert (np.abs(mean - enumerated(toy_loss, SCORES)[1]) < 5 * error).all()
    assert variance == pytest.approx(exact, rel=0.1)


def test_the_centred_estimator_has_the_same_mean_and_less_variance() -> None:
    n_draws = 20_000
    mean, variance = moments(True, 4, n_draws)
    error = np.sqrt(variance / n_draws)
    assert (np.abs(mean - enumerated(toy_loss, SCORES)[1]) < 5 * error).all()
    assert (variance < 0.7 * enumerated_variance(4)).all()


def test_a_constant_moves_the_plain_estimator_only() -> None:
    rng = np.random.default_rng(1)
    masks = draw_masks(SCORES, 4, rng)
    losses = np.array([toy_loss(mask) for mask in masks])
    for centred in (True, False):
        shifted = estimate(losses + 100, masks, SCORES, centred)
        same = np.allclose(shifted, estimate(losses, masks, SCORES, centred))
        assert same == centred


def test_losses_of_one_score_each() -> None:
    masks = np.array([[True, False, True], [False, True, True]])
    losses = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    found = estimate(losses, masks, SCORES, centred=False)
    for j in range(3):
        assert found[j] == pytest.approx(estimate(losses[:, j], masks, SCORES, False)[j])


def test_one_mask_cannot_be_centred() -> None:
    with pytest.raises(CondrecError, match="found 1 mask, expected at least 2"):
        estimate(np.ones(1), np.ones((1, 3), dtype=bool), SCORES, centred=True)


@pytest.mark.parametrize("fill", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_projection_equals_quadratic_programming(seed: int, fill: bool) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0.4, 0.6, size=7)
    budget = float(rng.uniform(0.5, 5))
    found = project(scores, budget, edge=0.01, fill=fill)
    kind = "eq" if fill else "ineq"
    solved = optimize.minimize(
        lambda x: ((x - scores) ** 2).sum(),
        np.full(7, budget / 7),
        jac=lambda x: 2 * (x - scores),
        bounds=[(0.01, 0.99)] * 7,
        constraints={"type": kind, "fun": lambda x: budget - x.sum(), "jac": lambda x: -x * 0 - 1},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found == pytest.approx(solved.x, abs=1e-5)


@given(
    st.lists(st.floats(-3, 3), min_size=2, max_size=30),
    st.floats(0.05, 0.95),
    st.booleans(),
)
def test_projection_keeps_its_bounds_and_does_nothing_twice(
    values: list[float], part: float, fill: bool
) -> None:
    scores, budget = np.array(values), part * len(values)
    found = project(scores, budget, edge=0.001, fill=fill)
    assert found.min() >= 0.001 and found.max() <= 0.999
    assert found.sum() <= budget + 1e-6
    if fill:
        assert found.sum() == pytest.approx(budget, abs=1e-6)
    assert project(found, budget, edge=0.001, fill=fill) == pytest.approx(found, abs=1e-6)


def test_projection_refuses_what_cannot_be_met() -> None:
    with pytest.raises(CondrecError, match="budget of the scores: found 4, expected 0 to 3"):
        project(SCORES, 4, fill=True)
    assert project(SCORES, 4) == pytest.approx(SCORES)


def test_exact_draws_keep_their_number_and_their_probabilities() -> None:
    rng = np.random.default_rng(2)
    scores = project(rng.random(40), 11, edge=0.01, fill=True)
    n_draws = 4000
    kept = np.zeros(40)
    for _ in range(n_draws):
        mask = draw_exactly(scores, 11, rng)
        assert mask.sum() == 11
        kept += mask
    error = np.sqrt(scores * (1 - scores) / n_draws)
    assert (np.abs(kept / n_draws - scores) < 5 * error).all()
