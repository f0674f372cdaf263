"""Reading image files safely: pixels, hashes, thumbnails. Knows nothing of tables or databases."""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from panoptic_nb.errors import ImageError
from panoptic_nb.files import ImageFile, open_file

# Vector and document formats need an interpreter (Ghostscript for EPS, the operating system for
# WMF) and stubs name data that Pillow cannot decode. They are never opened, whatever the file's
# extension says: the content decides, so the list is also passed to Image.open.
_NOT_RASTER = frozenset(
    {"EPS", "PDF", "WMF", "MPEG", "BUFR", "GRIB", "HDF5", "IPTC", "PALM"},
)
# MPO (two JPEGs in one file, from stereo cameras) registers no reader of its own: JPEG's opens it.
_READ_BY_ANOTHER = {"MPO": "JPEG"}
_WHITE = (255, 255, 255)
_SIDEWAYS = (5, 6, 7, 8)  # values of the EXIF orientation that swap width and height


def raster_formats() -> list[str]:
    """Names of the formats that are opened: all that Pillow can decode to pixels.

    Formats registered by other packages (HEIF, for instance) count from the moment they register.
    """
    Image.init()
    named = {_READ_BY_ANOTHER.get(name, name) for name in Image.registered_extensions().values()}
    return sorted(name for name in named - _NOT_RASTER if name in Image.OPEN)


def image_extensions() -> frozenset[str]:
    """Extensions (lower case, with the dot) that a folder scan takes for images."""
    formats = set(raster_formats())
    return frozenset(
        extension
        for extension, name in Image.registered_extensions().items()
        if _READ_BY_ANOTHER.get(name, name) in formats
    )


def read_image(path: ImageFile | str, shortest_side: int | None = None) -> Image.Image:
    """Read one image file as upright RGB.

    EXIF orientation is applied, transparency is laid on white, animations and multi-page files
    give their first frame, 16-bit greys are scaled from 0..65535, 32-bit greys from their own
    minimum and maximum. The content decides, not the extension.

    Parameters
    ----------
    path
        The file.
    shortest_side
        When given, the image is made smaller, so that its shortest side is this many pixels;
        smaller images are left as they are. Large JPEGs are then decoded much faster.

    Returns
    -------
    PIL.Image.Image
        Mode "RGB".

    Raises
    ------
    ImageError
        With a short ``reason``, for any file that cannot be read.
    """
    return read_image_and_size(path, shortest_side)[0]


def read_image_and_size(
    path: ImageFile | str, shortest_side: int | None = None
) -> tuple[Image.Image, tuple[int, int]]:
    """Read as `read_image` does, and give (width, height) of the upright image in the file.

    The size differs from that of the returned image when `shortest_side` made it smaller.
    """
    try:
        with open_file(path) as file:
            if shortest_side is None:
                return decode(file)
            return decode(file, lambda size: min(size) / shortest_side)
    except OSError as error:
        raise image_error(error) from error


def decode(
    file: BinaryIO,
    times_too_large: Callable[[tuple[int, int]], float] | None = None,
    fast: bool = False,
) -> tuple[Image.Image, tuple[int, int]]:
    """Decode an image to upright RGB, as `read_image` describes.

    Parameters
    ----------
    file
        The content; it can be sought.
    times_too_large
        How many times larger than needed an image of some (width, height) is: it is then made so
        many times smaller. The decoder does a part of that itself where it can.
    fast
        Make it smaller in a way that is fast, and still good enough to look at.

    Returns
    -------
    image : PIL.Image.Image
        Mode "RGB".
    size : tuple of int
        Width and height of the upright image in the file.

    Raises
    ------
    ImageError
        For any content that cannot be decoded.
    """
    try:
        with Image.open(file, formats=raster_formats()) as opened:
            full = opened.size
            if times_too_large is not None:
                _draft(opened, times_too_large(full))
            drafted = opened.size != full
            opened.load()
            upright, turned = _upright(opened)
            size = upright.size
            if drafted:
                size = (full[1], full[0]) if turned else full
            image = _as_rgb(upright)
            if times_too_large is not None:
                image = _shrink(image, times_too_large(image.size), fast)
            # What Image.open returned is closed by its `with`.
            return (image.copy() if image is opened else image), size
    except Exception as error:  # decoders raise anything on damaged files, struct.error included
        raise image_error(error, file) from error


def prepared(
    image: Image.Image, times_too_large: Callable[[tuple[int, int]], float] | None = None
) -> Image.Image:
    """Return an image in memory as `decode` returns one that is in a file.

    Raises
    ------
    ImageError
        Its pixels, which Pillow may read only now, cannot be read.
    """
    try:
        rgb = _as_rgb(_upright(image)[0])
        return rgb if times_too_large is None else _shrink(rgb, times_too_large(rgb.size), False)
    except Exception as error:
        raise image_error(error) from error


