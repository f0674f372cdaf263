"""Functions of the user that are called when something happens in a project."""

from __future__ import annotations

import threading
from collections.abc import Callable

from panoptic_nb.error_text import named
from panoptic_nb.errors import PanopticError, ProjectError

EVENTS = ("clustered", "edited", "saved", "selection")


class Callbacks:
    """Functions by event.

    Parameters
    ----------
    failed
        Told of what a function raised.
    """

    def __init__(self, failed: Callable[[PanopticError], None]) -> None:
        self._functions: dict[str, list[Callable[..., object]]] = {event: [] for event in EVENTS}
        self._failed = failed
        self._lock = threading.Lock()

    def add(self, event: str, function: Callable[..., object]) -> Callable[[], None]:
        """Call a function at each event from now on; return what ends that.

        Raises
        ------
        ProjectError
            There is no such event, or this is no function.
        """
        if event not in self._functions:
            known = ", ".join(repr(name) for name in EVENTS)
            raise ProjectError(f"There is no event {event!r}. Events: {known}.")
        if not callable(function):
            raise ProjectError(f"A function is called at {event!r}. Got {function!r}.")
        functions = self._functions[event]
        with self._lock:
            functions.append(function)

        def stop() -> None:
            with self._lock:
                # By identity, and once: a second call must not take away somebody else's.
                at = [i for i, other in enumerate(functions) if other is function]
                if at:
                    del functions[at[0]]

        return stop

    def call(self, event: str, value: Callable[[], object]) -> None:
        """Call the functions of an event with a value, made only if there are any."""
        with self._lock:
            functions = list(self._functions[event])
        if not functions:
            return
        given = value()
        for function in functions:
            try:
                function(given)
            except Exception as error:
                failure = PanopticError(
                    f"The function {getattr(function, '__name__', function)!r} that you gave to "
                    f"project.on({event!r}, ...) failed: {named(error)}. Everything else went on.",
                    key="callback_failed",
                    event=event,
                    error=named(error),
                )
                failure.__cause__ = error
                self._failed(failure)
