"""What sets without texts are called: method, edition, and the settings that are unusual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from condrec.condensers import CONDENSERS, DConRec, DistillCF, FrozenScores
from condrec.experiments.grids import Scale, dconrec, distill_cf
from condrec.report.labels import (
    IMPLICIT_LABELS,
    MODEL_LABELS,
    SET_LABELS,
    changed_settings,
)
from condrec.report.sequence_labels import SEQUENCE_LABELS, sequence_notes
from condrec.settings import parameters as fields_of

NAMED_ELSEWHERE = ("top", "edition", "content", "validation")
"""Settings that a label names in its own place, or that no grid on implicit feedback changes."""


@dataclass(frozen=True)
class Usual:
    """What goes without saying of a method.

    Args:
        kind: its configuration, whose defaults are usual in edition ``as_published``.
        strict: settings of edition ``strict`` on a data set.
        words: by setting, what is said of a value that is not the usual one.
    """

    kind: Any
    strict: Callable[[Scale], Mapping[str, Any]]
    words: Mapping[str, Callable[[Any], str]] = field(default_factory=dict)


def _counted(word: str) -> Callable[[Any], str]:
    return lambda n: f"{n} {word}{'s' * (n != 1)}"


_CANDIDATES: dict[str, Callable[[Any], str]] = {
    "tail_degree": lambda n: f"users of {n} or fewer kept whole" if n else "no long tail",
    "augment": lambda x: f"{x:g} predicted a pair" if x else "no predicted pairs",
    "proxy": lambda name: f"pairs predicted by {MODEL_LABELS[name]}",
}
_LEARNING: dict[str, Callable[[Any], str]] = {
    "credit": lambda name: f"credit by {name}",
    "iterations": _counted("iteration"),
    "n_masks": _counted("mask"),
    "backbone": lambda name: f"through {MODEL_LABELS[name]}",
    "inner_epochs": _counted("inner epoch"),
    "inner_learning_rate": lambda x: f"inner rate {x:g}",
    "inner_batch_size": lambda n: f"inner batches of {n}",
    "score_learning_rate": lambda x: f"rate {x:g}",
    "decay_every": lambda n: f"rate decays every {n}" if n else "no decay",
    "centred": lambda yes: "centred estimator" if yes else "plain estimator",
    "accumulate": lambda yes: "gradients pile up" if yes else "fresh gradients",
    "outer_set": lambda name: f"outer loss on {name}{' training' * (name == 'all')} rows",
    "same_start": lambda yes: "same start" if yes else "starts differ",
}
USUAL = {
    "distill-cf": Usual(
        DistillCF,
        distill_cf.distill_cf,
        {
            "n_samples": _counted("sample"),
            "gumbel": lambda kind: f"{'no' if kind == 'none' else kind} Gumbel noise",
        },
    ),
    "dconrec": Usual(DConRec, dconrec.strict, _LEARNING | _CANDIDATES),
    "frozen-scores": Usual(FrozenScores, dconrec.frozen, _CANDIDATES),
}
"""The methods whose settings are many."""


def implicit_label(
    method: str,
    edition: str,
    budget: float | None,
    parameters: Mapping[str, Any],
    dataset: str = "",
) -> str:
    """Return what a set of implicit feedback is called, as :func:`set_label` does.

    Args:
        method: of the run.
        edition: of the run.
        budget: of the run.
        parameters: every setting of the method and the model, and ``noise``.
        dataset: whose chosen settings go without saying.
    """
    names = SET_LABELS | IMPLICIT_LABELS | SEQUENCE_LABELS
    name, notes = names.get(method, method), []
    if method in SEQUENCE_LABELS:
        notes += sequence_notes(method, edition, budget, parameters, dataset)
    if method in ("distill-cf", "dconrec"):
        name += " binarised" if parameters.get("top") else ""
        notes.append("strict" if edition == "strict" else "as published")
        notes += [f"top {parameters['top']}"] if parameters.get("top") else []
    notes += unusual_settings(method, edition, parameters, dataset)
    if parameters.get("served_by") == "known":
        notes.append("all users folded in")
    if method == "svp-cf":
        name += f" {parameters['level']}"
    if budget is not None:
        of = "" if "interactions" in name else " of interactions"
        share = f"{100 * budget:.1f} %{of}"
        # The bound of the published edition counts otherwise, so more is stored than is asked for.
        share = f"asked for {share}" if (method, edition) == ("dconrec", "as_published") else share
        notes.append(f"{budget:g} {CONDENSERS[method].unit}" if budget >= 1 else share)
    if parameters.get("lambda") is not None:
        notes.append(f"lambda = {parameters['lambda']:g}")
    if parameters["noise"]:
        notes.append(f"{100 * parameters['noise']:g} % noise")
    return name + (f" ({', '.join(notes)})" if notes else "")


def unusual_settings(
    method: str, edition: str, parameters: Mapping[str, Any], dataset: str = ""
) -> list[str]:
    """Return in words the settings of a method that are not those of its edition.

    Args:
        method: one of :data:`USUAL`; of any other nothing is said.
        edition: ``strict`` takes what was chosen on validation for the data set,
            ``as_published`` the defaults of the official code.
        parameters: every setting.
        dataset: the data set.
    """
    if method not in USUAL:
        return []
    known = USUAL[method]
    usual = {name: getattr(known.kind, f) for name, f in fields_of(known.kind).items()}
    usual |= known.strict(Scale(dataset, ())) if edition == "strict" else {}
    return changed_settings(usual, parameters, known.words, NAMED_ELSEWHERE)
