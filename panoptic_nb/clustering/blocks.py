"""Work on blocks of rows, on all cores, with results that do not depend on how many there are.

BLAS cuts a matrix product differently for each number of threads, and each cut rounds differently.
Here the blocks are always the same, each product runs in one thread, and results come in order.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Any, TypeVar

from panoptic_nb.progress import Progress

B = TypeVar("B")
R = TypeVar("R")

#: Blocks in the hands of each thread: enough that none waits, few enough for memory.
AHEAD = 2


def row_blocks(n: int, rows: int) -> list[slice]:
    """Return consecutive slices of at most `rows` of n rows."""
    return [slice(start, min(start + rows, n)) for start in range(0, n, rows)]


def map_blocks(
    work: Callable[[B], R],
    blocks: Sequence[B],
    progress: Progress,
    text: str = "",
) -> Iterator[R]:
    """Yield ``work(block)`` for each block, in order, computed on all cores.

    Loop over it where it is called: one that is kept in a variable stays alive, with its threads,
    in the traceback of an error or of Ctrl-C.

    As many threads are used as BLAS would use, so limits set for BLAS hold here too.

    Parameters
    ----------
    work
        Must not depend on the order in which blocks are done.
    blocks
        Small pieces: a cancel waits for the blocks that have begun.
    progress
        Called with how much is done, in rows where the blocks are of rows; may cancel.
    text
        What the progress is called.
    """
    if len(blocks) == 1:  # not worth a thread
        with one_thread_each:
            progress.check()
            yield work(blocks[0])
        return
    total = sum(map(_size, blocks))
    done = 0
    with one_thread_each as threads, ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[B, Future[R]]] = deque()
        try:
            for block in blocks:
                waiting.append((block, pool.submit(work, block)))
                if len(waiting) > AHEAD * threads:
                    first, future = waiting.popleft()
                    yield future.result()
                    done += _size(first)
                progress(done, total, text)
            while waiting:
                first, future = waiting.popleft()
                yield future.result()
                done += _size(first)
                progress(done, total, text)
        finally:
            for _, future in waiting:
                future.cancel()


def _size(block: Any) -> int:
    return block.stop - block.start if isinstance(block, slice) else 1


class OneThreadEach:
    """While it is entered, from whichever threads, each BLAS call runs in its own thread alone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered = 0
        self._limit: Any = None
        self._threads = 1

    def __enter__(self) -> int:
        """Return how many threads BLAS would have used."""
        with self._lock:
            if not self._entered:
                blas = _blas()
                self._threads = max((lib.num_threads for lib in blas.lib_controllers), default=1)
                self._limit = blas.limit(limits=1)
            self._entered += 1
            return self._threads

    def __exit__(self, *exc: object) -> None:
        with self._lock:
            self._entered -= 1
            if not self._entered:
                self._limit.restore_original_limits()


#: Entered by work whose matrix products must not depend on the number of threads.
one_thread_each = OneThreadEach()


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")
