"""Values of columns that are no tags: checked by the type of the column, and put into its cells."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from panoptic_nb import tag_cells
from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.properties import PropertyType
from panoptic_nb.table import Table
from panoptic_nb.table_edits import TwoWay
from panoptic_nb.tag_cells import Ints
from panoptic_nb.warn import warn

#: What a value of each type has to be.
EXPECTED: dict[str, str] = {
    "text": "a text",
    "number": "a number",
    "date": "a date such as '1905-03-12'",
    "checkbox": "True or False",
    "url": "an address that begins with http:// or https://",
    "color": "a colour such as '#1b7340'",
}
#: Whole numbers below are the same as decimal ones.
EXACT = 2**53
#: Of a new column: each can hold nothing.
DTYPES: dict[str, Any] = {"number": "Int64", "date": "datetime64[us]", "checkbox": "boolean"}


def checked(value: Any, kind: PropertyType, column: str) -> Any:
    """Return a value as a column of a type holds it, None where it is missing.

    Raises
    ------
    ProjectError
        The value is none of that type.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    made = _CHECKS[kind](value)
    if made is None:
        raise ProjectError(
            f"The column {column!r} is of the type {kind}: its values are {EXPECTED[kind]}. Got "
            f"{short(value)}. None erases.",
            key=f"value_{kind}",
            column=column,
            value=short(value),
        )
    return made


def _text(value: Any) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # half a character, which no file can keep
        return None
    return value


def _number(value: Any) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value.replace(",", "."))
        except ValueError:
            return None
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        return None
    number = float(value)
    return number if math.isfinite(number) else None


def _date(value: Any) -> pd.Timestamp | None:
    if isinstance(value, bool | int | float | np.number):
        return None
    try:
        date: Any = pd.Timestamp(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if isinstance(date, pd.Timestamp) else None


def _checkbox(value: Any) -> bool | None:
    return bool(value) if isinstance(value, bool | np.bool_) else None


def _matching(pattern: str) -> Any:
    whole = re.compile(pattern)
    return lambda value: value if _text(value) is not None and whole.fullmatch(value) else None


_CHECKS: dict[str, Any] = {
    "text": _text,
    "number": _number,
    "date": _date,
    "checkbox": _checkbox,
    "url": _matching(r"https?://\S+"),
    "color": _matching("#[0-9a-fA-F]{6}"),
}


def with_value(
    column: pd.Series[Any] | None, index: pd.Index, rows: Ints, value: Any, kind: PropertyType
) -> pd.Series[Any]:
    """Return a column that has a checked value in some rows; of another dtype where it must be."""
    if column is None:
        column = pd.Series([None] * len(index), index, object)
        column = column.astype(DTYPES.get(kind, object))
    values = column.copy()
    dtype: Any = values.dtype
    if isinstance(value, pd.Timestamp):
        value = _in_zone(value, getattr(dtype, "tz", None))
    if value is None and isinstance(dtype, np.dtype) and dtype.kind in "iub":
        values = values.astype("boolean" if dtype.kind == "b" else "float64")
    elif types.is_integer_dtype(dtype) and value is not None:
        if value.is_integer() and abs(value) < EXACT:
            value = int(value)
        else:
            values = values.astype("float64" if isinstance(dtype, np.dtype) else "Float64")
    try:
        values.iloc[rows] = value
    except (TypeError, ValueError, OverflowError):  # the dtype is a narrow one
        values = values.astype(object)
        values.iloc[rows] = value
    return values


def _in_zone(date: pd.Timestamp, zone: Any) -> pd.Timestamp:
    if zone is None:
        return date.tz_convert("UTC").tz_localize(None) if date.tz else date
    return date.tz_convert(zone) if date.tz else date.tz_localize(zone)


@dataclass(frozen=True, eq=False)
class ValueChange(TwoWay["pd.Series[Any] | None"]):
    """A change of some cells of a column of values, and the way back.

    Attributes
    ----------
    rows : ndarray of int64
        Positions of the changed rows, ascending.
    before, after : pandas.Series or None
        The whole column; None = there is none.
    """

    table: Table
    column: str
    rows: Ints
    before: pd.Series[Any] | None
    after: pd.Series[Any] | None

    def _go(self, here: pd.Series[Any] | None, there: pd.Series[Any] | None) -> None:
        self.table.check_rows()
        current = self.table.column(self.column)
        if not tag_cells.same(current, here):
            if current is None or here is None or there is None:
                warn(
                    f"The column {self.column!r} was made, dropped or changed in pandas meanwhile, "
                    "so it stays in project.df as it is."
                )
                return
            there = self._into(current, there)
        values = None if there is None else there.copy()
        self.table.put(self.column, values, None, values, self.table.tags.get(self.column))

    def _into(self, current: pd.Series[Any], there: pd.Series[Any]) -> pd.Series[Any]:
        """Return a column that pandas changed meanwhile, with the cells of this change alone."""
        values = current.copy()
        try:
            values.iloc[self.rows] = there.iloc[self.rows].to_numpy()
        except (TypeError, ValueError) as error:
            raise ProjectError(
                f"The column {self.column!r} was changed to {current.dtype} values meanwhile, "
                "which hold no such values. Give it its former kind again, or drop it: "
                f"del project.df[{self.column!r}].",
                key="column_changed",
                column=self.column,
            ) from error
        return values
