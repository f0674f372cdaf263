"""What a scan keeps of an image: its size, average hash and thumbnails, made in one go.

Made from as few pixels as will do: a JPEG is decoded 2, 4 or 8 times smaller where that is still
larger than the largest thumbnail, each thumbnail is made from the one before, the hash from the
last.
"""

from __future__ import annotations

import io
import os
from typing import BinaryIO

from panoptic_nb.error_text import first_line
from panoptic_nb.errors import ImageError
from panoptic_nb.files import ImageFile, open_file
from panoptic_nb.images import average_hash, decode, thumbnail
from panoptic_nb.stored_images import ImageRow

#: Longest sides, in pixels, of the thumbnails that are kept, each half of the one before.
THUMBNAIL_SIZES = (256, 128)
# Larger files are read piece by piece, so that the memory of several threads stays bounded.
_WHOLE = 64 * 2**20


def opened(path: ImageFile) -> BinaryIO:
    """Open a file to be read more than once; the content of all but huge files is read now.

    Raises
    ------
    OSError
        When the file cannot be read.
    ImageError
        When a remote file cannot be fetched.
    """
    file = open_file(path)
    if isinstance(file, io.BytesIO) or os.fstat(file.fileno()).st_size > _WHOLE:
        return file
    with file:
        return io.BytesIO(file.read())


def what_is_kept(file: BinaryIO, sha1: str) -> ImageRow:
    """Return what the store keeps of the image that an open file holds.

    Raises
    ------
    ImageError
        When the content cannot be decoded.
    """
    image, (width, height) = decode(file, _times_too_large, fast=True)
    try:
        jpegs = {}
        for size in THUMBNAIL_SIZES:
            if max(image.size) == 2 * size:
                image = image.reduce(2)
            jpegs[size] = thumbnail(image, size)
        return ImageRow(sha1, width, height, average_hash(image), jpegs)
    except (OSError, ValueError, MemoryError) as error:
        raise ImageError(f"no thumbnail can be made of it ({first_line(error)})") from error


def _times_too_large(size: tuple[int, int]) -> float:
    return max(size) / THUMBNAIL_SIZES[0]
