from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_nb.column_order import column_rank, natural_key
from panoptic_nb.errors import ProjectError
from panoptic_nb.sort import Sort

COLUMNS = ["year", "typical", "column", "un titre"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (None, Sort()),
        ("typical", Sort("typical")),
        ("year", Sort("column", "year")),
        ("column", Sort("column", "column")),
        ({"column": "typical"}, Sort("column", "typical")),
        ({"by": "column", "column": "year", "descending": True}, Sort("column", "year", True)),
        ({"by": "similarity"}, Sort("similarity", None, True)),
        ({"by": "similarity", "descending": False}, Sort("similarity", None, False)),
        ({}, Sort()),
    ],
)
def test_a_sort_is_read_and_comes_back_from_json(said: object, meant: Sort) -> None:
    parsed = Sort.parse(said, COLUMNS)
    assert parsed == meant
    assert Sort.parse(json.loads(json.dumps(parsed.to_dict())), COLUMNS) == parsed
    assert Sort.parse(parsed, COLUMNS) == parsed


@pytest.mark.parametrize(
    "said",
    [
        "colour",
        3,
        ["year"],
        {"by": "year"},
        {"by": "column"},
        {"by": "column", "column": 3},
        {"by": "typical", "column": "year"},
        {"by": ["typical"]},
        {"by": "typical", "descending": 1},
        {"order": "typical"},
        {1: 2},
    ],
)
def test_an_unknown_sort_is_one_sentence_with_what_there_is(said: object) -> None:
    with pytest.raises(ProjectError, match=r"cannot be sorted by .*'outliers'.*'year'") as caught:
        Sort.parse(said, COLUMNS)
    assert caught.value.key == "no_sort"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("year"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["by", "column", "descending"]) | st.text(), inner)
    ),
)


@given(JSON)
def test_whatever_a_browser_says_is_a_sort_or_a_project_error(said: object) -> None:
    try:
        sort = Sort.parse(said, COLUMNS)
    except ProjectError:
        return
    assert sort.column is None or sort.column in COLUMNS
    assert isinstance(sort.descending, bool)


# ---------------------------------------------------------------------- columns

COLUMNS_OF_VALUES = st.one_of(
    st.lists(st.none() | st.integers(-3, 3)).map(lambda v: pd.Series(v, dtype="Int64")),
    st.lists(st.floats(allow_nan=True, allow_infinity=True)).map(
        lambda v: pd.Series(v, dtype=float)
    ),
    st.lists(st.booleans()).map(lambda v: pd.Series(v, dtype=bool)),
    st.lists(st.none() | st.text("aB1é0 ", max_size=4)).map(lambda v: pd.Series(v, dtype=object)),
    st.lists(st.none() | st.text("ab", max_size=2)).map(lambda v: pd.Series(v, dtype="string")),
    st.lists(st.none() | st.dates()).map(lambda v: pd.Series(v, dtype=object)),
    st.lists(st.none() | st.integers(0, 9) | st.text("a1", max_size=2)).map(
        lambda v: pd.Series(v, dtype=object)
    ),
    st.lists(st.none() | st.lists(st.sampled_from("ab"), max_size=2)).map(
        lambda v: pd.Series(v, dtype=object)
    ),
    st.lists(st.none() | st.datetimes(min_value=pd.Timestamp(1900, 1, 1).to_pydatetime())).map(
        lambda v: pd.Series(pd.to_datetime(v, utc=True))
    ),
    st.lists(st.integers(-1, 2)).map(
        lambda v: pd.Series(pd.Categorical.from_codes(v, list("zab")))
    ),
)


@given(COLUMNS_OF_VALUES, st.randoms(use_true_random=False))
def test_ranks_belong_to_values_not_to_rows(column: pd.Series, random: object) -> None:
    up, down = column_rank(column), column_rank(column, descending=True)
    missing = column.isna().to_numpy()
    assert len(up) == len(down) == len(column)
    for ranks in (up, down):
        if missing.any():
            assert len(set(ranks[missing])) == 1
            assert ranks[missing].min() > ranks[~missing].max(initial=-1)
    # The other direction is the same order backwards.
    assert np.array_equal(
        np.argsort(-up[~missing], kind="stable"), down[~missing].argsort(kind="stable")
    )
    shuffled = list(range(len(column)))
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert np.array_equal(column_rank(column.iloc[shuffled]), up[shuffled])


@pytest.mark.parametrize(
    "ascending",
    [
        pd.Series([-1.5, 0, 2, 10, np.inf]),
        pd.Series([False, True]),
        pd.Series(pd.to_datetime(["1900-01-01", "1999-12-31", "2000-01-01"])),
        pd.Series(pd.to_timedelta([1, 20, 300], unit="s")),
        pd.Series(pd.period_range("1990", periods=3, freq="M")),
        pd.Series(["image 9", "image 10", "Image 11", "z"]),
        pd.Series(["1", "2", "10", "a"], dtype="string"),
        pd.Series([["a"], ["a", "b"], ["b"]]),
        pd.Series(pd.Categorical(["low", "high"], categories=["low", "high"])),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
def test_values_have_the_order_of_their_kind(ascending: pd.Series, descending: bool) -> None:
    ranks = column_rank(ascending, descending).tolist()
    expected = list(range(len(ascending)))
    assert ranks == (expected[::-1] if descending else expected)


def test_arrow_columns_have_an_order_too() -> None:
    import pyarrow as pa

    tags = pd.Series([["b"], None, ["a"]], dtype=pd.ArrowDtype(pa.list_(pa.string())))
    assert column_rank(tags).tolist() == [1, 2, 0]
    numbers = pd.Series([3, None, 1], dtype=pd.ArrowDtype(pa.int64()))
    assert column_rank(numbers).tolist() == [1, 2, 0]


def test_natural_order_knows_numbers_case_and_accents() -> None:
    texts = ["", "2", "010", "11", "a", "B", "Éa", "eb", "image 9.jpg", "image 10.jpg", "z"]
    backwards = texts[::-1]
    assert sorted(backwards, key=natural_key) == texts
