from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from condrec.datasets.safe_pickle import load_columns
from condrec.errors import CondrecError

HEADER = b"{'descr': '|O', 'fortran_order': False, 'shape': (), }"


def npy(payload: bytes, header: bytes = HEADER) -> bytes:
    padded = header + b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded + payload


def saved(columns: object) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array(columns, dtype=object), allow_pickle=True)
    return stream.getvalue()


def ragged_column(lists: list[Any]) -> np.ndarray:
    column = np.empty(len(lists), dtype=object)
    for i, each in enumerate(lists):
        column[i] = each
    return column


@given(st.lists(st.lists(st.integers(0, 2**40), max_size=4), max_size=6))
def test_columns_come_back(lists: list[list[int]]) -> None:
    ids = np.arange(len(lists))[::-1].copy()
    back = load_columns(saved({"uid": ids, "history": ragged_column(lists)}), "a.npy")
    assert list(back) == ["uid", "history"]
    assert back["uid"].dtype == np.int64 and back["uid"].tolist() == ids.tolist()
    assert back["history"].tolist() == lists


def test_a_file_of_numpy_1_is_read_too() -> None:
    content = saved({"uid": np.arange(3)})
    assert b"numpy._core.multiarray" in content
    # The older name is one letter shorter, and protocol 4 states the length before it.
    old = content.replace(b"\x16numpy._core.multiarray", b"\x15numpy.core.multiarray")
    start = old.index(b"\x80\x04\x95") + 3
    frame = int.from_bytes(old[start : start + 8], "little") - 1
    old = old[:start] + frame.to_bytes(8, "little") + old[start + 8 :]
    assert load_columns(old, "a.npy")["uid"].tolist() == [0, 1, 2]


class Runs:
    """Pickles to a call of any function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def test_a_hostile_payload_does_not_run(tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    for attack in (
        Runs(os.mkdir, str(proof)),
        Runs(eval, f"__import__('os').mkdir({str(proof)!r})"),
    ):
        for payload in (attack, {"uid": attack}):
            with pytest.raises(CondrecError, match="which is not admitted"):
                load_columns(npy(pickle.dumps(payload)), "bad.npy")
            with pytest.raises(CondrecError, match=r"bad\.npy"):
                load_columns(saved(payload), "bad.npy")
    assert not proof.exists()


@pytest.mark.parametrize(
    "attack",
    [
        Runs(np.ndarray, (1,), np.dtype("O"), b"12345678"),  # would make a pointer of these bytes
        Runs(np.ndarray, (10**15,)),
        Runs(np.dtype, [("a", "O")]),
        Runs(np.frombuffer, b"12345678"),
        Runs(np.load, "/etc/hostname"),
        Runs(getattr, [], "append"),
    ],
)
def test_numpy_itself_is_not_called(attack: Runs) -> None:
    with pytest.raises(CondrecError, match=r"bad\.npy"):
        load_columns(npy(pickle.dumps(attack)), "bad.npy")


def test_references_out_of_the_pickle_are_refused() -> None:
    with pytest.raises(CondrecError, match="reference out of the pickle"):
        load_columns(npy(b"Pelsewhere\n."), "bad.npy")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no numpy file",
        npy(b""),
        npy(b"."),
        npy(pickle.dumps({"uid": [1, 2]})),
        npy(pickle.dumps(5)),
        npy(b"", HEADER.replace(b"|O", b"<i8")),
        npy(b"", HEADER.replace(b"()", b"(3,)")),
        saved([1, 2]),
        saved({1: np.arange(2)}),
        saved({"uid": np.arange(2), "mid": np.arange(3)}),
        saved({"uid": [1, 2]}),
        saved({}),
        saved({"uid": np.array([np.nan, 1.0])}),
        saved({"uid": np.array(["a"])}),
        saved({"uid": np.zeros((2, 2), int)}),
    ],
)
def test_malformed_files_are_refused_in_one_sentence(content: bytes) -> None:
    with pytest.raises(CondrecError, match=r"^bad\.npy: .*expected") as caught:
        load_columns(content, "bad.npy")
    assert "\n" not in str(caught.value)


@given(st.integers(1, 400))
def test_a_truncated_file_is_refused(cut: int) -> None:
    content = saved({"uid": np.arange(20), "history": ragged_column([[1, 2]] * 20)})
    with pytest.raises(CondrecError, match=r"^bad\.npy"):
        load_columns(content[: max(len(content) - cut, 0)], "bad.npy")
