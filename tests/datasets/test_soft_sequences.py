from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.condensers import size, size_report
from condrec.condensers.shared_work import fingerprint
from condrec.datasets import (
    Dataset,
    ItemTable,
    SoftSequences,
    embedded_sequences,
    load_saved_dataset,
    save_dataset,
    training_matrix,
)
from condrec.errors import CondrecError
from condrec.recommenders import recommender

M, L, N_ITEMS = 4, 5, 120
D1, D2, D = 2, 3, 6


def draw(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape).astype(np.float32)


def tucker(seed: int = 0) -> SoftSequences:
    factors = {
        "core": draw(D1, D2, D, seed=seed),
        "users": draw(M, D1, seed=seed),
        "times": draw(L, D2, seed=seed),
    }
    return SoftSequences(factors, draw(N_ITEMS, D, seed=seed))


def latent() -> SoftSequences:
    return SoftSequences({"latent": draw(M, L, D)}, draw(N_ITEMS, D))


def dense() -> SoftSequences:
    return SoftSequences({"logits": draw(M, L, N_ITEMS)})


def summary(made_up: SoftSequences, table: ItemTable | None = None) -> Dataset:
    full = embedded_sequences()
    return replace(
        full,
        train=full.train.where([]),
        known=full.train,
        soft_sequences=made_up,
        item_table=table,
    )


def test_tucker_factors_equal_a_plain_loop() -> None:
    made_up = tucker()
    core, users, times = made_up.factors.values()
    assert made_up.table is not None
    logits = np.zeros((M, L, N_ITEMS))
    for a in range(M):
        for b in range(L):
            for c in range(N_ITEMS):
                for i in range(D1):
                    for j in range(D2):
                        inner = float(core[i, j].astype(float) @ made_up.table[c].astype(float))
                        logits[a, b, c] += inner * users[a, i] * times[b, j]
    weights = np.exp(logits)
    np.testing.assert_allclose(
        made_up.distributions(), weights / weights.sum(2, keepdims=True), rtol=1e-4
    )


@pytest.mark.parametrize("make", [tucker, latent, dense])
def test_every_position_is_a_distribution(make) -> None:  # type: ignore[no-untyped-def]
    made_up = make()
    found = made_up.distributions()
    assert found.shape == (len(made_up), made_up.length, made_up.n_items) == (M, L, N_ITEMS)
    assert found.dtype == np.float32 and (found >= 0).all()
    np.testing.assert_allclose(found.sum(2), 1, atol=1e-5)


@given(st.floats(-1e4, 1e4, width=32))
def test_a_shift_of_all_logits_changes_nothing(shift: float) -> None:
    logits = draw(2, 3, 7)
    shifted = SoftSequences({"logits": logits + np.float32(shift)}).distributions()
    np.testing.assert_allclose(
        SoftSequences({"logits": logits}).distributions(), shifted, atol=2e-3
    )


def test_numbers_that_are_stored() -> None:
    assert tucker().n_learned == D1 * D2 * D + M * D1 + L * D2
    assert latent().n_learned == M * L * D
    assert dense().n_learned == M * L * N_ITEMS
    # Table of the fact sheet TD3, section 2.1: 30 sequences of 20 in factors of 8, 8 and 32.
    magazine = {"core": draw(8, 8, 32), "users": draw(30, 8), "times": draw(20, 8)}
    assert SoftSequences(magazine, draw(900, 32)).n_learned == 2_448


