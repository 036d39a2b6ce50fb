from __future__ import annotations

import numpy as np
import pytest

from condrec.datasets import embedded, embedded_implicit
from condrec.datasets.splits import RULES


@pytest.mark.parametrize("split", RULES)
def test_it_holds_every_click_of_the_site_once(split: str) -> None:
    site, dataset = embedded(), embedded_implicit(split)
    owner = np.repeat(np.arange(site.n_users), site.histories.lengths)
    clicks = [owner * site.n_items + site.histories.values]
    for rows in (site.train, site.validation, site.test):
        clicks.append(rows.positives.user * site.n_items + rows.positives.item)
    parts = (dataset.train, dataset.validation, dataset.test)
    pairs = np.concatenate([rows.user * site.n_items + rows.item for rows in parts])
    assert np.array_equal(np.sort(pairs), np.sort(np.concatenate(clicks)))
    assert len(np.unique(pairs)) == len(pairs)
    assert all((rows.label == 1).all() for rows in parts)


def test_texts_and_protocol() -> None:
    site, dataset = embedded(), embedded_implicit()
    for name in ("titles", "descriptions", "categories", "interests"):
        assert getattr(dataset, name) == getattr(site, name), name
    assert dataset.tokens is None  # collaborative models read no text
    assert dataset.protocol == "full" and dataset.data_split == "random-80-10-10"
    assert not dataset.histories.lengths.any()


def test_another_seed_is_another_site() -> None:
    assert embedded_implicit(seed=1).titles == embedded(seed=1).titles
    assert embedded_implicit(seed=1).titles != embedded_implicit().titles
