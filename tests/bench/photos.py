"""Made-up photographs: noise of every scale, which compresses about as photographs do."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image

#: Pictures that differ; copies of them differ in bytes only, as they cost the same to decode.
DISTINCT = 24
SIZES = {0.3: (640, 480), 2: (1632, 1224), 12: (4000, 3000)}


def photo(megapixels: float, seed: int) -> Image.Image:
    """Return a picture with detail that grows weaker as it grows finer."""
    width, height = SIZES[megapixels]
    random = np.random.default_rng(seed)
    pixels = np.zeros((height, width, 3), np.float32)
    cells = 4
    while cells <= width:
        shape = (max(1, cells * height // width), cells, 3)
        noise = (random.standard_normal(shape) * 20 + 128).clip(0, 255).astype(np.uint8)
        layer = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
        pixels += (np.asarray(layer, np.float32) - 128) * (24 / cells) ** 0.5
        cells *= 3
    return Image.fromarray((pixels + 128).clip(0, 255).astype(np.uint8))


def write_photos(
    folder: Path, count: int, megapixels: float, extension: str = ".jpg"
) -> list[Path]:
    """Write so many files, each of other content, and return their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    contents = []
    for seed in range(min(DISTINCT, count)):
        buffer = io.BytesIO()
        photo(megapixels, seed).save(buffer, Image.registered_extensions()[extension], quality=88)
        contents.append(buffer.getvalue())
    paths = [folder / f"{number:06d}{extension}" for number in range(count)]
    for number, path in enumerate(paths):
        # What follows the end of an image is not read by decoders.
        path.write_bytes(contents[number % len(contents)] + number.to_bytes(4, "big"))
    return paths
