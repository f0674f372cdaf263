"""Keeps the working tree on disk behind the back of the edits: none of them waits for it."""

from __future__ import annotations

import atexit
import logging
import threading
from collections.abc import Callable

from panoptic_nb.error_text import named
from panoptic_nb.errors import ProjectError
from panoptic_nb.tree import Tree

logger = logging.getLogger(__name__)

#: Writers with something left to do, so that it is done before the interpreter exits.
_busy: set[DraftWriter] = set()


class DraftWriter:
    """Writes the newest tree in a thread that lives as long as there is something to write.

    What an edit replaces before its turn has come is never written.

    Parameters
    ----------
    write
        Writes a tree; raises `ProjectError` when that is not possible.
    failed
        Told of an error, in that thread.
    """

    def __init__(
        self, write: Callable[[Tree], None], failed: Callable[[ProjectError], None]
    ) -> None:
        self._write = write
        self._failed = failed
        self._changed = threading.Condition()
        self._waiting: Tree | None = None
        self._thread: threading.Thread | None = None
        #: Held while a tree is taken and written, so that no older one is written after it.
        self._writing = threading.Lock()

    def put(self, tree: Tree) -> None:
        """Have a tree written, and return at once."""
        with self._changed:
            self._waiting = tree
            if self._thread is not None:
                return
            self._thread = threading.Thread(target=self._work, daemon=True, name="panoptic-draft")
            _busy.add(self)
            thread = self._thread
        try:
            thread.start()
        except RuntimeError:  # no thread can be begun any more: the interpreter is about to exit
            self._work()

    def write_now(self, tree: Tree) -> None:
        """Write a tree in this thread, in the place of one that waits; raises what `write` does."""
        with self._writing:
            with self._changed:
                self._waiting = None
            self._write(tree)

    def flush(self) -> None:
        """Wait until everything is on disk, or was told to have failed."""
        if threading.current_thread() is not self._thread:  # it would wait for itself
            with self._changed:
                self._changed.wait_for(lambda: self._thread is None)

    def _work(self) -> None:
        while (error := self._write_next()) is not None:
            try:
                self._failed(error)
            except Exception:  # whatever happens, nobody may wait for ever
                logger.exception("a listener failed")

    def _write_next(self) -> ProjectError | None:
        """Write what waits, until nothing does or an error comes."""
        try:
            while True:
                with self._writing:
                    if (tree := self._next()) is None:
                        return None
                    self._write(tree)
        except ProjectError as error:
            return error
        except Exception as error:
            logger.exception("the working tree could not be written")
            return _not_kept(error)

    def _next(self) -> Tree | None:
        """Take the tree that waits; with none, tell that all is done."""
        with self._changed:
            tree, self._waiting = self._waiting, None
            if tree is None:
                self._thread = None
                _busy.discard(self)
                self._changed.notify_all()
            return tree


def _not_kept(error: Exception) -> ProjectError:
    return ProjectError(
        f"The clusters could not be kept on disk: {named(error)}. They are still here; "
        "project.save() tries again.",
        key="not_kept",
        error=named(error),
    )


def flush_all() -> None:
    """Wait until the working trees of all projects of this process are on disk."""
    for writer in list(_busy):
        writer.flush()


atexit.register(flush_all)
