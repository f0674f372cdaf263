from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from panoptic_nb.errors import VectorError
from panoptic_nb.vectors import bad_rows, check_vectors, normalise

shapes = st.tuples(st.integers(0, 6), st.integers(1, 6))
finite = st.one_of(st.floats(allow_nan=False, allow_infinity=False), st.integers(-9, 9).map(float))


@given(array=hnp.arrays(np.float64, shapes, elements=finite), nan=st.sets(st.integers(0, 5)))
def test_normalise_gives_unit_rows_or_names_the_zero_row(array: np.ndarray, nan: set[int]) -> None:
    rows = [row for row in nan if row < len(array)]
    array[rows] = np.nan
    zero = [row for row in range(len(array)) if row not in rows and not array[row].any()]
    if zero:
        with pytest.raises(VectorError, match=f"row {zero[0]} is zero"):
            normalise(array)
        return
    unit = normalise(array)
    assert unit.dtype == np.float32
    assert unit.flags.c_contiguous
    assert not np.shares_memory(unit, array)
    given_rows = np.setdiff1d(np.arange(len(array)), rows)
    np.testing.assert_allclose(np.linalg.norm(unit[given_rows], axis=1), 1, atol=1e-6)
    assert np.isnan(unit[rows]).all()
    # The direction is kept: signs of everything that float32 can still tell from zero.
    kept = np.abs(unit[given_rows]) > 0
    assert (np.sign(unit[given_rows])[kept] == np.sign(array[given_rows])[kept]).all()


@given(
    array=hnp.arrays(np.float32, shapes, elements=st.floats(-2, 2, width=32)),
    fault=st.sampled_from([np.nan, np.inf, -np.inf]),
    data=st.data(),
)
def test_one_value_that_is_not_finite_is_refused(
    array: np.ndarray, fault: float, data: st.DataObject
) -> None:
    if array.size == 0 or (np.isnan(fault) and array.shape[1] == 1):
        return
    row = data.draw(st.integers(0, len(array) - 1))
    array[array == 0] = 1
    array[row, data.draw(st.integers(0, array.shape[1] - 1))] = fault
    assert np.flatnonzero(bad_rows(array)).tolist() == [row]
    with pytest.raises(VectorError, match=f"row {row} holds values that are not finite"):
        check_vectors(array, len(array))


def test_normalise_crosses_chunks_and_names_the_right_row() -> None:
    array = np.ones((10_000, 2))
    np.testing.assert_allclose(normalise(array), np.sqrt(0.5), rtol=1e-6)
    array[9_999] = 0
    with pytest.raises(VectorError, match="row 9999"):
        normalise(array)


def test_normalise_of_fortran_order_and_integers() -> None:
    array = np.asfortranarray([[3, 4], [0, 2]])
    np.testing.assert_allclose(normalise(array), [[0.6, 0.8], [0, 1]], atol=1e-7)


EXPECTED = np.array([[0.6, 0.8], [np.nan, np.nan], [0, 1]], np.float32)


@pytest.mark.parametrize(
    "vectors",
    [
        np.array([[3, 4], [np.nan, np.nan], [0, 2]]),
        [[3, 4], None, (0.0, 2.0)],
        [np.array([3, 4], np.float32), float("nan"), [0, 2]],
        pd.Series([[3, 4], None, np.array([0, 2])], index=["x", "y", "z"]),
        pd.Series([[3, 4], pd.NA, [0, 2]]),
        pd.DataFrame({"a": [3, np.nan, 0], "b": [4, np.nan, 2]}),
        np.array([[3, 4], [np.nan, np.nan], [0, 2]], np.float16),
    ],
)
def test_vectors_are_taken_in_the_forms_people_have_them(vectors: Any) -> None:
    np.testing.assert_allclose(check_vectors(vectors, 3), EXPECTED, atol=1e-6)


def test_arrow_lists_from_parquet_are_taken() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    dtype = pd.ArrowDtype(pyarrow.list_(pyarrow.float32()))
    column = pd.Series([[3, 4], None, [0, 2]], dtype=dtype)
    np.testing.assert_allclose(check_vectors(column, 3), EXPECTED, atol=1e-6)


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        (np.ones((2, 4)), r"must have shape \(3, length\).*\(2, 4\)"),
        (np.ones(3), r"one per image.*float64: np.float64\(1.0\)"),
        (np.full(3, np.nan), "no vector at all"),
        (["one\ntwo " * 9] * 3, r"one per image.*'one.ntwo one.*…"),
        (np.ones((3, 2, 2)), r"\(3, 2, 2\)"),
        (np.ones((3, 0)), r"\(3, 0\)"),
        (np.ones((3, 2), dtype=bool), "must hold numbers.*bool"),
        (np.ones((3, 2), dtype=complex), "must hold numbers.*complex"),
        (np.array([["a", "b"]] * 3), "must hold numbers"),
        ([[1, 2], [1, 2, 3], [1, 2]], "differ in length: 2, 3"),
        ([[1, 2], "text", [1, 2]], "one per image.*'text'"),
        ([[1, 2], [[1, 2]], [1, 2]], "one per image"),
        ([[1, 2], [1, 2], 7], "one per image"),
        ([None, None, None], "no vector at all"),
        (np.full((3, 2), np.nan), "no vector at all"),
        ([], "no vector at all"),
        ([[1, 2], [0, 0], [1, 2]], "row 1 is zero"),
        ({"a": [1, 2]}, "Got dict"),
        (None, "Got NoneType"),
    ],
)
def test_other_vectors_are_refused_with_a_reason(vectors: Any, message: str) -> None:
    with pytest.raises(VectorError, match=message):
        check_vectors(vectors, 3, "mine")


class Elsewhere:
    """As a tensor on an accelerator: numpy cannot have it."""

    def __array__(self, *args: Any, **kwargs: Any) -> np.ndarray:
        raise TypeError("can't convert.\nUse cpu() first.\n")


def test_arrays_that_numpy_cannot_read_are_refused() -> None:
    with pytest.raises(VectorError, match=r"'mine' cannot be read as an array: can't convert\.$"):
        check_vectors(Elsewhere(), 3, "mine")
    with pytest.raises(VectorError, match=r"one per image.*Elsewhere"):
        check_vectors([Elsewhere()], 1, "mine")
