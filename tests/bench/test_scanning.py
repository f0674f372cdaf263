"""Scanning image files, beside a plain Pillow loop in as many threads."""

from __future__ import annotations

import hashlib
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from photos import write_photos
from PIL import Image

from panoptic_nb.scan import scan
from panoptic_nb.store import MediaStore

#: 10,000 is the number that counts; fewer are enough to work with.
COUNT = int(os.environ.get("PANOPTIC_NB_SCANNED", "1000"))


def plain_loop(paths: list[Path], folder: Path) -> None:
    """Make one thumbnail and the sha1 of each file."""
    folder.mkdir()

    def one(path: Path) -> str:
        with Image.open(path) as image:
            image.thumbnail((256, 256))
            image.save(folder / f"{path.stem}.jpg")
        return hashlib.sha1(path.read_bytes()).hexdigest()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(one, paths))


def scanned(paths: list[Path], file: Path) -> None:
    """Scan into a new store: two thumbnails, sha1, size and average hash."""
    store = MediaStore(file)
    assert all(scan(paths, store).sha1)
    store.close()


@pytest.mark.parametrize(
    ("megapixels", "extension", "bound"),
    [
        (0.3, ".jpg", "<= 0.83"),
        (2, ".jpg", "<= 0.83"),
        (0.3, ".png", "<= 1.0"),
        (2, ".png", "<= 1.0"),
    ],
)
def test_images_per_second(
    megapixels: float, extension: str, bound: str, tmp_path: Path, paired: Any, table: Any
) -> None:
    count = COUNT if extension == ".jpg" else max(1, COUNT // 10)
    paths = write_photos(tmp_path / "photos", count, megapixels, extension)
    turn = itertools.count()
    seconds = paired(
        lambda: scanned(paths, tmp_path / f"store-{next(turn)}" / "media.sqlite"),
        lambda: plain_loop(paths, tmp_path / f"thumbnails-{next(turn)}"),
        rounds=3,
    )
    what = f"scan of {count:,} images, {megapixels} Mpixel {extension}, s"
    table.add(what, seconds[0], "Pillow loop", seconds[1], bound)
