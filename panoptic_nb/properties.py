"""Columns of the DataFrame as Panoptic's property types; tags and their hierarchy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import pandas as pd
from pandas.api import types

from panoptic_nb.errors import ProjectError
from panoptic_nb.inputs import Tags

PropertyType = Literal["tag", "multi_tags", "text", "number", "date", "checkbox"]

SEPARATOR = "/"
#: Columns that the project adds, which are no annotation.
OWN_COLUMNS = ("path", "sha1", "width", "height")
#: A text column is taken for tags while its values repeat, or are this few.
FEW_VALUES = 20


def property_type(column: pd.Series[Any]) -> PropertyType:
    """Return the property type of a column, from its dtype and values."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return "tag"
    if types.is_bool_dtype(dtype):
        return "checkbox"
    if types.is_numeric_dtype(dtype):
        return "number"
    if types.is_datetime64_any_dtype(dtype):
        return "date"
    values = column.dropna()
    if len(values) and all(_is_list(value) and _holds_tags(value) for value in values):
        return "multi_tags"
    if len(values) and all(isinstance(value, str) for value in values):
        few = values.nunique() <= max(FEW_VALUES, len(values) // 2)
        return "tag" if few else "text"
    return "text"


def tag_columns(frame: pd.DataFrame) -> list[str]:
    """Return the names of the columns that hold tags or lists of tags."""
    return [
        str(name)
        for name in frame.columns
        if name not in OWN_COLUMNS and property_type(frame[name]) in ("tag", "multi_tags")
    ]


def read_tags(frame: pd.DataFrame, column: str) -> Tags:
    """Return the tags of a column, parents included ("Animals/birds" has the parent "Animals").

    Raises
    ------
    ProjectError
        There is no such column, or it holds no tags.
    """
    known = tag_columns(frame)
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
        kind = property_type(named[column])
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
        for value in named[column].dropna()
        for tag in ([value] if isinstance(value, str) else _texts(value))
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


def split_tag(tag: str) -> tuple[str, ...]:
    """Return the names of a hierarchical tag from the top down, without empty ones."""
    return tuple(name for part in tag.split(SEPARATOR) if (name := part.strip()))


def _texts(value: Any) -> Iterable[str]:
    # Categories may be numbers or dates; as tags they are their text.
    return [str(tag) for tag in value if not _is_missing(tag)] if _is_list(value) else [str(value)]


def _holds_tags(value: Any) -> bool:
    # Of lists of numbers, such as vectors, nothing says that they are tags.
    return isinstance(getattr(value, "dtype", None), pd.CategoricalDtype) or all(
        isinstance(item, str) or _is_missing(item) for item in value
    )


def _is_missing(item: Any) -> bool:
    return types.is_scalar(item) and bool(pd.isna(item))


def _is_list(value: Any) -> bool:
    return types.is_list_like(value) and not isinstance(value, (str, bytes, dict))
