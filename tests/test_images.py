from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from panoptic_nb.errors import ImageError
from panoptic_nb.images import (
    average_hash,
    file_sha1,
    image_extensions,
    read_image,
    read_image_and_size,
    thumbnail,
)

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def four_corners(width: int = 40, height: int = 20) -> Image.Image:
    """Top left red, top right green, bottom left blue, bottom right white."""
    image = Image.new("RGB", (width, height))
    halves = (width // 2, height // 2)
    for colour, corner in (
        (RED, (0, 0)),
        (GREEN, (halves[0], 0)),
        (BLUE, (0, halves[1])),
        (WHITE, halves),
    ):
        image.paste(colour, (*corner, corner[0] + halves[0], corner[1] + halves[1]))
    return image


def colours_at_corners(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    points = ((2, 2), (width - 3, 2), (2, height - 3), (width - 3, height - 3))
    return [image.getpixel(point) for point in points]


def assert_close(colours: object, expected: object, tolerance: int = 12) -> None:
    assert np.abs(np.subtract(colours, expected)).max() <= tolerance, colours


@pytest.mark.parametrize(
    ("extension", "options"),
    [
        (".png", {}),
        (".tif", {"compression": "tiff_lzw"}),
        (".webp", {"lossless": True}),
        (".bmp", {}),
        (".gif", {}),
        (".jpg", {"quality": 95, "subsampling": 0}),
        (".ppm", {}),
        (".tga", {}),
    ],
)
def test_common_formats_give_the_same_pixels(tmp_path: Path, extension: str, options: dict) -> None:
    path = tmp_path / f"image{extension}"
    four_corners().save(path, **options)
    image = read_image(path)
    assert (image.mode, image.size) == ("RGB", (40, 20))
    assert_close(colours_at_corners(image), [RED, GREEN, BLUE, WHITE])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("extension", [".jpg", ".png", ".webp", ".tif"])
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int, extension: str) -> None:
    # The inverse of what each orientation asks for, so that upright is always the same image.
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = four_corners(1600, 800)
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"turned{extension}"
    stored.save(path, exif=exif)
    for shortest_side in (None, 100):
        image, size = read_image_and_size(path, shortest_side)
        assert size == (1600, 800)
        assert image.size == ((1600, 800) if shortest_side is None else (200, 100))
        assert_close(colours_at_corners(image), [RED, GREEN, BLUE, WHITE])


def test_square_jpeg_that_is_drafted_keeps_its_true_size(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "nearly_square.jpg"
    # An eighth of 3999 x 4000 is 500 x 500: only the EXIF tells that the sides change places.
    Image.new("RGB", (3999, 4000), RED).save(path, exif=exif)
    image, size = read_image_and_size(path, 400)
    assert size == (4000, 3999)
    assert min(image.size) == 400


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    rgba = Image.new("RGBA", (4, 4), (0, 0, 0, 0))
    rgba.putpixel((0, 0), (255, 0, 0, 255))
    rgba.putpixel((1, 0), (0, 0, 0, 128))
    path = tmp_path / "alpha.png"
    rgba.save(path)
    image = read_image(path)
    assert image.getpixel((0, 0)) == RED
    assert_close(image.getpixel((1, 0)), (127, 127, 127), 1)
    assert image.getpixel((3, 3)) == WHITE


def test_palette_with_transparent_colour_is_laid_on_white(tmp_path: Path) -> None:
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    for name in ("palette.png", "palette.gif"):
        palette.save(tmp_path / name, transparency=0)
        image = read_image(tmp_path / name)
        assert [image.getpixel((x, 0)) for x in (0, 1)] == [WHITE, BLUE]


def test_grey_with_alpha_and_bilevel_open(tmp_path: Path) -> None:
    Image.new("LA", (3, 3), (0, 0)).save(tmp_path / "la.png")
    Image.new("1", (3, 3), 1).save(tmp_path / "bilevel.tif")
    for name in ("la.png", "bilevel.tif"):
        assert read_image(tmp_path / name).getpixel((1, 1)) == WHITE


def test_cmyk_jpeg_opens_with_its_colours(tmp_path: Path) -> None:
    path = tmp_path / "cmyk.jpg"
    four_corners().convert("CMYK").save(path, quality=95, subsampling=0)
    with Image.open(path) as stored:
        assert stored.mode == "CMYK"
    image = read_image(path)
    assert image.mode == "RGB"
    assert_close(colours_at_corners(image), [RED, GREEN, BLUE, WHITE], 30)


@pytest.mark.parametrize("extension", [".png", ".tif"])
def test_16_bit_greys_are_scaled_not_clipped(tmp_path: Path, extension: str) -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    path = tmp_path / f"deep{extension}"
    Image.fromarray(ramp).save(path)
    greys = np.asarray(read_image(path))[..., 0].ravel()
    np.testing.assert_allclose(greys, np.arange(256), atol=1)


def test_dark_16_bit_image_stays_dark(tmp_path: Path) -> None:
    Image.fromarray(np.full((4, 4), 2570, np.uint16)).save(tmp_path / "dark.png")
    assert read_image(tmp_path / "dark.png").getpixel((0, 0)) == (10, 10, 10)


def test_float_tiff_is_scaled_from_its_own_range(tmp_path: Path) -> None:
    values = np.array([[-2.0, 0.0], [2.0, np.nan]], np.float32)
    Image.fromarray(values).save(tmp_path / "float.tif")
    greys = np.asarray(read_image(tmp_path / "float.tif"))[..., 0]
    np.testing.assert_allclose(greys, [[0, 128], [255, 0]], atol=1)


def test_float_tiff_without_contrast_opens(tmp_path: Path) -> None:
    Image.fromarray(np.full((2, 2), np.nan, np.float32)).save(tmp_path / "nan.tif")
    assert read_image(tmp_path / "nan.tif").getpixel((0, 0)) == (0, 0, 0)


def test_lab_tiff_opens_with_its_colours(tmp_path: Path) -> None:
    Image.new("LAB", (4, 4), (128, 128, 128)).save(tmp_path / "lab.tif")  # grey: a = b = 0
    assert_close(read_image(tmp_path / "lab.tif").getpixel((0, 0)), (119, 119, 119), 6)


def test_first_frame_or_page_is_read(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (5, 5), colour) for colour in (RED, GREEN, BLUE)]
    for name in ("animated.gif", "animated.webp", "pages.tif", "animated.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
        assert_close(read_image(tmp_path / name).getpixel((2, 2)), RED)


def test_content_decides_not_the_extension(tmp_path: Path) -> None:
    four_corners().save(tmp_path / "image.png")
    wrong = (tmp_path / "image.png").rename(tmp_path / "image.jpg")
    assert read_image(wrong).getpixel((0, 0)) == RED


def test_postscript_is_never_interpreted(tmp_path: Path) -> None:
    four_corners().save(tmp_path / "drawing.eps")
    disguised = (tmp_path / "drawing.eps").rename(tmp_path / "drawing.jpg")
    with pytest.raises(ImageError, match="not an image"):
        read_image(disguised)


def png_header(width: int, height: int) -> bytes:
    data = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + data + struct.pack(">I", zlib.crc32(data))
    return b"\x89PNG\r\n\x1a\n" + chunk + b"\0\0\0\0IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"once upon a time", "not an image"),
        (png_header(60000, 60000), "too large"),
    ],
)
def test_unreadable_content_gives_a_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(content)
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert reason in caught.value.reason
    assert str(tmp_path) not in caught.value.reason
    assert len(caught.value.reason) < 80


