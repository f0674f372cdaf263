"""Changes of columns since the table was saved, appended one by one to a file.

Saving a table of a million rows takes seconds; a change of some cells is written in milliseconds,
and on disk before anything else sees it. Each entry carries its length and a checksum, so that one
cut off by a power cut is not taken for a change. The journal names the saved table that it follows:
once the table is saved anew, it says nothing any more.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa

from panoptic_nb import tag_cells
from panoptic_nb.error_text import first_line
from panoptic_nb.errors import ProjectError
from panoptic_nb.saved_table import SavedTable, array_of, column_of
from panoptic_nb.tag_cells import Ints

_HEADER = struct.Struct("<QI")  # length of the entry, CRC-32 of it
_METADATA = b"panoptic_nb"
#: Of an entry that leaves the tags or the record of the column as they are.
KEPT: Literal["kept"] = "kept"


@dataclass(frozen=True, eq=False)
class Entry:
    """A change of one column.

    Attributes
    ----------
    column : str
    cells : pandas.Series or None
        The new cells; None = the column is taken away.
    rows : ndarray of int64 or None
        Which rows of the saved table they are; None = all.
    tags : dict, None or "kept"
        The tags kept with the column, as JSON; "kept" = those of before.
    record : mapping, None or "kept"
        How the clustering in the column was made, None = it holds none; "kept" = as before.
    """

    column: str
    cells: pd.Series[Any] | None
    rows: Ints | None
    tags: dict[str, Any] | Literal["kept"] | None
    record: Mapping[str, Any] | Literal["kept"] | None = KEPT

    def to_bytes(self) -> bytes:
        """Return the entry as an Arrow stream."""
        arrays: dict[str, pa.Array] = {}
        dtype = None
        if self.cells is not None:
            arrays["cells"], dtype = array_of(self.cells)
        if self.rows is not None:
            arrays["rows"] = pa.array(self.rows)
        facts = {
            "column": self.column,
            "dtype": dtype,
            "tags": self.tags,
            "record": self.record,
        }
        table = pa.table(arrays).replace_schema_metadata({_METADATA: json.dumps(facts).encode()})
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return bytes(sink.getvalue().to_pybytes())

    @classmethod
    def from_bytes(cls, content: bytes) -> Entry:
        """Read what `to_bytes` wrote."""
        table = pa.ipc.open_stream(content).read_all()
        facts = json.loads(table.schema.metadata[_METADATA])
        has_cells, has_rows = "cells" in table.column_names, "rows" in table.column_names
        return cls(
            facts["column"],
            column_of(table["cells"], facts["dtype"]) if has_cells else None,
            table["rows"].to_numpy() if has_rows else None,
            facts["tags"],
            facts.get("record", KEPT),
        )


class Journal:
    """The file of the changes since the table was saved.

    Parameters
    ----------
    path
        The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[str, int] | None = None  # the token, and where its last entry ends

    def read(self, token: str) -> list[Entry]:
        """Return the changes that follow the table saved under `token`, oldest first."""
        content = self.path.read_bytes() if self.path.exists() else b""
        if not content.startswith(token.encode()):
            return []
        entries, end = [], len(token)
        while (stop := _stop(content, end)) is not None:
            entries.append(Entry.from_bytes(content[end + _HEADER.size : stop]))
            end = stop
        self._known = token, end
        return entries

    def append(self, token: str, entry: Entry) -> None:
        """Add a change of the table saved under `token`; it is on disk when this returns.

        Raises
        ------
        ProjectError
            The disk is full, or the file cannot be written; no entry was added.
        """
        try:
            body = entry.to_bytes()
        except (pa.ArrowException, OverflowError, TypeError, ValueError) as error:
            raise ProjectError(
                f"The column {entry.column!r} holds values that no file can hold "
                f"({first_line(error)}), so it was not changed. Make a column of tags of its own."
            ) from error
        content = _HEADER.pack(len(body), zlib.crc32(body)) + body
        end = self._known[1] if self._known and self._known[0] == token else 0
        if not self.path.exists():
            end = 0
        if not end:
            content = token.encode() + content
        try:
            # Whatever stands after the last whole entry was cut off, and is written over.
            with self.path.open("r+b" if end else "wb") as file:
                file.truncate(end)
                file.seek(end)
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise ProjectError(
                f"{str(self.path)!r} could not be written: {error.strerror}. Nothing was changed; "
                "make room or give the folder write permission, then try again.",
                key="not_written",
                path=str(self.path),
                error=str(error.strerror),
            ) from error
        self._known = token, end + len(content)

    def forget(self) -> None:
        """Remove the file, whose changes are in the saved table."""
        self._known = None
        self.path.unlink(missing_ok=True)


def _stop(content: bytes, start: int) -> int | None:
    """Return where the entry that begins at `start` ends, None where no whole one begins."""
    if len(content) < start + _HEADER.size:
        return None
    length, checksum = _HEADER.unpack_from(content, start)
    body = content[start + _HEADER.size : start + _HEADER.size + length]
    whole = len(body) == length and zlib.crc32(body) == checksum
    return start + _HEADER.size + length if whole else None


def replayed(saved: SavedTable, entries: Sequence[Entry]) -> SavedTable:
    """Return a saved table with the changes that were made since."""
    columns, tags = dict(saved.columns), dict(saved.metadata.get("tags", {}))
    records = dict(saved.metadata.get("clusterings", {}))
    owned = dict.fromkeys(saved.metadata.get("owned", []))
    for entry in entries:
        name = entry.column
        if entry.cells is None:
            columns.pop(name, None)
            owned.pop(name, None)
        elif entry.rows is None:
            columns[name] = entry.cells
        elif name in columns:
            before = columns[name]
            values = tag_cells.put(before, entry.rows, entry.cells, before.iloc[:0])
            columns[name] = before if values is None else values
        if name in columns:
            owned[name] = None
        if entry.tags != KEPT:
            tags[name] = entry.tags
        if entry.record != KEPT:
            records[name] = entry.record
    records = {name: record for name, record in records.items() if record is not None}
    tags = {name: value for name, value in tags.items() if value is not None and name in columns}
    metadata = {**saved.metadata, "owned": list(owned), "tags": tags, "clusterings": records}
    return SavedTable(saved.keys, columns, metadata)
