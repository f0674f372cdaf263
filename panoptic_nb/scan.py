"""Going through image files: hashes, sizes and thumbnails of those that are new."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO

from panoptic_nb.bounded_map import bounded_map
from panoptic_nb.errors import ImageError
from panoptic_nb.fetching import Fetched, fetched
from panoptic_nb.files import ImageFile, path_text
from panoptic_nb.first_look import opened, what_is_kept
from panoptic_nb.images import content_sha1, image_error
from panoptic_nb.progress import Progress
from panoptic_nb.remote import RemoteFile, Version
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_images import FileRow, ImageRow

_ROWS_PER_TRANSACTION = 128
# Threads go on reading while a transaction is written.
_AHEAD = 2 * _ROWS_PER_TRANSACTION
_STATS_PER_TASK = 256

_Verdict = tuple[str | None, str | None]  # sha1, reason
_Files = Mapping[str, tuple[int, int, str]]  # size, time or version, sha1 by path


@dataclass(frozen=True)
class Scan:
    """What is known of each path: its sha1, or the reason why there is none."""

    sha1: list[str | None]
    reasons: list[str | None]


@dataclass(frozen=True)
class _Outcome:
    path: ImageFile
    sha1: str | None = None
    reason: str | None = None
    file: FileRow | None = None
    image: ImageRow | None = None


def scan(
    paths: Sequence[ImageFile | None], store: MediaStore, progress: Progress | None = None
) -> Scan:
    """Compute what the store does not know yet of image files.

    A file whose size and modification time are those in the store is not read again; nor is a
    remote file of which the server tells the same size, time and hash, or whose server does not
    answer. A file that cannot be read never stops the others, and is tried again next time: it may
    have been repaired.

    Parameters
    ----------
    paths
        One path per row; the same path may stand in several rows, None means that a row has none.
    store
        Where sha1, size, average hash and thumbnails of new images are written, as they come, so
        that a scan which was stopped goes on where it was.
    progress
        Told how many distinct files are done.

    Raises
    ------
    Cancelled
        When `progress` was asked to cancel; what was finished is kept.
    """
    progress = progress or Progress()
    distinct = list(dict.fromkeys(path for path in paths if path is not None))
    with ThreadPoolExecutor(os.cpu_count() or 1, "panoptic-scan") as pool:
        files = store.known_files()
        known = _known([p for p in distinct if isinstance(p, Path)], files, store, pool, progress)
        new = [path for path in distinct if path not in known]
        outcomes = _read_new(new, files, store, pool, progress, len(distinct))
    refused = {sha1: reason for sha1, reason in outcomes.values() if reason}
    verdicts: dict[ImageFile | None, _Verdict] = {None: (None, "no path given")}
    for path in distinct:
        sha1, reason = outcomes[path] if path in outcomes else (known[path], None)
        if sha1 is not None:
            # Copies of a damaged file are decoded once only; they share the reason.
            reason = reason or refused.get(sha1)
        verdicts[path] = (None if reason else sha1, reason)
    of_rows = [verdicts[path] for path in paths]
    return Scan([sha1 for sha1, _ in of_rows], [reason for _, reason in of_rows])


def _known(
    paths: list[Path],
    files: _Files,
    store: MediaStore,
    pool: ThreadPoolExecutor,
    progress: Progress,
) -> dict[ImageFile, str]:
    """Return the sha1 of the files on a disk that have not changed since the store saw them."""
    images = store.known_images()

    def unchanged(part: list[Path]) -> list[tuple[Path, str]]:
        found = []
        for path in part:
            size, mtime_ns, sha1 = files.get(path_text(path), (-1, 0, ""))
            if sha1 in images and _size_and_time(_stat(path)) == (size, mtime_ns):
                found.append((path, sha1))
        return found

    parts = [
        paths[start : start + _STATS_PER_TASK] for start in range(0, len(paths), _STATS_PER_TASK)
    ]
    known: dict[ImageFile, str] = {}
    for found in bounded_map(pool, unchanged, parts, ahead=16):
        known.update(found)
        progress.check()
    return known


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _size_and_time(stat: os.stat_result | None) -> Version | None:
    return (stat.st_size, stat.st_mtime_ns) if stat else None


def _may_block(stat: os.stat_result | None) -> bool:
    """Tell whether opening could wait for ever: pipes, sockets and devices."""
    return stat is not None and not (S_ISREG(stat.st_mode) or S_ISDIR(stat.st_mode))


def _read_new(
    paths: list[ImageFile],
    files: _Files,
    store: MediaStore,
    pool: ThreadPoolExecutor,
    progress: Progress,
    total: int,
) -> dict[ImageFile, _Verdict]:
    done = total - len(paths)
    progress(done, total, "Reading images")
    if not paths:
        return {}
    reader = _Reader(files, store.known_images())
    outcomes: dict[ImageFile, _Verdict] = {}
    unsaved: list[_Outcome] = []
    try:
        # closing: a cancel must not wait for what has not begun.
        with (
            closing(fetched(paths, reader.version)) as ready,
            closing(bounded_map(pool, reader.read, ready, _AHEAD)) as results,
        ):
            for outcome in results:
                outcomes[outcome.path] = (outcome.sha1, outcome.reason)
                unsaved.append(outcome)
                if len(unsaved) >= _ROWS_PER_TRANSACTION:
                    _save(unsaved, store)
                    unsaved = []
                done += 1
                progress(done, total, "Reading images")
    finally:
        _save(unsaved, store)
    return outcomes


def _save(outcomes: list[_Outcome], store: MediaStore) -> None:
    # Images first: a file counts as known only together with its image.
    store.add_images([outcome.image for outcome in outcomes if outcome.image])
    store.add_files([outcome.file for outcome in outcomes if outcome.file])


class _Reader:
    """Reads files in threads; of files with the same content only the first is decoded."""

    def __init__(self, files: _Files, images: set[str]) -> None:
        self._files = {path: row for path, row in files.items() if row[2] in images}
        self._seen = images
        self._lock = threading.Lock()

    def version(self, file: RemoteFile) -> Version | None:
        """Return the version of a remote file that the store knows."""
        known = self._files.get(path_text(file))
        return known and known[:2]

    def read(self, item: Path | Fetched) -> _Outcome:
        if isinstance(item, Path):
            stat = _stat(item)
            if _may_block(stat):
                return _Outcome(item, reason="not a regular file")
            return self._open(item, _size_and_time(stat))
        if item.reason is not None:
            return _Outcome(item.file, reason=item.reason)
        if item.version == self.version(item.file):
            return _Outcome(item.file, self._files[path_text(item.file)][2])
        return self._open(item.file, item.version)

    def _open(self, path: ImageFile, version: Version | None) -> _Outcome:
        try:
            with opened(path) as file:
                return self._look(path, file, version)
        except (OSError, ImageError) as error:
            return _Outcome(path, reason=image_error(error).reason)

    def _look(self, path: ImageFile, file: BinaryIO, version: Version | None) -> _Outcome:
        sha1 = content_sha1(file)
        with self._lock:
            is_new = sha1 not in self._seen
            self._seen.add(sha1)
        row = FileRow(path_text(path), *version, sha1) if version else None
        if not is_new:
            return _Outcome(path, sha1, file=row)
        try:
            return _Outcome(path, sha1, file=row, image=what_is_kept(file, sha1))
        except ImageError as error:
            return _Outcome(path, sha1, reason=error.reason)
