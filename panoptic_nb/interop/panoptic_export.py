"""A project as the files that Panoptic imports: a CSV, and a thesaurus for each column of tags."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from pandas.api import types

from panoptic_nb.errors import ProjectError
from panoptic_nb.folder import write_file
from panoptic_nb.interop import panoptic_cells, panoptic_csv, thesaurus
from panoptic_nb.interop.files import AnyPath, target
from panoptic_nb.interop.safe_names import safe_names
from panoptic_nb.properties import TAG_TYPES
from panoptic_nb.warn import warn

if TYPE_CHECKING:
    from panoptic_nb.project import Project


def export_panoptic(
    project: Project, place: AnyPath, columns: Sequence[str] | None, relative: bool
) -> list[Path]:
    """Do `Project.export_panoptic`."""
    prefix = _prefix(place)
    content: dict[str, tuple[str, Sequence[str]]] = {}
    thesauri: dict[str, bytes] = {}
    for name, kind in _chosen(project, columns).items():
        column = _column(project, name)
        if kind in TAG_TYPES:
            tags = project.tags(name)
            names = thesaurus.names_in_panoptic(tags)
            cells = panoptic_cells.cells_of_tags(column, kind, names)
            if names:
                thesauri[name] = thesaurus.to_csv(tags, names)
        else:
            cells = panoptic_cells.cells(column, kind)
        content[name] = (kind, cells)
    paths = panoptic_csv.panoptic_paths(project.paths, relative)
    data = panoptic_csv.to_csv(paths, content)
    files = {prefix.with_name(f"{prefix.name}data.csv"): data}
    for text, safe in zip(thesauri.values(), safe_names(thesauri), strict=True):
        files[prefix.with_name(f"{prefix.name}{safe}_tags.csv")] = text
    for path, text in files.items():
        write_file(path, text)
    return list(files)


def _prefix(place: AnyPath) -> Path:
    """Return what the names of the files begin with: a folder's own path, or "<path>_"."""
    if Path(place).expanduser().is_dir():
        return Path(place).expanduser() / "panoptic_"
    given = target(place)
    return given.with_name(f"{given.name}_")


def _chosen(project: Project, columns: Sequence[str] | None) -> dict[str, str]:
    """Return the type in Panoptic of each column to write, a warning for those without."""
    known = project.properties
    if isinstance(columns, str):
        raise ProjectError(f"Columns are given as a list of names: [{columns!r}].")
    names = list(known) if columns is None else list(columns)
    if unknown := [name for name in names if name not in known]:
        raise ProjectError(
            f"There is no column {unknown[0]!r} that could be exported. Columns: "
            f"{', '.join(map(repr, known)) or 'none yet'}."
        )
    kinds = {name: _kind(name, known[name], project) for name in names}
    if left_out := [name for name, kind in kinds.items() if kind is None]:
        warn(f"Panoptic has no type for the values of {left_out}; these columns are left out.")
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _kind(name: str, kind: str, project: Project) -> str | None:
    # A cluster is one of a hierarchy, whether or not an image is in several.
    if name in project.clusterings:
        return "multi_tags"
    if kind == "color":  # there a number of one of 12 colours
        return "text"
    column = _column(project, name)
    if kind == "text" and any(types.is_list_like(v) or isinstance(v, bytes) for v in column):
        return None  # vectors, for instance
    return kind


def _column(project: Project, name: str) -> pd.Series[Any]:
    frame = project.df
    return next(frame[label] for label in frame.columns if str(label) == name)
