"""Batches of images on Dask workers: threads, processes or other machines.

A few batches per worker are under way at a time, so that neither the scheduler nor this process
ever holds many, however fast or slow the writing is. A batch whose workers died is computed
again, by Dask itself first; then each of its images alone, one after the other, so that the one
that kills workers is found, and left out with that reason.
"""

from __future__ import annotations

import hashlib
import queue
import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np

from panoptic_nb.embeddings.batch import Batch, Item
from panoptic_nb.embeddings.encoder import Encoder
from panoptic_nb.embeddings.running import parts
from panoptic_nb.embeddings.worker import embed_on_worker, keep_encoder
from panoptic_nb.error_text import named, short
from panoptic_nb.errors import Cancelled, EncoderError, PanopticError
from panoptic_nb.progress import Progress

# Batches under way for each thread of a worker: one is computed, the next one waits beside it.
_AHEAD = 2
# Images that a worker is given at a time; how many the model takes of these is its own affair, as
# its device and number format are. Each thread gets some at least eight times.
_IMAGES_AT_A_TIME, _TURNS = 32, 8
_SECONDS_BETWEEN_LOOKS = 0.1
_SECONDS_BETWEEN_COUNTS = 1.0
# A larger pickle is sent to each worker once, and not with every batch.
_SENT_WITH_EACH = 2**17
# Batches in a row whose workers died: no single image is to blame then.
_MOST_DIED = 8
_SECONDS_FOR_A_RESULT = 1.0
_DIED = "every Dask worker that computed it died"


def batches_on(
    client: Any,
    encoder: Encoder,
    items: Sequence[Item],
    progress: Progress,
    batch_size: int | None = None,
) -> Generator[Batch, None, None]:
    """Yield the batches of some images as workers finish them; end soon after a cancel.

    Parameters
    ----------
    client
        A ``distributed.Client``. Its workers need this package and what the encoder needs.
    encoder
        Pickled, and made once in each process: `embed_on_worker`.
    items, progress, batch_size
        As for `panoptic_nb.embeddings.running.batches`.

    Raises
    ------
    EncoderError
        When the encoder cannot be sent or fails, or the scheduler is gone.
    """
    check_client(client)
    pickled = _pickled(encoder)
    token = hashlib.sha256(pickled).hexdigest()[:32]
    keep_encoder(token, encoder)
    run = _Run(client, progress, len(items), (token, pickled, encoder.model_hash), batch_size)
    try:
        # Of few images smaller parts, or one worker waits for the last part of another.
        few = len(items) // (_TURNS * max(1, run.threads()))
        size = batch_size or max(1, min(_IMAGES_AT_A_TIME, few))
        yield from run.all(parts(items, size))
        # One at a time: when a worker dies now, there is no doubt of which image.
        suspects = [[item] for batch in run.died for item in batch]
        run.died = []
        yield from run.all(iter(suspects), alone=True)
        if run.died:
            failed = [(sha1, _DIED) for batch in run.died for sha1, _ in batch]
            yield Batch([], np.empty((0, 0), np.float32), failed)
    finally:
        run.end()
        keep_encoder(token, None)


def check_client(client: Any) -> None:
    """Raise EncoderError for anything but a Dask client that can be used like this."""
    try:
        from distributed import Client
    except ImportError as error:
        raise EncoderError(
            'Dask is not installed. Install it with: pip install "panoptic_nb[dask]".'
        ) from error
    if not isinstance(client, Client) or client.asynchronous:
        raise EncoderError(
            "client= takes a distributed.Client that is not asynchronous, for example"
            f" distributed.Client(cluster). Got {short(client)}."
        )


