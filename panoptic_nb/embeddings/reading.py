"""From a file to the pixels that an encoder is given, if the file still is what it was."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

from PIL import Image

from panoptic_nb.errors import ImageError
from panoptic_nb.files import ImageFile, open_file
from panoptic_nb.images import content_sha1, decode, image_error, prepared

# Images are made smaller while they are read, but keep some pixels for the encoder's own resizing.
_SPARE = 2
_CHANGED = "changed since it was scanned; open the project again"


def read_content(sha1: str, paths: Sequence[ImageFile], image_size: int | None) -> Image.Image:
    """Read the image of a content from the first of some files that still has it.

    A file is read once; what is decoded is what was hashed, so an image never gets the vector of
    another one, whenever its file changes.

    Parameters
    ----------
    sha1
        Of the content.
    paths
        Files that had this content.
    image_size
        Side in pixels that the encoder resizes images to. The shortest side of a large image is
        made smaller, by whole factors, but not below twice that. None keeps every pixel.

    Raises
    ------
    ImageError
        When there is no such file, with the reason of the first.
    """
    reasons = []
    for path in paths:
        try:
            return _read(sha1, path, image_size)
        except ImageError as error:
            reasons.append(error)
    raise reasons[0]


def read_other(image: ImageFile | Image.Image, image_size: int | None) -> Image.Image:
    """Read a file of any content, or an image in memory, as `read_content` does.

    Raises
    ------
    ImageError
    """
    smaller = _too_large(image_size)
    if isinstance(image, Image.Image):
        return prepared(image, smaller)
    try:
        with open_file(image) as file:
            return decode(io.BytesIO(file.read()), smaller)[0]
    except (OSError, MemoryError, ValueError) as error:
        raise image_error(error) from error


def _too_large(image_size: int | None) -> Callable[[tuple[int, int]], float] | None:
    """Return how many times an image of some size may be made smaller; None for never."""
    if image_size is None:
        return None
    enough = _SPARE * image_size
    return lambda size: min(size) // enough


def _read(sha1: str, path: ImageFile, image_size: int | None) -> Image.Image:
    try:
        with open_file(path) as opened:
            file = io.BytesIO(opened.read())
    except (OSError, MemoryError, ValueError) as error:
        raise image_error(error) from error
    if content_sha1(file) != sha1:
        # Nothing in it is a reason of its own, and says more.
        raise ImageError(_CHANGED if file.getbuffer().nbytes else "empty file")
    return decode(file, _too_large(image_size))[0]
