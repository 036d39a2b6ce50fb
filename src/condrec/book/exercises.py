"""The exercises of the notebooks: each answer is held against a case worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from condrec.book.sequence_exercises import SEQUENCE_EXERCISES
from condrec.datasets import Interactions
from condrec.errors import unknown_name

Answer = Callable[..., Any]


def check(name: str, answer: Answer) -> None:
    """Print whether an answer is right, and if not, on which case it fails.

    Args:
        name: of the exercise.
        answer: the reader's function.

    Raises:
        CondrecError: there is no such exercise.
    """
    found = fault(name, answer)
    print(f"{name}: not yet\n{found}" if found else f"{name}: right")


def fault(name: str, answer: Answer) -> str:
    """Return the first case an answer fails on, one line a value; nothing if it is right."""
    if name not in EXERCISES:
        raise unknown_name("exercise", name, EXERCISES)
    for given, expected in EXERCISES[name]():
        try:
            returned = answer(*given)
        except Exception as error:  # whatever a reader's function raises is feedback, not a crash
            return f"  raised    {type(error).__name__}: {error}"
        if not _same(returned, expected):
            lines = [f"  given     {_shown(value)}" for value in given]
            lines += [f"  expected  {_shown(expected)}", f"  got       {_shown(returned)}"]
            return "\n".join(lines)
    return ""


def _same(returned: Any, expected: Any) -> bool:
    if isinstance(expected, list) and isinstance(returned, list | tuple):
        pairs = zip(returned, expected, strict=False)
        return len(returned) == len(expected) and all(_same(*pair) for pair in pairs)
    try:
        found, wanted = np.asarray(returned, dtype=float), np.asarray(expected, dtype=float)
    except (TypeError, ValueError):
        return False
    return found.shape == wanted.shape and bool(np.allclose(found, wanted, atol=1e-9))


def _shown(value: Any) -> str:
    if isinstance(value, Interactions):
        return f"users {value.user.tolist()} with labels {value.label.tolist()}"
    if isinstance(value, np.ndarray | np.generic):
        return str(value.tolist())
    return str(value)


def _rows(users: list[int], labels: list[int]) -> Interactions:
    return Interactions(np.array(users), np.arange(len(users)), np.array(labels))


def _share_kept() -> list[tuple[Any, Any]]:
    full = _rows([0, 0, 1, 1, 2, 2], [1, 0, 1, 1, 1, 0])
    one_user = full.where(np.array([2, 3]))
    with_dislike = full.where(np.array([0, 1]))
    return [((full, one_user), 0.5), ((full, with_dislike), 0.25), ((full, full), 1.0)]


def _quality() -> list[tuple[Any, Any]]:
    full = {"NDCG@1": 0.8, "NDCG@5": 0.5}
    return [((full, full), 100.0), (({"NDCG@1": 0.4, "NDCG@5": 0.5}, full), 75.0)]


def _like_ratio() -> list[tuple[Any, Any]]:
    likes, dislikes = np.array([0.0, 1.0, 90.0, 0.0]), np.array([0.0, 0.0, 10.0, 4.0])
    return [((likes, dislikes), np.array([0.75, 0.8, 93 / 104, 0.375]))]


def _random_ndcg_at_1() -> list[tuple[Any, Any]]:
    return [((np.array([1, 0, 0, 0]),), 0.25), ((np.array([1, 1, 0]),), 2 / 3)]


def _interest_distance() -> list[tuple[Any, Any]]:
    e = np.array([[0.0, 0.0], [0.0, 2.0], [3.0, 4.0]])
    return [((e, np.array([0, 0, 1])), np.array([1.0, 1.0, 0.0]))]


def _nearest() -> list[tuple[Any, Any]]:
    d, cluster = np.array([0.3, 0.1, 0.2, 0.9, 0.4]), np.array([0, 0, 0, 1, 1])
    return [((d, cluster, 1), [[1], [4]]), ((d, cluster, 2), [[1, 2], [4, 3]])]


def _merged_history() -> list[tuple[Any, Any]]:
    histories = [[5, 6], [1, 5, 2]]  # nearest user first
    return [
        ((histories, 30), [1, 2, 5, 6]),
        ((histories, 3), [2, 5, 6]),
        (([[7, 8]], 30), [7, 8]),
    ]


def _tangent() -> list[tuple[Any, Any]]:
    right_angle, same = (0.0, 4.0, 1.0), (1.0, 1.0, 1.0)
    sixty_degrees = (1.0, 2.0, 2.0)
    return [
        (same, 2.01),  # the diagonal: 2 S + 0.01
        (right_angle, 2 / np.pi + 0.01),
        (sixty_degrees, np.sqrt(3) / np.pi + 4 / 3 + 0.01),
    ]


def _kernel_ridge() -> list[tuple[Any, Any]]:
    unit = np.eye(2)
    return [
        ((2 * unit, np.array([[3.0, 6.0]]), unit, 0.5), np.array([[1.0, 2.0]])),
        (
            (np.array([[3.0, 1.0], [1.0, 1.0]]), np.array([[7.0, 0.0]]), unit, 0.5),
            np.array([[2.0, -1.0]]),
        ),
    ]


def _truncated_recall() -> list[tuple[Any, Any]]:
    scores = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    return [((scores, [0], [1, 4], k), hr) for k, hr in ((1, 1.0), (2, 0.5), (3, 0.5), (4, 1.0))]


def _soft_users() -> list[tuple[Any, Any]]:
    a = np.array([[1.0, 3.0]])
    return [
        ((a, np.array([[1.0, 1.0]])), np.array([[0.25, 0.75]])),
        ((a, np.array([[1.0, 1.0], [3.0, 1.0]])), np.array([[0.75, 1.0]])),
    ]


def _multinomial() -> list[tuple[Any, Any]]:
    scores, x = np.array([[0.0, 0.0], [0.0, np.log(3.0)]]), np.array([[1.0, 1.0], [0.0, 1.0]])
    return [
        ((scores[:1], x[:1]), 2 * np.log(2)),
        ((scores, x), (2 * np.log(2) + np.log(4 / 3)) / 2),
    ]


def _heaviest_to_one() -> list[tuple[Any, Any]]:
    weights = np.array([[0.2, 0.9, 0.5], [0.7, 0.1, 0.3]])
    return [
        ((weights, 1), np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])),
        ((weights, 2), np.array([[0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])),
    ]


def _kept_interval() -> list[tuple[Any, Any]]:
    # Two runs at 45 and 55 %: sd 7.07, t(0.975, 1) = 12.706, half of it sd / sqrt(2) = 5 wide.
    half = 12.706204736
    return [((np.array([0.09, 0.11]), 0.2), [50.0, 50 - 5 * half, 50 + 5 * half])]


def _share_of_bytes() -> list[tuple[Any, Any]]:
    return [((10, 100, 1000), 50.0), ((500, 1000, 1000), 25_000.0)]


def _share_lost() -> list[tuple[Any, Any]]:
    # Run by run 10 % and 50 %; the ratio of the means would say 34 %.
    return [((np.array([0.2, 0.3]), np.array([0.18, 0.15])), 30.0)]


def _uses_to_pay_back() -> list[tuple[Any, Any]]:
    return [((100.0, 11.0, 1.0), 11), ((95.0, 11.0, 1.0), 10), ((5.0, 1.0, 1.0), np.inf)]


def _centred_gradient() -> list[tuple[Any, Any]]:
    masks, half = np.array([[True, False], [False, True]]), np.array([0.5, 0.5])
    return [
        ((np.array([1.0, 3.0]), masks, half), np.array([-4.0, 4.0])),
        ((np.array([101.0, 103.0]), masks, half), np.array([-4.0, 4.0])),  # a constant is nothing
        ((np.array([2.0, 2.0, 5.0]), masks[[0, 0, 1]], np.array([0.2, 0.5])), [-6.25, 4.0]),
    ]


def _onto_budget() -> list[tuple[Any, Any]]:
    return [
        ((np.array([0.9, 0.6, 0.2]), 2.0), np.array([0.9, 0.6, 0.2])),  # within the budget already
        ((np.array([1.0, 0.8, 0.4]), 1.0), np.array([0.6, 0.4, 0.0])),
        ((np.array([1.5, 0.5, -0.2]), 1.2), np.array([1.0, 0.2, 0.0])),
    ]


def _false_negative_share() -> list[tuple[Any, Any]]:
    return [
        ((10, np.array([2, 2]), np.array([4, 4])), 50.0),
        ((10, np.array([2, 2, 5]), np.array([2, 2, 0])), 50 / 3),  # pairs of two users
    ]


def _diagonal_gain() -> list[tuple[Any, Any]]:
    return [
        ((np.array([[60.0, 50.0], [40.0, 70.0]]),), 20.0),
        ((np.array([[3.0, 0.0, 0.0], [1.0, 1.0, 0.0], [2.0, 2.0, 5.0]]),), 13 / 6),
    ]


def _settled_at() -> list[tuple[Any, Any]]:
    steps, values = np.array([0, 30, 75, 150]), np.array([0.165, 0.20, 0.16, 0.17])
    return [((steps, values, 0.02), 75), ((steps, values, 0.05), 0), ((steps, values, 0.0), 150)]


EXERCISES: dict[str, Callable[[], list[tuple[Any, Any]]]] = {
    "share_kept": _share_kept,
    "quality_percent": _quality,
    "like_ratio": _like_ratio,
    "random_ndcg_at_1": _random_ndcg_at_1,
    "interest_distance": _interest_distance,
    "nearest": _nearest,
    "merged_history": _merged_history,
    "kept_interval": _kept_interval,
    "share_of_bytes": _share_of_bytes,
    "share_lost": _share_lost,
    "uses_to_pay_back": _uses_to_pay_back,
    "tangent": _tangent,
    "kernel_ridge": _kernel_ridge,
    "truncated_recall": _truncated_recall,
    "soft_users": _soft_users,
    "multinomial": _multinomial,
    "heaviest_to_one": _heaviest_to_one,
    "centred_gradient": _centred_gradient,
    "onto_budget": _onto_budget,
    "false_negative_share": _false_negative_share,
    "diagonal_gain": _diagonal_gain,
    "settled_at": _settled_at,
    **SEQUENCE_EXERCISES,
}
"""Cases of every exercise: what the answer is called with, and what it must return."""
