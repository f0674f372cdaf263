"""Reading CSV files as people write them: any separator, the usual encodings."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from panoptic_nb.errors import ProjectError

_SEPARATORS = (",", ";", "\t", "|")
# Tried in order; the last one can decode anything.
_ENCODINGS = ("utf-8-sig", "cp1252", "latin-1")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_RECORDS_LOOKED_AT = 50


def read_csv(path: Path, as_text: Iterable[str] = ()) -> pd.DataFrame:
    """Read a CSV file with a header line; its separator and encoding are found.

    Parameters
    ----------
    path
        The file. Separators known are the comma, the semicolon, the tabulator and the bar;
        encodings are UTF-8 (with or without mark), UTF-16 with mark, and Windows' western one.
    as_text
        Columns whose fields are texts whatever they look like, "" where one is empty.

    Raises
    ------
    ProjectError
        When the file holds no table.
    """
    encoding = _find_encoding(path)
    with path.open(encoding=encoding, newline="") as file:
        head = "".join(line for _, line in zip(range(_RECORDS_LOOKED_AT), file, strict=False))
    if not head.strip():
        raise ProjectError(f"The file {str(path)!r} is empty.")
    separator = _find_separator(head)
    # A header that is one field short names the rows by their first field (R does so), unless
    # each line merely ends with a separator.
    index_col = False if _ends_with_separator(_records(head, separator)) else None

    def read(**how: Any) -> pd.DataFrame:
        table: pd.DataFrame = pd.read_csv(
            path, sep=separator, encoding=encoding, index_col=index_col, **how
        )
        return table

    frame = read()
    texts = [name for name in as_text if name in frame.columns]
    if texts:
        raw = read(dtype=str, na_filter=False)
        frame[texts] = raw[texts].astype(object).to_numpy()
    return frame


def _find_encoding(path: Path) -> str:
    with path.open("rb") as file:
        if file.read(2) in _UTF16_MARKS:
            return "utf-16"
    for encoding in _ENCODINGS[:-1]:
        try:
            with path.open(encoding=encoding) as text:
                while text.read(1 << 20):
                    pass
            return encoding
        except UnicodeDecodeError:
            continue
    return _ENCODINGS[-1]


def _find_separator(head: str) -> str:
    """Return the separator for which most records have as many fields as the header.

    csv.Sniffer would take a letter for the separator of a file with one column.
    """

    def agreement(separator: str) -> tuple[float, int]:
        records = _records(head, separator)
        fields = len(records[0])
        if fields < 2:
            return (0.0, 0)
        return (sum(len(record) == fields for record in records) / len(records), fields)

    return max(_SEPARATORS, key=agreement)


def _records(head: str, separator: str) -> list[list[str]]:
    records = csv.reader(head.splitlines(keepends=True), delimiter=separator)
    return [record for record in records if record]


def _ends_with_separator(records: list[list[str]]) -> bool:
    fields = len(records[0])
    return all(len(record) == fields + 1 and record[-1] == "" for record in records[1:])
