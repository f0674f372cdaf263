"""What a Dask worker does: it makes the encoder once, keeps it, and embeds batches with it."""

from __future__ import annotations

import pickle
import socket
import threading
from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np

from panoptic_nb.embeddings.batch import Batch, Item, decode_item, embed_batch, encode_decoded
from panoptic_nb.embeddings.encoder import Encoder
from panoptic_nb.embeddings.heap import kept_heap
from panoptic_nb.embeddings.running import USUAL_BATCH, parts
from panoptic_nb.error_text import named
from panoptic_nb.errors import EncoderError

_NOT_THERE = "file not found"
_NONE = np.empty((0, 0), np.float32)


class _Kept:
    """An encoder, and the memory of its layers, which Dask's workers give back very eagerly."""

    def __init__(self, token: str, encoder: Encoder) -> None:
        self.token = token
        self.encoder = encoder
        self.lock = threading.Lock()
        self._heap = ExitStack()
        self._heap.enter_context(kept_heap())

    def let_go(self) -> None:
        self._heap.close()


_kept: _Kept | None = None
_making = threading.Lock()


def keep_encoder(token: str, encoder: Encoder | None) -> None:
    """Keep an encoder that is there already, for workers that are threads of this process."""
    global _kept
    with _making:
        if encoder is None and (_kept is None or _kept.token != token):
            return
        if _kept is not None:
            _kept.let_go()
        _kept = None if encoder is None else _Kept(token, encoder)


def embed_on_worker(
    token: str,
    pickled: bytes,
    model_hash: str,
    items: Sequence[Item],
    batch_size: int | None = None,
) -> Batch:
    """Embed some images with an encoder that is made when its token is new to this process.

    Parameters
    ----------
    token, pickled
        Name of the encoder among all, and the encoder.
    model_hash
        Hash of its weights where they are known: those of this machine must be the same.
    items
        The images.
    batch_size
        Images of one call of the encoder; as many as it likes on this machine by default.

    Raises
    ------
    EncoderError
        When the encoder cannot be made here, is another one, or fails.
    """
    kept = _encoder(token, pickled, model_hash)
    size = batch_size or getattr(kept.encoder, "batch_size", None) or USUAL_BATCH
    batches = [_embed(kept, part) for part in parts(items, size)]
    return Batch(
        [sha1 for batch in batches for sha1 in batch.sha1s],
        np.concatenate([batch.vectors for batch in batches if batch.sha1s] or [_NONE]),
        [(sha1, _explained(reason)) for batch in batches for sha1, reason in batch.failed],
    )


def _embed(kept: _Kept, items: Sequence[Item]) -> Batch:
    if getattr(kept.encoder, "thread_safe", False):
        return embed_batch(kept.encoder, items)
    decoded = [decode_item(kept.encoder, item) for item in items]
    with kept.lock:
        return encode_decoded(kept.encoder, decoded)


def _encoder(token: str, pickled: bytes, model_hash: str) -> _Kept:
    global _kept
    with _making:
        if _kept is not None and _kept.token == token:
            return _kept
        try:
            encoder: Encoder = pickle.loads(pickled)
        except Exception as error:  # whatever a module of the user's raises when it is imported
            raise EncoderError(
                f"The Dask worker on {socket.gethostname()} cannot make the encoder:"
                f" {named(error)}. What it needs must be installed there too."
            ) from error
        if encoder.model_hash != model_hash:
            raise EncoderError(
                f"The weights of {encoder.name!r} on {socket.gethostname()} are others (hash"
                f" {encoder.model_hash}) than here ({model_hash}). Give all Dask workers the same"
                " weights file."
            )
        if _kept is not None:
            _kept.let_go()
        _kept = _Kept(token, encoder)
        return _kept


def _explained(reason: str) -> str:
    if reason != _NOT_THERE:
        return reason
    return (
        f"file not found by the Dask worker on {socket.gethostname()}; workers on other machines"
        " need to see the same folders"
    )