@pytest.mark.parametrize(
    ("factors", "table", "message"),
    [
        ({"logits": draw(2, 3, 7)}, draw(7, 4), "found \\['logits'\\] and a table, expected"),
        ({"latent": draw(2, 3, 4)}, None, "found \\['latent'\\] and no table, expected logits"),
        ({"core": draw(2, 2, 4), "users": draw(3, 2)}, draw(7, 4), "expected logits alone, or"),
        ({}, None, "found \\[\\] and no table"),
        ({"latent": draw(2, 3, 4)}, draw(7, 5), "expected ones that fit together"),
        ({"latent": draw(2, 4)}, draw(7, 4), "expected ones that fit together"),
        ({"latent": draw(0, 3, 4)}, draw(7, 4), "expected ones that fit together"),
        ({"logits": np.full((1, 2, 3), np.nan)}, None, "not finite, expected none"),
        ({"latent": draw(2, 3, 4)}, np.full((7, 4), np.inf), "not finite, expected none"),
        (
            {"core": draw(2, 2, 4), "users": draw(3, 5), "times": draw(6, 2)},
            draw(7, 4),
            "factors do not fit together",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    factors: dict[str, np.ndarray], table: np.ndarray | None, message: str
) -> None:
    with pytest.raises(CondrecError, match=message):
        SoftSequences(factors, table)


def test_an_item_table_that_does_not_fit_is_refused() -> None:
    for values in (draw(3), np.full((3, 2), np.nan)):
        with pytest.raises(CondrecError, match="item table: found shape .*expected finite numbers"):
            ItemTable(values)
    with pytest.raises(CondrecError, match="item table: found 7 rows, expected 120"):
        summary(tucker(), ItemTable(draw(7, D)))


def test_data_of_another_catalogue_or_with_rows_beside_them_are_refused() -> None:
    full = embedded_sequences()
    other = SoftSequences({"logits": draw(2, 3, 7)})
    with pytest.raises(CondrecError, match="soft data: found 7 items and 0 training rows"):
        summary(other)
    with pytest.raises(CondrecError, match="found 120 items and 6432 training rows beside them"):
        replace(full, soft_sequences=tucker())


@pytest.mark.parametrize("make", [tucker, latent, dense])
@pytest.mark.parametrize("table", [None, ItemTable(draw(120, 3)), ItemTable(draw(120, 3), True)])
def test_saved_and_loaded_equal(  # type: ignore[no-untyped-def]
    make, table: ItemTable | None, tmp_path: Path
) -> None:
    before = summary(make(), table)
    save_dataset(before, tmp_path)
    after = load_saved_dataset(tmp_path)
    assert before.soft_sequences is not None and after.soft_sequences is not None
    assert list(after.soft_sequences.factors) == list(before.soft_sequences.factors)
    for name, array in before.soft_sequences.factors.items():
        assert np.array_equal(after.soft_sequences.factors[name], array)
    assert (after.soft_sequences.table is None) == (before.soft_sequences.table is None)
    assert np.array_equal(
        after.soft_sequences.distributions(), before.soft_sequences.distributions()
    )
    if table is None:
        assert after.item_table is None
    else:
        assert after.item_table is not None and after.item_table.frozen == table.frozen
        assert np.array_equal(after.item_table.values, table.values)
    assert fingerprint(after) == fingerprint(before) and size(after) == size(before)


def test_all_that_a_learner_sees_changes_the_fingerprint() -> None:
    table = ItemTable(draw(N_ITEMS, D))
    known = [
        fingerprint(each)
        for each in (
            embedded_sequences(),
            summary(tucker()),
            summary(tucker(seed=1)),
            summary(replace(tucker(), table=draw(N_ITEMS, D, seed=5))),
            summary(latent()),
            summary(tucker(), table),
            summary(tucker(), replace(table, frozen=True)),
            summary(tucker(), ItemTable(draw(N_ITEMS, D, seed=5))),
        )
    ]
    assert len(set(known)) == len(known)
    assert fingerprint(summary(tucker())) == fingerprint(summary(tucker()))


def test_size_counts_every_stored_number_once() -> None:
    decoder = tucker().table
    assert decoder is not None
    counted = size(summary(tucker()))
    assert counted.n_users == M
    assert (counted.n_positives, counted.n_negatives, counted.n_tokens) == (0, 0, 0)
    assert counted.bytes == 4 * (tucker().n_learned + N_ITEMS * D)
    assert size(summary(dense())).bytes == 4 * M * L * N_ITEMS
    # Learners that start from the decoder's own table bring nothing more along.
    assert size(summary(tucker(), ItemTable(decoder))).bytes == counted.bytes
    more = size(summary(tucker(), ItemTable(draw(N_ITEMS, 3)))).bytes
    assert more == counted.bytes + 4 * N_ITEMS * 3
    report = size_report(summary(tucker()), embedded_sequences())
    assert report["users_pct"] == pytest.approx(100 * M / 300)
    assert report["positives_pct"] == 0


def test_models_of_users_refuse_soft_sequences() -> None:
    with pytest.raises(CondrecError, match="found soft sequences, which have no rows of users"):
        training_matrix(summary(tucker()))
    with pytest.raises(CondrecError, match="soft sequences"):
        recommender("popularity").fit(summary(tucker()), seed=0)
