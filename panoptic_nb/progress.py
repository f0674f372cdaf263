"""Progress and cancel, as the one object that long work talks to."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from panoptic_nb.errors import Cancelled

#: Seconds between two reports: JupyterLab silently drops messages when there are too many.
INTERVAL = 0.1


@dataclass(frozen=True)
class Notice:
    """A sentence for the user; ``key`` names it in the locale files (``errors.<key>``)."""

    message: str
    key: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


class Progress:
    """Tells how far long work is, and stops it when the user cancels.

    Call it as often as you like: reports are passed on at most ten times a second.

    Examples
    --------
    >>> progress = Progress()
    >>> for done in range(3):
    ...     progress(done, 3)
    """

    def __init__(self) -> None:
        self.cancelled = False
        #: What the user should know about a result that is right but not what was asked.
        self.notices: list[Notice] = []
        #: What the record shall say of the result.
        self.noted: dict[str, Any] = {}
        self._next_report = 0.0

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        """Report `done` of `total`; raise `Cancelled` if cancel was asked."""
        self.check()
        now = time.monotonic()
        if now >= self._next_report or done == total:
            self._next_report = now + INTERVAL
            self.report(done, total, text)

    def check(self) -> None:
        """Raise `Cancelled` if cancel was asked."""
        if self.cancelled:
            raise Cancelled

    def cancel(self) -> None:
        """Ask the work to stop at its next report."""
        self.cancelled = True

    def notice(self, message: str, key: str | None = None, **values: Any) -> None:
        """Tell the user something about the result, for example that a number was capped."""
        self.notices.append(Notice(message, key, values))

    def note(self, **facts: Any) -> None:
        """Add something about the result to the record of the clusters, as plain JSON."""
        self.noted |= facts

    def report(self, done: float, total: float | None, text: str) -> None:
        """Show the progress; subclasses override this."""
