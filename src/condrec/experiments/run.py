"""A run as plain data, and its key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from condrec.condensers import (
    CONDENSERS,
    TD3,
    Condenser,
    DConRec,
    DistillCF,
    TFDCon,
    condenser,
)
from condrec.condensers.content import VERSION as CONTENT_VERSION
from condrec.condensers.content import is_asked
from condrec.condensers.soft_sequences import SequenceCondenser
from condrec.datasets import checksums
from condrec.errors import CondrecError, unknown_name
from condrec.recommenders import RECOMMENDERS, recommender
from condrec.settings import parameters
from condrec.text import open_language_model
from condrec.text.extractive import VERSION as EXTRACTIVE_VERSION
from condrec.text.prompts import VERSION as PROMPTS_VERSION
from condrec.text.sentence_embeddings import VERSION as SENTENCE_VERSION

MEASURE_ONLY = "no-model"
"""In place of a recommender: condense and measure, train nothing (statistics and sizes)."""


@dataclass(frozen=True)
class Run:
    """One condensation experiment.

    Args:
        dataset: name of the data set.
        method: name of the condenser; ``none`` trains on the full data.
        recommender: name of the model trained on what the condenser returns.
        seed: fixes the training.
        budget: see :meth:`Condenser.condense`.
        method_settings, recommender_settings: parameters that differ from the defaults.
        draw: seed of the condenser; equal to ``seed`` unless given.
        noise: share of training and validation rows replaced by random ones before anything else
            (:func:`condrec.datasets.with_noise`).
    """

    dataset: str
    method: str
    recommender: str
    seed: int
    budget: float | None = None
    method_settings: Mapping[str, Any] = field(default_factory=dict)
    recommender_settings: Mapping[str, Any] = field(default_factory=dict)
    draw: int | None = None
    noise: float = 0.0

    @property
    def condenser_seed(self) -> int:
        """The seed of the condenser."""
        return self.seed if self.draw is None else self.draw

    def condenser(self) -> Condenser:
        """Build the configured condenser."""
        return condenser(self.method, self.method_settings)

    def model(self) -> Any:
        """Build the configured recommender."""
        return recommender(self.recommender, self.recommender_settings)

    def settings(self) -> dict[str, Any]:
        """Return the parameters that differ from their defaults, method and recommender joined."""
        changed = {"noise": self.noise} if self.noise else {}
        changed |= _changed(self.condenser())
        if self.recommender != MEASURE_ONLY:
            changed |= _changed(self.model())
        return dict(sorted(changed.items()))

    def to_dict(self) -> dict[str, Any]:
        """Return the run as plain data; equal runs give equal dictionaries."""
        return {
            "dataset": self.dataset,
            "method": self.method,
            "recommender": self.recommender,
            "seed": self.seed,
            "draw": self.condenser_seed,
            "budget": self.budget,
            "settings": self.settings(),
        }

    def versions(self) -> dict[str, int]:
        """Return the hand-raised version of every method and model module the run uses."""
        method = self.condenser()
        used = {self.method: method.VERSION}
        names = [self.recommender] if self.recommender != MEASURE_ONLY else []
        if isinstance(method, DistillCF):
            names.append("infinite-ae")
        if isinstance(method, DConRec):
            names += [method.backbone, method.proxy]
        if isinstance(method, SequenceCondenser):
            names.append(method.backbone)
        if isinstance(method, TD3):  # Farzi is learned by its search too
            used["td3"] = TD3.VERSION
        if isinstance(method, TFDCon):
            names.append(method.encoder)
            used["sentence_embeddings"] = SENTENCE_VERSION
        if method.content != "original":
            used["content"] = CONTENT_VERSION
            used["extractive"] = EXTRACTIVE_VERSION
        if is_asked(method.content) or is_asked(getattr(method, "interests", "")):
            used["prompts"] = PROMPTS_VERSION
        return used | {name: RECOMMENDERS[name].VERSION for name in names}

    def key(self) -> str:
        """Return the name of the run's artifact: a hash of the run, the data and the versions."""
        content: list[Any] = [self.to_dict(), self.versions(), checksums(self.dataset)]
        method = self.condenser()
        words = (method.content, getattr(method, "interests", ""))
        # A folder may hold other weights tomorrow; the model's own name has their hash.
        content += [open_language_model(kind).name for kind in words if kind.startswith("local:")]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _changed(config: Any) -> dict[str, Any]:
    """Return the fields of a configuration that differ from their class's defaults."""
    default = {f.name: f.default for f in fields(config)}
    return {
        name: getattr(config, field)
        for name, field in parameters(config).items()
        if getattr(config, field) != default[field]
    }


def make_run(
    dataset: str,
    method: str,
    recommender_name: str,
    seed: int,
    budget: float | None = None,
    settings: Mapping[str, Any] | None = None,
    draw: int | None = None,
) -> Run:
    """Build a run from settings of the method or the recommender, or ``noise``.

    Raises:
        CondrecError: a name that neither knows (the nearest valid one is offered).
    """
    if method not in CONDENSERS:
        raise unknown_name("method", method, CONDENSERS)
    of_method = set(parameters(CONDENSERS[method]))
    of_model: set[str] = set()
    if recommender_name != MEASURE_ONLY:
        if recommender_name not in RECOMMENDERS:
            raise unknown_name("recommender", recommender_name, RECOMMENDERS)
        of_model = set(parameters(RECOMMENDERS[recommender_name]))
    given = dict(settings or {})
    noise = given.pop("noise", 0.0)
    try:
        noise = float(noise)
    except (TypeError, ValueError):
        raise CondrecError(f"noise: found {noise!r}, expected a share from 0 to below 1") from None
    for name in given:
        if name not in of_method | of_model:
            raise unknown_name(
                f"parameter of {method} or {recommender_name}", name, of_method | of_model
            )
    run = Run(
        dataset,
        method,
        recommender_name,
        seed,
        budget,
        {k: v for k, v in given.items() if k in of_method},
        {k: v for k, v in given.items() if k in of_model},
        draw,
        noise,
    )
    run.settings()  # builds both configurations, so that a bad value is refused at once
    return run
