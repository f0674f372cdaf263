"""The image files that were read, and the facts and thumbnails of images, in media.sqlite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.database import Database, as_json


@dataclass(frozen=True)
class FileRow:
    """A file as it was when its sha1 was computed."""

    path: str
    size: int
    mtime_ns: int
    sha1: str


@dataclass(frozen=True)
class ImageRow:
    """What is kept of one image; `thumbnails` maps a longest side in pixels to a JPEG."""

    sha1: str
    width: int
    height: int
    average_hash: int
    thumbnails: Mapping[int, bytes]


@dataclass(frozen=True)
class ImageFacts:
    """Facts of several images, as parallel arrays; zeros where an image is not in the store."""

    width: NDArray[np.int64]
    height: NDArray[np.int64]
    average_hash: NDArray[np.uint64]

    def of(self, positions: NDArray[np.int64]) -> ImageFacts:
        """Return the facts of some of them, in the given order; positions may repeat."""
        return ImageFacts(
            self.width[positions], self.height[positions], self.average_hash[positions]
        )


class StoredImages:
    """The part of `MediaStore` that is about files, facts and thumbnails."""

    _database: Database

    def known_files(self) -> dict[str, tuple[int, int, str]]:
        """Return (size, mtime_ns, sha1) of every file read so far, by path."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT path, size, mtime_ns, sha1 FROM files")
            return {path: (size, mtime_ns, sha1) for path, size, mtime_ns, sha1 in rows}

    def known_images(self) -> set[str]:
        """Return the sha1 of every image in the store."""
        with self._database.reading() as connection:
            return {sha1 for (sha1,) in connection.execute("SELECT sha1 FROM images")}

    def add_files(self, rows: Iterable[FileRow]) -> None:
        """Note files, replacing what was known of the same paths."""
        values = [(row.path, row.size, row.mtime_ns, row.sha1) for row in rows]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)", values)

    def add_images(self, rows: Iterable[ImageRow]) -> None:
        """Add images with their thumbnails, replacing those of the same sha1."""
        rows = list(rows)
        facts = [(row.sha1, row.width, row.height, _signed(row.average_hash)) for row in rows]
        jpegs = [(row.sha1, size, jpeg) for row in rows for size, jpeg in row.thumbnails.items()]
        with self._database.writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?)", facts)
            connection.executemany("INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?)", jpegs)

    def images(self, sha1s: Sequence[str]) -> ImageFacts:
        """Return width, height and average hash of images, in the order asked for."""
        width = np.zeros(len(sha1s), np.int64)
        height = np.zeros(len(sha1s), np.int64)
        hashes = np.zeros(len(sha1s), np.int64)
        # CROSS JOIN keeps SQLite from scanning the whole table on the outside.
        query = (
            "SELECT j.key, i.width, i.height, i.average_hash FROM json_each(?) AS j"
            " CROSS JOIN images AS i ON i.sha1 = j.value"
        )
        with self._database.reading() as connection:
            for position, *facts in connection.execute(query, (as_json(sha1s),)):
                width[position], height[position], hashes[position] = facts
        return ImageFacts(width, height, hashes.view(np.uint64))

    def thumbnails(self, sha1s: Sequence[str], size: int) -> list[bytes | None]:
        """Return a JPEG for each image, or None.

        Parameters
        ----------
        sha1s
            The images; repeats are allowed.
        size
            Longest side wanted, in pixels. The smallest stored thumbnail that is at least as
            large is given, or else the largest there is.
        """
        query = (
            "SELECT j.key, (SELECT t.jpeg FROM thumbnails AS t WHERE t.sha1 = j.value"
            " ORDER BY t.size < :size, CASE WHEN t.size < :size THEN -t.size ELSE t.size END"
            " LIMIT 1) FROM json_each(:sha1s) AS j"
        )
        found: list[bytes | None] = [None] * len(sha1s)
        with self._database.reading() as connection:
            values = {"size": size, "sha1s": as_json(sha1s)}
            for position, jpeg in connection.execute(query, values):
                found[position] = jpeg
        return found

    def add_thumbnails(self, size: int, jpegs: Mapping[str, bytes]) -> None:
        """Keep one more size of images, given by sha1."""
        rows = [(sha1, size, jpeg) for sha1, jpeg in jpegs.items()]
        if rows:
            with self._database.writing() as connection:
                connection.executemany("INSERT OR REPLACE INTO thumbnails VALUES (?, ?, ?)", rows)

    def without_thumbnail(self, sha1s: Sequence[str], size: int) -> set[str]:
        """Return the images whose thumbnails are all smaller than this, and than the image."""
        query = (
            "SELECT j.value FROM json_each(?) AS j CROSS JOIN images AS i ON i.sha1 = j.value"
            " WHERE min(?, max(i.width, i.height)) > coalesce("
            "(SELECT max(t.size) FROM thumbnails AS t WHERE t.sha1 = j.value), 0)"
        )
        with self._database.reading() as connection:
            return {sha1 for (sha1,) in connection.execute(query, (as_json(sha1s), size))}


def _signed(unsigned: int) -> int:
    """Fit 64 unsigned bits into SQLite's signed integer."""
    return unsigned - (1 << 64) if unsigned >= 1 << 63 else unsigned
