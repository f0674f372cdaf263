"""The embeddings of a project's images: computed, brought, and handed to functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.collection import Collection
from panoptic_nb.errors import NoVectorsError, VectorError
from panoptic_nb.inputs import TextEncoder
from panoptic_nb.progress import Progress
from panoptic_nb.record import now
from panoptic_nb.store import MediaStore, VectorSet

if TYPE_CHECKING:
    from panoptic_nb.embeddings import Encoder


class VectorSets:
    """All vector sets of a project, by name.

    Parameters
    ----------
    store
        Where vectors are kept.
    images
        The images of the project.
    paths
        The file of each row.
    """

    def __init__(self, store: MediaStore, images: Collection, paths: Sequence[Path]) -> None:
        self._store = store
        self._images = images
        self._paths = paths
        self._encoders: dict[str, Encoder] = {}
        self._in_memory: dict[str, NDArray[np.float32]] = {}

    def all(self) -> dict[str, VectorSet]:
        """Return every vector set by name, the newest last."""
        return self._store.vector_sets()

    def find(self, name: str | None) -> str:
        """Return the name of a set that is there, or raise `VectorError`."""
        if name is None:
            raise no_vectors(None, len(self._images))
        known = self.all()
        if name not in known:
            choices = ", ".join(known) or "none; call project.embed()"
            raise VectorError(
                f"There is no vector set {name!r}. Vector sets: {choices}.",
                key="no_vector_set",
                vec_type=name,
                choices=choices,
            )
        return name

    def of_images(self, name: str) -> NDArray[np.float32]:
        """Return unit vectors, float32 (images, d), NaN rows where an image has none."""
        if name not in self._in_memory:
            self._in_memory[name] = self._store.vectors(name, self._images.sha1)
        return self._in_memory[name]

    def without_vector(self, name: str | None) -> int:
        """Return how many rows have no vector in a set."""
        if name is None:
            return self._images.n_rows
        missing = self._store.without_vector(name, self._images.sha1)
        return self._images.count_rows(self._images.positions(missing))

    def embed(self, spec: Any, batch_size: int, progress: Progress) -> str:
        """Compute what is missing of the set of an encoder; return its name."""
        from panoptic_nb.embeddings import embed_images, resolve_encoder

        progress(0, None, "loading the model")
        encoder = resolve_encoder(spec)
        files = [self._paths[row] for row in self._images.first_rows]
        items = list(zip(self._images.sha1, files, strict=True))
        try:
            report = embed_images(self._store, encoder, items, progress, batch_size)
        finally:  # a cancelled run keeps what it computed
            self._in_memory.pop(encoder.name, None)
        self._encoders[encoder.name] = encoder
        if report.failed:
            reason = report.failed[0][1]
            progress.notice(
                f"{len(report.failed)} images got no vector. The first reason: {reason}.",
                key="some_failed",
                images=len(report.failed),
                reason=reason,
            )
        return encoder.name

    def add(self, name: str, vectors: Any, frame: pd.DataFrame) -> None:
        """Keep vectors that the user brought, in the place of a set of that name."""
        rows = read_rows(vectors, frame)
        by_image = rows[self._images.first_rows]
        given = ~np.isnan(by_image[:, 0])
        sha1 = [value for value, keep in zip(self._images.sha1, given, strict=True) if keep]
        digest = hashlib.sha256(by_image[given].tobytes()).hexdigest()[:16]
        if name in self.all():
            self._store.delete_vector_set(name)
        self._store.create_vector_set(VectorSet(name, rows.shape[1], "", digest, now()))
        self._store.add_vectors(name, sha1, by_image[given])
        self._in_memory.pop(name, None)

    def text_encoder(self, vector_set: VectorSet) -> TextEncoder:
        """Return the text side of a vector set; it loads its model when first used."""

        def encode(texts: Sequence[str]) -> NDArray[np.float32]:
            from panoptic_nb.embeddings import resolve_encoder
            from panoptic_nb.vectors import normalise

            name = vector_set.name
            if name not in self._encoders and vector_set.encoder:
                self._encoders[name] = resolve_encoder(vector_set.encoder)
            encoder = self._encoders.get(name)
            if encoder is None or not encoder.has_text:
                return TextEncoder.missing(name).encode(texts)
            return normalise(encoder.encode_texts(texts))

        return TextEncoder(encode)


def no_vectors(vec_type: str | None, n_images: int) -> NoVectorsError:
    """Return the error that says how to get vectors."""
    named = f" of the set {vec_type!r}" if vec_type else ""
    return NoVectorsError(
        f"For the clustering function image vectors are needed, and none of the {n_images} images "
        f"has a vector{named}. Compute the vectors with project.embed() and try again.",
        key="no_vectors",
        images=n_images,
    )


def read_rows(vectors: Any, frame: pd.DataFrame) -> NDArray[np.float32]:
    """Return vectors that a user brought as unit rows in the order of the frame.

    Parameters
    ----------
    vectors
        Array (n, d); mapping from index label to vector; or the name of a column of vectors.

    Returns
    -------
    ndarray of float32 (n, d)
        NaN rows where there is none.

    Raises
    ------
    VectorError
        Shape, values or labels are wrong.
    """
    from panoptic_nb.vectors import check_vectors

    if isinstance(vectors, str):
        if vectors not in frame.columns:
            raise VectorError(f"There is no column {vectors!r} to take vectors from.")
        column = frame[vectors]
        vectors = dict(column[column.notna()].items())
    if isinstance(vectors, Mapping):
        vectors = _from_mapping(vectors, frame.index)
    return check_vectors(vectors, len(frame))


def _from_mapping(vectors: Mapping[Any, Any], index: pd.Index) -> NDArray[np.float32]:
    unknown = [label for label in vectors if label not in index]
    if unknown or not vectors:
        raise VectorError(
            f"{len(unknown)} of {len(vectors)} labels of the vectors are not in the index of "
            f"project.df{f', for example {unknown[0]!r}' if unknown else ''}. Use its labels as "
            "keys."
        )
    lengths = {np.size(vector) for vector in vectors.values()}
    if len(lengths) > 1:
        raise VectorError(f"Vectors of one set have one length. Got {sorted(lengths)}.")
    rows = np.full((len(index), lengths.pop()), np.nan, np.float32)
    at = index.get_indexer_for(pd.Index(list(vectors)))
    rows[at] = np.stack([np.asarray(vector, np.float32).ravel() for vector in vectors.values()])
    return rows
