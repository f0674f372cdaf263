"""Fetching the remote ones among files ahead of who reads them, in threads that mostly wait."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from panoptic_nb.bounded_map import bounded_map
from panoptic_nb.errors import ImageError
from panoptic_nb.files import ImageFile
from panoptic_nb.remote import RemoteFile, Version

# Waiting for servers takes no processor.
_THREADS = 16
_AHEAD = 64


@dataclass(frozen=True)
class Fetched:
    """A remote file with the version that is there now, or the reason why there is none."""

    file: RemoteFile
    version: Version | None = None
    reason: str | None = None


def fetched(
    files: Sequence[ImageFile], known: Callable[[RemoteFile], Version | None]
) -> Generator[Path | Fetched, None, None]:
    """Yield files in their order, the remote ones when they are fetched.

    Parameters
    ----------
    files
        All files; those on a disk are passed on as they are.
    known
        The version of a remote file of which there is nothing left to learn.
    """

    def fetch(file: ImageFile) -> Path | Fetched:
        if not isinstance(file, RemoteFile):
            return file
        try:
            return Fetched(file, file.fetch(known(file)))
        except ImageError as error:
            return Fetched(file, reason=error.reason)

    if not any(isinstance(file, RemoteFile) for file in files):
        yield from (file for file in files if not isinstance(file, RemoteFile))
        return
    pool = ThreadPoolExecutor(_THREADS, "panoptic-fetch")
    try:
        with closing(bounded_map(pool, fetch, files, _AHEAD)) as results:
            yield from results
    finally:
        # Who cancels does not wait for servers.
        pool.shutdown(wait=False, cancel_futures=True)
