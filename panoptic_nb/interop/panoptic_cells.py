"""The values of a column as the cells of Panoptic's CSV, and back, by property type."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from panoptic_nb import tag_cells
from panoptic_nb.interop.thesaurus import Thesaurus, to_tags
from panoptic_nb.properties import TAG_TYPES
from panoptic_nb.tag_cells import is_missing
from panoptic_nb.tagset import TagSet

#: What Panoptic calls the types; it refuses others.
TYPES = ("text", "number", *TAG_TYPES, "url", "date", "path", "color", "checkbox")
_NO = ("false", "0", "no", "non", "faux")


def cells_of_tags(column: pd.Series[Any], kind: str, names: Mapping[str, str]) -> list[str]:
    """Return the cells of a column of tags, whose names in Panoptic are given by their paths."""
    pairs = tag_cells.read(tag_cells.converted(column, kind == "multi_tags"))
    texts = [names[path] for path in pairs.names]
    cells: list[str] = [""] * len(column)
    for row, tag in zip(pairs.rows.tolist(), pairs.tags.tolist(), strict=True):
        cells[row] = f"{cells[row]},{texts[tag]}" if cells[row] else texts[tag]
    return cells


def cells(column: pd.Series[Any], kind: str) -> list[str]:
    """Return the cells of a column that holds no tags; "" where there is no value."""
    write = _WRITERS.get(kind, str)
    return ["" if is_missing(value) else write(value) for value in column]


def _number(value: Any) -> str:
    # Panoptic reads 12 and 0.5, but neither 1e-05 nor nan.
    if isinstance(value, int | np.integer):
        return str(value)
    return np.format_float_positional(float(value), trim="0") if math.isfinite(value) else ""


def _date(value: Any) -> str:
    moment = pd.Timestamp(value)
    whole_day = moment == moment.normalize() and moment.tzinfo is None
    return moment.strftime("%Y-%m-%d") if whole_day else moment.isoformat()


def _checkbox(value: Any) -> str:
    # Panoptic takes any text for a tick, "false" as well.
    return "true" if value else ""


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "number": _number,
    "date": _date,
    "checkbox": _checkbox,
}


def tag_column(
    cells: Sequence[str | None], kind: str, thesaurus: Thesaurus
) -> tuple[pd.Series[Any], TagSet]:
    """Return cells of tag names as a column of paths, and its tags.

    Returns
    -------
    pandas.Series
        `category`, in the order of the thesaurus, when no cell holds several tags; else Arrow lists
        of strings. The form of a saved clustering.
    TagSet
        The tags of the thesaurus, and those that only cells name.
    """
    rows = [_split(cell or "", kind) for cell in cells]
    used = dict.fromkeys(name for row in rows for name in row)
    tags, paths = to_tags(thesaurus, used)
    if all(len(row) <= 1 for row in rows):
        categories = [paths[name] for name in paths if name in used]
        flat = [paths[row[0]] if row else None for row in rows]
        return pd.Series(pd.Categorical(flat, categories=categories)), tags
    lists = [[paths[name] for name in row] or None for row in rows]
    return pd.Series(lists, dtype=tag_cells.LIST), tags


def _split(cell: str, kind: str) -> list[str]:
    parts = cell.split(",") if kind == "multi_tags" else [cell]
    return list(dict.fromkeys(name for part in parts if (name := part.strip())))


def value_column(cells: Sequence[str | None], kind: str) -> pd.Series[Any]:
    """Return the cells of a property without tags as a column; None = no such row in the file."""
    texts = pd.Series([cell or None for cell in cells], dtype="str")
    if kind == "checkbox":
        ticks = [None if cell is None else bool(cell) and cell.lower() not in _NO for cell in cells]
        return pd.Series(ticks, dtype="boolean")
    try:
        if kind in ("number", "color"):
            numbers = pd.to_numeric(texts)
            whole = not texts.str.contains("[.eE]", regex=True, na=False).any()
            return numbers.astype("Int64") if whole else numbers.astype("float64")
        if kind == "date":
            return pd.to_datetime(texts, format="ISO8601")
    except (ValueError, TypeError, OverflowError):  # not what the header says: kept as it is
        return texts
    return texts
