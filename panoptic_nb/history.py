"""Undo and redo."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from panoptic_nb.decisions import Decided
from panoptic_nb.error_text import short
from panoptic_nb.errors import TreeError
from panoptic_nb.table_edits import Change
from panoptic_nb.tree import Tree

#: Names of the steps that are not runs of a function.
STEPS = (
    "rename",
    "rename_all",
    "close_clusters",
    "merge",
    "move",
    "move_cluster",
    "move_to_new",
    "lock",
    "unlock",
    "sort_clusters",
    "group_by",
    "open_clustering",
    "column_edited",
    "replay",
    "refine",
    "assign",
    "not_duplicates",
    "forget_decisions",
    "refuse",
    "forget_refusals",
    "restore",
    "stamp",
    "set_value",
    "import_panoptic",
    "add_tags",
    "rename_tag",
    "recolour_tag",
    "set_tag_parents",
    "merge_tags",
    "remove_tag",
    "save",
)


@dataclass(frozen=True)
class Step:
    """One edit: its name, and the tree and the decisions before and after it.

    Attributes
    ----------
    name
        Of the function that was run, or one of `STEPS`: ``steps.<name>`` in the locale files.
    values
        What it was about: ``labels``, the label paths of the clusters at that time ("" = all
        images); where it applies ``label`` (the new name), ``to`` (label path of the cluster that
        something was moved to), ``images`` (how many), ``by`` (what the clusters were sorted by).
        Of a change of tags, ``column`` and ``rows`` (how many); of a save, ``labels`` and
        ``column``.
    table
        What it changed in the table.
    """

    name: str
    before: tuple[Tree, Decided]
    after: tuple[Tree, Decided]
    values: Mapping[str, Any] = field(default_factory=dict)
    table: Change | None = None

    def moved(self, before: Decided, after: Decided) -> Step:
        """Return the step as it is when somebody else changes the decisions; see `Decided`."""
        (tree_before, decided_before), (tree_after, decided_after) = self.before, self.after
        return replace(
            self,
            before=(tree_before, decided_before.moved(before, after)),
            after=(tree_after, decided_after.moved(before, after)),
        )


@dataclass(frozen=True)
class HistoryEntry:
    """A step as a list of the history shows it.

    Attributes
    ----------
    position : int
        How many steps are in effect once this one is made; see `Project.go_to`.
    name, values
        See `Step`.
    done : bool
        Whether it is in effect; otherwise it was undone.
    """

    position: int
    name: str
    values: Mapping[str, Any]
    done: bool

    def __str__(self) -> str:
        labels = [label or "all images" for label in self.values.get("labels", ())]
        details = [", ".join(labels)] if labels else []
        if "column" in self.values:
            details.append(str(self.values["column"]))
        for what in ("images", "rows"):
            if what in self.values:
                details.append(f"{self.values[what]} {what}")
        if target := self.values.get("label") or self.values.get("to"):
            details.append(f"-> {target}")
        return f"{self.position}. {self.name}: {' '.join(details)}".removesuffix(": ")


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
    def steps(self) -> list[HistoryEntry]:
        """All steps, the first first; those that were undone come last."""
        steps = [*self._done, *reversed(self._undone)]
        return [
            HistoryEntry(position, step.name, dict(step.values), position <= len(self._done))
            for position, step in enumerate(steps, start=1)
        ]

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

    def way_to(self, position: int) -> list[tuple[Step, bool]]:
        """Return the steps to take until so many are in effect, and whether each is made or undone.

        Raises
        ------
        TreeError
            There are not so many steps.
        """
        n_done, n_steps = len(self._done), len(self._done) + len(self._undone)
        is_number = isinstance(position, int) and not isinstance(position, bool)
        if not is_number or not 0 <= position <= n_steps:
            raise TreeError(
                f"The history has {n_steps} steps: give a whole number from 0 (the beginning) to "
                f"{n_steps}. Got {short(position)}.",
                key="no_step",
                steps=n_steps,
            )
        if position <= n_done:
            return [(step, False) for step in reversed(self._done[position:])]
        return [(step, True) for step in reversed(self._undone[n_steps - position :])]

    def go_to(self, position: int) -> None:
        """Count as many steps as done, the others as undone."""
        while len(self._done) > position:
            self._undone.append(self._done.pop())
        while len(self._done) < position:
            self._done.append(self._undone.pop())

    def move(self, before: Decided, after: Decided) -> None:
        """Take over what somebody else decided, so that undo and redo leave it as it is."""
        self._done = [step.moved(before, after) for step in self._done]
        self._undone = [step.moved(before, after) for step in self._undone]