@pytest.mark.parametrize("extension", [".png", ".jpg", ".tif", ".webp", ".gif", ".bmp"])
def test_truncated_file_is_an_image_error(tmp_path: Path, extension: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    formats = {".jpg": "jpeg", ".tif": "tiff"}
    Image.fromarray(noise).save(buffer, formats.get(extension, extension[1:]))
    path = tmp_path / f"short{extension}"
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    with pytest.raises(ImageError) as caught:
        read_image(path)
    assert caught.value.reason
    if extension in (".png", ".jpg", ".bmp"):
        assert caught.value.reason == "truncated file"


@settings(max_examples=150, deadline=None)
@given(data=st.data(), extension=st.sampled_from([".png", ".jpg", ".tif", ".webp", ".gif"]))
def test_damaged_bytes_never_raise_anything_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, extension: str
) -> None:
    buffer = io.BytesIO()
    formats = {".jpg": "jpeg", ".tif": "tiff"}
    four_corners().save(buffer, formats.get(extension, extension[1:]))
    content = bytearray(buffer.getvalue())
    for _ in range(3):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.getbasetemp() / f"damaged{extension}"
    path.write_bytes(content)
    try:
        assert read_image(path).mode == "RGB"
    except ImageError as error:
        assert error.reason


def test_missing_file_and_folder_give_reasons(tmp_path: Path) -> None:
    for function in (read_image, file_sha1):
        with pytest.raises(ImageError, match="file not found"):
            function(tmp_path / "none.png")
        with pytest.raises(ImageError, match="is a folder"):
            function(tmp_path)


def test_sha1_is_that_of_the_content(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert file_sha1(tmp_path / "abc") == "a9993e364706816aba3e25717850c26c9cd0d89d"


def test_average_hash_sets_bits_of_bright_pixels_from_the_top_left() -> None:
    pixels = np.zeros((8, 8), np.uint8)
    pixels[0, :] = 255
    assert average_hash(Image.fromarray(pixels)) == 0xFF << 56
    pixels = np.zeros((8, 8), np.uint8)
    pixels[7, 7] = 255
    assert average_hash(Image.fromarray(pixels)) == 1


def test_average_hash_follows_the_definition_on_other_sizes() -> None:
    # 8 x 8 blocks of one grey: shrinking keeps which of them are far above or below the mean.
    bright = np.random.default_rng(1).random((8, 8)) > 0.5
    blocks = np.kron(bright * 200 + 20, np.ones((32, 32))).astype(np.uint8)
    expected = int("".join("1" if bit else "0" for bit in bright.ravel()), 2)
    assert average_hash(Image.fromarray(blocks).convert("RGB")) == expected


def test_average_hash_of_one_colour_is_zero() -> None:
    assert average_hash(Image.new("RGB", (30, 50), RED)) == 0


@pytest.mark.parametrize("size", [(300, 200), (10, 2000), (90, 90), (1, 1)])
def test_thumbnail_is_a_jpeg_within_its_size(size: tuple[int, int]) -> None:
    source = four_corners(*size)
    with Image.open(io.BytesIO(thumbnail(source, 128))) as small:
        assert small.format == "JPEG"
        assert max(small.size) == min(128, max(size))
        assert small.size[0] == max(1, round(size[0] * min(1, 128 / max(size))))
    assert source.size == size


def test_extensions_hold_images_and_no_documents() -> None:
    extensions = image_extensions()
    assert {".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".gif", ".bmp"} <= extensions
    assert {".mpo", ".jp2", ".ico"} <= extensions
    assert not extensions & {".pdf", ".eps", ".ps", ".svg", ".wmf", ".emf", ".mpg", ".h5", ".txt"}
