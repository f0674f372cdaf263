"""What happens in a project, as signals."""

from __future__ import annotations

from psygnal import Signal


class Events:
    """What happens in a project; widgets listen. Emitted from any thread."""

    tree = Signal()
    columns = Signal()
    vectors = Signal()
    settings = Signal()
    preview = Signal()
    closed = Signal()
    #: An error, or a notice about a result.
    message = Signal(object)
    #: The tree or the decisions of the project, or of one that shares these events.
    edited = Signal()

    def __init__(self, whole: Events | None = None) -> None:
        for name in ("columns", "vectors", "settings", "message", "edited") if whole else ():
            setattr(self, name, getattr(whole, name))  # the signals of a part are the same objects
