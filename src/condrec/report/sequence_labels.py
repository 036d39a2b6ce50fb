"""What sets of sequences are called: soft or real, what learners know beside them, what changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from condrec.condensers import CONDENSERS
from condrec.experiments.grids import Scale, td3, td3_settings
from condrec.report.labels import MODEL_LABELS, changed_settings
from condrec.settings import parameters as fields_of

SEQUENCE_LABELS = {
    "td3": "TD3",
    "farzi": "Farzi",
    "random-soft-sequences": "random soft sequences",
    "random-sequences": "random real sequences",
    "most-recent": "most recent real sequences",
    "longest": "longest real sequences",
    "k-medoids-sequences": "medoids of real sequences",
}
ITEM_VECTORS = {
    "as_published": "as published",
    "reset": "item vectors to start from",
    "start": "item vectors to start from",
    "frozen": "frozen item vectors",
    "strict": "sequences alone",
    "none": "",
}
"""What learners know beside the sequences, by edition or by the setting ``table``."""
LEARNED = ("td3", "farzi")
_NAMED_ELSEWHERE = ("edition", "content", "validation", "table", "length", "full_epochs")
"""Settings named in their own place, or that follow the data."""
_TRUNCATIONS = {
    "random": "window at random",
    "last": "window at the end",
    "full": "window over all steps",
}
_TARGETS = {
    "last": "last position predicted",
    "cut": "an earlier position predicted too",
    "all": "every position predicted",
}
_FORMS = {"tucker": "Tucker factors", "dense": "dense logits", "latent": "latent tensor"}
_EQUAL = ("published factors", "chosen factors", "chosen factors and item vectors")
_STARTS = {"checkpoints": "start from checkpoints", "untrained": "start untrained"}
_WORDS: dict[str, Callable[[Any], str]] = {
    "backbone": lambda name: f"learned with {MODEL_LABELS[name]}",
    "form": lambda name: _FORMS[name],
    "rank_users": lambda n: f"d1 = {n}",
    "rank_times": lambda n: f"d2 = {n}",
    "alignment": lambda x: f"alignment {x:g}" if x else "no alignment",
    "targets": lambda name: _TARGETS[name],
    "truncation": lambda name: _TRUNCATIONS[name],
    "window": lambda n: f"window of {n}",
    "inner_steps": lambda n: f"{n} inner steps",
    "start": lambda name: _STARTS[name],
    "earliest": lambda n: f"checkpoints from epoch {n}",
    "outer_epochs": lambda n: f"{n} passes",
    "outer_learning_rate": lambda x: f"rate {x:g}",
    "outer_batch_size": lambda n: f"outer batches of {n}",
    "inner_learning_rate": lambda x: f"inner rate {x:g}",
    "inner_batch_size": lambda n: f"inner batches of {n}",
    "scale": lambda x: f"logits times {x:g}",
}


def sequence_notes(
    method: str, edition: str, budget: float | None, parameters: Mapping[str, Any], dataset: str
) -> list[str]:
    """Return what tells a set of sequences from others of its method, in words.

    Args:
        method: one of :data:`SEQUENCE_LABELS`.
        edition: of the run.
        budget: of the run.
        parameters: every setting of the method.
        dataset: whose official and chosen settings are known.
    """
    real = "table" in parameters
    notes = [ITEM_VECTORS[parameters["table"] if real else edition]]
    usual = {name: getattr(CONDENSERS[method], f) for name, f in _fields(method).items()}
    if method in LEARNED:
        words, base = _nearest_settings(method, edition, usual, parameters, dataset)
        notes += [words, *base]
    else:
        notes += changed_settings(usual, parameters, _WORDS, _NAMED_ELSEWHERE)
        if not real and parameters.get("soft_targets") == "all":
            notes.append("every position a target")
    equal = td3_settings.EQUAL_BYTES.get(dataset, ())
    if budget is not None and budget in equal:
        notes.append(f"as many bytes as {_EQUAL[equal.index(budget)]}")
    return [note for note in notes if note]


def _fields(method: str) -> dict[str, str]:
    return fields_of(CONDENSERS[method])


def _nearest_settings(
    method: str,
    edition: str,
    usual: Mapping[str, Any],
    parameters: Mapping[str, Any],
    dataset: str,
) -> tuple[str, list[str]]:
    """Return which settings a search was made with, chosen or official, and what differs."""
    scale = Scale(dataset, ())
    known = {
        "chosen settings": td3_settings.chosen(dataset),
        "official settings": td3_settings.PUBLISHED.get(dataset, {}),
    }
    found = {
        words: changed_settings(
            {**usual, **settings, "length": td3.length(scale)}, parameters, _WORDS, _NAMED_ELSEWHERE
        )
        for words, settings in known.items()
    }
    words = min(found, key=lambda name: len(found[name]))
    unsaid = edition == "as_published" and words == "official settings"
    return "" if unsaid else words, found[words]
