"""Read the pickled ``.npy`` files of the TF-DCon release without running what they say.

An unpickler that merely allows numpy's own classes is not safe: ``numpy.ndarray`` called on
chosen bytes with ``dtype=object`` makes pointers out of them.  So the three names that occur
in honest files stand for two small classes of this module, which accept one use only.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from condrec.errors import CondrecError

_NDARRAY = "numpy.ndarray"
_TYPES = ("i8", "O8")


class _Type:
    """Stands for a dtype: whole numbers or objects."""

    def __init__(self, code: object, align: object = False, copy: object = True) -> None:
        if code not in _TYPES:
            raise ValueError(f"array of type {code!r}")
        self.code = str(code)
        self.order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        order = state[1]
        if order not in ("<", ">", "|"):
            raise ValueError(f"byte order {order!r}")
        self.order = order


class _Array:
    """Stands for an array that ``_reconstruct`` made and that its state fills."""

    array: NDArray[Any]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        _, shape, kind, fortran, data = state
        if not isinstance(kind, _Type) or fortran:
            raise ValueError("an array of an unexpected layout")
        if kind.code == "O8":
            if not isinstance(data, list):
                raise ValueError("an object array without a list")
            # Not np.array(data): lists of equal length would become a matrix.
            flat = np.fromiter(data, dtype=object, count=len(data))
        else:
            flat = np.frombuffer(data, dtype=kind.order + kind.code).astype(np.int64)
        self.array = flat.reshape(shape)


def _reconstruct(subtype: object, shape: object, code: object) -> _Array:
    """Make the empty array a pickled numpy array begins with."""
    if subtype != _NDARRAY or shape != (0,):
        raise ValueError(f"an array that starts as {subtype!r} {shape!r}")
    return _Array()


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in of one of three names and refuse every other one."""
        # numpy 2 writes numpy._core where numpy 1 wrote numpy.core.
        if module in ("numpy.core.multiarray", "numpy._core.multiarray") and name == "_reconstruct":
            return _reconstruct
        if (module, name) == ("numpy", "ndarray"):
            return _NDARRAY  # only ever handed to _reconstruct
        if (module, name) == ("numpy", "dtype"):
            return _Type
        raise CondrecError(f"found the name {module}.{name} in the pickle, which is not admitted")

    def persistent_load(self, pid: object) -> Any:
        """Refuse references out of the file."""
        raise CondrecError("found a reference out of the pickle, which is not admitted")


def load_columns(content: bytes, name: str) -> dict[str, NDArray[Any]]:
    """Return the columns of a ``.npy`` file that holds a pickled dict of arrays.

    Args:
        content: the file's bytes.  Verify their SHA-256 first, as ``open_data_file`` does.
        name: how errors name the file.

    Returns:
        Column name to one-dimensional array, all of one length.

    Raises:
        CondrecError: anything but numpy arrays is asked for, or the file is malformed.
    """
    stream = io.BytesIO(content)
    try:
        npy.read_magic(stream)
        shape, _, kind = npy.read_array_header_1_0(stream)
        if shape != () or not kind.hasobject:
            raise ValueError(f"an array of shape {shape} and type {kind}")
        outer = _Unpickler(stream).load()
        if not isinstance(outer, _Array) or outer.array.shape != ():
            raise ValueError("no dict of columns")
        columns = {key: value.array for key, value in outer.array.item().items()}
        lengths = {len(column) for column in columns.values() if column.ndim == 1}
        if not all(isinstance(key, str) for key in columns) or len(lengths) != 1:
            raise ValueError("columns that are not equally long lists")
    except CondrecError as error:
        raise CondrecError(f"{name}: {error}; expected numpy arrays, do not trust it") from None
    # Whatever a malformed pickle provokes, the reader sees one sentence.
    except Exception as error:
        raise CondrecError(
            f"{name}: found {error or type(error).__name__}, expected a pickled dict of arrays; "
            "fetch the file again"
        ) from None
    return columns
