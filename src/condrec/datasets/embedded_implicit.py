"""The made-up news site as implicit feedback: every click, nothing else."""

from __future__ import annotations

import numpy as np

from condrec.datasets.embedded import N_ITEMS, N_USERS, SHOWN, generate_site
from condrec.datasets.splits import no_histories, split_interactions
from condrec.datasets.types import Dataset, Interactions


def embedded_implicit(split: str = "random-80-10-10", seed: int = 0) -> Dataset:
    """Return all clicks of the embedded data set as implicit feedback.

    The same users, items and titles as ``embedded(seed)``; its clicks of histories, train,
    validation and test together, each with its time.  Nobody is shown an item twice, so every
    pair is there once.

    Args:
        split: one of ``condrec.datasets.splits.RULES``.
        seed: another seed, another site and another random split.

    Raises:
        CondrecError: unknown split.
    """
    site = generate_site(seed)
    clicked = site.clicks.ravel()
    rows = Interactions(
        user=np.repeat(site.user, SHOWN)[clicked],
        item=site.candidates.ravel()[clicked],
        label=np.ones(int(clicked.sum()), dtype=np.int64),
        time=np.repeat(site.time, SHOWN)[clicked],
    )
    # Collaborative models read no text: words would only blur what a set stores.
    texts = {k: v for k, v in site.texts.items() if k not in ("tokens", "vocabulary")}
    train, validation, test = split_interactions(rows, N_USERS, split, seed)
    return Dataset(
        name="embedded-implicit",
        n_users=N_USERS,
        n_items=N_ITEMS,
        train=train,
        validation=validation,
        test=test,
        histories=no_histories(N_USERS),
        protocol="full",
        data_split=split,
        **texts,
    )
