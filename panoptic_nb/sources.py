"""What a project is opened from: a folder, a table in memory, a CSV or a Parquet file."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from panoptic_nb import remote_access
from panoptic_nb.csv_files import read_csv
from panoptic_nb.error_text import first_line, short
from panoptic_nb.errors import ImageError, ProjectError
from panoptic_nb.exported import Records, read_records, with_clusterings
from panoptic_nb.files import ImageFile, is_address, path_text, without_file_scheme
from panoptic_nb.images import image_extensions
from panoptic_nb.path_column import (
    absolute,
    as_paths,
    check_given_column,
    find_path_column,
    missing_column,
)
from panoptic_nb.remote import RemoteFile

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
        One absolute path or remote file per row, in the order of the frame; None where the row
        gives none.
    base
        The project folder to use when the user names none. It may not exist yet.
    name
        A short name for the project; "" for a table in memory, which has none.
    records
        How the clusterings in the table were made, where that is known, by column.
    """

    frame: pd.DataFrame
    path_column: Any
    paths: list[ImageFile | None]
    base: Path
    name: str
    records: Records = field(default_factory=dict)


def load_source(
    source: str | os.PathLike[str] | pd.DataFrame, path_column: Hashable | None = None
) -> Source:
    """Read a source of images. Image files are not opened here.

    Parameters
    ----------
    source
        A folder (searched recursively; files and folders whose names begin with a dot, and links
        to folders, are skipped), the address of one ("s3://bucket/photos"), a DataFrame, or the
        path of a .csv file (any separator) or of a .parquet file.
    path_column
        The column with the paths or addresses of the images. Searched when not given: the column
        whose values are most often paths of existing image files. Relative paths are looked for
        beside the CSV or Parquet file; those of a DataFrame, in the current folder.

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
    if is_address(text):
        return _from_address(text, path_column)
    text = without_file_scheme(text)
    # Of os.path: they answer "no" to texts that no file can be called, where pathlib raises.
    path = absolute(os.path.expanduser(text))  # noqa: PTH111
    if os.path.isdir(path):  # noqa: PTH112
        return _from_folder(path, path_column)
    if not os.path.exists(path):  # noqa: PTH110
        raise ProjectError(
            f"There is no file or folder {str(path)!r}. Check the spelling; relative paths start"
            f" from {str(Path.cwd())!r}."
        )
    records = read_records(path)
    table = _read_table(path, records)
    project = path.with_name(f"{path.stem}_panoptic")
    return replace(
        _from_table(table, path_column, path.parent, project, path.stem), records=records
    )


def _from_folder(folder: Path, path_column: Hashable | None) -> Source:
    _check_no_column(str(folder), path_column)
    files = _image_files(folder)
    if not files:
        raise ProjectError(
            f"There is no image in the folder {str(folder)!r} or its subfolders. Files count as"
            " images by their extension (.jpg, .png, .tif, .webp, .gif and others)."
        )
    paths: list[ImageFile | None] = [Path(file) for file in files]
    frame = pd.DataFrame({"path": [path_text(file) for file in files]})
    return Source(frame, "path", paths, folder / _HIDDEN_PROJECT, folder.name or "project")


def _from_address(url: str, path_column: Hashable | None) -> Source:
    _check_no_column(url, path_column)
    if _extension(url) in _CSV | _PARQUET:
        raise ProjectError(
            f"{url!r} is a table at an address. Read it with pandas and open the DataFrame:"
            f" pn.open_project(pd.read_csv({url!r})), for instance."
        )
    try:
        files = _remote_images(url)
    except ImageError as error:
        raise ProjectError(
            f"The images at {url!r} cannot be listed: {error.reason}. Without a list, open a"
            " DataFrame with a column of addresses."
        ) from error
    if not files:
        raise ProjectError(
            f"There is no image at {url!r} or below, or the server gives no list of files. Open a"
            " DataFrame with a column of addresses instead."
        )
    name = PurePosixPath(urlsplit(url).path).name or urlsplit(url).netloc or "project"
    paths: list[ImageFile | None] = [RemoteFile(file) for file in files]
    frame = pd.DataFrame({"path": files})
    return Source(frame, "path", paths, Path.cwd() / f"{name}_panoptic", name)


def _remote_images(url: str) -> list[str]:
    """Return the addresses of the images at an address, sorted, as `_image_files` chooses them."""
    extensions = image_extensions()
    found = remote_access.listing(url)
    below = len(url.rstrip("/"))
    return [
        file
        for file in found
        if RemoteFile(file).suffix.lower() in extensions and "/." not in file[below:]
    ]


def _check_no_column(folder: str, path_column: Hashable | None) -> None:
    if path_column not in (None, "path"):
        raise ProjectError(
            f"path_column={short(path_column)} is for tables, and {folder!r} is a folder. Leave it"
            " out."
        )


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


def _read_table(path: Path, records: Records) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if suffix not in _CSV | _PARQUET:
        raise ProjectError(
            f"The file {str(path)!r} is neither a .csv nor a .parquet file. Read it with pandas and"
            " open the DataFrame: pn.open_project(pd.read_excel(...)), for instance."
        )
    try:
        frame = (
            read_csv(path, records) if suffix in _CSV else pd.read_parquet(path, engine="pyarrow")
        )
        return with_clusterings(frame, records)
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
