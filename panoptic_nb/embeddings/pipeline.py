"""From image files to the vectors in the store, in batches that can be interrupted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from panoptic_nb.embeddings.batch import Batch, Item
from panoptic_nb.embeddings.encoder import Encoder
from panoptic_nb.embeddings.on_dask import batches_on, check_client
from panoptic_nb.embeddings.running import batches
from panoptic_nb.errors import Cancelled, VectorError
from panoptic_nb.files import ImageFile
from panoptic_nb.progress import Progress
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_vectors import VectorSet


@dataclass(frozen=True)
class EmbedReport:
    """How many vectors were computed, and which images have none, with the reason."""

    done: int
    failed: list[tuple[str, str]]


def embed_images(
    store: MediaStore,
    encoder: Encoder,
    items: Sequence[tuple[str, ImageFile]],
    progress: Progress | None = None,
    batch_size: int | None = None,
    client: Any = None,
) -> EmbedReport:
    """Compute the vectors that a store does not have yet.

    Each batch is kept as soon as it is done, so work that is cancelled or killed goes on where it
    was. Vectors are given unit length. A file whose content is no longer the one of its sha1 is
    left out, with that reason.

    Parameters
    ----------
    store
        Where the vectors go, into the set that has the encoder's name; it is made if need be.
    encoder
        What makes the vectors.
    items
        Pairs of sha1 and a file of that content. An image may have several files: the first that
        can be read is used.
    progress
        Told how many images are done, after each batch; asked about a cancel all the time.
    batch_size
        Images that are encoded at a time, on all cores together; as many as the encoder likes by
        default. Memory holds about three times as many; a cancel waits for them.
    client
        A ``distributed.Client``, for workers that compute in the place of this process.

    Raises
    ------
    VectorError
        When the store's set of that name was made by another model.
    EncoderError
        When the encoder cannot be loaded, or fails.
    ProjectError
        When the store cannot be written, for example because the disk is full.
    Cancelled
        When `progress` was asked to cancel; finished batches are kept.
    """
    progress = progress or Progress()
    if client is not None:
        check_client(client)
    missing = missing_items(store, encoder, items)
    existing = store.vector_sets().get(encoder.name)
    if not missing and (existing is None or _is_same_spec(existing, encoder)):
        return EmbedReport(0, [])  # before weights are loaded for nothing
    progress(0, len(missing), "loading the model")
    model_hash = encoder.model_hash  # loads the weights: what is wrong with them is said here
    if existing is not None and existing.model_hash != model_hash:
        raise other_model(existing, encoder)
    of_batches = batches if client is None else partial(batches_on, client)
    with closing(of_batches(encoder, missing, progress, batch_size)) as finished:
        report = keep(store, encoder, finished, len(missing), progress)
    progress.check()
    return report


def missing_items(
    store: MediaStore, encoder: Encoder, items: Iterable[tuple[str, ImageFile]]
) -> list[Item]:
    """Return the images that have no vector in the encoder's set, each once, with its files."""
    files: dict[str, list[ImageFile]] = {}
    for sha1, path in items:
        files.setdefault(sha1, []).append(path)
    if encoder.name not in store.vector_sets():
        return list(files.items())
    missing = store.without_vector(encoder.name, list(files))
    return [(sha1, files[sha1]) for sha1 in missing]


def keep(
    store: MediaStore, encoder: Encoder, finished: Iterable[Batch], total: int, progress: Progress
) -> EmbedReport:
    """Write batches as they come, each in one transaction; the only writer of vectors.

    After a cancel it goes on with what still comes: whoever makes the batches ends them.
    """
    failed: list[tuple[str, str]] = []
    done = 0
    for batch in finished:
        if batch.sha1s:
            _write(store, encoder, batch)
        failed += batch.failed
        done += len(batch.sha1s)
        with suppress(Cancelled):
            progress(done + len(failed), total, "Computing vectors")
    return EmbedReport(done, sorted(failed))


def _is_same_spec(existing: VectorSet, encoder: Encoder) -> bool:
    # Functions and encoders of the user's own have no spec: only their hash tells them apart.
    return bool(existing.encoder) and existing.encoder == getattr(encoder, "spec", "")


def other_model(existing: VectorSet, encoder: Encoder) -> VectorError:
    """Return the error for a vector set that was not made by this encoder."""
    return VectorError(
        f"The vector set {encoder.name!r} was made by another model of the same name (hash"
        f" {existing.model_hash or 'unknown'}, length {existing.dim}; now {encoder.model_hash},"
        f" {encoder.dim}), and vectors of two models cannot be mixed. Delete the set with"
        f" project.delete_vectors({encoder.name!r}) and embed again, or give the encoder"
        " another name.",
        key="other_weights",
        name=encoder.name,
    )


def _write(store: MediaStore, encoder: Encoder, batch: Batch) -> None:
    dim = batch.vectors.shape[1]
    existing = store.vector_sets().get(encoder.name)
    if existing is None:
        # With the first vectors, so that an encoder that fails leaves no empty set behind.
        created = datetime.now(UTC).isoformat(timespec="seconds")
        spec = getattr(encoder, "spec", "")
        store.create_vector_set(VectorSet(encoder.name, dim, spec, encoder.model_hash, created))
    elif existing.dim != dim:
        raise other_model(existing, encoder)
    store.add_vectors(encoder.name, batch.sha1s, batch.vectors)