class _Run:
    """The batches that are under way."""

    def __init__(
        self,
        client: Any,
        progress: Progress,
        total: int,
        encoder: tuple[str, bytes, str],
        batch_size: int | None,
    ) -> None:
        self._client = client
        self._progress = progress
        self._done, self._total = 0, total
        token, pickled, model_hash = encoder
        large = len(pickled) > _SENT_WITH_EACH
        # As a task of its own: Dask makes it again when the worker that holds it dies.
        self._encoder = (
            token,
            client.submit(bytes, pickled, pure=False) if large else pickled,
            model_hash,
        )
        self._batch_size = batch_size
        self._died_in_a_row = 0
        self._waiting: dict[str, tuple[Any, list[Item]]] = {}
        self._finished: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._threads, self._counted = 0, -_SECONDS_BETWEEN_COUNTS
        #: Batches whose workers died, more often than Dask tries again.
        self.died: list[list[Item]] = []

    def threads(self) -> int:
        """Return how many batches the workers can compute at once; they come and go."""
        if time.monotonic() - self._counted >= _SECONDS_BETWEEN_COUNTS:
            with _scheduler():
                self._threads = sum(self._client.nthreads().values())
            self._counted = time.monotonic()
        return self._threads

    def all(
        self, batches: Iterator[list[Item]], alone: bool = False
    ) -> Generator[Batch, None, None]:
        """Yield what becomes of batches; those whose workers died are put into `died`."""
        more = True
        while not self._progress.cancelled and (more or self._waiting):
            room = 1 if alone else max(1, _AHEAD * self.threads())
            while more and len(self._waiting) < room:
                items = next(batches, None)
                more = items is not None
                if items is not None:
                    self._submit(items)
            yield from self._next()

    def end(self) -> None:
        """Give up what is not finished."""
        with suppress(Exception):  # a client that is closed has given up everything
            self._client.cancel([future for future, _ in self._waiting.values()])
        self._waiting.clear()

    def _submit(self, items: list[Item]) -> None:
        with _scheduler():
            future = self._client.submit(
                embed_on_worker, *self._encoder, items, self._batch_size, pure=False
            )
            self._waiting[future.key] = future, items
            future.add_done_callback(self._finished.put)

    def _next(self) -> Iterator[Batch]:
        """Yield the batch that is finished next, or nothing after a while."""
        try:
            future = self._finished.get(timeout=_SECONDS_BETWEEN_LOOKS)
        except queue.Empty:
            if not self.threads():
                with suppress(Cancelled):
                    self._progress(self._done, self._total, "Waiting for Dask workers")
            return
        _, items = self._waiting.pop(future.key)
        batch = self._result(future, items)
        if batch is not None:
            self._done += len(batch)
            yield batch

    def _result(self, future: Any, items: list[Item]) -> Batch | None:
        from distributed import KilledWorker

        try:
            batch = self._gathered(future)
        except KilledWorker as error:
            self.died.append(items)
            self._died_in_a_row += 1
            if self._died_in_a_row > _MOST_DIED:
                raise _dying() from error
            return None
        except PanopticError:
            raise
        except Exception as error:
            if future.status != "error":
                raise _lost(error) from error
            # The package, or a module of the user's, is not there.
            raise EncoderError(
                f"The Dask workers cannot compute vectors: {named(error)}. They need panoptic_nb,"
                " what the encoder needs, and the same versions as here."
            ) from error
        self._died_in_a_row = 0
        return batch

    def _gathered(self, future: Any) -> Batch | None:
        """Fetch a result; it is computed again where the worker that has it dies meanwhile."""
        while not self._progress.cancelled:
            try:
                result: Batch = future.result(timeout=_SECONDS_FOR_A_RESULT)
                return result
            except TimeoutError:
                if future.status == "error":
                    raise
        return None


@contextmanager
def _scheduler() -> Iterator[None]:
    """Say in one sentence that the client is closed or its scheduler gone."""
    try:
        yield
    except Exception as error:  # distributed raises several kinds
        raise _lost(error) from error


def _lost(error: Exception) -> EncoderError:
    return EncoderError(
        f"The connection to the Dask scheduler was lost ({named(error)}). Finished batches are"
        " kept: connect again and call embed again."
    )


def _dying() -> EncoderError:
    return EncoderError(
        "The Dask workers die whatever images they are given. Most often they have too little"
        " memory: give each more (memory_limit=), or fewer images at a time (batch_size=). What was"
        " computed is kept."
    )


def _pickled(encoder: Encoder) -> bytes:
    import cloudpickle

    try:
        pickled: bytes = cloudpickle.dumps(encoder)
    except Exception as error:  # whatever a user's object holds: locks, open files, models
        raise EncoderError(
            f"The encoder {encoder.name!r} cannot be sent to Dask workers: {named(error)}. Let it"
            " load its model when it is first called, and not hold locks or open files."
        ) from error
    return pickled
