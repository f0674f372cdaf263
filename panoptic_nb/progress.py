"""Progress and cancel, as the one object that long work talks to."""

from __future__ import annotations

import time

from panoptic_nb.errors import Cancelled

#: Seconds between two reports. JupyterLab drops messages without a word above some hundred a second.
INTERVAL = 0.1


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

    def report(self, done: float, total: float | None, text: str) -> None:
        """Show the progress; subclasses override this."""
