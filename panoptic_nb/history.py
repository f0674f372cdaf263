"""Undo and redo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from panoptic_nb.decisions import Decision
from panoptic_nb.tree import Tree


@dataclass(frozen=True)
class Step:
    """One edit: its name, the tree before and after it, and the decision that it also was."""

    name: str
    before: Tree
    after: Tree
    decision: Decision | None = None


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

    def undo(self) -> Tree | None:
        """Return the tree before the last edit, None when there is nothing to undo."""
        if not self._done:
            return None
        self._undone.append(self._done.pop())
        return self._undone[-1].before

    def redo(self) -> Tree | None:
        """Return the tree after the edit that was undone last, None when there is none."""
        if not self._undone:
            return None
        self._done.append(self._undone.pop())
        return self._done[-1].after
