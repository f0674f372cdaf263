"""Which columns are annotations, and of which kind."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from panoptic_nb.errors import ProjectError
from panoptic_nb.properties import property_type, read_tags, tag_columns

VECTOR = np.array([0.1, 0.2])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pd.Series(["a", "b", None], dtype="category"), "tag"),
        (["a", "b", None], "tag"),
        ([["a"], ["b", "c/d"], None, []], "multi_tags"),
        ([("a",), {"b"}, np.array(["c"])], "multi_tags"),
        ([["a", None, np.nan, pd.NA], ["b"]], "multi_tags"),
        ([pd.Categorical(["a"]), ["b"]], "multi_tags"),
        ([VECTOR, VECTOR], "text"),
        ([VECTOR, np.full(2, np.nan)], "text"),
        ([[1, 2], [3]], "text"),
        ([["a"], [1]], "text"),
        ([["a"], [["b"]]], "text"),
        ([["a"], "b"], "text"),
        ([{"a": 1}], "text"),
        ([1, 2], "number"),
        ([True, False], "checkbox"),
        (pd.to_datetime(["2020-01-01", None]), "date"),
        ([f"text {number}" for number in range(99)], "text"),
        (["#1b7340", "#FFFFFF", None], "color"),
        (["#1b7340", "green"], "tag"),
        (["https://example.org/a", "http://example.org"], "url"),
        (["https://example.org/a", "example.org"], "tag"),
        (pd.Series([["a"], None], dtype=pd.ArrowDtype(pa.list_(pa.string()))), "multi_tags"),
        (pd.Series([None, None], dtype=pd.ArrowDtype(pa.list_(pa.string()))), "multi_tags"),
        (pd.Series([[1], None], dtype=pd.ArrowDtype(pa.list_(pa.int64()))), "text"),
        (pd.Series(["a", "b"], dtype="string[pyarrow]"), "tag"),
        (pd.Series(["a", "b"], dtype=pd.ArrowDtype(pa.string())), "tag"),
        (pd.Series([True, None], dtype="boolean"), "checkbox"),
        (pd.Series([True, None], dtype=object), "checkbox"),
        (pd.Series([True, None], dtype="bool[pyarrow]"), "checkbox"),
        (pd.Series([1, None], dtype="int64[pyarrow]"), "number"),
        (pd.Series([1, None, 2.5], dtype=object), "number"),
        (pd.Series([dt.date(2020, 1, 1), None], dtype=object), "date"),
        (pd.Series([dt.date(2020, 1, 1), None], dtype="date32[pyarrow]"), "date"),
        (pd.Series([None, None], dtype=object), "text"),
    ],
)
def test_the_type_of_a_column_follows_from_its_values(values: Any, expected: str) -> None:
    assert property_type(pd.Series(values)) == expected


@given(
    st.lists(
        st.lists(st.one_of(st.sampled_from(["a", "b/c", " "]), st.just(None), st.just(np.nan))),
        min_size=1,
    )
)
def test_every_text_of_a_list_is_a_tag_and_nothing_else(rows: list[list[Any]]) -> None:
    frame = pd.DataFrame({"tags": pd.Series(rows, dtype=object)})
    written = {item for row in rows for item in row if isinstance(item, str) and item.strip()}
    expected = {("a",)} & {tuple(item.split("/")) for item in written}
    expected |= {("b",), ("b", "c")} if "b/c" in written else set()
    if expected:
        assert set(read_tags(frame, "tags").paths) == expected
    else:
        with pytest.raises(ProjectError, match="holds no tag"):
            read_tags(frame, "tags")


def test_columns_whose_names_are_no_texts_are_found_by_their_text() -> None:
    frame = pd.DataFrame({0: ["a", "b"], "n": [1, 2]})
    assert tag_columns(frame) == ["0"]
    assert read_tags(frame, "0").paths == [("a",), ("b",)]


def test_the_remedy_for_a_column_without_tags_works() -> None:
    frame = pd.DataFrame({"year": [1, 2]})
    with pytest.raises(ProjectError, match="number values, not tags") as caught:
        read_tags(frame, "year")
    remedy = str(caught.value).split("Make one with ")[1].removesuffix(".")
    project = type("Project", (), {"df": frame})
    exec(remedy, {"project": project})
    assert read_tags(frame, "year").paths == [("1",), ("2",)]
