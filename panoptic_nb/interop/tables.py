"""The table as a file of another program, with the record of its clusterings."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pandas.api import types

from panoptic_nb.error_text import first_line
from panoptic_nb.errors import ProjectError
from panoptic_nb.exported import beside
from panoptic_nb.folder import METADATA, VERSION, write_file
from panoptic_nb.interop.files import AnyPath, target
from panoptic_nb.tag_cells import is_missing

ENDINGS = (".parquet", ".csv", ".arrow", ".feather")


def export_table(frame: pd.DataFrame, path: AnyPath, record: Mapping[str, Any]) -> Path:
    """Do `Project.export`; the record goes into a file beside, and into those of Arrow."""
    file = target(path, ENDINGS)
    ending = file.suffix.lower()
    content = _csv(frame) if ending == ".csv" else _arrow(frame, ending, record)
    about = json.dumps({"version": VERSION, **record}, indent=2, ensure_ascii=False).encode()
    write_file(file, content)
    write_file(beside(file), about)
    return file


def read_record(path: AnyPath) -> dict[str, Any]:
    """Return the record that `Project.export` wrote into a Parquet, Arrow or Feather file.

    Raises
    ------
    ProjectError
        The file has none.
    """
    try:
        if Path(path).suffix.lower() == ".parquet":
            schema = pq.read_schema(path)
        else:
            with pa.ipc.open_file(path) as file:
                schema = file.schema
        record: dict[str, Any] = json.loads((schema.metadata or {})[METADATA])
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        raise ProjectError(
            f"{str(path)!r} has no record of panoptic_nb ({first_line(error)}). Records are in the "
            "Parquet, Arrow and Feather files that project.export() writes."
        ) from error
    return record


def _csv(frame: pd.DataFrame) -> bytes:
    """Return the table as CSV, lists as JSON; with the mark by which Excel knows UTF-8."""
    shown = frame.copy()
    for at, (_, column) in enumerate(frame.items()):
        if column.map(types.is_list_like).any():
            shown.isetitem(at, column.map(_as_json).array)
    text = io.StringIO(newline="")
    shown.to_csv(text, index=_has_index(frame), lineterminator="\n")
    return text.getvalue().encode("utf-8-sig", "backslashreplace")


def _as_json(value: Any) -> Any:
    if types.is_list_like(value):
        return json.dumps(list(value), ensure_ascii=False, default=str)
    return None if is_missing(value) else value


def _has_index(frame: pd.DataFrame) -> bool:
    return not frame.index.equals(pd.RangeIndex(len(frame)))


def _arrow(frame: pd.DataFrame, ending: str, record: Mapping[str, Any]) -> bytes:
    plain = frame.copy()
    for at, (_, column) in enumerate(frame.items()):
        if isinstance(column.dtype, pd.ArrowDtype):
            # As lists, since pandas cannot read the name of the dtype back.
            plain.isetitem(at, pd.Series(list(column), dtype=object).array)
    plain.columns = [str(name) for name in frame.columns]
    try:
        table = pa.Table.from_pandas(plain)
    except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
        raise ProjectError(
            f"A column holds values that no {ending} file can hold: {first_line(error)}. Turn it "
            "into text first, or export a part: project.df.drop(columns=[...]).to_parquet(...)."
        ) from error
    ours = json.dumps({"version": VERSION, **record}).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: ours})
    sink = pa.BufferOutputStream()
    if ending == ".parquet":
        pq.write_table(table, sink)
    else:
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    content: bytes = sink.getvalue().to_pybytes()
    return content
