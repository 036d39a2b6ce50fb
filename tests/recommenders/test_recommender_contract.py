"""What every recommender must do, whichever it is."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

from condrec.datasets import Dataset, Interactions
from condrec.errors import CondrecError
from condrec.recommenders import RECOMMENDERS, recommender, resolve_device
from condrec.recommenders.ease import REGULARIZATIONS
from condrec.recommenders.infinite_ae import LAMBDAS
from condrec.recommenders.sequence import SequenceConfig
from condrec.recommenders.training import TextModelConfig
from condrec.settings import parameters

SMALL: dict[str, Any] = {
    "embedding_size": 16,
    "hidden_size": 16,
    "attention_size": 8,
    "epochs": 2,
    "batch_size": 32,
}
TEXT_MODELS = sorted(n for n, cls in RECOMMENDERS.items() if issubclass(cls, TextModelConfig))
# By epochs, on interactions:
TRAINED = ("bpr-mf", "neumf", "mult-vae", "lightgcn", "ngcf", "xsimgcl")
# By epochs, on sequences:
SEQUENTIAL = sorted(n for n, cls in RECOMMENDERS.items() if issubclass(cls, SequenceConfig))
WITHOUT_CHANCE = ("popularity", "like-ratio", "ease", "item-knn", "infinite-ae", "markov")

every_recommender = pytest.mark.parametrize("name", sorted(RECOMMENDERS))
every_text_model = pytest.mark.parametrize("name", TEXT_MODELS)
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")


@pytest.fixture
def dataset(name: str, tiny_dataset: Dataset, sequence_dataset: Dataset) -> Dataset:
    """What the recommender called ``name`` can learn from."""
    return sequence_dataset if name in ("markov", *SEQUENTIAL) else tiny_dataset


def small(name: str, **settings: Any) -> Any:
    by_epochs = name in TRAINED or name in SEQUENTIAL
    few = {"epochs": 2, "batch_size": 32, "validate_every": 1} if by_epochs else {}
    return recommender(name, (SMALL if name in TEXT_MODELS else few) | settings)


def scores(name: str, dataset: Dataset, seed: int = 0, **settings: Any) -> np.ndarray:
    return small(name, **settings).fit(dataset, seed).score(dataset, dataset.test)


@every_recommender
def test_scores_one_finite_number_a_row(name: str, dataset: Dataset) -> None:
    found = scores(name, dataset)
    assert found.shape == (len(dataset.test),)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()


@every_recommender
def test_scores_users_without_a_history(name: str, dataset: Dataset) -> None:
    rows = Interactions([3, 17, 3], [0, 1, 2], [1, 0, 0])
    assert not len(dataset.histories[3]) and not len(dataset.histories[17])
    assert np.isfinite(small(name).fit(dataset, 0).score(dataset, rows)).all()


@every_recommender
def test_scores_no_rows_as_no_scores(name: str, dataset: Dataset) -> None:
    nothing = dataset.test.where([])
    assert small(name).fit(dataset, 0).score(dataset, nothing).shape == (0,)


@every_recommender
def test_same_seed_same_scores_other_seed_other_scores(name: str, dataset: Dataset) -> None:
    first, again, other = (scores(name, dataset, seed) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first == other).all() == (name in WITHOUT_CHANCE)


@pytest.mark.parametrize("name", sorted(set(RECOMMENDERS) - {"random"}))
def test_a_score_depends_on_its_row_only(name: str, dataset: Dataset) -> None:
    fitted = small(name).fit(dataset, 0)
    order = np.random.default_rng(0).permutation(len(dataset.test))
    shuffled = fitted.score(dataset, dataset.test.where(order))
    inverse = np.argsort(order)
    plain = fitted.score(dataset, dataset.test)
    np.testing.assert_allclose(shuffled[inverse], plain, atol=1e-6)


@every_recommender
def test_never_sees_the_test_rows(name: str, dataset: Dataset) -> None:
    flipped = dataclasses.replace(dataset.test, item=dataset.n_items - 1 - dataset.test.item)
    other_test = dataclasses.replace(dataset, test=flipped)
    fitted = small(name).fit(other_test, 0)
    assert (fitted.score(dataset, dataset.test) == scores(name, dataset)).all()


@every_recommender
def test_leaves_the_global_random_state_alone(name: str, dataset: Dataset) -> None:
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()
    scores(name, dataset)
    assert torch.equal(torch_state, torch.get_rng_state())
    for before, after in zip(numpy_state, np.random.get_state(), strict=True):
        assert np.array_equal(before, after)


@every_recommender
def test_does_not_depend_on_the_global_random_state(name: str, dataset: Dataset) -> None:
    first = scores(name, dataset)
    torch.rand(1)
    assert (scores(name, dataset) == first).all()


@every_recommender
def test_configuration_round_trip(name: str) -> None:
    config = small(name)
    settings = {key: getattr(config, field) for key, field in parameters(config).items()}
    assert recommender(name, settings) == config
    assert recommender(name, {key: str(value) for key, value in settings.items()}) == config
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.epochs = 3
    assert type(config).VERSION >= 1
    assert "VERSION" not in settings


@every_recommender
def test_log_tells_how_the_fit_went(name: str, dataset: Dataset) -> None:
    log = small(name).fit(dataset, 0).log
    by_epochs = name in TEXT_MODELS or name in TRAINED or name in SEQUENTIAL
    # Models that are solved log the regularisers they tried.
    tried = {"ease": len(REGULARIZATIONS), "infinite-ae": len(LAMBDAS)}
    rows = 2 if by_epochs else tried.get(name, 0)
    assert len(log.curve) == log.epochs == rows
    for number, row in enumerate(log.curve, 1):
        assert row["epoch"] == number
        assert 0 <= row["validation"] <= 1 and np.isfinite(row["loss"]) and row["seconds"] > 0


@every_text_model
def test_user_vectors(name: str, tiny_dataset: Dataset) -> None:
    fitted = small(name).fit(tiny_dataset, 0)
    vectors = fitted.user_vectors(tiny_dataset)
    assert vectors.shape == (30, 16)
    assert np.isfinite(vectors).all()
    items = fitted.model.item_table(tiny_dataset.tokens, np.arange(25)).double().numpy()
    expected = (vectors[tiny_dataset.test.user] * items[tiny_dataset.test.item]).sum(1)
    np.testing.assert_allclose(
        fitted.score(tiny_dataset, tiny_dataset.test), expected, rtol=1e-5, atol=1e-5
    )


@every_text_model
def test_only_the_latest_of_a_history_are_read(name: str, tiny_dataset: Dataset) -> None:
    config = small(name, history_limit=1)
    fitted = config.fit(tiny_dataset, 0)
    latest = dataclasses.replace(tiny_dataset, histories=tiny_dataset.histories.truncate(1, "last"))
    oldest = dataclasses.replace(tiny_dataset, histories=tiny_dataset.histories.truncate(1))
    found = fitted.score(tiny_dataset, tiny_dataset.test)
    np.testing.assert_allclose(found, fitted.score(latest, latest.test), atol=1e-6)
    assert not np.allclose(found, fitted.score(oldest, oldest.test), atol=1e-6)
    # In training too.
    assert (config.fit(latest, 0).score(latest, latest.test) == found).all()
    assert (config.fit(oldest, 0).score(latest, latest.test) != found).any()


@every_text_model
def test_refuses_data_it_cannot_learn_from(name: str, tiny_dataset: Dataset) -> None:
    no_texts = dataclasses.replace(tiny_dataset, tokens=None)
    with pytest.raises(CondrecError, match="tiny: found no item texts"):
        small(name).fit(no_texts, 0)
    with pytest.raises(CondrecError, match="tiny: found no item texts"):
        small(name).fit(tiny_dataset, 0).score(no_texts, tiny_dataset.test)
    rows = tiny_dataset.validation
    for empty in (rows.where([]), rows.negatives):
        with pytest.raises(CondrecError, match="no positive validation row.*larger budget"):
            small(name).fit(dataclasses.replace(tiny_dataset, validation=empty), 0)


@every_text_model
def test_refuses_texts_without_a_word(name: str, tiny_dataset: Dataset) -> None:
    assert tiny_dataset.tokens is not None
    blank = dataclasses.replace(tiny_dataset, tokens=tiny_dataset.tokens.truncate(0))
    with pytest.raises(CondrecError, match="tiny: found no word in any item text"):
        small(name).fit(blank, 0)


@every_text_model
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs: found 0, expected at least 1"),
        ({"batch_size": -1}, "batch_size: found -1"),
        ({"n_negatives": 0}, "n_negatives: found 0"),
        ({"patience": 0}, "patience: found 0"),
        ({"history_limit": 0}, "history_limit: found 0"),
        ({"dropout": 1.0}, "dropout: found 1.0"),
        ({"dropout": "nan"}, "dropout: found nan"),
        ({"learning_rate": 0}, "learning_rate: found 0"),
        ({"learning_rate": "nan"}, "learning_rate: found nan"),
        ({"negatives": "likes"}, "negatives: found 'likes', expected one of"),
        ({"epochs": "many"}, "epochs: found 'many', expected a value of type int"),
        ({"epoch": 3}, "unknown parameter of recommender .*did you mean 'epochs'"),
    ],
)
def test_refuses_settings_that_cannot_work(
    name: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(CondrecError, match=message):
        recommender(name, settings)


@pytest.mark.parametrize("name", ["markov", *SEQUENTIAL])
def test_sequence_models_refuse_users_without_an_order(
    name: str, tiny_dataset: Dataset, implicit_dataset: Dataset, sequence_dataset: Dataset
) -> None:
    for data in (tiny_dataset, implicit_dataset):
        message = f"{name}: found {data.name} with split released, expected sequences"
        with pytest.raises(CondrecError, match=message):
            small(name).fit(data, 0)
    fitted = small(name).fit(sequence_dataset, 0)
    with pytest.raises(CondrecError, match="users known by sets of items, expected sequences"):
        fitted.score_users(np.arange(2), None)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequence_models_refuse_data_without_a_next_item(
    name: str, sequence_dataset: Dataset
) -> None:
    data = sequence_dataset
    first = data.train.where(np.unique(data.train.user, return_index=True)[1])
    with pytest.raises(CondrecError, match="found none of two items or more"):
        small(name).fit(dataclasses.replace(data, train=first), 0)
    with pytest.raises(CondrecError, match="walked: found no positive validation row"):
        small(name).fit(dataclasses.replace(data, validation=data.validation.where([])), 0)


@pytest.mark.parametrize("name", SEQUENTIAL)
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"embedding_size": 0}, "embedding_size: found 0, expected at least 1"),
        ({"max_length": 1}, "max_length: found 1, expected at least 2"),
        ({"dropout": 1.0}, r"dropout: found 1.0, expected \[0, 1\)"),
        ({"regularization": -1}, "regularization: found -1"),
        ({"soft_batch_size": -1}, "soft_batch_size: found -1"),
        ({"select_on": "AUC"}, "select_on: found 'AUC'"),
    ],
)
def test_sequence_models_refuse_settings_that_cannot_work(
    name: str, settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(CondrecError, match=f"{name}: {message}"):
        recommender(name, settings)


@pytest.mark.parametrize("name", ["nrms", "fastformer"])
@pytest.mark.parametrize("n_heads", [0, 5])
def test_refuses_heads_that_do_not_divide_the_size(name: str, n_heads: int) -> None:
    with pytest.raises(CondrecError, match=f"n_heads: found {n_heads}, expected .*hidden_size 64"):
        recommender(name, {"n_heads": n_heads})


def test_fastformer_refuses_to_have_no_positions() -> None:
    with pytest.raises(CondrecError, match="longest_list: found 0, expected at least 1"):
        recommender("fastformer", {"longest_list": 0})


def test_unknown_names_offer_the_nearest() -> None:
    with pytest.raises(CondrecError, match="unknown recommender 'nmal'.*did you mean 'naml'"):
        recommender("nmal")
    with pytest.raises(CondrecError, match="unknown device 'gpu'"):
        resolve_device("gpu")


def test_devices() -> None:
    has_gpu = torch.cuda.is_available()
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") == ("cuda" if has_gpu else "cpu")
    if not has_gpu:
        with pytest.raises(CondrecError, match="found no CUDA GPU; choose --device cpu or auto"):
            resolve_device("cuda")


@pytest.mark.gpu
@needs_gpu
@every_text_model
def test_cuda_and_cpu_agree(name: str, tiny_dataset: Dataset) -> None:
    config = small(name, epochs=1, dropout=0.0, learning_rate=1e-3)
    on_cpu, on_gpu = (config.fit(tiny_dataset, 0, device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(
        on_gpu.score(tiny_dataset, tiny_dataset.test),
        on_cpu.score(tiny_dataset, tiny_dataset.test),
        atol=1e-4,
    )
    np.testing.assert_allclose(
        on_gpu.user_vectors(tiny_dataset), on_cpu.user_vectors(tiny_dataset), atol=1e-4
    )
