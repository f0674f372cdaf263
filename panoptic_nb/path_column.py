"""Which column of a table holds the paths of the images."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.files import ImageFile, is_address, without_file_scheme
from panoptic_nb.images import image_extensions
from panoptic_nb.remote import RemoteFile

# Rows looked at, spread over the table, when the column with the paths is searched.
_SAMPLE = 200


def absolute(path: str, base: str = "") -> Path:
    """Return an absolute path, relative ones from a folder on."""
    # Not resolve(): links stay the names that the user knows. Joined as text: pathlib takes ten
    # times as long, which is felt with 100,000 images.
    return Path(os.path.abspath(os.path.join(base, path)))  # noqa: PTH100, PTH118


def as_paths(values: Iterable[Any], base: str) -> list[ImageFile | None]:
    """Return the file of each value; equal texts share one object, which is made once."""
    known: dict[str, ImageFile | None] = {}
    paths: list[ImageFile | None] = []
    for value in values:
        if not isinstance(value, str):
            paths.append(_as_path(value, base))
            continue
        if value not in known:
            known[value] = _as_path(value, base)
        paths.append(known[value])
    return paths


def _as_path(value: Any, base: str) -> ImageFile | None:
    text = os.fspath(value) if isinstance(value, os.PathLike) else value
    if not isinstance(text, str):
        return None
    text = text.strip()
    # A text with a null character is no path on any system.
    if not text or "\0" in text:
        return None
    return RemoteFile(text) if is_address(text) else absolute(without_file_scheme(text), base)


def _is_file(path: ImageFile) -> bool:
    """Tell whether a file is there; of remote ones that is found out when they are read."""
    if isinstance(path, RemoteFile):
        return True
    try:
        return path.is_file()
    except (OSError, ValueError):  # a long description is not a possible file name
        return False


def _sample_paths(
    column: pd.Series[Any], base: Path, wanted: Callable[[ImageFile], bool]
) -> list[ImageFile]:
    given = column.dropna()
    step = max(1, len(given) // _SAMPLE)
    paths = (_as_path(value, str(base)) for value in given.iloc[::step])
    return [path for path in paths if path is not None and wanted(path)]


def find_path_column(frame: pd.DataFrame, base: Path) -> Any:
    """Return the column whose values are most often image files, or raise `ProjectError`."""
    extensions = image_extensions()

    def looks_like_image(path: ImageFile) -> bool:
        return path.suffix.lower() in extensions

    named = {
        column: _sample_paths(frame[column], base, looks_like_image) for column in frame.columns
    }
    existing = {column: [path for path in named[column] if _is_file(path)] for column in named}
    most = max((len(paths) for paths in existing.values()), default=0)
    if most == 0:
        raise _no_path_column(frame, named, base)
    best = [column for column, paths in existing.items() if len(paths) == most]
    if "path" in best or all(existing[column] == existing[best[0]] for column in best):
        return "path" if "path" in best else best[0]
    raise ProjectError(
        f"Several columns hold paths of image files: {_listed(best)}. Say which one to use:"
        f" pn.open_project(source, path_column={best[0]!r})."
    )


def _no_path_column(
    frame: pd.DataFrame, named: dict[Any, list[ImageFile]], base: Path
) -> ProjectError:
    for column, paths in named.items():
        if paths:
            return ProjectError(
                f"The column {column!r} holds names of images, but no such file was found; the"
                f" first was looked for at {str(paths[0])!r}. Put the folder in front:"
                f" pn.open_project(df.assign(path='/folder/of/images/' + df[{column!r}]))."
            )
    return ProjectError(
        f"No column holds paths of image files. Columns: {_listed(frame.columns)}. Relative paths"
        f" are looked for in {str(base)!r}. Name the column if there is one:"
        " pn.open_project(source, path_column=...)."
    )


def missing_column(frame: pd.DataFrame, column: Any, base: Path) -> ProjectError:
    """Return the error of a column that is not there; it names the one that was meant."""
    try:
        found = find_path_column(frame, base)
    except ProjectError:
        repair = "None of them holds paths of image files."
    else:
        repair = (
            f"Paths of image files are in {found!r}:"
            f" pn.open_project(source, path_column={found!r})."
        )
    return ProjectError(
        f"There is no column {short(column)}. Columns: {_listed(frame.columns)}. {repair}"
    )


def check_given_column(column: Any, paths: list[ImageFile | None], base: Path) -> None:
    """Raise `ProjectError` when a column that was named leads to no file."""
    given = [path for path in paths if path is not None]
    if not given:
        raise ProjectError(
            f"The column {column!r} holds no path: its values are empty or not text. Name another"
            " column: pn.open_project(source, path_column=...)."
        )
    if not any(_is_file(path) for path in given):
        raise ProjectError(
            f"None of the {len(given)} files named in the column {column!r} exists; the first was"
            f" looked for at {str(given[0])!r}. Relative paths start from {str(base)!r}."
        )


def _listed(columns: Any) -> str:
    return ", ".join(repr(column) for column in columns)
