"""Saved clusterings of a project: opened again, followed while they are edited, recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from panoptic_nb import columns, operations
from panoptic_nb.errors import PanopticError, ProjectError
from panoptic_nb.operations import Operation
from panoptic_nb.progress import Notice
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.record import now
from panoptic_nb.records import label_paths
from panoptic_nb.records.reopened import Reopening
from panoptic_nb.tag_columns import no_column
from panoptic_nb.tree import Node, Tree

if TYPE_CHECKING:
    from panoptic_nb.project import Project


class SavedClusterings(ProjectPart):
    """The part of `Project` that reads back what was saved."""

    #: Fingerprint and content of the columns that are watched, as they were seen last.
    _seen: dict[str, tuple[int, str]]
    #: Content of the columns when the tree and they were last the same.
    _in_step: dict[str, str]

    @property
    def opened_from(self) -> str | None:
        """The column that the working tree was opened from: "update" saves into it."""
        return self.tree.opened_from

    def open_clustering(self, column: str = columns.DEFAULT_NAME) -> Node:
        """Make a column of label paths the working tree again; can be undone.

        The column may be a saved clustering, edited since or not, or one of your own: texts,
        `category` or lists, with "/" between the levels. Clusters that are as their record says
        keep score, record, lock and manual edits; the others have their score computed, and no
        record of how they were made. An image that stands in several rows is in the clusters of all
        of them. Empty cells are unassigned, and so is what goes no further than a cluster with
        others below it, or says "Unassigned". Labels are trimmed. Clusters of a `category` keep its
        order, others are sorted by name.

        Returns
        -------
        Node
            The root of the new working tree.

        Raises
        ------
        ProjectError
            There is no such column, or a cell holds no label path, or there are more than 100,000
            clusters; nothing is changed.
        """
        self.check_open()
        self._table.check_rows()
        with self._edits.lock:
            tree = self._reopened(column)
            self._edits.make("open_clustering", tree, values={"column": column})
            self._see_in_step(column)
            return self.tree.root

    def refresh(self) -> list[str]:
        """Notice what your code changed in the columns of clusterings; widgets do so by themselves.

        Where the working tree was opened from a column that is another now, the tree follows, as
        one step that can be undone; unless the clusters were edited too, and that is not saved:
        then you are told.

        Returns
        -------
        list of str
            The clusterings that changed since the last time.
        """
        if (
            self._closed
            or len(self._table.frame) != (self._whole.whole or self._whole).images.n_rows
        ):
            return []  # rows that were added or dropped are told by what is done next
        with self._edits.lock:
            changed = [name for name in self._watched() if self._is_another(name)]
            if self.opened_from in changed:
                self._follow(self.opened_from)
            for name in changed:
                self._see(name)
        if changed:
            self._emit(self.events.columns)
        return changed

    # ------------------------------------------------------------------ noticing changes

    def _watched(self) -> list[str]:
        opened = [self.opened_from] if self.opened_from else []
        # Those that nothing was opened from concern the whole project alone.
        saved = self._table.clusterings if self._whole.whole is None else []
        labels = [str(label) for label in self._table.frame.columns]
        return [name for name in dict.fromkeys([*opened, *saved]) if labels.count(name) == 1]

    def _is_another(self, name: str) -> bool:
        """Tell whether a column has other clusters than when it was seen last."""
        known = self._seen.get(name)
        if known is None:
            self._see(name)
            return False
        column = self._column(name)
        if label_paths.fingerprint(column) == known[0]:
            return False
        return self._content(column) != known[1]

    def _see(self, name: str) -> None:
        if self._here(name) is None:  # a save was undone
            self._seen.pop(name, None)
            return
        column = self._column(name)
        self._seen[name] = (label_paths.fingerprint(column), self._content(column))

    def _see_in_step(self, name: str) -> None:
        """See a column that the tree has just been read from, or written to."""
        self._see(name)
        self._in_step[name] = self._seen[name][1]

    def _content(self, column: pd.Series[Any]) -> str:
        try:
            return label_paths.content_hash(column, self.images)
        except ProjectError:  # no clusters; opening it says why
            return ""

    def _follow(self, name: str) -> None:
        """Take over an edited column, unless that would lose edits of the tree."""
        try:
            self._table.check_rows()
            if self._written() != self._in_step.get(name, self._seen[name][1]):
                self._tell(
                    [
                        Notice(
                            f"The column {name!r} was edited, and so were the clusters opened from "
                            f"it. project.open_clustering({name!r}) takes the column over.",
                            "column_not_followed",
                            {"column": name},
                        )
                    ]
                )
                return
            tree = self._reopened(name)
            self._edits.make("column_edited", tree, values={"column": name})
            self._see_in_step(name)
        except PanopticError as error:  # a cell that did something else must not fail for it
            self._emit(self.events.message, error)

    def _written(self) -> str | None:
        """Return the content that the working tree would have as a column."""
        if self.tree.root.is_leaf:
            return None
        leaves_only = bool(self._known_record(self.opened_from).get("leaves_only"))
        column = columns.to_column(self.tree, self.tree.root, self.images, leaves_only)
        return label_paths.content_hash(column, self.images)

    # ------------------------------------------------------------------ reading

    @property
    def _whole(self) -> Project:
        # A part of Project, and of nothing else.
        return cast("Project", self)

    @property
    def _closed(self) -> bool:
        return self._whole.closed

    def _here(self, name: str) -> Any:
        return self._table.label(name) if isinstance(name, str) else None

    def _column(self, name: str) -> pd.Series[Any]:
        """Return a column, of the rows of a part alone, or raise `ProjectError`."""
        label = self._here(name)
        if label is None:
            raise no_column(self._table, name)
        column: pd.Series[Any] = self._table.frame[label]
        rows = self._whole.rows
        return column if rows is None else column.iloc[rows]

    def _known_record(self, name: str | None) -> Mapping[str, Any]:
        return self._table.record(name) if name in self._table.clusterings and name else {}

    def _reopened(self, name: str) -> Tree:
        """Return the tree of a column, with the operations that led to it where that is known."""
        column, record = self._column(name), self._known_record(name)
        clusters = record.get("clusters", ()) if record.get("leaves_only") else ()
        written = {one["written"]: one["path"] for one in clusters if one["written"]}
        paths = label_paths.read(column, self.images, written)
        reopening = Reopening(paths, self.images, self._sets, self.tree.ids, record)
        tree = self._runs.rescored(reopening.tree(), self.vec_type)
        whole = record.get("image_set") == self.images.hash(tree.root.members)
        log: tuple[Operation, ...]
        if reopening.fits and whole and record["node"] == "":
            log = tuple(operations.from_json(one, self.images) for one in record["operations"])
        else:
            content = label_paths.content_hash(column, self.images)
            log = (
                Operation(
                    "open_clustering", values={"column": name, "content": content}, date=now()
                ),
            )
        return replace(tree, log=log, opened_from=name)
