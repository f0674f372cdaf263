"""The pictures of the grid in every size: two are kept from the scan, the others made when asked.

64 pixels are made from 128, quickly and each time anew. 512 pixels are made from the file and
then kept in the store; where that cannot be, the largest that is kept stands in.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from PIL import Image

from panoptic_nb.collection import Collection
from panoptic_nb.errors import ImageError, ProjectError
from panoptic_nb.files import ImageFile
from panoptic_nb.first_look import THUMBNAIL_SIZES
from panoptic_nb.images import file_sha1, read_image, thumbnail
from panoptic_nb.store import MediaStore

SMALL, LARGE = 64, 512
#: Pictures that may wait to be made; who asks for more gets what is kept.
MOST_WAITING = 2000

#: A JPEG per row asked for, b"" where there is none.
Pictures = list[bytes]


class Thumbnails:
    """Gives the pictures of rows; may be asked from any thread.

    Parameters
    ----------
    store, images, paths
        Where pictures are kept, which image each row shows, and the file of each row.
    """

    def __init__(self, store: MediaStore, images: Collection, paths: Sequence[ImageFile]) -> None:
        self._store = store
        self._images = images
        self._paths = paths
        # Threads start with the first picture that has to be made.
        self._pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), "panoptic-thumbnails")
        self._waiting = 0

    def close(self) -> None:
        """Give up what has not begun."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def kept(self, rows: Sequence[int], size: int) -> Pictures:
        """Return the pictures of rows as they are kept: the best there is for a size, at once."""
        pictures = self._store.thumbnails(self._sha1(rows), size)
        return [picture or b"" for picture in pictures]

    def get(self, rows: Sequence[int], size: int) -> Pictures | Future[Pictures]:
        """Return the pictures of rows; a future where some have to be made first.

        Parameters
        ----------
        rows
            Row positions.
        size
            Longest side in pixels; 64, 128, 256 and 512 are told apart.
        """
        needs_work = size <= SMALL or size > max(THUMBNAIL_SIZES)
        if not needs_work or self._waiting + len(rows) > MOST_WAITING:
            return self.kept(rows, size)
        self._waiting += len(rows)  # a bound, so a count that is off by a little will do
        make = self._shrunk if size <= SMALL else self._large
        future = self._pool.submit(make, rows)
        future.add_done_callback(lambda _: self._done(len(rows)))
        return future

    def _done(self, count: int) -> None:
        self._waiting -= count

    def _sha1(self, rows: Sequence[int]) -> list[str]:
        return [self._images.sha1[self._images.image_of_row[row]] for row in rows]

    def _shrunk(self, rows: Sequence[int]) -> Pictures:
        return [_halved(picture) for picture in self.kept(rows, min(THUMBNAIL_SIZES))]

    def _large(self, rows: Sequence[int]) -> Pictures:
        """Make what the store lacks, and keep it."""
        sha1 = self._sha1(rows)
        lacking = self._store.without_thumbnail(sha1, LARGE)
        made = {}
        for row, key in zip(rows, sha1, strict=True):
            if key in lacking and key not in made:
                picture = _from_file(self._paths[row], key)
                if picture:
                    made[key] = picture
        with suppress(ProjectError):  # a full disk: they are made again next time
            self._store.add_thumbnails(LARGE, made)
        kept = self.kept(rows, LARGE)
        return [made.get(key, picture) for key, picture in zip(sha1, kept, strict=True)]


def _from_file(path: ImageFile, sha1: str) -> bytes | None:
    """Return a large thumbnail, None when the file is gone, damaged or another one by now."""
    try:
        if file_sha1(path) != sha1:
            return None
        return thumbnail(read_image(path, LARGE), LARGE)
    except (ImageError, OSError, ValueError, MemoryError):
        return None


def _halved(jpeg: bytes) -> bytes:
    """Return a thumbnail of at most 64 pixels, b"" as it is."""
    if not jpeg:
        return jpeg
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as opened:
        # The decoder itself makes it half as large: no pixel is computed twice.
        opened.draft("RGB", (max(1, opened.width // 2), max(1, opened.height // 2)))
        return thumbnail(opened, SMALL)
