"""One batch of images, from files to unit vectors: the work of one thread or one Dask worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from panoptic_nb.embeddings.encoder import Encoder, encoding
from panoptic_nb.embeddings.reading import read_content
from panoptic_nb.errors import EncoderError, ImageError
from panoptic_nb.files import ImageFile
from panoptic_nb.vectors import bad_rows, normalise

#: The sha1 of an image, and the files that have this content.
Item = tuple[str, Sequence[ImageFile]]


@dataclass(frozen=True)
class Decoded:
    """The pixels of an image, or the reason why there are none."""

    sha1: str
    image: Image.Image | None
    reason: str = ""


@dataclass(frozen=True)
class Batch:
    """What became of some images.

    Parameters
    ----------
    sha1s
        Those that have a vector.
    vectors
        Unit vectors, float32 (len(sha1s), dim).
    failed
        Pairs of sha1 and reason of the others.
    """

    sha1s: list[str]
    vectors: NDArray[np.float32]
    failed: list[tuple[str, str]]

    def __len__(self) -> int:
        return len(self.sha1s) + len(self.failed)


def embed_batch(encoder: Encoder, items: Sequence[Item]) -> Batch:
    """Read, encode and normalise some images; touches neither a store nor a project.

    Raises
    ------
    EncoderError
        When the encoder fails. A file that cannot be read is told in the result.
    """
    return encode_decoded(encoder, [decode_item(encoder, item) for item in items])


def decode_item(encoder: Encoder, item: Item) -> Decoded:
    """Read one image as large as the encoder wants it."""
    sha1, paths = item
    size = getattr(encoder, "image_size", None)
    try:
        return Decoded(sha1, read_content(sha1, paths, None if size is None else int(size)))
    except ImageError as error:
        return Decoded(sha1, None, error.reason)


def encode_decoded(encoder: Encoder, decoded: Sequence[Decoded]) -> Batch:
    """Encode the images that could be read, and sort out vectors that cannot be used."""
    failed = [(one.sha1, one.reason) for one in decoded if one.image is None]
    images = [one.image for one in decoded if one.image is not None]
    if not images:
        return Batch([], np.empty((0, 0), np.float32), failed)
    vectors = _encode(encoder, images)
    bad = bad_rows(vectors) | np.isnan(vectors).all(axis=1)
    reason = f"the encoder {encoder.name!r} gave no usable vector (zero, or not finite)"
    sha1s = [one.sha1 for one in decoded if one.image is not None]
    failed += [(sha1, reason) for sha1, is_bad in zip(sha1s, bad, strict=True) if is_bad]
    good = [sha1 for sha1, is_bad in zip(sha1s, bad, strict=True) if not is_bad]
    return Batch(good, normalise(vectors[~bad]), failed)


def _encode(encoder: Encoder, images: list[Image.Image]) -> NDArray[np.float32]:
    with encoding(encoder.name, f"{len(images)} images"):
        vectors = np.asarray(encoder.encode_images(images))
    if vectors.shape != (len(images), encoder.dim):
        raise EncoderError(
            f"The encoder {encoder.name!r} gave shape {vectors.shape};"
            f" expected ({len(images)}, {encoder.dim})."
        )
    return vectors
