"""The exercises of the notebooks: every solution passes, every empty stub fails."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from condrec.book.exercises import EXERCISES, check, fault
from condrec.errors import CondrecError

ROOT = Path(__file__).resolve().parents[1]


def tagged(tag: str) -> list[tuple[str, str]]:
    found = []
    for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
            if tag in cell["metadata"].get("tags", []):
                found.append((f"{notebook.stem}:{cell['id']}", "".join(cell["source"])))
    return found


def answers(source: str) -> dict:
    """Execute a cell by itself and return the answers it defines."""
    names: dict = {"np": np, "check": check}
    exec(source, names)
    return {name: names[name] for name in EXERCISES if name in names}


STUBS, SOLUTIONS = tagged("exercise"), tagged("solution")


def test_every_exercise_has_one_stub_and_one_solution():
    for cells in (STUBS, SOLUTIONS):
        defined = [name for _, source in cells for name in answers(source)]
        assert sorted(defined) == sorted(EXERCISES)


@pytest.mark.parametrize("source", [s for _, s in STUBS], ids=[i for i, _ in STUBS])
def test_the_empty_stub_fails(source, capsys):
    ((name, answer),) = answers(source).items()
    assert "got       None" in fault(name, answer)
    assert f"{name}: not yet" in capsys.readouterr().out


@pytest.mark.parametrize("source", [s for _, s in SOLUTIONS], ids=[i for i, _ in SOLUTIONS])
def test_the_solution_passes(source, capsys):
    ((name, answer),) = answers(source).items()
    assert fault(name, answer) == ""
    assert capsys.readouterr().out == f"{name}: right\n"


@pytest.mark.parametrize("source", [s for _, s in SOLUTIONS], ids=[i for i, _ in SOLUTIONS])
def test_the_solution_is_folded(source):
    (cell,) = [
        cell
        for notebook in sorted((ROOT / "notebooks").glob("*.ipynb"))
        for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        if "".join(cell["source"]) == source
    ]
    assert "hide-cell" in cell["metadata"]["tags"]
    assert cell["metadata"]["jupyter"]["source_hidden"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("share_kept", lambda full, condensed: len(condensed) / len(full)),  # counts negatives
        ("quality_percent", lambda ours, full: 100 * sum(ours.values()) / sum(full.values())),
        ("like_ratio", lambda likes, dislikes: (likes + 1) / (likes + dislikes + 2)),
        ("random_ndcg_at_1", lambda labels: 1 / len(labels)),
        ("interest_distance", lambda e, cluster: np.linalg.norm(e - e.mean(axis=0), axis=1)),
        ("nearest", lambda d, cluster, m: [np.argsort(d)[:m].tolist()]),  # forgets the clusters
        ("share_of_bytes", lambda m, n, rows: 100 * m * n / rows),  # counts cells, not bytes
        ("share_lost", lambda clean, noisy: 100 * (1 - noisy.mean() / clean.mean())),
        (
            "uses_to_pay_back",
            lambda make, full, small: make / (full - small) if full > small else np.inf,
        ),
        ("merged_history", lambda histories, limit: [i for h in histories for i in h][:limit]),
        ("tangent", lambda s_xy, s_xx, s_yy: 2 * s_xy + 0.01),  # the diagonal's formula
        (
            "kernel_ridge",  # lambda not relative to the diagonal
            lambda k, q, x, strength: q @ np.linalg.inv(k + strength * np.eye(len(k))) @ x,
        ),
        (
            "truncated_recall",  # forgets to leave out what is known
            lambda scores, known, wanted, k: (
                len(set(np.argsort(-scores)[:k]) & set(wanted)) / min(k, len(wanted))
            ),
        ),
        ("soft_users", lambda a, w: sum(a * g / (a @ g)[:, None] for g in w)),  # not cut at 1
        (
            "multinomial",  # divides by the number of positives
            lambda scores, x: (
                -((x * (scores - np.log(np.exp(scores).sum(1, keepdims=True)))).sum() / x.sum())
            ),
        ),
        ("heaviest_to_one", lambda weights, top: np.minimum(1, weights * top)),
        (
            "centred_gradient",  # forgets to centre
            lambda losses, masks, s: (losses[:, None] * (masks - s) / (s * (1 - s))).mean(0),
        ),
        ("onto_budget", lambda s, budget: np.clip(s * min(1, budget / s.sum()), 0, 1)),  # scales
        ("false_negative_share", lambda n, kept, missing: 100 * missing.mean() / n),
        ("diagonal_gain", lambda kept: np.diag(kept).mean() - kept.mean()),
        (
            "settled_at",  # the first close value, whatever follows
            lambda steps, values, tolerance: steps[abs(values - values[-1]) <= tolerance][0],
        ),
        (
            "tucker_logits",  # the factors in each other's place
            lambda core, users, times, v: np.einsum("ijk,aj,bi->abk", core, users, times) @ v.T,
        ),
        (
            "soft_divergence",  # forgets the target's entropy
            lambda target, z: (target * (np.log(np.exp(z).sum()) - z)).sum(),
        ),
        (
            "adam_step",  # no correction of the moments
            lambda theta, m, v, g, t, rate: [
                theta - rate * (0.9 * m + 0.1 * g) / np.sqrt(0.999 * v + 0.001 * g * g),
                0.9 * m + 0.1 * g,
                0.999 * v + 0.001 * g * g,
            ],
        ),
        ("share_with_table", lambda learned, n, d, rows: 50 * learned / rows),  # without the table
        ("learning_adds", lambda learned, random, full: 100 * (learned / random - 1).mean()),
        ("gain_passed_on", lambda learned, random: (learned[1:] - random[1:]).mean() / learned[0]),
        ("decoding_products", lambda m, length, n, d1, d2, d3: m * length * n * d1 * d2 * d3),
    ],
)
def test_a_likely_mistake_is_found(name, wrong):
    assert "expected" in fault(name, wrong)


def test_an_answer_that_raises_is_told_so():
    assert "ZeroDivisionError" in fault("like_ratio", lambda likes, dislikes: 1 // 0)


def test_a_text_or_another_shape_is_wrong():
    assert "expected" in fault("random_ndcg_at_1", lambda labels: "a quarter")
    assert "expected" in fault("like_ratio", lambda likes, dislikes: likes[:2])


def test_unknown_exercise():
    with pytest.raises(CondrecError, match="did you mean 'nearest'"):
        check("nearst", lambda: None)
