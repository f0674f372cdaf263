"""Tags of a project: stamps, and the tags of a column."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from panoptic_nb import tag_cells
from panoptic_nb.errors import ProjectError
from panoptic_nb.project_properties import Properties
from panoptic_nb.properties import PropertyType
from panoptic_nb.stamping import Mode, Stamped, check_stamp, decided, stamped, stamped_tags
from panoptic_nb.table_edits import TableChange
from panoptic_nb.tag_cells import Ints
from panoptic_nb.tag_columns import ColumnOfTags, column_of_tags, no_column
from panoptic_nb.tag_keys import KeyedTags
from panoptic_nb.tagset import TagSet
from panoptic_nb.tree import Node


class Tagging(KeyedTags, Properties):
    """The part of `Project` that is about tags."""

    # ------------------------------------------------------------------ stamps

    def stamp(
        self,
        images: Any,
        column: str,
        tags: str | Iterable[str] = (),
        mode: Mode = "add",
        kind: PropertyType | None = None,
    ) -> int:
        """Give rows tags, or take them away; can be undone, and is on disk when this returns.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`), a list of index labels, or a boolean mask, one
            value per row or a Series with the index of ``project.df``. These rows are stamped and
            no other copy of their images.
        column
            A column of tags of ``project.df``; made where there is none.
        tags
            One tag or several. A path such as "Animals/birds" says a tag and its parents; the name
            alone is enough where one tag alone has it. Made where there are none. A tag holds no
            "/", is trimmed, and needs a visible character.
        mode
            "add" the tags to those that a row has; "set" them instead of these; "remove" them;
            "erase" all tags, whatever `tags` says; "toggle" removes them where every row has all
            of them, else adds them. In a column of type tag, where a cell has one, adding is
            setting.
        kind
            Type of a new column, "multi_tags" unless said otherwise, or "tag".

        Returns
        -------
        int
            The number of rows that have other tags now.

        Raises
        ------
        TagError
            A tag cannot be named like that, or its name is that of several.
        ProjectError, TreeError
            There is no such image, or the column holds no tags, or the disk is full; nothing is
            changed.
        """
        self.check_open()
        return self.stamp_rows(self._rows_of(images), column, tags, mode, kind).rows

    def stamp_rows(
        self,
        rows: Ints,
        column: str,
        tags: str | Iterable[str] = (),
        mode: Mode = "add",
        kind: PropertyType | None = None,
    ) -> Stamped:
        """Do `stamp` to rows given by position, ascending; tell what was done."""
        self.check_open()
        rows = self._in_table(rows)
        with self._edits.lock:
            target, tags_after, paths = self.prepare_stamp(column, tags, mode, kind)
            before = tag_cells.read(target.cells.iloc[rows])
            mode = decided(mode, before, len(rows), paths)
            pairs = stamped(before, len(rows), paths, mode, not target.several)
            change = target.change(rows, pairs, tags_after) if len(rows) else None
            if change is None:
                return Stamped(0, paths, mode)
            self._edits.make("stamp", self.tree, table=change, values=_of(change))
            self.follow_tags(column)
            return Stamped(len(change.rows), paths, mode)

    def prepare_stamp(
        self,
        column: str,
        tags: str | Iterable[str],
        mode: Mode,
        kind: PropertyType | None = None,
    ) -> tuple[ColumnOfTags, TagSet, list[str]]:
        """Check a stamp without making it; raises what `stamp` raises for a bad column or tag.

        Returns
        -------
        tuple
            The column, its tags after the stamp, and the paths of those that are stamped.
        """
        names = [tags] if isinstance(tags, str) else list(tags)
        check_stamp(mode, names)
        takes = mode in ("remove", "erase")
        target = self._tags_there(column) if takes else self._column_of_tags(column, kind)
        return (target, *stamped_tags(target, names, mode))

    def tagged(self, column: str, tag: str) -> pd.Series[bool]:
        """Return which rows have a tag, or a tag below it through any parent.

        Returns
        -------
        pandas.Series of bool
            One value per row, under the index of ``project.df``.

        Raises
        ------
        TagError, ProjectError
            There is no such tag or column.
        """
        target = self._tags_there(column)
        wanted = {target.tags.path(tag), *target.tags.descendants(tag)}
        pairs = tag_cells.read(target.cells)
        counted = np.array([name in wanted for name in pairs.names] or [False])
        mask = np.zeros(len(self._table.frame), bool)
        mask[pairs.rows[counted[pairs.tags]]] = True
        return pd.Series(mask, self._table.frame.index, bool, tag)

    def tags_at(self, rows: Ints, column: str) -> tag_cells.Pairs:
        """Return the tags of some rows, given by position; none where there is no such column."""
        label = self._table.label(column)
        if label is None:
            return tag_cells.Pairs(rows[:0], rows[:0], [])
        cells = self._table.frame[label].iloc[self._in_table(rows)]
        return tag_cells.read(
            cells if tag_cells.form_of(cells) else tag_cells.converted(cells, True)
        )

    # ------------------------------------------------------------------ the tags of a column

    def tags(self, column: str) -> TagSet:
        """Return the tags of a column: names, colours and parents.

        What the cells name is among them, "Animals/birds" with its parent "Animals", and what was
        made by a stamp or `add_tags`, used or not.
        """
        return self._tags_there(column).tags

    def add_tags(self, column: str, tags: str | Iterable[str]) -> list[str]:
        """Make tags that no image has yet, and the column where there is none; return the paths."""
        names = [tags] if isinstance(tags, str) else list(tags)
        self.check_open()
        with self._edits.lock:
            target = self._column_of_tags(column, None)
            after, paths = target.tags.resolved(names)
            self._change_tags("add_tags", target, after, {})
        return paths

    def rename_tag(self, column: str, tag: str, name: str) -> str:
        """Give a tag another name, in the cells too; return its path."""
        return self._edit_tag("rename_tag", column, tag, lambda tags: tags.renamed(tag, name))

    def recolour_tag(self, column: str, tag: str, colour: int) -> str:
        """Give a tag one of the colours 0 to 11; return its path."""
        return self._edit_tag("recolour_tag", column, tag, lambda t: t.recoloured(tag, colour))

    def set_tag_parents(self, column: str, tag: str, parents: str | Sequence[str]) -> str:
        """Put a tag below others, () = at the top; the first gives its path, which is returned.

        Raises
        ------
        TagError
            A parent is the tag itself or stands below it, or the tag's new path is taken.
        """
        above = [parents] if isinstance(parents, str) else list(parents)
        return self._edit_tag("set_tag_parents", column, tag, lambda t: t.with_parents(tag, above))

    def merge_tags(self, column: str, tags: Sequence[str]) -> str:
        """Make one tag of several: the first, under the parents of all; return its path."""
        self.check_open()
        with self._edits.lock:
            target = self._tags_there(column)
            kept = target.tags.find(tags[0]) if len(tags) else 0
            after, moves = target.tags.merged(tags)
            self._change_tags("merge_tags", target, after, dict(moves))
            return after.paths[kept]

    def remove_tag(self, column: str, tag: str) -> None:
        """Take a tag away, from the cells too; what stood below it stays, without this parent."""
        self.check_open()
        with self._edits.lock:
            target = self._tags_there(column)
            path = target.tags.path(tag)
            after = target.tags.without(tag)
            moves = {**target.tags.moves(after), path: None}
            self._change_tags("remove_tag", target, after, moves)

    # ------------------------------------------------------------------ within

    def _edit_tag(self, step: str, column: str, tag: str, edit: Callable[[TagSet], TagSet]) -> str:
        self.check_open()
        with self._edits.lock:
            target = self._tags_there(column)
            after = edit(target.tags)
            self._change_tags(step, target, after, dict(target.tags.moves(after)))
            return after.paths[target.tags.find(tag)]

    def _change_tags(
        self, step: str, target: ColumnOfTags, after: TagSet, moves: Mapping[str, str | None]
    ) -> None:
        """Change the tags of a column, and its cells where paths of tags are others."""
        pairs = tag_cells.read(target.cells)
        moved = np.array([name in moves for name in pairs.names] or [False])
        rows = np.unique(pairs.rows[moved[pairs.tags]])
        part = tag_cells.read(target.cells.iloc[rows])
        change = target.change(
            rows,
            tag_cells.renamed(part, [moves.get(name, name) for name in part.names]),
            after,
            moves,
        )
        if change is not None:
            self._edits.make(step, self.tree, table=change, values=_of(change))
            self.follow_tags(target.name, moves)

    def _tags_there(self, column: str) -> ColumnOfTags:
        if self._table.label(column) is None:
            raise no_column(self._table, column)
        return self._column_of_tags(column, None)

    def _column_of_tags(self, column: str, kind: PropertyType | None) -> ColumnOfTags:
        return column_of_tags(self._table, column, kind)

    def _rows_of(self, images: Any) -> Ints:
        """Return the rows of images given as a cluster, by label or as a mask."""
        if isinstance(images, int | np.integer | str | Node):
            return self._edits.tree.node(images).rows  # type: ignore[arg-type] # NumPy's integers are ids too
        mask = images if isinstance(images, pd.Series) else None
        if mask is not None and mask.dtype in (bool, "boolean", "bool[pyarrow]"):
            if not mask.index.equals(self.images.frame_index):
                raise ProjectError("The mask has another index than project.df.")
            return np.flatnonzero(mask.fillna(False).to_numpy(dtype=bool))
        if isinstance(images, np.ndarray) and images.dtype == bool:
            if images.shape != (self.images.n_rows,):
                raise ProjectError(
                    f"A mask has one value for each of the {self.images.n_rows} rows of "
                    f"project.df. Got the shape {images.shape}."
                )
            return np.flatnonzero(images)
        return np.unique(self.images.rows_of_labels(images))

    def _in_table(self, rows: Ints) -> Ints:
        """Return where rows of the project stand in the table."""
        return rows


def _of(change: TableChange) -> dict[str, Any]:
    """Return what the history says of a change."""
    return {"column": change.column, "rows": len(change.rows)}
