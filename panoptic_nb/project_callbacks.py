"""Functions of the user that are called when something happens in a project."""

from __future__ import annotations

from collections.abc import Callable

from panoptic_nb.callbacks import Callbacks
from panoptic_nb.errors import PanopticError
from panoptic_nb.project_part import ProjectPart


class Listening(ProjectPart):
    """The part of `Project` that tells what happened."""

    _callbacks: Callbacks

    def on(self, event: str, function: Callable[..., object]) -> Callable[[], None]:
        """Call a function of yours whenever something happened.

        Parameters
        ----------
        event
            "clustered": a node was split, the function gets the `Node`; "edited": the tree changed
            in any way, it gets the `Tree`; "saved": it gets the name of the column; "selection": it
            gets the list of index labels that are selected.
        function
            Called in whichever thread the event came from; what it raises is shown in the widgets,
            and stops nothing.

        Returns
        -------
        callable
            Call it to be told no longer.

        Raises
        ------
        ProjectError
            There is no such event.
        """
        return self._callbacks.add(event, function)

    def tell(self, event: str, value: Callable[[], object]) -> None:
        """Call what waits for an event by `on`; the value is made only when something does."""
        self._callbacks.call(event, value)

    def _show(self, error: PanopticError) -> None:
        """Let the widgets show an error that nobody waits for."""
        self._emit(self.events.message, error)
