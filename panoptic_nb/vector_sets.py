"""The embeddings of a project's images: computed, brought, and handed to functions."""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.collection import Collection
from panoptic_nb.errors import EncoderError, NoVectorsError, VectorError
from panoptic_nb.files import ImageFile
from panoptic_nb.given_vectors import read_rows
from panoptic_nb.inputs import SAMPLE, TextEncoder
from panoptic_nb.large_arrays import ROWS, Arrays, fits
from panoptic_nb.progress import Progress
from panoptic_nb.record import now
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_vectors import VectorSet
from panoptic_nb.warn import warn

if TYPE_CHECKING:
    from panoptic_nb.embeddings import Encoder

# Rows of one image are expected to have one vector, but for rounding: cosine of two of them.
_SAME = 1 - 1e-3


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
    whole
        The vector sets of the project that these images are a part of.
    """

    def __init__(
        self,
        store: MediaStore,
        images: Collection,
        paths: Sequence[ImageFile],
        whole: VectorSets | None = None,
    ) -> None:
        self._store = store
        #: Vectors that do not fit into memory lie in files of the project folder.
        self.arrays = Arrays(store.path.parent)
        self._images = images
        self._paths = paths
        self._whole = whole
        self._encoders: dict[str, Encoder] = whole._encoders if whole else {}
        self._in_memory: dict[str, NDArray[np.float32]] = {}
        self._missing: dict[str, int] = {}
        self._reading = threading.Lock()
        #: Those that keep vectors of the same sets in memory.
        self._together: weakref.WeakSet[VectorSets]
        self._together = whole._together if whole else weakref.WeakSet()
        self._together.add(self)

    def all(self) -> dict[str, VectorSet]:
        """Return every vector set by name, the newest last."""
        return self._store.vector_sets()

    def find(self, name: str | None) -> str:
        """Return the name of a set that is there, or raise `VectorError`."""
        if name is None:
            raise no_vectors(None, len(self._images))
        known = self.all()
        if not isinstance(name, str) or name not in known:
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
        with self._reading:  # a million vectors are not read twice at once
            vectors = self._in_memory.get(name)
            if vectors is None:
                vectors = self._keep(name, self._read(name))
        return vectors

    def _keep(self, name: str, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        vectors.flags.writeable = False  # functions get this very array
        self._in_memory[name] = vectors
        return vectors

    def _read(self, name: str) -> NDArray[np.float32]:
        whole = self._whole
        known = whole._in_memory.get(name) if whole else None
        if whole is None or known is None:
            return self._store.vectors(name, self._images.sha1, self.arrays.new)
        return self.arrays.rows(known, whole._images.positions(self._images.sha1))

    def without_vector(self, name: str | None) -> int:
        """Return how many rows have no vector in a set."""
        if name is None:
            return self._images.n_rows
        if name not in self._missing:
            self._missing[name] = self._count_missing(name)
        return self._missing[name]

    def warm_up(self, name: str) -> None:
        """Read a set before it is asked for, where it leaves memory for other things."""
        size = 4 * self.all()[name].dim * len(self._images)
        if fits(size):
            self.of_images(name)

    def is_counted(self, name: str | None) -> bool:
        """Tell whether `without_vector` is answered at once; for many images it takes seconds."""
        return name is None or name in self._missing or name in self._in_memory

    def _count_missing(self, name: str) -> int:
        if name in self._in_memory:
            missing = np.flatnonzero(np.isnan(self._in_memory[name][:, 0]))
        else:
            sha1 = self._store.without_vector(name, self._images.sha1)
            missing = self._images.positions(sha1)
        return self._images.count_rows(missing)

    def embed(
        self,
        spec: Any,
        batch_size: int | None,
        progress: Progress,
        greyscale: bool = False,
        client: Any = None,
    ) -> str:
        """Compute what is missing of the set of an encoder; return its name."""
        from panoptic_nb.embeddings import embed_images, resolve_encoder

        progress(0, None, "loading the model")
        encoder = resolve_encoder(spec, greyscale)
        files = [self._paths[row] for row in self._images.first_rows]
        items = list(zip(self._images.sha1, files, strict=True))
        try:
            report = embed_images(self._store, encoder, items, progress, batch_size, client)
        finally:  # a cancelled run keeps what it computed
            self._forget_vectors(encoder.name)
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
        """Keep vectors that the user brought, in the place of a set of that name.

        Of several rows that show one image, the first that has a vector decides.
        """
        if not isinstance(name, str) or not name.strip():
            raise VectorError(f"A vector set needs a name, a text that is not empty. Got {name!r}.")
        self._check_nothing_lost(name)
        rows = read_rows(name, vectors, frame, self.arrays.new)
        images, by_image = self._by_image(name, rows)
        sha1 = [self._images.sha1[image] for image in images]
        digest = hashlib.sha256()
        for start in range(0, len(by_image), ROWS):
            digest.update(by_image[start : start + ROWS].tobytes())
        vector_set = VectorSet(name, rows.shape[1], "", digest.hexdigest()[:16], now())
        self._store.replace_vector_set(vector_set, sha1, by_image)
        self._forget(name)
        if len(by_image) < len(self._images):
            everything = self.arrays.new((len(self._images), rows.shape[1]))
            everything[:] = np.nan
            everything[images] = by_image
            by_image = everything
        self._keep(name, by_image)

    def delete(self, name: str) -> None:
        """Delete a set and its vectors, or raise `VectorError` when there is none of that name."""
        self._store.delete_vector_set(self.find(name))
        self._forget(name)

    def _check_nothing_lost(self, name: str) -> None:
        """Raise `VectorError` when a set of that name has vectors of images that are not here."""
        if self._whole is None or name not in self.all():
            return
        here = set(self._images.sha1)
        outside = [sha1 for sha1 in self._whole._images.sha1 if sha1 not in here]
        lost = len(outside) - len(self._store.without_vector(name, outside))
        if lost:
            raise VectorError(
                f"The vector set {name!r} also has vectors of {lost} images that are not in this "
                "part, and they would be lost. Choose another name, or add vectors to the whole "
                "project."
            )

    def _forget(self, name: str) -> None:
        self._forget_vectors(name)
        self._encoders.pop(name, None)

    def _forget_vectors(self, name: str) -> None:
        for sets in list(self._together):
            sets._in_memory.pop(name, None)
            sets._missing.pop(name, None)

    def _by_image(
        self, name: str, rows: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """Return the images that have a vector, and the vectors."""
        given = np.flatnonzero(~np.isnan(rows[:, 0]))
        images, first, which = np.unique(
            self._images.image_of_row[given], return_index=True, return_inverse=True
        )
        deciding = given[first]
        repeated = np.flatnonzero(given != deciding[which])
        similarity = np.einsum(
            "nd,nd->n", rows[given[repeated]], rows[deciding[which[repeated]]], dtype=np.float64
        )
        different = len(np.unique(which[repeated[similarity < _SAME]]))
        if different:
            warn(
                f"Images that stand in several rows with different vectors: {different}. Of each,"
                f" the set {name!r} keeps the vector of the first row that has one."
            )
        return images, self.arrays.rows(rows, deciding)

    def text_encoder(self, vector_set: VectorSet, progress: Progress) -> TextEncoder:
        """Return the text side of a vector set; it loads its model when a text is new."""

        def encode(texts: Sequence[str]) -> NDArray[np.float32]:
            from panoptic_nb.embeddings import embed_texts

            return embed_texts(
                self._store, vector_set, texts, lambda: self._with_texts(vector_set), progress
            )

        vectors = self.of_images(vector_set.name)
        sample = np.flatnonzero(~np.isnan(vectors[:, 0]))[:SAMPLE]
        return TextEncoder(encode, vectors[sample])

    def reads(self, name: str) -> tuple[bool, bool]:
        """Tell whether other images, and texts, can be compared with a set; loads no weights."""
        try:
            encoder = self.encoder_of(self.all()[name])
        except EncoderError:
            return False, False
        return True, encoder.has_text

    def encoder_of(self, vector_set: VectorSet) -> Encoder:
        """Return the encoder that made a set, or raise `EncoderError` when none is known."""
        from panoptic_nb.embeddings import resolve_encoder

        name = vector_set.name
        if name not in self._encoders and vector_set.encoder:
            self._encoders[name] = resolve_encoder(vector_set.encoder)
        encoder = self._encoders.get(name)
        if encoder is None:
            raise EncoderError(
                f"No model is known that made the vectors {name!r}, so they cannot be compared with"
                " texts or other images. Call project.embed() with the encoder that made them, or"
                " choose vectors of a model of images and text as vec_type, for example of"
                ' project.embed("ViT-B-32").',
                key="no_model_known",
                vec_type=name,
            )
        return encoder

    def _with_texts(self, vector_set: VectorSet) -> Encoder:
        from panoptic_nb.embeddings import no_text_side

        encoder = self.encoder_of(vector_set)
        if not encoder.has_text:
            raise no_text_side(vector_set.name)
        return encoder


def no_vectors(vec_type: str | None, n_images: int) -> NoVectorsError:
    """Return the error that says how to get vectors."""
    named = f" of the set {vec_type!r}" if vec_type else ""
    return NoVectorsError(
        f"Image vectors are needed for this, and none of the {n_images} images "
        f"has a vector{named}. Compute the vectors with project.embed() and try again.",
        key="no_vectors",
        images=n_images,
    )
