"""Checking vectors and giving them unit length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.error_text import first_line, short
from panoptic_nb.errors import VectorError
from panoptic_nb.large_arrays import is_out_of_memory, parts

#: Makes the array of the result.
NewArray = Callable[[tuple[int, ...]], NDArray[np.float32]]


def in_memory(shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Return an array of any values."""
    return np.empty(shape, np.float32)


def normalise(array: Any, new: NewArray = in_memory) -> NDArray[np.float32]:
    """Give every row unit length.

    Parameters
    ----------
    array
        Numbers of shape (n, d), also of a Dask array. Rows of NaN mean "no vector" and stay NaN.
    new
        Makes the array of the result, in memory by default.

    Returns
    -------
    numpy.ndarray
        Shape (n, d), float32, C-contiguous; never the array that was given.

    Raises
    ------
    VectorError
        When a row is zero, or holds infinity or NaN beside numbers.

    Examples
    --------
    >>> normalise([[3, 4]]).tolist()
    [[0.6000000238418579, 0.800000011920929]]
    """
    rows = array if is_out_of_memory(array) else np.asarray(array)
    if rows.ndim != 2:
        raise VectorError(f"Vectors must have 2 dimensions, (images, length). Got {rows.ndim}.")
    unit = new(tuple(rows.shape))
    for start, part in parts(rows):
        # In parts: the copy that precision asks for stays small.
        chunk = part.astype(np.float64)
        bad = bad_rows(chunk)
        if bad.any():
            position = int(np.flatnonzero(bad)[0])
            raise VectorError(
                f"The vector of row {start + position} {_fault(chunk[position])}. Leave such images"
                " out, or give them a row of NaN."
            )
        # Divided by the largest value first: squares of very large or small numbers leave float64.
        chunk /= np.abs(chunk).max(axis=1, keepdims=True, initial=0.0)
        unit[start : start + len(chunk)] = chunk / np.linalg.norm(chunk, axis=1, keepdims=True)
    return unit


def bad_rows(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Tell which rows of shape (n, d) cannot be given unit length: zero, or partly not finite."""
    none = np.isnan(array).all(axis=1)
    usable = np.isfinite(array).all(axis=1) & (array != 0).any(axis=1)
    bad: NDArray[np.bool_] = ~(none | usable)
    return bad


def not_finite() -> VectorError:
    """Return the error of a function that was given vectors which are no unit vectors."""
    return VectorError("Vectors to cluster must be finite numbers. Got NaN or infinity.")


def check_vectors(
    vectors: Any, rows: int, name: str = "vectors", new: NewArray = in_memory
) -> NDArray[np.float32]:
    """Check vectors that a user brings, and give them unit length.

    Parameters
    ----------
    vectors
        An array of shape (rows, d), or a sequence (a DataFrame column, for instance) of `rows`
        vectors of one length. A row of NaN, or None or NaN in place of a vector, means that the
        image has none.
    rows
        How many there must be.
    name
        The vector set, for the messages.
    new
        Makes the array of the result, in memory by default.

    Returns
    -------
    numpy.ndarray
        Shape (rows, d), float32, unit rows, NaN rows where there is no vector.

    Raises
    ------
    VectorError
        When the shape is wrong, a value is not a number, infinite or NaN beside numbers, a vector
        is zero, or there is no vector at all.
    """
    array = _as_array(vectors, name)
    if array.dtype.kind not in "fiu":
        raise VectorError(f"The vectors {name!r} must hold numbers. Got dtype {array.dtype}.")
    if array.ndim != 2 or len(array) != rows or array.shape[1] == 0:
        raise VectorError(
            f"The vectors {name!r} must have shape ({rows}, length): one row per row of project.df."
            f" Got {array.shape}.",
            key="vector_shape",
            name=name,
            rows=rows,
            shape=str(array.shape),
        )
    unit = normalise(array, new)
    if np.isnan(unit[:, 0]).all():
        raise VectorError(f"The vectors {name!r} hold no vector at all: every row is NaN.")
    return unit


def _as_array(vectors: Any, name: str) -> Any:
    if is_out_of_memory(vectors):
        return vectors
    if not hasattr(vectors, "__array__"):
        return _stack(vectors, name)
    try:
        array = np.asarray(vectors)
    except Exception as error:  # a tensor that is not on the processor, for instance
        raise VectorError(
            f"The vectors {name!r} cannot be read as an array: {first_line(error)}."
        ) from error
    return _stack(array, name) if array.ndim == 1 else array


def _stack(values: Any, name: str) -> NDArray[Any]:
    """Turn a sequence of vectors, None and NaN into one array."""
    if not isinstance(values, (Sequence, np.ndarray)):
        raise VectorError(
            f"The vectors {name!r} must be an array or a sequence of vectors."
            f" Got {type(values).__name__}."
        )
    vectors = [None if _is_missing(value) else _as_vector(value, name) for value in values]
    lengths = sorted({len(vector) for vector in vectors if vector is not None})
    if not lengths:
        raise VectorError(f"The vectors {name!r} hold no vector at all.")
    if len(lengths) > 1:
        raise VectorError(
            f"The vectors {name!r} differ in length: {', '.join(map(str, lengths[:5]))}. They must"
            " come from one model."
        )
    nothing = np.full(lengths[0], np.nan)
    return np.array([nothing if vector is None else vector for vector in vectors])


def _is_missing(value: Any) -> bool:
    # Not `value is pd.NA`: this module does without pandas.
    return (
        value is None
        or type(value).__name__ == "NAType"
        or (isinstance(value, float) and np.isnan(value))
    )


def _as_vector(value: Any, name: str) -> NDArray[np.float64]:
    try:
        vector = np.asarray(value)
        if vector.dtype.kind not in "fiu" or vector.ndim != 1:
            raise TypeError
        return vector.astype(np.float64)
    except Exception:  # whatever an object raises that is no vector
        raise VectorError(
            f"The vectors {name!r} must be sequences of numbers, one per image."
            f" Got {type(value).__name__}: {short(value)}."
        ) from None


def _fault(row: NDArray[np.float64]) -> str:
    return "is zero" if (row == 0).all() else "holds values that are not finite"
