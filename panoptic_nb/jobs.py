"""Long work: one job at a time, in a thread or in the cell, with progress and cancel."""

from __future__ import annotations

import contextvars
import itertools
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from psygnal import Signal

from panoptic_nb.error_text import named
from panoptic_nb.errors import BusyError, Cancelled, PanopticError
from panoptic_nb.progress import Progress

logger = logging.getLogger(__name__)

T = TypeVar("T")
Kind = Literal["function", "preview", "embed", "scan", "map"]

#: Seconds a cancelled job gets to stop by itself before the project goes on without it.
GRACE = 0.4
#: Seconds before work in a cell shows a bar.
BAR_DELAY = 1.0


class Job(Progress):
    """One piece of long work, and its progress.

    Attributes
    ----------
    id, kind, title, node
        ``node`` is the id of the node it works on, if any.
    done, total, text
        As last reported; `total` is None when unknown.
    """

    _ids = itertools.count(1)

    def __init__(self, kind: Kind, title: str, node: int | None, changed: Callable[[], None]):
        super().__init__()
        self.id = next(self._ids)
        self.kind = kind
        self.title = title
        self.node = node
        self.done = 0.0
        self.total: float | None = None
        self.text = ""
        self.bar: Any = None
        #: Set for work in a thread: goes on without it.
        self.abandon: Callable[[], None] | None = None
        self.thread: threading.Thread | None = None
        self._started = self._phase_started = time.monotonic()
        self._changed = changed

    @property
    def rate(self) -> float | None:
        """Units of work a second in this phase, None at its very start."""
        seconds = time.monotonic() - self._phase_started
        return self.done / seconds if seconds > 0 and self.done else None

    def report(self, done: float, total: float | None, text: str) -> None:
        """Keep the figures and show them; another text, or less than before, begins a phase."""
        text = text or self.text
        if text != self.text or done < self.done or total != self.total:
            self._phase_started = time.monotonic()
            if self.bar is not None:  # loading a model says nothing about images a second
                self.bar.start_t = time.time()
                self.bar.set_description_str(_description(self.title, text), refresh=False)
        self.done, self.total, self.text = done, total, text
        if self.bar is not None:
            self.bar.total, self.bar.n = total, done
            if time.monotonic() - self._started > BAR_DELAY:
                self.bar.refresh()
        self._changed()


class Jobs:
    """Runs one job at a time for a project."""

    #: Emitted without arguments whenever `current` or its progress changes, from any thread.
    changed = Signal()

    def __init__(self) -> None:
        self.current: Job | None = None
        self._free = threading.Condition()

    def run(self, kind: Kind, title: str, node: int | None, work: Callable[[Job], T]) -> T:
        """Do the work in this thread, with a progress bar in the cell, and return its result.

        Waits for a job that is running. Ctrl-C and the stop button of the notebook work.
        """
        job = self._new(kind, title, node)
        with self._free:
            while self.current is not None:
                if self.current.thread is threading.current_thread():
                    raise self.busy()  # a function that runs a function would wait for itself
                self._free.wait()
            job.thread = threading.current_thread()
            self.current = job
        try:
            with _bar(job):
                self.changed.emit()
                return work(job)
        finally:
            self._finish(job)

    def start(
        self,
        kind: Kind,
        title: str,
        node: int | None,
        work: Callable[[Job], object],
        failed: Callable[[PanopticError], None],
    ) -> Job:
        """Do the work in a thread of its own; `failed` is told of errors and of a cancel.

        Raises
        ------
        BusyError
            A job is running.
        """
        job = self._new(kind, title, node)
        with self._free:
            if self.current is not None:
                raise self.busy()
            self.current = job
        # ipykernel finds the cell that output belongs to in a context variable.
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=context.run, args=(self._work, job, work, failed), daemon=True, name=title
        )
        job.thread = thread
        job.abandon = lambda: self._abandon(job, failed)
        thread.start()
        self.changed.emit()
        return job

    def cancel(self) -> None:
        """Ask the running job to stop.

        Work in a thread that does not stop in time is left to itself: the project goes on, and
        what that work still returns is thrown away (`Progress.check` refuses it).
        """
        job = self.current
        if job is None:
            return
        job.cancel()
        self.changed.emit()
        if job.abandon:
            timer = threading.Timer(GRACE, job.abandon)
            timer.daemon = True
            timer.start()

    def busy(self) -> BusyError:
        """Return the error that says what is running."""
        title = self.current.title if self.current else ""
        return BusyError(
            f"{title!r} is still running. Wait for it or cancel it.", key="busy", title=title
        )

    def _new(self, kind: Kind, title: str, node: int | None) -> Job:
        return Job(kind, title, node, self.changed.emit)

    def _work(
        self, job: Job, work: Callable[[Job], object], failed: Callable[[PanopticError], None]
    ) -> None:
        error: PanopticError | None = None
        try:
            work(job)
        except PanopticError as expected:
            error = expected
        # A thread has no cell to show a traceback in, and libraries in Rust panic with what is no
        # Exception: the project must not wait for this job for ever.
        except BaseException as unexpected:
            logger.exception("job %s failed", job.title)
            error = PanopticError(
                f"{job.title} failed: {named(unexpected)}. Nothing was changed.",
                key="function_failed",
                function=job.title,
                error=named(unexpected),
            )
            error.__cause__ = unexpected
        if self._finish(job) and error is not None:
            failed(error)

    def _abandon(self, job: Job, failed: Callable[[PanopticError], None]) -> None:
        if self._finish(job):
            logger.warning("job %s did not stop in time and was left behind", job.title)
            failed(Cancelled())

    def _finish(self, job: Job) -> bool:
        """Make room for the next job; return whether this one was still the current one."""
        with self._free:
            if self.current is not job:
                return False
            self.current = None
            self._free.notify_all()
        self.changed.emit()
        return True


def _description(title: str, text: str) -> str:
    return title if text in ("", title) else f"{title}, {text}"


@contextmanager
def _bar(job: Job) -> Iterator[None]:
    """Show a bar in the cell while work that takes longer than a second lasts."""
    if threading.current_thread() is not threading.main_thread():
        yield  # a widget asked, and shows it itself
        return
    from tqdm.auto import tqdm

    with tqdm(desc=job.title, delay=BAR_DELAY, leave=False, unit=" images") as bar:
        job.bar = bar
        yield


def on_main_thread(action: Callable[[], object]) -> bool:
    """Do something between cells, where no cell can see a DataFrame half written.

    Returns
    -------
    bool
        Whether it was done at once: True outside a kernel, or when called on the main thread.
    """
    loop = _kernel_loop()
    if loop is None or threading.current_thread() is threading.main_thread():
        action()
        return True
    loop.add_callback(action)
    return False


def _kernel_loop() -> Any:
    try:
        from IPython import get_ipython
    except ImportError:
        return None
    kernel = getattr(get_ipython(), "kernel", None)
    return getattr(kernel, "io_loop", None)
