"""Project folders of very many images that open at once: nothing is left to decode.

A few thousand little pictures are real. Each row has a path of its own, a hard link to one of
them, and a sha1, an average hash and a vector that are made up, so that the project believes in
as many distinct images as it has rows.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageDraw

from panoptic_nb.images import thumbnail
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_images import FileRow, ImageRow
from panoptic_nb.stored_vectors import VectorSet

#: Real pictures behind all paths; a file may have some 65,000 names on the commonest disks.
PICTURES = 2000
SIDE = 384
DIM = 16
CLUSTERS = 200
_PART = 20_000
_FILES_PER_FOLDER = 1000
_VERSION = "1"


@dataclass(frozen=True)
class BigProject:
    """A table of image paths, and the project folder beside it that knows them all."""

    table: Path
    folder: Path

    def forget_work(self) -> None:
        """Delete what an earlier run clustered or saved; images and vectors stay."""
        for name in ("project.parquet", "draft.parquet", "decisions.parquet", "settings.json"):
            (self.folder / name).unlink(missing_ok=True)


def big_project(rows: int, cache: Path, distinct: int | None = None) -> BigProject:
    """Make a project of `rows` rows in a folder, or find the one that an earlier run made.

    Parameters
    ----------
    rows
        Number of rows of the table.
    cache
        Where projects are kept. A million rows take some 3 GB and two minutes.
    distinct
        Number of distinct images: fewer than rows means several rows an image. All by default.
    """
    images = rows if distinct is None else min(distinct, rows)
    place = cache / f"big_{rows}_{images}"
    project = BigProject(place / "rows.parquet", place / "rows_panoptic")
    done = place / "done"
    if not (done.is_file() and done.read_text() == _VERSION):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        pictures = _pictures(place / "pictures")
        paths = [path for part in _parts(images) for path in _link(part, place, pictures)]
        _fill_store(project.folder / "media.sqlite", paths, pictures)
        of_row = np.arange(rows) % images
        frame = pd.DataFrame({"path": np.asarray(paths, dtype=object)[of_row]})
        frame.to_parquet(project.table)
        done.write_text(_VERSION)
    project.forget_work()
    return project


def _parts(images: int) -> Iterator[range]:
    return (range(start, min(start + _PART, images)) for start in range(0, images, _PART))


def _pictures(folder: Path) -> list[Path]:
    """Draw pictures that can be told apart: a gradient, shapes and a little grain."""
    folder.mkdir()
    random = np.random.default_rng(0)
    ramp = np.linspace(0, 1, SIDE)
    paths = []
    for number in range(PICTURES):
        first, second = random.integers(0, 256, (2, 3))
        slope = np.add.outer(ramp * random.random(), ramp * random.random()) / 2
        pixels = first + slope[..., None] * (second - first) + random.normal(0, 6, (SIDE, SIDE, 1))
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        draw = ImageDraw.Draw(picture)
        for _ in range(int(random.integers(2, 6))):
            box = np.sort(random.integers(0, SIDE, (2, 2)), axis=0).ravel().tolist()
            colour = tuple(random.integers(0, 256, 3).tolist())
            (draw.ellipse if random.random() < 0.5 else draw.rectangle)(box, fill=colour)
        paths.append(folder / f"{number:04d}.jpg")
        picture.save(paths[-1], quality=85)
    return paths


def _link(part: range, place: Path, pictures: list[Path]) -> list[str]:
    paths = []
    for number in part:
        folder = place / "images" / f"{number // _FILES_PER_FOLDER:04d}"
        if number % _FILES_PER_FOLDER == 0:
            folder.mkdir(parents=True)
        paths.append(f"{folder}{os.sep}{number:07d}.jpg")
        os.link(pictures[number % PICTURES], paths[-1])
    return paths


def _fill_store(file: Path, paths: list[str], pictures: list[Path]) -> None:
    """Write what a scan and a model would have written."""
    stats = [path.stat() for path in pictures]
    jpegs = [_thumbnails(path) for path in pictures]
    random = np.random.default_rng(1)
    centres = random.normal(size=(CLUSTERS, DIM))
    store = MediaStore(file)
    store.create_vector_set(VectorSet("made-up", DIM, "", "", "2026-01-01T00:00:00"))
    for part in _parts(len(paths)):
        sha1 = [hashlib.sha1(str(number).encode()).hexdigest() for number in part]
        hashes = random.integers(0, 2**63, len(part), dtype=np.uint64)
        store.add_images(
            ImageRow(key, SIDE, SIDE, int(average), jpegs[number % PICTURES])
            for number, key, average in zip(part, sha1, hashes, strict=True)
        )
        files = []
        for number, key in zip(part, sha1, strict=True):
            stat = stats[number % PICTURES]
            files.append(FileRow(paths[number], stat.st_size, stat.st_mtime_ns, key))
        store.add_files(files)
        around = centres[random.integers(0, CLUSTERS, len(part))]
        vectors = around + 0.3 * random.normal(size=around.shape)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        store.add_vectors("made-up", sha1, vectors.astype(np.float32))
    store.close()


def _thumbnails(path: Path) -> dict[int, bytes]:
    # Only the size that the grid shows first: every further one would be gigabytes.
    with Image.open(io.BytesIO(path.read_bytes())) as picture:
        return {128: thumbnail(picture, 128)}
