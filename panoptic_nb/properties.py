"""Columns of the DataFrame as Panoptic's property types; tags and their hierarchy.

What a column is follows from its dtype and values, the first line that fits:

=========== =====================================================================================
multi_tags  lists of texts, or of nothing else
tag         category
checkbox    yes and no
number      numbers
date        dates, with or without a time
color       texts such as "#1b7340", all of them
url         texts that begin with http:// or https://, all of them
tag         texts that repeat (two of each on average), or are at most 20 different ones
text        everything else
=========== =====================================================================================

Missing values say nothing. `Project.set_property_type` overrules it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

import pandas as pd
import pyarrow as pa
from pandas.api import types

from panoptic_nb import tag_cells
from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.inputs import Tags
from panoptic_nb.tag_names import split_tag

PropertyType = Literal["tag", "multi_tags", "text", "number", "date", "checkbox", "url", "color"]
PROPERTY_TYPES: tuple[str, ...] = get_args(PropertyType)
TAG_TYPES = ("tag", "multi_tags")
NO_TYPES: Mapping[str, PropertyType] = {}

#: Columns that the project adds, which are no annotation.
OWN_COLUMNS = ("path", "sha1", "width", "height")
#: A text column is taken for tags while its values repeat, or are this few.
FEW_VALUES = 20
#: What pandas calls the values of a column of Python objects.
_OBJECTS: dict[str, PropertyType] = {
    "boolean": "checkbox",
    "integer": "number",
    "floating": "number",
    "mixed-integer-float": "number",
    "decimal": "number",
    "date": "date",
    "datetime": "date",
    "datetime64": "date",
}


def property_type(column: pd.Series[Any]) -> PropertyType:
    """Return the property type of a column, from its dtype and values."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "tag"
    if isinstance(dtype, pd.ArrowDtype):
        return _arrow_type(column, dtype.pyarrow_dtype)
    if types.is_bool_dtype(dtype):
        return "checkbox"
    if types.is_numeric_dtype(dtype):
        return "number"
    if types.is_datetime64_any_dtype(dtype):
        return "date"
    kind = types.infer_dtype(column, skipna=True)
    if kind == "string":
        return _text_type(column.dropna())
    values = column.dropna() if kind in ("mixed", "categorical") else column.iloc[:0]
    if len(values) and all(_is_list(value) and _holds_tags(value) for value in values):
        return "multi_tags"
    return _OBJECTS.get(kind, "text")


def _arrow_type(column: pd.Series[Any], kind: pa.DataType) -> PropertyType:
    if tag_cells.form_of(column) == "list":
        return "multi_tags"
    if pa.types.is_boolean(kind):
        return "checkbox"
    if types.is_numeric_dtype(column.dtype):
        return "number"
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return "date"
    if pa.types.is_dictionary(kind):
        return "tag"
    return _text_type(column.dropna()) if tag_cells.form_of(column) == "text" else "text"


def _text_type(values: pd.Series[Any]) -> PropertyType:
    """Return the type of a column of texts, none of them missing."""
    if not len(values):
        return "text"
    different = values.drop_duplicates()
    if different.str.fullmatch("#[0-9a-fA-F]{6}").all():
        return "color"
    if different.str.match("https?://").all():
        return "url"
    return "tag" if len(different) <= max(FEW_VALUES, len(values) // 2) else "text"


def check_kind(kind: Any) -> PropertyType:
    """Return the name of a type, or raise `ProjectError`."""
    if kind not in PROPERTY_TYPES:
        raise ProjectError(
            f"The type of a property is one of {', '.join(PROPERTY_TYPES)}; None lets the project "
            f"find it. Got {short(kind)}."
        )
    checked: PropertyType = kind
    return checked


def check_type(column: pd.Series[Any], name: str, kind: Any) -> PropertyType:
    """Return the type that a user gives to a column, or raise `ProjectError`."""
    checked = check_kind(kind)
    holds_lists = property_type(column) == "multi_tags"
    if holds_lists != (kind == "multi_tags") and (holds_lists or _has_lists(column)):
        what = "lists of tags" if holds_lists else "lists that are not of texts"
        raise ProjectError(f"The column {name!r} holds {what}, which are no {kind!r} values.")
    return checked


def known_types(given: Any) -> dict[str, PropertyType]:
    """Return what is sound of the types that were kept in a file anybody can edit."""
    return {
        name: kind
        for name, kind in (given.items() if isinstance(given, dict) else ())
        if kind in PROPERTY_TYPES
    }


def _has_lists(column: pd.Series[Any]) -> bool:
    return column.dtype == object and any(_is_list(value) for value in column)


def type_of(column: pd.Series[Any], name: str, given: Mapping[str, PropertyType]) -> PropertyType:
    """Return the type that the user gave to a column, or else that of its dtype and values."""
    return given[name] if name in given else property_type(column)


def tag_columns(frame: pd.DataFrame, given: Mapping[str, PropertyType] = NO_TYPES) -> list[str]:
    """Return the names of the columns that hold tags or lists of tags."""
    return [
        str(name)
        for name in frame.columns
        if name not in OWN_COLUMNS and type_of(frame[name], str(name), given) in TAG_TYPES
    ]


def read_tags(
    frame: pd.DataFrame, column: str, given: Mapping[str, PropertyType] = NO_TYPES
) -> Tags:
    """Return the tags of a column, parents included ("Animals/birds" has the parent "Animals").

    Raises
    ------
    ProjectError
        There is no such column, or it holds no tags.
    """
    known = tag_columns(frame, given)
    named = {str(name): frame[name] for name in frame.columns}
    choices = ", ".join(repr(name) for name in known) or "none yet"
    if column not in named:
        raise ProjectError(
            f"There is no column {column!r}. Columns of tags: {choices}.",
            key="no_column",
            column=column,
            choices=choices,
        )
    if column not in known:
        kind = type_of(named[column], column, given)
        raise ProjectError(
            f"The column {column!r} holds {kind} values, not tags. Columns of tags: {choices}. "
            f"Make one with project.df[{column!r}] = project.df[{column!r}].astype('category').",
            key="not_tags",
            column=column,
            kind=kind,
            choices=choices,
        )
    paths = {
        path[: depth + 1]
        for tag in tag_cells.used_names(named[column])
        if (path := split_tag(tag))
        for depth in range(len(path))
    }
    if not paths:
        raise ProjectError(
            f"The column {column!r} holds no tag. Columns of tags: {choices}.",
            key="no_tags",
            column=column,
            choices=choices,
        )
    return Tags(column, sorted(paths))


def _holds_tags(value: Any) -> bool:
    # Of lists of numbers, such as vectors, nothing says that they are tags.
    return isinstance(getattr(value, "dtype", None), pd.CategoricalDtype) or all(
        isinstance(item, str) or tag_cells.is_missing(item) for item in value
    )


def _is_list(value: Any) -> bool:
    return types.is_list_like(value) and not isinstance(value, (str, bytes, dict))
