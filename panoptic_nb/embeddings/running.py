"""Batches of images, one after the other or on every core, as they are finished."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from threading import Semaphore
from typing import TypeVar

from panoptic_nb.bounded_map import bounded_map
from panoptic_nb.embeddings.batch import (
    Batch,
    Decoded,
    Item,
    decode_item,
    encode_decoded,
)
from panoptic_nb.embeddings.encoder import Encoder
from panoptic_nb.embeddings.heap import kept_heap
from panoptic_nb.progress import Progress

#: Images of one call of an encoder that does not say how many it likes.
USUAL_BATCH = 16
_SECONDS_BETWEEN_LOOKS = 0.1

Thing = TypeVar("Thing")


def batches(
    encoder: Encoder, items: Sequence[Item], progress: Progress, batch_size: int | None = None
) -> Generator[Batch, None, None]:
    """Yield the batches of some images; after a cancel those that are being computed, and end.

    An encoder that several threads may use (``thread_safe``) gets one on every core, each of which
    decodes a batch and encodes it, with a single thread of torch: decoding and encoding overlap,
    and no core waits for another. Any other encoder is called by the calling thread, while other
    threads decode.

    No batch is encoded before the one before it, on the same core, has been taken and the next one
    asked for: whoever writes each as it comes never has more than one for each core to lose.

    Parameters
    ----------
    encoder, items, progress
        What makes vectors, of what, and what is asked about a cancel.
    batch_size
        Images that are encoded at once, on all cores together. By default each core takes as many
        as the encoder likes (``batch_size``).
    """
    liked = getattr(encoder, "batch_size", None) or USUAL_BATCH
    if getattr(encoder, "thread_safe", False):
        workers = min(cores(), batch_size or len(items) or 1)
        # A few images are spread over all cores too.
        size = min(batch_size // workers if batch_size else liked, -(-len(items) // workers))
        return _on_every_core(encoder, parts(items, max(1, size)), progress, workers)
    return _in_this_thread(encoder, items, progress, batch_size or liked)


def _on_every_core(
    encoder: Encoder, of_items: Iterator[list[Item]], progress: Progress, workers: int
) -> Generator[Batch, None, None]:
    room = Semaphore(workers)

    def embed(items: list[Item]) -> Batch:
        decoded = [decode_item(encoder, item) for item in items]
        room.acquire()
        return encode_decoded(encoder, decoded)

    with kept_heap(), _single_threads(workers) as pool:
        waiting: set[Future[Batch]] = set()
        try:
            while not progress.cancelled:
                waiting |= {
                    pool.submit(embed, part)
                    for part in islice(of_items, workers + 1 - len(waiting))
                }
                if not waiting:
                    return
                yield from _finished(waiting, room)
            waiting = {future for future in waiting if not future.cancel()}
            while waiting:
                yield from _finished(waiting, room)
        finally:
            for future in waiting:
                future.cancel()
                room.release()  # nobody takes what they still make


def _finished(waiting: set[Future[Batch]], room: Semaphore) -> Iterator[Batch]:
    """Take out what is finished, after a short while at most: a cancel is not to wait."""
    done, _ = wait(waiting, _SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
    waiting -= done
    for future in done:
        yield future.result()
        room.release()


def _in_this_thread(
    encoder: Encoder, items: Sequence[Item], progress: Progress, size: int
) -> Generator[Batch, None, None]:
    with (
        ThreadPoolExecutor(cores(), "panoptic-decode") as pool,
        closing(bounded_map(pool, partial(decode_item, encoder), items, ahead=size + 1)) as decoded,
    ):
        for part in parts(_until_cancelled(decoded, progress), size):
            if progress.cancelled:
                return
            yield encode_decoded(encoder, part)


def _until_cancelled(decoded: Iterable[Decoded], progress: Progress) -> Iterator[Decoded]:
    for one in decoded:
        if progress.cancelled:
            return
        yield one


def parts(items: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """Cut into lists of so many, the last one may be shorter."""
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part


def cores() -> int:
    """Return how many cores this process may use, those of a container for one."""
    import joblib

    return int(joblib.cpu_count())


@contextmanager
def _single_threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Give threads in which torch uses no further threads; other threads keep theirs."""
    torch = sys.modules.get("torch")
    if torch is None:
        with ThreadPoolExecutor(workers, "panoptic-embed") as pool:
            yield pool
        return
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(
            workers, "panoptic-embed", lambda: torch.set_num_threads(1)
        ) as pool:
            yield pool
    finally:
        torch.set_num_threads(before)  # what threads to come begin with
