"""The project folder: what is precious, written so that a power cut leaves the old or the new."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from panoptic_nb import draft, saved_table
from panoptic_nb.annotation_log import AnnotationLog
from panoptic_nb.collection import Collection
from panoptic_nb.decisions import VERSION as DECISIONS_VERSION
from panoptic_nb.decisions import Decided
from panoptic_nb.error_text import first_line
from panoptic_nb.errors import ProjectError
from panoptic_nb.folder_lock import FolderLock, lock_folder
from panoptic_nb.journal import Journal, replayed
from panoptic_nb.mapping.kept import KeptMap
from panoptic_nb.saved_table import SavedTable
from panoptic_nb.tree import Tree

#: Raised when the files change in a way that older code cannot read; a file may have its own.
VERSION = 1
METADATA = b"panoptic_nb"
#: Of tables saved before there was a journal.
NO_TOKEN = "0" * 32


class ProjectFolder:
    """The files of one project.

    ``project.parquet`` (the table, its tags and its saved clusterings), ``project.journal`` (what
    was changed since), ``draft.parquet`` (the working tree), ``decisions.parquet`` (what the user
    said of duplicates and refused for groups), ``annotations.jsonl`` (who stamped what) and
    ``settings.json`` are precious; ``media.sqlite`` and ``map-*.parquet`` can be deleted at any
    time.

    Parameters
    ----------
    path
        The folder; made when it is not there.
    draft
        Name of the file of the working tree.
    """

    def __init__(self, path: Path, draft: str = "draft.parquet") -> None:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ProjectError(
                f"The project folder {str(path)!r} cannot be made: {error.strerror}. Give one that "
                "can be written: open_project(source, folder=...)."
            ) from error
        self.path = path
        self.media = path / "media.sqlite"
        self._table = path / "project.parquet"
        self._draft = path / draft
        self._decisions = path / "decisions.parquet"
        self._settings = path / "settings.json"
        self.journal = Journal(path / "project.journal")
        self.annotations = AnnotationLog(path / "annotations.jsonl")
        self._lock: FolderLock | None = None

    def lock(self) -> None:
        """Keep other kernels out until `unlock`; raises `ProjectError` when one has the folder."""
        self._lock = lock_folder(self.path)
        if self._lock is not None:
            self._remove_unfinished()

    def _remove_unfinished(self) -> None:
        """Remove what a kernel that was killed had begun to write; nobody else writes now."""
        for path in self.path.glob(".*.tmp"):
            process = path.suffixes[-2:-1]
            if process != [f".{os.getpid()}"]:  # another project of this process may be writing
                path.unlink(missing_ok=True)

    def unlock(self) -> None:
        """Let go of the folder, unless another project of this process has it."""
        self._lock = None

    # ------------------------------------------------------------------ the table

    def read_table(self) -> SavedTable | None:
        """Return the saved table as it was last changed, or None when nothing was saved yet."""
        if not self._table.exists():
            return None
        table, metadata = _read(self._table)
        saved = saved_table.from_arrow(table, {"token": NO_TOKEN, **metadata})
        return replayed(saved, self.journal.read(saved.metadata["token"]))

    def write_table(
        self, frame: pd.DataFrame, keys: pd.DataFrame, metadata: Mapping[str, Any]
    ) -> list[str]:
        """Save the table; return the names of columns whose values no Parquet file can hold."""
        table, dtypes, left_out = saved_table.to_arrow(frame, keys)
        _write(self._table, table, {**metadata, "dtypes": dtypes})
        self.journal.forget()
        return left_out

    def keep_table_aside(self) -> Path:
        """Copy the saved table before rows that the source no longer has are lost from it."""
        for number in itertools.count(1):
            target = self._table.with_name(f"project-before-{number}.parquet")
            if not target.exists():
                write_file(target, self._table.read_bytes())
                if self.journal.path.exists():
                    write_file(target.with_suffix(".journal"), self.journal.path.read_bytes())
                return target
        raise AssertionError("unreachable")

    # ------------------------------------------------------------------ the draft of the tree

    def write_draft(self, tree: Tree, images: Collection) -> None:
        """Save the working tree."""
        table, metadata = draft.to_table(tree, images)
        _write(self._draft, table, metadata)

    def read_draft(self, images: Collection) -> Tree | None:
        """Return the saved working tree over the images of today, or None.

        Clusters that lost or gained images have no score.
        """
        if not self._draft.exists():
            return None
        table, metadata = _read(self._draft, draft.VERSION)
        return draft.from_table(table, metadata, images)

    # ------------------------------------------------------------------ decisions

    def write_decisions(self, decided: Decided) -> None:
        """Save what the user decided about duplicates, and refused for groups."""
        _write(self._decisions, decided.to_table(), {"version": DECISIONS_VERSION})

    def read_decisions(self) -> Decided:
        """Return what the user decided about duplicates, and refused for groups."""
        if not self._decisions.exists():
            return Decided()
        return Decided.from_table(_read(self._decisions, DECISIONS_VERSION)[0])

    # ------------------------------------------------------------------ maps

    def write_map(self, kept: KeptMap) -> None:
        """Save a map in the place of the one of that vector set and method."""
        path = self._map(kept.about["vec_type"], kept.about["method"])
        _write(path, kept.to_table(), kept.about)

    def read_map(self, vec_type: str, method: str) -> KeptMap | None:
        """Return the map of a vector set, or None where there is none that can be read."""
        path = self._map(vec_type, method)
        try:
            return KeptMap.from_table(*_read(path)) if path.exists() else None
        except (ProjectError, KeyError):  # it is made again
            return None

    def _map(self, vec_type: str, method: str) -> Path:
        digest = hashlib.sha256(vec_type.encode("utf-8", "surrogatepass")).hexdigest()
        return self.path / f"map-{method}-{digest[:12]}.parquet"

    # ------------------------------------------------------------------ settings

    def read_settings(self) -> dict[str, Any]:
        """Return the remembered choices of the user (default function, its values, ...)."""
        if not self._settings.exists():
            return {}
        try:
            settings = json.loads(self._settings.read_text(encoding="utf-8"))
        except ValueError:  # edited by hand into nonsense: choices are no work, start anew
            return {}
        return settings if isinstance(settings, dict) else {}

    def write_settings(self, settings: Mapping[str, Any]) -> None:
        """Save the remembered choices of the user."""
        write_file(self._settings, json.dumps(settings, indent=2).encode())


def write_file(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: temporary file, fsync, rename.

    Raises
    ------
    ProjectError
        The disk is full, or the folder cannot be written; the old file is untouched.
    """
    # Its name is known to `_remove_unfinished`.
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ProjectError(
            f"{str(path)!r} could not be written: {error.strerror}. The file of before is "
            "untouched; make room or give the folder write permission, then save again.",
            key="not_written",
            path=str(path),
            error=str(error.strerror),
        ) from error


def _write(path: Path, table: pa.Table, metadata: Mapping[str, Any]) -> None:
    ours = json.dumps({"version": VERSION, **metadata}).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), METADATA: ours})
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer)
    write_file(path, buffer.getvalue())


def _read(path: Path, newest: int = VERSION) -> tuple[pa.Table, dict[str, Any]]:
    try:
        table = pq.read_table(path)
        metadata = json.loads((table.schema.metadata or {})[METADATA])
    except (pa.ArrowInvalid, OSError, KeyError, ValueError) as error:
        raise ProjectError(
            f"{str(path)!r} is not a file of panoptic_nb or is damaged ({first_line(error)}). Move "
            "it away and open the project again; the images and vectors are kept elsewhere."
        ) from error
    if metadata.get("version", 0) > newest:
        raise ProjectError(
            f"{str(path)!r} was written by a newer panoptic_nb. Update: pip install -U panoptic_nb."
        )
    return table, metadata
