"""A saved clustering: the column and the record of it that are about to be written, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb import columns, tag_cells
from panoptic_nb.collection import Collection
from panoptic_nb.errors import ProjectError
from panoptic_nb.records.label_paths import content_hash
from panoptic_nb.records.saved import clustering_record
from panoptic_nb.table import Table
from panoptic_nb.tree import Node
from panoptic_nb.warn import warn


@dataclass(frozen=True, eq=False)
class Saved:
    """A column before or after a save.

    Attributes
    ----------
    values : pandas.Series or None
        None = there is no such column.
    record : dict or None
        How the clustering was made; None = it is none.
    """

    values: pd.Series[Any] | None
    record: dict[str, Any] | None


@dataclass(frozen=True, eq=False)
class Save:
    """A clustering written into a column, and the way back.

    A column that pandas changed or dropped meanwhile is the user's own: it stays as it is.

    Attributes
    ----------
    written : callable
        Told the name of the column when it was written or taken away.
    """

    table: Table
    column: str
    before: Saved
    after: Saved
    written: Callable[[str], None]

    def apply(self) -> None:
        """Write the column, and save the table with all that pandas changed in it.

        Raises
        ------
        ProjectError
            The disk cannot be used; nothing is changed.
        """
        if self._is_there(self.before):
            values, record = self.after.values, self.after.record
            assert values is not None and record is not None, "a save writes a column"
            self.table.save_column(self.column, values, record)
            self.written(self.column)

    def revert(self) -> None:
        """Take the column away, or put back the one of before; raises what `apply` raises."""
        if self._is_there(self.after):
            values = self.before.values
            tags = self.table.tags.get(self.column)
            self.table.put(self.column, values, None, values, tags, self.before.record)
            self.written(self.column)

    def _is_there(self, expected: Saved) -> bool:
        self.table.check_rows()
        same = tag_cells.same(self.table.column(self.column), expected.values)
        if not same:
            warn(
                f"The column {self.column!r} was changed since it was saved, so it stays in "
                "project.df as it is."
            )
        return same


def save_of(
    table: Table,
    column: str,
    top: Node,
    images: Collection,
    leaves_only: bool,
    replace: bool,
    rows: NDArray[np.int64] | None,
    written: Callable[[str], None],
) -> Save:
    """Return what writes the clusters below a node into a column.

    Parameters
    ----------
    rows
        Positions of the rows that `images` is about; the column is missing in all others. None =
        all rows.
    written
        See `Save`.

    Raises
    ------
    ProjectError
        There are no clusters, or the column cannot be used.
    """
    table.check_rows()
    values = columns.to_column(top.tree, top, images, leaves_only)
    if not values.notna().any():
        raise columns.nothing_to_save(top)
    record = clustering_record(top, leaves_only, images)
    record["content"] = content_hash(values, images)
    name = _free_name(table, column, replace)
    if rows is not None:
        columns.check_part(table.frame, name, rows)
        values = columns.of_part(values, rows, len(table.frame))
        record |= {"rows": len(rows), "part_of": len(table.frame)}
    values.index = table.frame.index
    known = table.record(name) if name in table.clusterings else None
    return Save(table, name, Saved(table.column(name), known), Saved(values, record), written)


def _free_name(table: Table, column: str, replace: bool) -> str:
    if not isinstance(column, str) or not column.strip():
        raise ProjectError(f"A column needs a name. Got {column!r}.")
    if not replace or column not in table.frame.columns:
        return columns.free_name(column, [str(name) for name in table.frame.columns])
    if column not in table.clusterings:
        raise ProjectError(
            f"The column {column!r} is your own and is not replaced. Saved clusterings: "
            f"{', '.join(table.clusterings) or 'none yet'}."
        )
    return column
