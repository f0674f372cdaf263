"""Columns of the table from a CSV of Panoptic and its thesauri."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.files import path_text
from panoptic_nb.interop import panoptic_cells
from panoptic_nb.interop.files import AnyPath
from panoptic_nb.interop.panoptic_csv import PanopticCsv, Property, read_panoptic_csv
from panoptic_nb.interop.panoptic_rows import Matched, match_labels, match_paths
from panoptic_nb.interop.thesaurus import Thesaurus, read_thesaurus
from panoptic_nb.properties import TAG_TYPES
from panoptic_nb.tagset import TagSet
from panoptic_nb.warn import warn

if TYPE_CHECKING:
    from panoptic_nb.project import Project


@dataclass(frozen=True)
class Read:
    """Columns by name, one value per row of the table; their types in Panoptic; and their tags."""

    columns: dict[str, pd.Series[Any]]
    kinds: dict[str, str]
    tags: dict[str, TagSet]


def read_columns(project: Project, file: AnyPath, thesaurus: Mapping[str, AnyPath] | None) -> Read:
    """Return what `Project.import_panoptic` adds."""
    content = read_panoptic_csv(file)
    thesauri = _thesauri(content, thesaurus or {}, file)
    matched = _match(project, content, file)
    read = Read({}, {one.name: one.kind for one in content.properties}, {})
    for one in content.properties:
        cells = _by_row(one, matched, len(project.df))
        if one.kind in TAG_TYPES:
            column, tags = panoptic_cells.tag_column(cells, one.kind, thesauri.get(one.name, {}))
            read.tags[one.name] = tags
        else:
            column = panoptic_cells.value_column(cells, one.kind)
        read.columns[one.name] = column.set_axis(project.df.index)
    return read


def _by_row(one: Property, matched: Matched, rows: int) -> list[str | None]:
    """Return the cell of each row, None where the file does not name it; the first value counts."""
    cells: list[str | None] = [None] * rows
    for cell, named in zip(one.cells, matched.rows, strict=True):
        for row in named:
            cells[row] = cells[row] or cell
    return cells


def _thesauri(
    read: PanopticCsv, files: Mapping[str, AnyPath], file: AnyPath
) -> dict[str, Thesaurus]:
    if not isinstance(files, Mapping):
        raise ProjectError(
            "Thesauri are given by the name of their column: thesaurus={'Clustering': "
            f"'tags.csv'}}. Got {short(files)}."
        )
    tags = [one.name for one in read.properties if one.kind in TAG_TYPES]
    if unknown := [name for name in files if name not in tags]:
        raise ProjectError(
            f"There is a thesaurus for {unknown[0]!r}, and no column of tags of that name in "
            f"{str(file)!r}. Columns of tags: {', '.join(map(repr, tags)) or 'none'}."
        )
    return {name: read_thesaurus(Path(path)) for name, path in files.items()}


def _match(project: Project, read: PanopticCsv, file: AnyPath) -> Matched:
    images = project.images
    if read.key == "id":
        matched = match_labels(read.keys, [str(label) for label in project.df.index])
    else:
        sha1 = [images.sha1[image] for image in images.image_of_row]
        matched = match_paths(read.keys, [path_text(path) for path in project.paths], sha1)
    if not any(matched.rows):
        raise ProjectError(_nothing_fits(project, read, matched, file))
    for keys, what in (
        (matched.unknown, "fit no image of this project"),
        (matched.ambiguous, "fit several different images, so they were not used"),
    ):
        if keys:
            warn(f"{len(keys)} of {len(read.keys)} lines of {str(file)!r} {what}: {short(keys[0])}")
    return matched


def _nothing_fits(project: Project, read: PanopticCsv, matched: Matched, file: AnyPath) -> str:
    begin = f"None of the {len(read.keys)} lines of {str(file)!r} fits an image of this project"
    if read.key == "id":
        return (
            f"{begin}: ids are taken for index labels of project.df, and those of Panoptic are its "
            "own. Export from Panoptic with paths as the key."
        )
    if matched.ambiguous:
        return (
            f"{begin} alone: {short(matched.ambiguous[0])} fits several. Export from Panoptic with "
            "longer paths as the key."
        )
    first = short(read.keys[0]) if read.keys else "missing"
    return (
        f"{begin}: a path has to be the end, in whole names, of that of an image. The first line "
        f"is {first}, the first image {short(path_text(project.paths[0]))}."
    )
