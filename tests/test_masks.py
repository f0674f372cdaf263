"""What counts as a mask, and which rows it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import panoptic_nb as pn
from panoptic_nb.masks import rows_of_mask

INDEX = pd.Index(list("abcde"))
VALUES = [True, False, True, False, False]


def rows(mask: Any, index: pd.Index = INDEX, known: pd.Index | None = None) -> list[int]:
    return rows_of_mask(mask, index, index if known is None else known).tolist()


@pytest.mark.parametrize(
    "mask",
    [
        VALUES,
        tuple(VALUES),
        [True, None, np.True_, np.nan, pd.NA],
        np.array(VALUES),
        np.array(VALUES, object),
        pd.Index(VALUES),
        pd.array(VALUES, "boolean"),
        pd.array([True, None, True, False, None], "boolean"),
        pd.array([True, None, True, False, None], "bool[pyarrow]"),
        pd.arrays.SparseArray(VALUES),
        pd.Series(VALUES, INDEX),
        pd.Series([True, None, True, None, None], INDEX),
        pd.Series(VALUES, INDEX)[::-1],
        pd.Series([True, True], ["c", "a"]),
    ],
    ids=lambda mask: f"{type(mask).__name__} {getattr(mask, 'dtype', '')}",
)
def test_every_kind_of_mask_means_the_same_rows(mask: Any) -> None:
    assert rows(mask) == [0, 2]


@given(st.lists(st.tuples(st.integers(), st.booleans()), min_size=1, unique_by=lambda x: x[0]))
def test_a_series_is_aligned_by_its_labels_as_pandas_does(cells: list[tuple[int, bool]]) -> None:
    mask = pd.Series([yes for _, yes in cells], [label for label, _ in cells])
    frame = pd.DataFrame(index=mask.index.sort_values())
    wanted = frame.index.get_indexer(mask.index[mask]).tolist()
    if wanted:
        assert rows(mask, frame.index) == sorted(wanted)
    else:
        with pytest.raises(pn.ProjectError, match="none of the"):
            rows(mask, frame.index)


def test_a_series_with_repeated_labels_goes_by_position_or_is_refused() -> None:
    repeated = pd.Index(["a", "a", "b"])
    assert rows(pd.Series([False, True, False], repeated), repeated) == [1]
    with pytest.raises(pn.ProjectError, match="cannot be aligned"):
        rows(pd.Series([True, True], ["a", "b"]), repeated)


def test_labels_of_the_whole_table_may_stand_in_the_mask_of_a_part() -> None:
    mask = pd.Series([True, True, True], list("abc"))
    assert rows(mask, INDEX[2:], known=INDEX) == [0]
    with pytest.raises(pn.ProjectError, match=r"2 of 3 labels .* for example 'a'"):
        rows(mask, INDEX[2:])


@pytest.mark.parametrize(
    "mask",
    [
        None,
        True,
        "a",
        b"a",
        {},
        {"a"},
        list("ac"),
        [0, 2],
        [1, 0, 1, 0, 0],
        np.array([1.0, 0, 1, 0, 0]),
        np.array(True),
        np.array([VALUES]),
        [[True], [False]],
        pd.DataFrame({"a": VALUES}, INDEX),
        pd.Series(list("acxyz"), INDEX),
        pd.Series([True, "no", True, False, False], INDEX),
        pd.Series([1, 0, 1, 0, 0], INDEX),
        pd.Categorical(VALUES),
        lambda df: df["x"],
        (yes for yes in VALUES),
        pd.Series([0.5] * 5, INDEX),
        float,
    ],
    ids=repr,
)
def test_what_is_no_mask_is_refused_in_one_sentence(mask: Any) -> None:
    with pytest.raises(pn.ProjectError, match=r"^A mask is a Series, .* Got .+\.$"):
        rows(mask)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: VALUES[:4], "each of the 5 rows .* Got 4"),
        (lambda: np.ones(6, bool), "Got 6"),
        (lambda: [], "Got 0"),
        (lambda: [False] * 5, "none of the 5 rows"),
        (lambda: [None] * 5, "none of the 5 rows"),
        (lambda: pd.Series(dtype=bool), "none of the 5 rows"),
        (lambda: pd.Series([True, False], ["a", "x"]), "1 of 2 labels .* 'x'"),
    ],
)
def test_a_mask_that_does_not_fit_says_so(make: Callable[[], Any], says: str) -> None:
    with pytest.raises(pn.ProjectError, match=says):
        rows(make())
