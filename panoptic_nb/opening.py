"""Opening a project: read the source, look at the files, bring back what was saved."""

from __future__ import annotations

import os
import warnings
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.collection import Collection
from panoptic_nb.errors import ProjectError
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.jobs import Jobs
from panoptic_nb.project import Project
from panoptic_nb.scan import Scan, scan
from panoptic_nb.sources import Source, load_source
from panoptic_nb.store import MediaStore
from panoptic_nb.table import Table

#: Projects of this process by folder: opening one again closes the one of before.
_open: weakref.WeakValueDictionary[Path, Project] = weakref.WeakValueDictionary()


def open_project(
    source: str | os.PathLike[str] | pd.DataFrame,
    folder: str | os.PathLike[str] | None = None,
    path_column: str | None = None,
) -> Project:
    """Open images as a project: a DataFrame plus a project folder.

    Files that were seen before are not read again. Files that cannot be read are left out of
    ``project.df`` and listed with the reason in ``project.skipped``.

    Parameters
    ----------
    source
        A folder (searched recursively), a DataFrame, or a CSV or Parquet file with a column of
        image paths. The index and the columns are kept.
    folder
        Where the project keeps thumbnails, vectors and what is saved. By default
        ``.panoptic_nb`` in a source folder, ``<name>_panoptic`` beside a file, and
        ``panoptic_project`` in the current folder for a DataFrame.
    path_column
        The column of paths; found by itself when it is the only one.

    Returns
    -------
    Project

    Raises
    ------
    ProjectError
        There is nothing to open, or the folder cannot be used.

    Examples
    --------
    >>> project = open_project("photos")  # doctest: +SKIP
    """
    read = load_source(source, path_column)
    place = Path(folder).expanduser().absolute() if folder is not None else read.base
    project_folder = ProjectFolder(place)
    before = _open.pop(project_folder.path, None)
    if before is not None:
        before.close()
    store = MediaStore(project_folder.media)
    try:
        jobs = Jobs()
        title = "Reading images"
        seen = jobs.run("scan", title, None, lambda job: scan(read.paths, store, job))
        project = _make(read, seen, project_folder, store, jobs)
    except BaseException:
        store.close()
        raise
    _open[project_folder.path] = project
    return project


def _make(
    source: Source, seen: Scan, folder: ProjectFolder, store: MediaStore, jobs: Jobs
) -> Project:
    readable = np.array([sha1 is not None for sha1 in seen.sha1], dtype=bool)
    skipped = _skipped(source, seen.reasons, readable)
    if not readable.any():
        first = skipped.iloc[0]
        raise ProjectError(
            f"None of the {len(skipped)} images can be read. The first: {first['path']!r}, "
            f"{first['reason']}."
        )
    frame = source.frame.loc[readable].copy()
    sha1 = [value for value in seen.sha1 if value is not None]
    paths = [path for path, keep in zip(source.paths, readable, strict=True) if keep and path]
    facts = store.images(sha1)
    for name, values in (("sha1", sha1), ("width", facts.width), ("height", facts.height)):
        if name not in frame.columns:  # a column of the user's own is not touched
            frame[name] = values
    saved = folder.read_table()
    metadata: dict[str, Any] = {}
    lost_rows = False
    if saved is not None:
        metadata = saved[1]
        lost_rows = _restore(frame, *saved, source.path_column)
    if len(skipped):
        warnings.warn(
            f"{len(skipped)} of {len(readable)} images cannot be read; project.skipped says why.",
            stacklevel=4,
        )
    table = Table(
        frame, source.frame.loc[readable], source.path_column, folder, metadata, lost_rows
    )
    images = Collection(sha1, frame.index)
    name = source.name or folder.path.name.removesuffix("_panoptic")
    return Project(name, table, images, paths, skipped, folder, store, jobs)


def _skipped(
    source: Source, reasons: Sequence[str | None], readable: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return path and reason of the rows that were left out, under the user's index."""
    given = source.frame[source.path_column].astype(object)
    table = pd.DataFrame({"path": given, "reason": list(reasons)}, index=source.frame.index)
    return table.loc[~readable]


def _restore(
    frame: pd.DataFrame, saved: pd.DataFrame, metadata: dict[str, Any], path_column: str
) -> bool:
    """Bring back the columns that the project added or changed; tell whether rows are gone.

    The source decides about its own columns, the project about those it owns.
    """
    if path_column not in saved.columns:
        return True
    rows = _match(saved, frame, path_column)
    for name in metadata.get("owned", []):
        if name in saved.columns:
            # An unmatched row (-1) is taken as missing.
            values = saved[name].array.take(rows, allow_fill=True)
            frame[name] = pd.Series(values, index=frame.index)
    return len(set(rows.tolist()) - {-1}) < len(saved)


def _match(saved: pd.DataFrame, frame: pd.DataFrame, path_column: str) -> NDArray[np.intp]:
    """Return for each row of `frame` the position of the same row of `saved`, or -1.

    The same row has the same label and path; else it is the n-th one of its path.
    """
    here = pd.DataFrame({"label": frame.index, "path": frame[path_column].astype(str).to_numpy()})
    there = pd.DataFrame({"label": saved.index, "path": saved[path_column].astype(str).to_numpy()})
    by_label = {key: at for at, key in enumerate(zip(there["label"], there["path"], strict=True))}
    there["nth"] = there.groupby("path").cumcount()
    by_path = {key: at for at, key in enumerate(zip(there["path"], there["nth"], strict=True))}
    here["nth"] = here.groupby("path").cumcount()
    return np.array(
        [
            by_label.get((label, path), by_path.get((path, nth), -1))
            for label, path, nth in zip(here["label"], here["path"], here["nth"], strict=True)
        ],
        dtype=np.intp,
    )
