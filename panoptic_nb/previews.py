"""What each value of a parameter would give, kept as long as it is about what is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from panoptic_nb.decisions import Decided
from panoptic_nb.edits import Edits
from panoptic_nb.jobs import Job
from panoptic_nb.runs import Request, Runs
from panoptic_nb.tree import Members
from panoptic_nb.vector_sets import VectorSets

if TYPE_CHECKING:
    from panoptic_nb.clustering.thresholds import Thresholds


@dataclass(frozen=True)
class Preview:
    """What each value of a parameter would give on the images of a node, as they stand.

    Attributes
    ----------
    function, parameter, node, vec_type
        What it is about.
    members : ndarray of int64
        The images of the node when it was made, without those in locked clusters below it.
    decided
        The decisions that it honours.
    """

    function: str
    parameter: str
    node: int
    vec_type: str | None
    members: Members
    decided: Decided
    thresholds: Thresholds


class Previews:
    """Makes previews, and forgets the last one when it is out of date.

    Parameters
    ----------
    runs, edits, sets
        The parts of the project that a preview is about.
    changed
        Called when `current` becomes another one, or none.
    """

    def __init__(
        self, runs: Runs, edits: Edits, sets: VectorSets, changed: Callable[[], None]
    ) -> None:
        self.current: Preview | None = None
        self._runs = runs
        self._edits = edits
        self._sets = sets
        self._changed = changed

    def work(
        self, function: str, parameter: str, node: int, vec_type: str | None
    ) -> Callable[[Job], Preview]:
        """Check a preview; return what makes it."""
        request = self._runs.prepare_preview(function, parameter, node, vec_type)

        def make(job: Job) -> Preview:
            return self._make(request, function, parameter, job)

        return make

    def _make(self, request: Request, function: str, parameter: str, job: Job) -> Preview:
        edits = self._edits
        top, decided, sets = edits.tree.node(request.node), edits.decided, self._sets.all()
        result = self._runs.preview(request, top, decided, job)
        vec_type, members = request.vec_type, top.tree.unlocked_members(top.id)
        made = Preview(function, parameter, top.id, vec_type, members, decided, result)
        with edits.lock:
            job.check()
            if sets == self._sets.all() and self._is_valid(made):
                self.current = made
                self._changed()
        return made

    def forget(self) -> None:
        """Forget the preview."""
        if self.current is not None:
            self.current = None
            self._changed()

    def forget_what_is_past(self) -> None:
        """Forget the preview when its node, the images of that or the decisions are others."""
        if self.current is not None and not self._is_valid(self.current):
            self.forget()

    def _is_valid(self, preview: Preview) -> bool:
        tree = self._edits.tree
        return (
            preview.decided == self._edits.decided
            and preview.node in tree.states
            and np.array_equal(tree.unlocked_members(preview.node), preview.members)
        )
