"""The DataFrame as a file: columns that Arrow can hold, and which image each row shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

#: Columns of the file that say which row is which; the user's own columns may be missing.
KEYS = ("label", "path", "sha1")
PREFIX = "panoptic_nb:"
#: Computed anew at each opening, so never a reason to prefer the saved value.
COMPUTED = ("sha1", "width", "height")


@dataclass(frozen=True)
class SavedTable:
    """What was saved of a table.

    Attributes
    ----------
    keys : pandas.DataFrame
        Index label, path and sha1 of each row, as text.
    columns : dict of pandas.Series
        The columns by name, one value per row.
    metadata : mapping
        What was saved along with them.
    """

    keys: pd.DataFrame
    columns: dict[str, pd.Series[Any]]
    metadata: Mapping[str, Any]


def row_keys(index: pd.Index, paths: Sequence[str], sha1: Sequence[str]) -> pd.DataFrame:
    """Return what tells the rows of a table apart, as text."""
    return pd.DataFrame(
        {"label": [str(label) for label in index], "path": list(paths), "sha1": list(sha1)},
        dtype=object,
    )


def to_arrow(frame: pd.DataFrame, keys: pd.DataFrame) -> tuple[pa.Table, dict[str, str], list[str]]:
    """Return a table as Arrow, the pandas dtype of its columns, and what cannot be held."""
    arrays = {PREFIX + key: pa.array(keys[key].tolist(), pa.string()) for key in KEYS}
    dtypes, left_out = {}, []
    for name in frame.columns:
        column = frame[name]
        try:
            array, dtype = array_of(column)
        except (pa.ArrowException, OverflowError, TypeError, ValueError):
            left_out.append(str(name))
            continue
        if str(name) in arrays:  # the names 1 and "1"
            left_out.append(str(name))
            continue
        arrays[str(name)] = array
        dtypes[str(name)] = dtype
    return pa.table(arrays), dtypes, left_out


def array_of(column: pd.Series[Any]) -> tuple[pa.Array | pa.ChunkedArray, str]:
    """Return a column as Arrow, and the name of its pandas dtype ("arrow" for Arrow's own)."""
    is_arrow = isinstance(column.dtype, pd.ArrowDtype)
    return pa.array(column, from_pandas=True), "arrow" if is_arrow else str(column.dtype)


def from_arrow(table: pa.Table, metadata: Mapping[str, Any]) -> SavedTable:
    """Return what `to_arrow` wrote."""
    texts = {key: table[PREFIX + key].to_numpy() for key in KEYS}
    keys = pd.DataFrame(texts, dtype=object)
    names = [name for name in table.column_names if not name.startswith(PREFIX)]
    dtypes = metadata.get("dtypes", {})
    columns = {name: column_of(table[name], dtypes.get(name, "")) for name in names}
    return SavedTable(keys, columns, metadata)


def column_of(values: pa.ChunkedArray, dtype: str) -> pd.Series[Any]:
    """Return what `array_of` gave as a column (RangeIndex)."""
    if dtype == "arrow":
        return pd.Series(pd.arrays.ArrowExtensionArray(values))
    if pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        return pd.Series(values.to_pylist(), dtype=object)
    column: pd.Series[Any] = values.to_pandas()
    if dtype and str(column.dtype) != dtype:
        try:
            return column.astype(dtype)  # type: ignore[call-overload, no-any-return]
        except (TypeError, ValueError):  # a dtype of a library that is not imported here
            return column
    return column


def match(saved: pd.DataFrame, here: pd.DataFrame) -> NDArray[np.intp]:
    """Return for each row of `here` the position of the same row of `saved`, or -1.

    The same row has the same label and path; else it is the n-th row of its path; else, where
    files were moved, it has the same label and content; else it is the n-th row of its content.
    """
    if saved.equals(here):  # as usual
        return np.arange(len(here), dtype=np.intp)
    rows = np.full(len(here), -1, dtype=np.intp)
    for keys in (["label", "path"], ["path"], ["label", "sha1"], ["sha1"]):
        missing = np.flatnonzero(rows < 0)
        if not len(missing):
            break
        is_free = np.ones(len(saved), bool)
        is_free[rows[rows >= 0]] = False
        free = np.flatnonzero(is_free)
        found = dict(zip(_numbered(saved, keys, free), free, strict=True))
        wanted = _numbered(here, keys, missing)
        rows[missing] = [found.get(key, -1) for key in wanted]
    return rows


def _numbered(
    table: pd.DataFrame, keys: list[str], rows: NDArray[np.intp]
) -> list[tuple[Any, ...]]:
    """Return the keys of some rows, each with how often the same stood there before."""
    part = table.loc[rows, keys]
    count = part.groupby(keys, sort=False).cumcount()
    return list(zip(*(part[key] for key in keys), count, strict=True))


def owned_columns(
    frame: pd.DataFrame, records: Mapping[str, Any], source: pd.DataFrame, before: Sequence[str]
) -> list[str]:
    """Return the columns that come back at the next opening, whatever the source says.

    Those that the source does not have or has with other values; once saved, they stay.
    """
    return [
        str(name)
        for name in frame.columns
        if name in records
        or str(name) in before
        or (
            not frame[name].equals(source[name]) if name in source.columns else name not in COMPUTED
        )
    ]
