"""Every change of the tree, of the decisions and of tags: undoable, and kept on disk."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from panoptic_nb.collection import Collection
from panoptic_nb.decisions import Decided
from panoptic_nb.draft_writer import DraftWriter
from panoptic_nb.errors import PanopticError, ProjectError
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.history import History, Step
from panoptic_nb.table_edits import Change
from panoptic_nb.tree import Tree


class Edits:
    """What a user has made of the images so far, and the way back.

    Parameters
    ----------
    tree
        The tree to begin with.
    images, folder
        What the tree is about, and where it is kept.
    changed
        Called after each change, undo and redo.
    failed
        Called, from a thread, when the copy of the tree on disk could not be written; the change
        stands.
    whole
        The edits of the project that these images are a part of. What is decided in one holds in
        the other, and undoing an edit of one leaves what was decided in the other.

    Attributes
    ----------
    tree : Tree
    decided : Decided
    history : History
    lock : threading.RLock
        Held by whoever reads these and changes them by what was read.
    stepped : callable
        Called with each step that was made, and with True; or undone, and with False.
    """

    def __init__(
        self,
        tree: Tree,
        images: Collection,
        folder: ProjectFolder,
        changed: Callable[[], None],
        failed: Callable[[ProjectError], None],
        whole: Edits | None = None,
    ) -> None:
        self.tree = tree
        self.decided: Decided = whole.decided if whole else folder.read_decisions()
        self.history = History()
        self.lock: threading.RLock = whole.lock if whole else threading.RLock()
        self._together: weakref.WeakSet[Edits] = whole._together if whole else weakref.WeakSet()
        self._together.add(self)
        self._folder = folder
        self._changed = changed
        self.stepped: Callable[[Step, bool], None] = lambda step, made: None
        self._drafts = DraftWriter(partial(folder.write_draft, images=images), failed)

    def make(
        self,
        name: str,
        tree: Tree,
        decided: Decided | None = None,
        values: Mapping[str, Any] | None = None,
        table: Change | None = None,
    ) -> None:
        """Make an edit, unless it changes nothing.

        Parameters
        ----------
        name, values
            See `Step`.
        tree, decided
            What there is after it; None = the same decisions.

        Raises
        ------
        ProjectError
            Decisions or the table could not be written; nothing is changed.
        """
        with self.lock:
            before = self.tree, self.decided
            after = tree, self.decided if decided is None else decided
            if after != before or table is not None:
                if table is not None:
                    table.apply()
                self._restore(*after)
                step = Step(name, before, after, values or {}, table)
                self.history.add(step)
                self._tell()
                self.stepped(step, True)

    def undo(self) -> str | None:
        """Take back the last edit; return its name, None if there was none."""
        with self.lock:
            step = self.history.last_done
            if step is None:
                return None
            self.go_to(len(self.history) - 1)
        return step.name

    def redo(self) -> str | None:
        """Make the edit again that was undone last; return its name, None if there was none."""
        with self.lock:
            step = self.history.last_undone
            if step is None:
                return None
            self.go_to(len(self.history) + 1)
        return step.name

    def go_to(self, position: int) -> None:
        """Undo or redo until so many steps are in effect.

        Raises
        ------
        TreeError
            There are not so many steps.
        ProjectError
            Decisions or the table could not be written; nothing is changed.
        """
        with self.lock:
            way = self.history.way_to(position)
            if not way:
                return
            last, forward = way[-1]
            changes = [(step.table, made) for step, made in way if step.table is not None]
            with _all_or_none(changes):
                self._restore(*(last.after if forward else last.before))
            self.history.go_to(position)
            self._tell()
            for step, made in way:
                self.stepped(step, made)

    def save(self) -> None:
        """Write the tree to the project folder, and raise `ProjectError` if that fails."""
        with self.lock:
            self._drafts.write_now(self.tree)

    def flush(self) -> None:
        """Wait until the tree is on disk, or was told to have failed."""
        with self.lock:  # an edit that has begun hands its tree over first
            drafts = self._drafts
        drafts.flush()

    def _restore(self, tree: Tree, decided: Decided) -> None:
        if (tree, decided) == (self.tree, self.decided):
            return
        if decided != self.decided:
            self._folder.write_decisions(decided)  # first: a full disk leaves all as it was
            for other in self._together - {self}:
                other._take_over(self.decided, decided)
        self.tree, self.decided = tree, decided

    def _take_over(self, before: Decided, after: Decided) -> None:
        self.decided = self.decided.moved(before, after)
        self.history.move(before, after)

    def _tell(self) -> None:
        self._changed()
        self._drafts.put(self.tree)  # last: what is seen comes before what is kept


@contextmanager
def _all_or_none(changes: Sequence[tuple[Change, bool]]) -> Iterator[None]:
    """Make or take back changes of the table, in order; as it was when one or the rest fails."""
    gone: list[tuple[Change, bool]] = []
    try:
        for change, made in changes:
            change.apply() if made else change.revert()
            gone.append((change, made))
        yield
    except PanopticError:
        for change, made in reversed(gone):
            change.revert() if made else change.apply()
        raise
