"""Panoptic's CSV of properties: ``path;Name[type];...``, separated by semicolons, UTF-8."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from panoptic_nb.columns import free_name
from panoptic_nb.error_text import first_line, short
from panoptic_nb.errors import ProjectError
from panoptic_nb.files import ImageFile, path_text
from panoptic_nb.interop.files import AnyPath, read_text
from panoptic_nb.interop.panoptic_cells import TYPES

#: Names of the first column: `id` is the key of a row, the others are paths of images. Panoptic
#: writes the last three, and reads `id` and `path`.
KEYS = ("id", "path", "local_path", "global_path")
_HEADER = re.compile(r"(?P<name>[^\[]*)\[(?P<type>\w+)\]")


@dataclass(frozen=True)
class Property:
    """A property of the file: its type, and a cell for each line."""

    name: str
    kind: str
    cells: Sequence[str]


@dataclass(frozen=True)
class PanopticCsv:
    """What a file holds: the name and the cells of its key, and its properties."""

    key: str
    keys: Sequence[str]
    properties: Sequence[Property]


def header_name(column: str) -> str:
    """Return the name of a property for a column: "[" begins its type, so that it becomes "("."""
    name = " ".join(column.split()).replace("[", "(").replace("]", ")")
    return name.encode("utf-8", "backslashreplace").decode() or "unnamed"


def to_csv(paths: Sequence[str], columns: Mapping[str, tuple[str, Sequence[str]]]) -> bytes:
    """Return the file for rows with these paths, and columns given as type and cells by name."""
    headers: list[str] = []
    for name, (kind, _) in columns.items():
        headers.append(free_name(f"{header_name(name)}[{kind}]", headers))
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";")
    rows.writerow(["path", *headers])
    rows.writerows(zip(paths, *(cells for _, cells in columns.values()), strict=True))
    return text.getvalue().encode("utf-8", "backslashreplace")


def panoptic_paths(paths: Sequence[ImageFile], relative: bool) -> list[str]:
    """Return the paths as Panoptic looks for them.

    Parameters
    ----------
    relative
        From the folder on that holds all images, its own name included, so that they fit wherever
        that folder stands. Panoptic has then to be told that paths are relative.
    """
    local = [path for path in paths if isinstance(path, Path)]
    if not relative or not local:
        return [path_text(path) for path in paths]
    folder = Path(os.path.commonpath([path.parent for path in local])).parent
    return [
        path_text(path.relative_to(folder).as_posix() if isinstance(path, Path) else path)
        for path in paths
    ]


def read_panoptic_csv(path: AnyPath) -> PanopticCsv:
    """Read a CSV that Panoptic wrote, or could read.

    Raises
    ------
    ProjectError
        It is no such file; the text says what it should be.
    """
    try:
        table = pd.read_csv(
            io.StringIO(read_text(path)),
            sep=";",
            header=None,
            dtype="str",
            keep_default_na=False,
            index_col=False,
        )
    except ValueError as error:  # pandas' own errors are such
        raise ProjectError(
            f"The file {str(path)!r} is no CSV of Panoptic: {first_line(error)}."
        ) from error
    headers = [str(cell).strip() for cell in table.iloc[0]]
    if headers[0] not in KEYS:
        raise ProjectError(
            f"The first column of {str(path)!r} is {short(headers[0])}; in a CSV of Panoptic, "
            f"separated by semicolons, it is one of {', '.join(KEYS)}."
        )
    lines = table.iloc[1:]
    properties: dict[str, Property] = {}
    for at, header in enumerate(headers[1:], 1):
        if header:
            name, kind = _name_and_type(header, path)
            name = free_name(name, list(properties))
            properties[name] = Property(name, kind, lines[at].tolist())
    return PanopticCsv(headers[0], lines[0].tolist(), list(properties.values()))


def _name_and_type(header: str, path: AnyPath) -> tuple[str, str]:
    found = _HEADER.match(header)
    if not found or found["type"] not in TYPES or not found["name"].strip():
        raise ProjectError(
            f"The column {header!r} of {str(path)!r} has no type that Panoptic knows: write "
            f"Name[type], with one of {', '.join(TYPES)}."
        )
    return found["name"].strip(), found["type"]
