"""Several columns that come and go together, as one step of the history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from panoptic_nb import tag_cells
from panoptic_nb.table import Column, Table
from panoptic_nb.table_edits import TwoWay
from panoptic_nb.warn import warn

Columns = Mapping[Any, Column | None]


@dataclass(frozen=True, eq=False)
class ColumnsChange(TwoWay[Columns]):
    """Columns put into a table, and the way back; those that pandas changed meanwhile stay.

    Attributes
    ----------
    before, after : mapping of label to Column, or None
        None = there is no such column.
    """

    table: Table
    before: Columns
    after: Columns

    def _go(self, here: Columns, there: Columns) -> None:
        self.table.check_rows()
        same = {
            label: column for label, column in there.items() if self._stands(label, here[label])
        }
        if left := [str(label) for label in there if label not in same]:
            warn(
                f"The columns {left} were changed in pandas meanwhile, so they stay in project.df "
                "as they are."
            )
        if same:
            self.table.put_columns(same)

    def _stands(self, label: Any, expected: Column | None) -> bool:
        return tag_cells.same(
            self.table.column(str(label)), None if expected is None else expected.values
        )
