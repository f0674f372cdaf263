"""From image files to the vectors in the store, in batches that can be interrupted."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings.encoder import Encoder, encoding
from panoptic_nb.errors import EncoderError, ImageError, VectorError
from panoptic_nb.images import read_image
from panoptic_nb.progress import Progress
from panoptic_nb.scan import bounded_map
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_vectors import VectorSet
from panoptic_nb.vectors import bad_rows, normalise

# Images are made smaller while they are read, but keep some pixels for the encoder's own resizing.
_SPARE = 2


@dataclass(frozen=True)
class EmbedReport:
    """How many vectors were computed, and which images have none, with the reason."""

    done: int
    failed: list[tuple[str, str]]


@dataclass(frozen=True)
class _Decoded:
    sha1: str
    image: Image.Image | None
    reason: str = ""


def embed_images(
    store: MediaStore,
    encoder: Encoder,
    items: Sequence[tuple[str, Path]],
    progress: Progress | None = None,
    batch_size: int = 16,
) -> EmbedReport:
    """Compute the vectors that a store does not have yet.

    Each batch is kept as soon as it is done, so work that is cancelled or killed goes on where it
    was. Vectors are given unit length.

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
        Told how many images are done, after each batch; asked about a cancel at each image.
    batch_size
        Images at a time. Memory holds about three batches of decoded images; a cancel waits for
        one. On a CPU, larger batches are hardly faster.

    Raises
    ------
    VectorError
        When the store's set of that name was made by another model.
    EncoderError
        When the encoder cannot be loaded, or fails.
    Cancelled
        When `progress` was asked to cancel; finished batches are kept.
    """
    progress = progress or Progress()
    files: dict[str, list[Path]] = {}
    for sha1, path in items:
        files.setdefault(sha1, []).append(path)
    missing = list(files)
    existing = store.vector_sets().get(encoder.name)
    if existing is not None:
        missing = store.without_vector(encoder.name, missing)
    if not missing and (existing is None or _is_same_spec(existing, encoder)):
        return EmbedReport(0, [])  # before weights are loaded for nothing
    progress(0, len(missing), "Loading the model")
    if existing is not None:
        check_model(existing, encoder)
    failed: list[tuple[str, str]] = []
    seen = done = 0
    with closing(_batches(missing, files, encoder, progress, batch_size)) as batches:
        for batch in batches:
            seen += len(batch)
            failed += [(one.sha1, one.reason) for one in batch if one.image is None]
            refused = _embed_batch(store, encoder, [one for one in batch if one.image is not None])
            failed += refused
            done = seen - len(failed)
            progress(seen, len(missing), "Computing vectors")
    return EmbedReport(done, failed)


def _is_same_spec(existing: VectorSet, encoder: Encoder) -> bool:
    # Functions and encoders of the user's own have no spec: only their hash tells them apart.
    return bool(existing.encoder) and existing.encoder == getattr(encoder, "spec", "")


def check_model(existing: VectorSet, encoder: Encoder) -> None:
    """Raise VectorError when a vector set was not made by this encoder; loads its weights."""
    if (existing.model_hash, existing.dim) != (encoder.model_hash, encoder.dim):
        raise VectorError(
            f"The vector set {encoder.name!r} was made by another model of the same name (hash"
            f" {existing.model_hash or 'unknown'}, length {existing.dim}; now {encoder.model_hash},"
            f" {encoder.dim}), and vectors of two models cannot be mixed. Delete the set with"
            f" project.delete_vectors({encoder.name!r}) and embed again, or give the encoder"
            " another name.",
            key="other_weights",
            name=encoder.name,
        )


def _batches(
    missing: list[str],
    files: dict[str, list[Path]],
    encoder: Encoder,
    progress: Progress,
    batch_size: int,
) -> Generator[list[_Decoded], None, None]:
    """Decode in threads, ahead of the encoder by one batch."""
    image_size = getattr(encoder, "image_size", None)
    shortest_side = None if image_size is None else _SPARE * int(image_size)

    def decode(sha1: str) -> _Decoded:
        reason = ""
        for path in files[sha1]:
            try:
                return _Decoded(sha1, read_image(path, shortest_side))
            except ImageError as error:
                reason = reason or error.reason
        return _Decoded(sha1, None, reason)

    with (
        ThreadPoolExecutor(os.cpu_count() or 1, "panoptic-decode") as pool,
        closing(bounded_map(pool, decode, missing, ahead=batch_size + 1)) as decoded,
    ):
        yield from _grouped(decoded, progress, batch_size)


def _grouped(
    decoded: Iterator[_Decoded], progress: Progress, batch_size: int
) -> Iterator[list[_Decoded]]:
    batch: list[_Decoded] = []
    for one in decoded:
        progress.check()
        batch.append(one)
        if len(batch) == batch_size:
            yield batch
            batch = []
    if batch:
        yield batch


def _embed_batch(
    store: MediaStore, encoder: Encoder, batch: list[_Decoded]
) -> list[tuple[str, str]]:
    """Write the vectors of one batch; return the images whose vector cannot be used."""
    if not batch:
        return []
    sha1s = [one.sha1 for one in batch]
    vectors = _encode(encoder, [one.image for one in batch if one.image is not None])
    bad = bad_rows(vectors) | np.isnan(vectors).all(axis=1)
    if not bad.all():
        _create_set(store, encoder, vectors.shape[1])
        good = [sha1 for sha1, is_bad in zip(sha1s, bad, strict=True) if not is_bad]
        store.add_vectors(encoder.name, good, normalise(vectors[~bad]))
    reason = f"the encoder {encoder.name!r} gave no usable vector (zero, or not finite)"
    return [(sha1, reason) for sha1, is_bad in zip(sha1s, bad, strict=True) if is_bad]


def _encode(encoder: Encoder, images: list[Image.Image]) -> NDArray[np.float32]:
    with encoding(encoder.name, f"{len(images)} images"):
        vectors = np.asarray(encoder.encode_images(images))
    if vectors.shape != (len(images), encoder.dim):
        raise EncoderError(
            f"The encoder {encoder.name!r} gave shape {vectors.shape};"
            f" expected ({len(images)}, {encoder.dim})."
        )
    return vectors


def _create_set(store: MediaStore, encoder: Encoder, dim: int) -> None:
    # With the first vectors, so that an encoder that fails leaves no empty set behind.
    if encoder.name in store.vector_sets():
        return
    created = datetime.now(UTC).isoformat(timespec="seconds")
    store.create_vector_set(
        VectorSet(encoder.name, dim, getattr(encoder, "spec", ""), encoder.model_hash, created)
    )
