"""Opening a project: read the source, look at the files, bring back what was saved."""

from __future__ import annotations

import os
import shutil
import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.collection import Collection
from panoptic_nb.draft_writer import flush_all
from panoptic_nb.errors import ProjectError
from panoptic_nb.files import cached_in, is_address, path_text
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.jobs import Jobs
from panoptic_nb.project import Project
from panoptic_nb.saved_table import match, row_keys
from panoptic_nb.scan import Scan, scan
from panoptic_nb.sources import Source, load_source
from panoptic_nb.store import MediaStore
from panoptic_nb.table import Table
from panoptic_nb.warn import warn

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
        image paths. The index and the columns are kept. Folders and images may be at addresses
        that fsspec can read ("https://…", "s3://…"); what is fetched is kept in the folder
        ``remote`` of the project folder, which may be deleted at any time, and is fetched again
        when the server tells of another version. Accounts and other options stand in fsspec's
        configuration.
    folder
        Where the project keeps thumbnails, vectors and what is saved. By default
        ``.panoptic_nb`` in a source folder, ``<name>_panoptic`` beside a file, and in the
        current folder ``<name>_panoptic`` for an address, ``panoptic_project`` for a DataFrame.
    path_column
        The column of paths; found by itself when it is the only one.

    Returns
    -------
    Project

    Raises
    ------
    ProjectError
        There is nothing to open, the folder cannot be used, or another kernel has it open.

    Examples
    --------
    >>> project = open_project("photos")  # doctest: +SKIP
    """
    read = load_source(source, path_column)
    place = _resolve(folder) if folder is not None else read.base.resolve()
    read = replace(read, paths=cached_in(place, read.paths))
    is_new = not place.exists()
    project_folder = ProjectFolder(place)
    project_folder.lock()
    store = MediaStore(project_folder.media)
    try:
        jobs = Jobs()
        title = "Reading images"
        seen = jobs.run("scan", title, None, lambda job: scan(read.paths, store, job))
        flush_all()  # a project of before may still be writing the tree that is read now
        project = _make(read, seen, project_folder, store, jobs)
    except BaseException:
        store.close()
        project_folder.unlock()
        if is_new:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if not isinstance(source, pd.DataFrame):
        project.source = _absolute(os.fspath(source))
    before = _open.pop(place, None)
    if before is not None:
        before.close()
    _open[place] = project
    return project


def _absolute(source: str) -> str:
    return source if is_address(source) else os.path.abspath(os.path.expanduser(source))  # noqa: PTH100, PTH111


def _resolve(folder: Any) -> Path:
    if not isinstance(folder, str | os.PathLike) or not str(folder):
        raise ProjectError(f"folder is the path of the project folder. Got {folder!r}.")
    return Path(folder).expanduser().resolve()


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
    images = Collection(sha1, frame.index)
    images.prepare()
    facts = store.images(images.sha1)
    of_rows = facts.of(images.image_of_row)
    for name, values in (("sha1", sha1), ("width", of_rows.width), ("height", of_rows.height)):
        if name not in frame.columns:  # a column of the user's own is not touched
            frame[name] = values
    keys = row_keys(frame.index, [path_text(path) for path in paths], sha1)
    table = _restore(frame, source, keys, folder)
    if len(skipped):
        warn(f"{len(skipped)} of {len(readable)} images cannot be read; project.skipped says why.")
    name = source.name or folder.path.name.removesuffix("_panoptic")
    project = Project(name, table, images, facts, paths, skipped, folder, store, jobs)
    # Now, while one waits in any case, rather than before the first screen and the first clusters.
    _ = project.hash_order
    project.warm_up()
    return project


def _restore(
    frame: pd.DataFrame, source: Source, keys: pd.DataFrame, folder: ProjectFolder
) -> Table:
    """Bring back the columns that the project added or changed.

    The source decides about its own columns, the project about those it owns.
    """
    before = source.frame.loc[frame.index]
    saved = folder.read_table()
    if saved is None:
        came = {"clusterings": source.records, "owned": list(source.records)}
        table = Table(
            frame, before, keys, source.path_column, folder, came, lost_rows=False, same_rows=False
        )
        table.save()
        return table
    rows = match(saved.keys, keys)
    if (rows < 0).all():
        raise ProjectError(
            f"The project folder {str(folder.path)!r} belongs to other images: none of its "
            f"{len(saved.keys)} rows is among these {len(keys)}. Give these images a folder of "
            "their own: open_project(source, folder=...)."
        )
    for name in saved.metadata.get("owned", []):
        if name in saved.columns:
            # An unmatched row (-1) is taken as missing.
            values = saved.columns[name].reindex(np.where(rows < 0, -1, rows))
            frame[name] = values.set_axis(frame.index)
    lost = bool(np.count_nonzero(rows >= 0) < len(saved.keys))  # no row is found twice
    same = saved.keys.equals(keys)
    return Table(frame, before, keys, source.path_column, folder, saved.metadata, lost, same)


def _skipped(
    source: Source, reasons: Sequence[str | None], readable: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return path and reason of the rows that were left out, under the user's index."""
    given = source.frame[source.path_column].astype(object)
    table = pd.DataFrame({"path": given, "reason": list(reasons)}, index=source.frame.index)
    return table.loc[~readable]
