"""The DataFrame of a project, and how it is saved together with its clusterings."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from panoptic_nb import tag_cells
from panoptic_nb.columns import free_name
from panoptic_nb.errors import ProjectError
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.journal import KEPT, Entry
from panoptic_nb.properties import PropertyType
from panoptic_nb.saved_table import COMPUTED, owned_columns
from panoptic_nb.tag_cells import Ints
from panoptic_nb.tagset import TagSet
from panoptic_nb.warn import warn


@dataclass(frozen=True, eq=False)
class Column:
    """A column with what is kept of it: its tags, and how the clustering in it was made."""

    values: pd.Series[Any]
    tags: TagSet | None = None
    record: Mapping[str, Any] | None = None


class Table:
    """The DataFrame, its saved clusterings and their records.

    Parameters
    ----------
    frame
        The DataFrame that users see.
    source
        The same rows as the source gave them, to tell what the project added or changed.
    keys
        Label, path and sha1 of each row (`saved_table.row_keys`).
    path_column
        The column of image paths.
    folder
        Where the table is saved.
    saved
        Metadata that was read with the saved table.
    lost_rows
        Whether the saved table has rows that the source no longer has.
    same_rows
        Whether the saved table has exactly these rows, in this order.

    Attributes
    ----------
    tags : dict of str to TagSet
        The tags of the columns that the project changed. Cells may hold more: see `tags_of`.
    types : dict of str to str
        The property types that the user gave to columns.
    changed : callable
        Called after each `put`.
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        source: pd.DataFrame,
        keys: pd.DataFrame,
        path_column: Any,
        folder: ProjectFolder,
        saved: Mapping[str, Any],
        lost_rows: bool,
        same_rows: bool,
    ) -> None:
        self.frame = frame
        self._keys = keys
        self._path_columns = (path_column, "sha1")
        self._as_opened = frame.copy()
        self._source = source
        self._folder = folder
        self._records: dict[str, Any] = dict(saved.get("clusterings", {}))
        self._owned_before: list[str] = list(saved.get("owned", []))
        self._lost_rows = lost_rows
        #: What the journal names the saved table by; None where that has other rows than the frame.
        self._token: str | None = saved["token"] if same_rows else None
        #: Columns as they stand on disk, where that is known.
        self._on_disk: dict[str, pd.Series[Any]] = {}
        self.path_column = path_column
        self.tags = {name: TagSet.from_json(tags) for name, tags in saved.get("tags", {}).items()}
        self.types: dict[str, PropertyType] = {}
        self.changed: Callable[[], None] = lambda: None

    @property
    def clusterings(self) -> list[str]:
        """Names of the columns that hold saved clusterings."""
        return [name for name in self._records if name in self.frame.columns]

    def check_rows(self) -> None:
        """Raise `ProjectError` when the rows of the frame were changed in place."""
        opened = self._as_opened
        same = self.frame.index.equals(opened.index) and all(
            self.frame[name].equals(opened[name])
            for name in self._path_columns
            if name in self.frame.columns
        )
        if not same:
            raise ProjectError(
                "The rows of project.df are not those that were opened: they were dropped, added, "
                "sorted or renamed in place. Work on a copy (project.df.copy()), or open the "
                "changed table: open_project(df, folder=...).",
                key="rows_changed",
            )

    def label(self, name: str) -> Any:
        """Return the label of the column with this text as its name, None when there is none.

        Raises
        ------
        ProjectError
            Several columns have that name.
        """
        labels = [label for label in self.frame.columns if str(label) == name]
        if len(labels) > 1:
            raise ProjectError(f"{len(labels)} columns are named {name!r}. Rename all but one.")
        return labels[0] if labels else None

    def column(self, name: str) -> pd.Series[Any] | None:
        """Return a copy of a column, None when there is none."""
        label = self.label(name)
        return None if label is None else self.frame[label].copy()

    def tags_of(self, name: str) -> TagSet:
        """Return the tags of a column: those kept with it, and those that its cells name."""
        kept = self.tags.get(name, TagSet())
        label = self.label(name)
        return kept if label is None else kept.with_paths(tag_cells.names(self.frame[label]))

    def put(
        self,
        name: str,
        values: pd.Series[Any] | None,
        rows: Ints | None,
        cells: pd.Series[Any] | None,
        tags: TagSet | None,
        record: Mapping[str, Any] | Literal["kept"] | None = KEPT,
    ) -> None:
        """Write a column and its tags, to disk first: what fails leaves all as it was.

        Parameters
        ----------
        values
            The whole column; None takes it away.
        rows, cells
            Where it differs from what stands there, and what stands there then; None = anywhere.
        tags
            The tags kept with the column, None = none.
        record
            How the clustering that it holds was made, None = it holds none; "kept" = as before.
        """
        if self._token is None:
            self._write(self.frame, self._records)
        label = self.label(name)
        whole = (
            rows is None
            or values is None
            or label is None
            or not self._follows(name, label, values)
        )
        kept = self.tags.get(name)
        self._folder.journal.append(
            str(self._token),
            Entry(
                name,
                values if whole else cells,
                None if whole else rows,
                KEPT if tags is kept else None if tags is None else tags.to_json(),
                record,
            ),
        )
        if record != KEPT:
            self._records.pop(name, None)
            if record is not None:
                self._records[name] = record
        self.tags.pop(name, None)
        if tags is not None:
            self.tags[name] = tags
        self._on_disk.pop(name, None)
        if values is None:
            del self.frame[label]
        else:
            values.index = self.frame.index
            self.frame[name if label is None else label] = values
            self._on_disk[name] = values
        self.changed()

    def _follows(self, name: str, label: Any, values: pd.Series[Any]) -> bool:
        """Tell whether some new cells make `values` of the column as it stands on disk."""
        here = self.frame[label]
        same_form = tag_cells.form_of(values) == tag_cells.form_of(here)
        return same_form and tag_cells.same(here, self._on_disk.get(name))

    def save(self) -> None:
        """Save the whole table."""
        self.check_rows()
        self._write(self.frame, self._records)

    def save_column(self, name: str, values: pd.Series[Any], record: Mapping[str, Any]) -> None:
        """Write a column that holds a clustering and save the whole table: all of it or nothing."""
        records = {**self._records, name: record}
        # Written to disk first: a full disk leaves the frame as it was.
        self._write(self.frame.assign(**{name: values}), records)
        self.frame[name] = values
        self._records = records
        self.changed()

    def names_for(self, names: Iterable[str], replace: bool) -> list[Any]:
        """Return the labels under which columns of these names would be added, in order.

        Parameters
        ----------
        replace
            Each takes the place of a column of its name, unless that says which images these are.
        """
        fixed = (self.path_column, *COMPUTED)
        found: list[Any] = []
        for name in names:
            label = self.label(name) if replace and name not in fixed else None
            taken = [str(other) for other in (*self.frame.columns, *found)]
            found.append(free_name(name, taken) if label is None else label)
        return found

    def kept(self, label: Any) -> Column | None:
        """Return a column with what is kept of it, None where there is none."""
        name = str(label)
        values = self.column(name)
        if values is None:
            return None
        return Column(values, self.tags.get(name), self._records.get(name))

    def put_columns(self, columns: Mapping[Any, Column | None]) -> None:
        """Write columns by label, None takes one away, and save the whole table: all or nothing."""
        self.check_rows()
        there = {label: column for label, column in columns.items() if column is not None}
        names = [str(label) for label in columns]
        frame = self.frame.assign(**{str(label): there[label].values for label in there})
        frame = frame.drop(columns=[label for label in columns if label not in there])
        records = {name: one for name, one in self._records.items() if name not in names}
        records |= {str(label): one.record for label, one in there.items() if one.record}
        tags_before = self.tags
        self.tags = {name: tags for name, tags in tags_before.items() if name not in names}
        self.tags |= {str(label): one.tags for label, one in there.items() if one.tags is not None}
        try:
            self._write(frame, records)  # first: a full disk leaves the frame as it was
        except ProjectError:
            self.tags = tags_before
            raise
        for label in columns:
            if label in there:
                self.frame[label] = there[label].values
            elif label in self.frame.columns:
                del self.frame[label]
        self._records = records
        self.changed()

    def record(self, column: str) -> dict[str, Any]:
        """Return how a saved clustering was made."""
        self.check_clustering(column)
        return dict(self._records[column])

    def check_clustering(self, column: str) -> None:
        """Raise `ProjectError` when a column is not a saved clustering."""
        if column not in self.clusterings:
            raise ProjectError(
                f"There is no saved clustering {column!r}. Saved clusterings: "
                f"{', '.join(self.clusterings) or 'none; call project.save_clustering()'}."
            )

    def _write(self, frame: pd.DataFrame, records: Mapping[str, Any]) -> None:
        if self._lost_rows:
            aside = self._folder.keep_table_aside()
            self._lost_rows = False
            warn(
                "The source no longer has some rows of the saved project; they are kept in "
                f"{str(aside)!r}."
            )
        kept = {name: record for name, record in records.items() if name in frame.columns}
        names = {str(name) for name in frame.columns}
        tags = {name: tags.to_json() for name, tags in self.tags.items() if name in names}
        token = uuid.uuid4().hex
        owned = owned_columns(frame, kept, self._source, self._owned_before)
        metadata = {"clusterings": kept, "owned": owned, "tags": tags, "token": token}
        left_out = self._folder.write_table(frame, self._keys, metadata)
        self._token = token
        self._on_disk.clear()
        if left_out := [name for name in left_out if name in owned]:
            warn(f"The columns {left_out} cannot be written to a Parquet file and were not saved.")
