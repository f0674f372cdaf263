"""What all widgets of a project share: the packed tree, the selection, what is looked at."""

from __future__ import annotations

import logging
import threading
from typing import Any

import numpy as np
from IPython import get_ipython
from numpy.typing import NDArray
from psygnal import Signal

from panoptic_nb.project import Project
from panoptic_nb.tree import ROOT
from panoptic_nb.widgets.packed_tree import PackedTree, Patch, pack_tree, patch

logger = logging.getLogger(__name__)


class Session:
    """One per project; made by the first widget.

    Attributes
    ----------
    project : Project
    lock : threading.RLock
        Held while the tree is packed and sent, so that every widget gets every version once and in
        order.
    version : int
        Counts the trees that were packed.
    packed : PackedTree
    selection : ndarray of int64
        Row positions, each once.
    active : int
        Id of the node that the grid shows.
    """

    tree = Signal(Patch)
    selected = Signal()
    activated = Signal()
    columns = Signal()

    def __init__(self, project: Project) -> None:
        self.project = project
        self.lock = threading.RLock()
        self.version = 1
        self.packed = pack_tree(project)
        self.selection: NDArray[np.int64] = np.empty(0, np.int64)
        self.active = ROOT
        self._dtypes: list[Any] = []
        project.events.tree.connect(self._repack)
        project.events.closed.connect(self._let_go)
        shell = get_ipython()
        if shell is not None:
            shell.events.register("post_run_cell", self._after_cell)

    @classmethod
    def of(cls, project: Project) -> Session:
        """Return the session of a project."""
        if project.session is None:
            project.session = cls(project)
        session: Session = project.session
        return session

    def select(self, rows: NDArray[np.int64]) -> None:
        """Select these rows, and no others, in all widgets."""
        with self.lock:
            if np.array_equal(np.sort(rows), np.sort(self.selection)):
                return
            self.selection = rows
            self.selected.emit()
        labels = self.project.images.frame_index[rows]
        self.project.tell("selection", lambda: labels.tolist())

    def activate(self, node: int) -> None:
        """Show a node in the grid of all widgets; one that is not there is ignored."""
        with self.lock:
            if node == self.active or node not in self.packed.entries:
                return
            self.active = node
            self.activated.emit()

    def first_rows(self, count: int) -> list[int]:
        """Return the rows that the grid shows first."""
        rows: list[int] = []
        with self.lock:
            waiting = [self.active]
            while waiting and len(rows) < count:
                node = waiting.pop()
                waiting.extend(reversed(self.packed.entries[node]["children"]))
                leaf = self.packed.leaves.get(node)
                if leaf is not None:
                    rows.extend(leaf.rows[: count - len(rows)].tolist())
        return rows

    def _repack(self) -> None:
        with self.lock:
            before, self.packed = self.packed, pack_tree(self.project, self.packed)
            alive = self._alive(before)
            if alive != self.active:
                self.active = alive
                self.activated.emit()
            change = patch(before, self.packed)
            versions = {"base": self.version, "version": self.version + 1}
            self.version += 1
            self.tree.emit(Patch({**versions, **change.content}, change.buffers))

    def _alive(self, before: PackedTree) -> int:
        """Return what is looked at, or the nearest node above it that is left."""
        parents = {
            child: key for key, entry in before.entries.items() for child in entry["children"]
        }
        node = self.active
        while node not in self.packed.entries:
            node = parents.get(node, ROOT)
        return node

    def _after_cell(self, _result: object = None) -> None:
        """Offer the tag columns that a cell made."""
        dtypes = list(self.project.df.dtypes.items())
        if dtypes != self._dtypes:
            self._dtypes = dtypes
            self.columns.emit()

    def _let_go(self) -> None:
        shell = get_ipython()
        if shell is not None:
            shell.events.unregister("post_run_cell", self._after_cell)
