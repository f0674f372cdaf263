"""A change of a column of tags, and the way back: only the cells that it changed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import pandas as pd

from panoptic_nb import tag_cells
from panoptic_nb.errors import ProjectError
from panoptic_nb.table import Table
from panoptic_nb.tag_cells import Ints
from panoptic_nb.tagset import TagSet
from panoptic_nb.warn import warn


class Change(Protocol):
    """A change of the table, of whatever kind."""

    def apply(self) -> None:
        """Make the change; a `ProjectError` says that nothing was changed."""

    def revert(self) -> None:
        """Take the change back; a `ProjectError` says that nothing was changed."""


State = TypeVar("State")


class TwoWay(ABC, Generic[State]):
    """A change from one state of the table to another: the way back is the same way."""

    before: State
    after: State

    def apply(self) -> None:
        """Make the change.

        Raises
        ------
        ProjectError
            A column holds something else now, or it cannot be written; nothing is changed.
        """
        self._go(self.before, self.after)

    def revert(self) -> None:
        """Take the change back; raises what `apply` raises."""
        self._go(self.after, self.before)

    @abstractmethod
    def _go(self, here: State, there: State) -> None:
        """Go from the state that the change left, or found, to the other one."""


@dataclass(frozen=True, eq=False)
class Side:
    """A column before or after a change.

    Attributes
    ----------
    cells : pandas.Series
        The cells of the changed rows, in the form that the column has after the change.
    tags : TagSet or None
        The tags kept with the column, None = those that its cells name.
    whole : pandas.Series or None
        The whole column, where the change made it or gave it another form; None = there is none.
    """

    cells: pd.Series[Any]
    tags: TagSet | None
    whole: pd.Series[Any] | None = None


@dataclass(frozen=True, eq=False)
class TableChange(TwoWay[Side]):
    """A change of the cells and the tags of one column.

    Going either way writes the cells of `rows` and no other, so that what was changed in pandas
    meanwhile stays. A column that the change made or gave another form becomes what it was, bit
    for bit, unless it was changed meanwhile.

    Attributes
    ----------
    rows : ndarray of int64
        Positions of the changed rows, ascending.
    reformed : bool
        Whether the change made the column, or gave it another form.
    """

    table: Table
    column: str
    rows: Ints
    before: Side
    after: Side
    reformed: bool

    def _go(self, here: Side, there: Side) -> None:
        self.table.check_rows()
        current = self.table.column(self.column)
        if self.reformed and tag_cells.same(current, here.whole):
            self.table.put(self.column, there.whole, self.rows, there.cells, there.tags)
        elif current is None:
            warn(
                f"The column {self.column!r} is no longer in project.df, so nothing was changed "
                "in it."
            )
        else:
            values = tag_cells.put(current, self.rows, there.cells, here.cells)
            if values is None:
                raise ProjectError(
                    f"The column {self.column!r} was changed to {current.dtype} values meanwhile, "
                    "which hold no such tags. Give it its former kind again, or drop it: "
                    f"del project.df[{self.column!r}].",
                    key="column_changed",
                    column=self.column,
                )
            self.table.put(self.column, values, self.rows, there.cells, there.tags)
