"""Undo and redo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from panoptic_nb.decisions import Decided
from panoptic_nb.table_edits import TableChange
from panoptic_nb.tree import Tree


@dataclass(frozen=True)
class Step:
    """One edit: its name, and the tree and the decisions before and after it."""

    name: str
    before: tuple[Tree, Decided]
    after: tuple[Tree, Decided]
    #: What it changed in the table.
    table: TableChange | None = None


class History:
    """The edits of the working tree, in order. Iterating gives the names of those in effect."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def __iter__(self) -> Iterator[str]:
        return (step.name for step in self._done)

    def __len__(self) -> int:
        return len(self._done)

    def __repr__(self) -> str:
        return f"<History: {', '.join(self) or 'nothing done'}>"

    @property
    def last_done(self) -> Step | None:
        """The edit that undo takes back, None when there is none."""
        return self._done[-1] if self._done else None

    @property
    def last_undone(self) -> Step | None:
        """The edit that redo makes again, None when there is none."""
        return self._undone[-1] if self._undone else None

    @property
    def undo_name(self) -> str | None:
        """Name of the edit that undo takes back, None when there is none."""
        return self.last_done.name if self.last_done else None

    @property
    def redo_name(self) -> str | None:
        """Name of the edit that redo makes again, None when there is none."""
        return self.last_undone.name if self.last_undone else None

    def add(self, step: Step) -> None:
        """Remember an edit; what was undone before can no longer be redone."""
        self._done.append(step)
        self._undone.clear()

    def undo(self) -> None:
        """Count the last edit as undone."""
        self._undone.append(self._done.pop())

    def redo(self) -> None:
        """Count the edit that was undone last as done."""
        self._done.append(self._undone.pop())
