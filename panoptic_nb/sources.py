"""What a project is opened from: a folder, a table in memory, a CSV or a Parquet file."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from panoptic_nb.csv_files import read_csv
from panoptic_nb.error_text import first_line, short
from panoptic_nb.errors import ProjectError
from panoptic_nb.images import image_extensions
from panoptic_nb.path_column import (
    absolute,
    as_paths,
    check_given_column,
    find_path_column,
    missing_column,
)

_HIDDEN_PROJECT = ".panoptic_nb"
_CSV = frozenset({".csv", ".tsv", ".tab", ".txt"})
_PARQUET = frozenset({".parquet", ".pq"})


@dataclass(frozen=True, eq=False)
class Source:
    """A table of images, and where it came from.

    Parameters
    ----------
    frame
        The user's table, a copy, index and columns kept. A folder gives a RangeIndex and one
        column, "path".
    path_column
        The column that holds the paths: its name as the frame has it, text or not.
    paths
        One absolute path per row, in the order of the frame; None where the row gives none.
    base
        The project folder to use when the user names none. It may not exist yet.
    name
        A short name for the project; "" for a table in memory, which has none.
    """

    frame: pd.DataFrame
    path_column: Any
    paths: list[Path | None]
    base: Path
    name: str


def load_source(
    source: str | os.PathLike[str] | pd.DataFrame, path_column: Hashable | None = None
) -> Source:
    """Read a source of images. Image files are not opened here.

    Parameters
    ----------
    source
        A folder (searched recursively; files and folders whose names begin with a dot, and links
        to folders, are skipped), a DataFrame, or the path of a .csv file (any separator) or of a
        .parquet file.
    path_column
        The column with the paths of the images. Searched when not given: the column whose values
        are most often paths of existing image files. Relative paths are looked for beside the CSV
        or Parquet file; those of a DataFrame, in the current folder.

    Raises
    ------
    ProjectError
        When there is nothing to open, or the column is missing, ambiguous or leads to no file.
    """
    if isinstance(source, pd.DataFrame):
        here = Path.cwd()
        return _from_table(source.copy(), path_column, here, here / "panoptic_project", "")
    if not isinstance(source, (str, os.PathLike)):
        raise ProjectError(
            "A project is opened from a folder, a DataFrame, or the path of a .csv or .parquet"
            f" file. Got {type(source).__name__}."
        )
    text = os.fspath(source)
    if not text:
        raise ProjectError(
            "The path to open is empty. For the current folder write pn.open_project('.')."
        )
    # Of os.path: they answer "no" to texts that no file can be called, where pathlib raises.
    path = absolute(os.path.expanduser(text))  # noqa: PTH111
    if os.path.isdir(path):  # noqa: PTH112
        return _from_folder(path, path_column)
    if not os.path.exists(path):  # noqa: PTH110
        raise ProjectError(
            f"There is no file or folder {str(path)!r}. Check the spelling; relative paths start"
            f" from {str(Path.cwd())!r}."
        )
    return _from_table(
        _read_table(path),
        path_column,
        path.parent,
        path.with_name(f"{path.stem}_panoptic"),
        path.stem,
    )


def path_text(path: Path | str) -> str:
    """Return a path as text that tables and databases can hold.

    File names on Linux are bytes; those that are not UTF-8 (old archives) get escapes.
    """
    text = os.fspath(path)
    return text if text.isascii() else os.fsencode(text).decode("utf-8", "backslashreplace")


def _from_folder(folder: Path, path_column: Hashable | None) -> Source:
    if path_column not in (None, "path"):
        raise ProjectError(
            f"path_column={short(path_column)} is for tables, and {str(folder)!r} is a folder."
            " Leave it out."
        )
    files = _image_files(folder)
    if not files:
        raise ProjectError(
            f"There is no image in the folder {str(folder)!r} or its subfolders. Files count as"
            " images by their extension (.jpg, .png, .tif, .webp, .gif and others)."
        )
    paths: list[Path | None] = [Path(file) for file in files]
    frame = pd.DataFrame({"path": [path_text(file) for file in files]})
    return Source(frame, "path", paths, folder / _HIDDEN_PROJECT, folder.name or "project")


def _image_files(folder: Path) -> list[str]:
    """Return the image files below a folder, sorted."""
    extensions = image_extensions()
    found = []
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            os.path.join(parent, name)  # noqa: PTH118
            for name in files
            if not name.startswith(".") and _extension(name) in extensions
        ]
    return sorted(found, key=lambda file: file.replace(os.sep, "/"))


def _extension(name: str) -> str:
    return os.path.splitext(name)[1].lower()  # noqa: PTH122


def _read_table(path: Path) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if suffix not in _CSV | _PARQUET:
        raise ProjectError(
            f"The file {str(path)!r} is neither a .csv nor a .parquet file. Read it with pandas and"
            " open the DataFrame: pn.open_project(pd.read_excel(...)), for instance."
        )
    try:
        return read_csv(path) if suffix in _CSV else pd.read_parquet(path, engine="pyarrow")
    except ProjectError:
        raise
    except Exception as error:  # pandas and pyarrow raise their own families of errors
        raise ProjectError(
            f"The file {str(path)!r} cannot be read as a table: {first_line(error)}."
        ) from error


def _from_table(
    frame: pd.DataFrame, path_column: Hashable | None, base: Path, project: Path, name: str
) -> Source:
    _check_table(frame)
    column: Any = find_path_column(frame, base) if path_column is None else path_column
    # In the list: the columns of a table with levels of headers "contain" parts of their names.
    if not isinstance(column, Hashable) or column not in list(frame.columns):
        raise missing_column(frame, column, base)
    paths = as_paths(frame[column], str(base))
    if path_column is not None:
        check_given_column(column, paths, base)
    return Source(frame, column, paths, project, name)


def _check_table(frame: pd.DataFrame) -> None:
    if frame.empty:
        raise ProjectError("The table is empty: it needs one row per image, and a column of paths.")
    if not frame.columns.is_unique:
        repeated = frame.columns[frame.columns.duplicated()].tolist()[0]
        raise ProjectError(
            f"Two columns of the table are called {repeated!r}. Rename one of them first."
        )
    if not frame.index.is_unique:
        duplicated = frame.index.duplicated()
        raise ProjectError(
            f"The index holds {int(duplicated.sum())} repeated labels (the first is"
            f" {frame.index[duplicated].tolist()[0]!r}); each row needs a label of its own."
            " Use frame.reset_index() first."
        )
