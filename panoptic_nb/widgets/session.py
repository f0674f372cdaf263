"""What all widgets of a project share: the packed tree, the selection, what is looked at."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import numpy as np
from IPython import get_ipython
from numpy.typing import NDArray
from psygnal import Signal

from panoptic_nb.errors import PanopticError
from panoptic_nb.ordering import Ordering
from panoptic_nb.project import Project
from panoptic_nb.sort import Sort
from panoptic_nb.tree import ROOT
from panoptic_nb.widgets.packed_tree import PackedTree, Patch, pack_tree, patch

logger = logging.getLogger(__name__)

#: Tables whose cells can be clicked.
KEPT_TABLES = 20


class Session:
    """One per project; made by the first widget.

    Attributes
    ----------
    project : Project
    lock : threading.RLock
        Held while the tree is packed and while traits change, so that every widget gets every
        version once and in order. Taken before any lock of a widget.
    version : int
        Counts the trees that were packed.
    packed : PackedTree
    selection : ndarray of int64
        Row positions, each once.
    active : int
        Id of the node that the grid shows.
    sort : Sort
        Order of the images inside each leaf.
    piled : bool
        Whether rows that show one image lie on a pile.
    """

    tree = Signal(Patch)
    selected = Signal()
    activated = Signal()
    sorted = Signal()
    counted = Signal()
    used = Signal()
    badged = Signal()
    columns = Signal()

    def __init__(self, project: Project) -> None:
        self.project = project
        self.lock = threading.RLock()
        self.version = 1
        self.sort = Sort()
        self.piled = False
        self._order = Ordering.of(project, self.sort)
        self.packed = pack_tree(project, self._order)
        self.selection: NDArray[np.int64] = np.empty(0, np.int64)
        self.active = ROOT
        #: Maps that were shown, by what they were made of.
        self.maps: dict[str, Any] = {}
        #: Where questions that only read are answered: the thread of the messages stays free.
        self.readers = ThreadPoolExecutor(2, "panoptic-read")
        #: Where actions are done, one after the other.
        self.worker = ThreadPoolExecutor(1, "panoptic-act")
        #: What the cells of the last tables select, by the number of the table.
        self.picks: dict[int, list[Callable[[], NDArray[np.int64]]]] = {}
        #: Text and tip beside the score of a node, as long as it has these images.
        self.badges: dict[int, tuple[NDArray[np.int64], list[str]]] = {}
        #: The function that was run last from a widget, and the last values of each.
        self.last: dict[str, Any] = {"function": "", "params": {}}
        #: How many times `held` was entered, and selections to be told when it is left.
        self._depth = 0
        self._tables = itertools.count(1)
        self._untold: list[NDArray[np.int64]] = []
        self._dtypes: list[Any] = []
        project.events.tree.connect(self._repack)
        project.events.columns.connect(self._columns_changed)
        project.events.vectors.connect(self._vectors_changed)
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

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the lock; what the user wants to be called is called when it is given back."""
        told: list[NDArray[np.int64]] = []
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0:
                    told, self._untold = self._untold, []
        for rows in told:
            labels = self.project.images.frame_index[rows]
            self.project.tell("selection", labels.tolist)

    def select(self, rows: NDArray[np.int64]) -> None:
        """Select these rows, and no others, in all widgets."""
        with self.held():
            if not np.array_equal(np.sort(rows), np.sort(self.selection)):
                self.selection = rows
                self._untold.append(rows)
                self.selected.emit()

    def activate(self, node: int) -> None:
        """Show a node in the grid of all widgets; one that is not there is ignored."""
        with self.lock:
            if node == self.active or node not in self.packed.entries:
                return
            self.active = node
            self.activated.emit()

    def use(self, function: str, params: dict[str, Any]) -> None:
        """Remember with what values a function was run, for the next form."""
        self.last = {"function": function, "params": {**self.last["params"], function: params}}
        self.used.emit()

    def show_badges(self, texts: Mapping[int, list[str]]) -> None:
        """Show a text and its tip beside the scores of some nodes, in all widgets."""
        tree = self.project.tree
        self.badges = {
            key: (tree.node(key).members, text) for key, text in texts.items() if key in tree.states
        }
        self.badged.emit()

    def keep_picks(self, picks: list[Callable[[], NDArray[np.int64]]]) -> int:
        """Keep what the cells of a table select; return its number."""
        number = next(self._tables)
        self.picks[number] = picks
        self.picks.pop(number - KEPT_TABLES, None)
        return number

    def warm_up(self) -> None:
        """Read the vectors and count those that are missing; widgets are told when it is done."""
        if self.project.vectors_are_counted:
            return

        def work() -> None:
            if not self.project.closed:
                self.project.warm_up()
                self.counted.emit()

        self.readers.submit(work)

    def arrange(self, sort: Sort, piled: bool) -> None:
        """Sort the images of all leaves, and pile identical ones up or not, in all widgets.

        Raises
        ------
        ProjectError
            There is no such column any more.
        """
        with self.lock:
            if (sort, piled) != (self.sort, self.piled):
                order = Ordering.of(self.project, sort)
                packed = pack_tree(self.project, order, piled)
                self._order, self.sort, self.piled = order, sort, piled
                self._send(packed)
                self.sorted.emit()

    def _columns_changed(self) -> None:
        if self.sort.by == "column":
            self._sort_again()

    def _vectors_changed(self) -> None:
        if self.sort.needs_vectors:
            self._sort_again()

    def _sort_again(self) -> None:
        """Follow a change of what is sorted by; a column that is gone sorts nothing any more."""
        with self.lock:
            sort, self.sort = self.sort, Sort()
            try:
                self.arrange(sort, self.piled)
            except PanopticError:
                self._order = Ordering.of(self.project, self.sort)
                self._send(pack_tree(self.project, self._order, self.piled))
                self.sorted.emit()

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
            self._drop_badges()
            self._send(pack_tree(self.project, self._order, self.piled, self.packed))

    def _drop_badges(self) -> None:
        """Forget what was said of nodes that have other images by now."""
        tree, before = self.project.tree, self.badges
        self.badges = {
            key: badge
            for key, badge in before.items()
            if key in tree.states and np.array_equal(tree.node(key).members, badge[0])
        }
        if len(self.badges) < len(before):
            self.badged.emit()

    def _send(self, packed: PackedTree) -> None:
        before, self.packed = self.packed, packed
        alive = self._alive(before)
        if alive != self.active:
            self.active = alive
            self.activated.emit()
        change = patch(before, packed)
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
        """Offer the tag columns that a cell made, and follow the clusterings that it edited."""
        self.project.refresh()
        project = self.project.whole or self.project  # a part would copy its rows
        dtypes = list(project.df.dtypes.items())
        if dtypes != self._dtypes:
            self._dtypes = dtypes
            self.columns.emit()

    def _let_go(self) -> None:
        for threads in (self.readers, self.worker):
            threads.shutdown(wait=False, cancel_futures=True)
        shell = get_ipython()
        if shell is not None:
            shell.events.unregister("post_run_cell", self._after_cell)
