"""Tables that `Project.export` wrote, read back: their clusterings are what they were.

A CSV file says neither that "10" and "NA" are names of clusters, nor that a cell is a list, nor in
which order clusters stand. The record beside it does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pandas.api import types

from panoptic_nb.tag_cells import LIST, is_missing

Records = dict[str, dict[str, Any]]


def beside(path: Path) -> Path:
    """Return where the record of a table is kept."""
    return path.with_name(f"{path.stem}.record.json")


def read_records(path: Path) -> Records:
    """Return the records of the clusterings of a table by column, {} where there are none."""
    try:
        content = json.loads(beside(path).read_text(encoding="utf-8"))
        records = content["clusterings"]
        return {str(name): record for name, record in records.items() if _is_record(record)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # nothing beside it, or nothing of ours


def with_clusterings(frame: pd.DataFrame, records: Records) -> pd.DataFrame:
    """Return a table whose columns of clusterings, as a file has them, are what they were."""
    restored = frame.copy()
    for name, record in records.items():
        if list(frame.columns).count(name) == 1:
            restored[name] = _restored(frame[name], record)
    return restored


def _is_record(record: Any) -> bool:
    return (
        isinstance(record, dict)
        and {"clusters", "operations", "image_set"} <= record.keys()
        and all(isinstance(cluster, dict) for cluster in record["clusters"])
    )


def _restored(column: pd.Series[Any], record: Mapping[str, Any]) -> pd.Series[Any]:
    written = dict.fromkeys(str(one.get("written")) for one in record["clusters"])
    cells: list[Any] = [_cell(value, written) for value in column]
    if any(isinstance(cell, list) for cell in cells):
        as_lists = [cell if cell is None or isinstance(cell, list) else [cell] for cell in cells]
        return pd.Series(as_lists, column.index, LIST, column.name)
    used = dict.fromkeys(str(cell) for cell in cells if cell is not None)
    order = [label for label in written if label in used]
    order += [label for label in used if label not in written]
    return pd.Series(pd.Categorical(cells, order), column.index, name=column.name)


def _cell(value: Any, written: Mapping[str, None]) -> str | list[str] | None:
    if types.is_list_like(value):
        return [str(item) for item in value if not is_missing(item)] or None
    if is_missing(value) or value == "":
        return None
    text = str(value)
    if text in written or not text.startswith("["):
        return text
    try:
        items = json.loads(text)
    except ValueError:
        return text
    return items if all(isinstance(item, str) for item in items) and items else text
