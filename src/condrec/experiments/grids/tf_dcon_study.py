"""What TF-DCon's paper leaves out: cheap words for the language model's, and its other choices.

The first two grids change one factor at a time from the primary setting: TF-DCon as published at
the released size, alpha = 0.5 on raw distances, m = 1, recorded replies, NAML.
"""

from __future__ import annotations

from dataclasses import replace

from condrec.experiments.grids.base import Scale, Settings, is_small, unique
from condrec.experiments.grids.tf_dcon import (
    ALPHA,
    SHARE,
    models,
    n_users,
    released,
    text_grid,
    texts,
    tf_dcon_editions,
)
from condrec.experiments.run import Run

CONTENTS = ("extractive", "truncated", "random", "title")
"""Texts in place of the language model's."""
FACTORS: tuple[Settings, ...] = (
    *({"alpha": alpha, "distance": "raw"} for alpha in (0.0, 1.0, 4.0)),
    *({"alpha": alpha, "distance": "standardised"} for alpha in (0.5, 1.0, 4.0)),
    {"sentence_encoder": "tfidf-svd"},
)
SIZES = (0.25, 0.5, 1, 2, 4, 8)
"""K as multiples of the released number of users."""


def interests(scale: Scale) -> list[str]:
    """Return what stands in for the language model's interest words, as far as the data go.

    The extractive words are the primary setting where no replies are recorded; the books'
    categories are not known.
    """
    recorded = "movielens" in scale.dataset or "goodreads" in scale.dataset
    categories = "goodreads" not in scale.dataset
    return [*(["extractive"] if recorded else []), *(["categories"] if categories else [])]


def study(scale: Scale) -> list[Run]:
    """What the language model's words are worth: contents, interests, distances, encoder."""
    k, lead = n_users(scale), models(scale)[0]
    primary: Settings = {"alpha": ALPHA, **texts(scale)}
    changed = [
        {},
        *({"content": content} for content in CONTENTS),
        *({"interests": words} for words in interests(scale)),
        *FACTORS,
    ]
    runs = scale.runs("none", None, lead)
    for settings in changed:
        runs += scale.runs("tf-dcon", k, lead, **{**primary, **settings})
    for content in (texts(scale)["content"], *CONTENTS):  # the same texts for random users
        runs += scale.runs("random-users", k, lead, content=content)
    return unique(runs)


def variants(scale: Scale) -> list[Run]:
    """What merging is worth, and quality against size for every way to choose users."""
    k, lead = n_users(scale), models(scale)[0]
    own = texts(scale)
    runs = scale.runs("none", None, lead)
    for m in (1, 2, 3):
        # m users stay m users with one history, or become one: as many stored users' rows.
        for edition in ("as_published", "strict"):
            settings = {"alpha": ALPHA, "m": m, "edition": edition, **own}
            if edition == "strict":  # else its distances would differ too
                settings["distance"] = "raw"
            runs += scale.runs("tf-dcon", max(1, round(k / m)), lead, **settings)
    few = replace(scale, seeds=tuple(scale.seeds)[:3])
    for multiple in (0.5, 1, 2) if is_small(scale) else SIZES:
        budget = max(2, round(k * multiple))
        sweep = scale if multiple in (0.5, 1, 2) else few
        runs += sweep.runs("tf-dcon", budget, lead, alpha=ALPHA, **own)
        for method in ("k-medoids", "random-users", "majority"):
            runs += sweep.runs(method, budget, lead, **own)
    return unique(runs)


def stopping(scale: Scale) -> list[Run]:
    """Who says when to stop: each set's own users' validation rows, or all of them.

    No size counts validation rows, and a set of single likes touches many users, who bring
    theirs along.
    """
    k, lead, share = n_users(scale), models(scale)[0], SHARE.get(scale.dataset, 0.1)
    own = texts(scale)
    sets: list[tuple[str, float | None, Settings]] = [
        *([("released-condensed", None, {})] if released(scale) else []),
        *tf_dcon_editions(scale),
        ("random-users", k, own),
        ("random-interactions", share, {"edition": "strict", **own}),
    ]
    return [
        run
        for validation in ("own", "full")
        for method, budget, settings in sets
        for run in scale.runs(method, budget, lead, validation=validation, **settings)
    ]


GRIDS = (
    text_grid("study", "what the language model's words are worth", study),
    text_grid("variants", "merging, and quality against size", variants),
    text_grid("stopping", "whose validation rows stop the training", stopping),
)