def file_sha1(path: ImageFile | str) -> str:
    """Return the sha1 of a file's content, as 40 hexadecimal digits.

    Raises
    ------
    ImageError
        When the file cannot be read.
    """
    try:
        with open_file(path) as file:
            return content_sha1(file)
    except OSError as error:
        raise image_error(error) from error


def content_sha1(file: BinaryIO) -> str:
    """Return the sha1 of what an open file holds, as 40 hexadecimal digits."""
    return hashlib.file_digest(file, _new_sha1).hexdigest()  # type: ignore[arg-type]


def average_hash(image: Image.Image) -> int:
    """Return the average hash of an image: 64 bits, unsigned.

    The standard aHash (N. Krawetz, "Looks Like It", 2011): shrink to 8 x 8 greys, and set a bit
    where a pixel is brighter than their mean. The top left pixel is the most significant bit, as
    in the hexadecimal form of other implementations.

    Parameters
    ----------
    image
        An image of any mode and size.
    """
    small = image.convert("L").resize((8, 8), Image.Resampling.LANCZOS)
    pixels = np.asarray(small)
    return int.from_bytes(np.packbits(pixels > pixels.mean()).tobytes(), "big")


def thumbnail(image: Image.Image, size: int) -> bytes:
    """Return the image as a JPEG of quality 75 whose longest side is at most `size` pixels.

    Images that are small already keep their size.
    """
    small = image.copy()
    small.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def _new_sha1() -> Any:
    # Only a key: systems in FIPS mode refuse sha1 otherwise.
    return hashlib.sha1(usedforsecurity=False)


def _draft(image: Image.Image, factor: float) -> None:
    """Let the JPEG decoder make the image 2, 4 or 8 times smaller, but not below what is needed."""
    if factor > 1:
        wanted = (math.ceil(image.width / factor), math.ceil(image.height / factor))
        image.draft(None, wanted)


def _upright(image: Image.Image) -> tuple[Image.Image, bool]:
    """Apply the EXIF orientation; the flag tells whether width and height changed places."""
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
        if orientation == 1:
            return image, False
        return ImageOps.exif_transpose(image), orientation in _SIDEWAYS
    except Exception:  # an unreadable EXIF block says nothing about the pixels
        return image, False


def _as_rgb(image: Image.Image) -> Image.Image:
    if image.mode == "I" or image.mode == "F" or image.mode.startswith("I;"):
        image = _scale_deep_grey(image)
    if image.mode == "LAB":
        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
        assert converted is not None  # None only for in-place conversions
        image = converted
    if image.has_transparency_data:
        rgba = image.convert("RGBA")
        white = Image.new("RGB", rgba.size, _WHITE)
        white.paste(rgba, mask=rgba.getchannel("A"))
        return white
    return image if image.mode == "RGB" else image.convert("RGB")


def _scale_deep_grey(image: Image.Image) -> Image.Image:
    """Turn 16-bit or 32-bit greys into 8 bits; Pillow's own conversion clips them at 255."""
    values: NDArray[np.float64] = np.asarray(image).astype(np.float64)
    finite = np.isfinite(values)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 0.0)
    # Mode I holds 16-bit greys too (in files of several formats).
    if image.mode != "F" and low >= 0 and high <= 65535:
        low, high = 0.0, 65535.0
    scale = 255.0 / (high - low) if high > low else 0.0
    scaled = np.where(finite, (values - low) * scale, 0.0)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))


def _shrink(image: Image.Image, factor: float, fast: bool) -> Image.Image:
    if factor <= 1:
        return image
    size = (max(1, round(image.width / factor)), max(1, round(image.height / factor)))
    if fast:
        return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=1.2)
    return image.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def image_error(error: Exception, file: BinaryIO | None = None) -> ImageError:
    """Return the ImageError that says in a few words why a file cannot be read or decoded."""
    return error if isinstance(error, ImageError) else ImageError(_reason(error, file))


def _reason(error: Exception, file: BinaryIO | None) -> str:
    if isinstance(error, FileNotFoundError):
        return "file not found"
    if isinstance(error, PermissionError):
        return "no permission to read the file"
    if isinstance(error, IsADirectoryError):
        return "is a folder"
    if isinstance(error, MemoryError):
        return "not enough memory to decode it"
    if isinstance(error, (Image.DecompressionBombError, Image.DecompressionBombWarning)):
        return f"too large: more than {2 * (Image.MAX_IMAGE_PIXELS or 0) // 10**6} million pixels"
    if isinstance(error, UnidentifiedImageError):
        return "empty file" if file and _is_empty(file) else "not an image, or an unknown format"
    if isinstance(error, EOFError) or "truncated" in str(error).lower():
        return "truncated file"
    return f"damaged file ({str(error) or type(error).__name__})"


def _is_empty(file: BinaryIO) -> bool:
    try:
        return file.seek(0, io.SEEK_END) == 0
    except (OSError, ValueError):
        return False
