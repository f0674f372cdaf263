"""What the parts of a project share: each part is a file, `Project` is all of them."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from psygnal import EmitLoopError, SignalInstance

from panoptic_nb.collection import Collection
from panoptic_nb.edits import Edits
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.history import History
from panoptic_nb.jobs import Jobs
from panoptic_nb.locks import check_can_split
from panoptic_nb.previews import Previews
from panoptic_nb.progress import Notice
from panoptic_nb.runs import Runs
from panoptic_nb.similar import no_query_vector
from panoptic_nb.table import Table
from panoptic_nb.tree import Members, Node, Tree
from panoptic_nb.vector_sets import VectorSets
from panoptic_nb.warn import warn

if TYPE_CHECKING:
    from panoptic_nb.events import Events

logger = logging.getLogger(__name__)


class ProjectPart(ABC):
    """The state of a project that its parts work on; `Project` makes it."""

    images: Collection
    events: Events
    jobs: Jobs
    rows: NDArray[np.int64] | None
    _files: ProjectFolder
    _table: Table
    _sets: VectorSets
    _runs: Runs
    _edits: Edits
    _previews: Previews
    _settings: dict[str, Any]

    @abstractmethod
    def check_open(self) -> None:
        """Raise `ProjectError` when the project was closed."""

    @abstractmethod
    def tell(self, event: str, value: Callable[[], object]) -> None:
        """Call what waits for an event; the value is made only when something does."""

    @abstractmethod
    def remember(self, **choices: Any) -> None:
        """Keep choices with the project."""

    @property
    @abstractmethod
    def vec_type(self) -> str | None:
        """Name of the vector set that functions use unless told otherwise."""

    @property
    def df(self) -> pd.DataFrame:
        """Your table, index and columns kept.

        The project adds ``sha1``, ``width``, ``height``, for a folder ``path``, and the
        clusterings that you save. Add columns of your own as you like.
        """
        return self._table.frame

    @property
    def tree(self) -> Tree:
        """The working tree. Every edit makes a new one."""
        return self._edits.tree

    @property
    def history(self) -> History:
        """The edits so far."""
        return self._edits.history

    def _set_of(self, members: Members, vec_type: str | None) -> str:
        """Return the vector set, the default one if not named, in which to look near images."""
        name = vec_type or self.vec_type
        if name is None:
            raise no_query_vector(len(members))
        return self._sets.find(name)

    def _to_split(self, node: int | str | Node | None) -> int:
        """Return the id of a node that can be clustered, or raise `TreeError`."""
        node_id = self.tree.find(node)
        check_can_split(self.tree, node_id)
        return node_id

    def _chosen(self, images: Any) -> tuple[Node | None, Members]:
        """Return images given as a cluster or by label, and the cluster."""
        if isinstance(images, int | np.integer | str | Node):
            node = self.tree.node(int(images) if isinstance(images, np.integer) else images)
            return node, node.members
        return None, self.images.of_labels(images)

    def _tell(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            if threading.current_thread() is threading.main_thread():
                warn(notice.message)
            self._emit(self.events.message, notice)

    def _emit(self, signal: SignalInstance, *values: object) -> None:
        """Tell the widgets; what goes wrong there must not undo or stop what was done here."""
        try:
            signal.emit(*values)
        except EmitLoopError:
            logger.exception("a listener failed")
