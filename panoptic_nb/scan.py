"""Going through image files: hashes, sizes and thumbnails of those that are new."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISDIR, S_ISREG
from typing import BinaryIO, TypeVar

from panoptic_nb.errors import ImageError
from panoptic_nb.first_look import opened, what_is_kept
from panoptic_nb.images import content_sha1, image_error
from panoptic_nb.progress import Progress
from panoptic_nb.sources import path_text
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_images import FileRow, ImageRow

_ROWS_PER_TRANSACTION = 128
# Threads go on reading while a transaction is written.
_AHEAD = 2 * _ROWS_PER_TRANSACTION
_STATS_PER_TASK = 256

Item = TypeVar("Item")
Result = TypeVar("Result")

_Verdict = tuple[str | None, str | None]  # sha1, reason


@dataclass(frozen=True)
class Scan:
    """What is known of each path: its sha1, or the reason why there is none."""

    sha1: list[str | None]
    reasons: list[str | None]


@dataclass(frozen=True)
class _Outcome:
    path: Path
    sha1: str | None = None
    reason: str | None = None
    file: FileRow | None = None
    image: ImageRow | None = None


def scan(paths: Sequence[Path | None], store: MediaStore, progress: Progress | None = None) -> Scan:
    """Compute what the store does not know yet of image files.

    A file whose size and modification time are those in the store is not read again. A file that
    cannot be read never stops the others, and is tried again next time: it may have been repaired.

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
        known = _known(distinct, store, pool, progress)
        new = [path for path in distinct if path not in known]
        outcomes = _read_new(new, store, pool, progress, len(distinct))
    refused = {sha1: reason for sha1, reason in outcomes.values() if reason}
    verdicts: dict[Path | None, _Verdict] = {None: (None, "no path given")}
    for path in distinct:
        sha1, reason = (known[path], None) if path in known else outcomes[path]
        if sha1 is not None:
            # Copies of a damaged file are decoded once only; they share the reason.
            reason = reason or refused.get(sha1)
        verdicts[path] = (None if reason else sha1, reason)
    of_rows = [verdicts[path] for path in paths]
    return Scan([sha1 for sha1, _ in of_rows], [reason for _, reason in of_rows])


def bounded_map(
    pool: ThreadPoolExecutor, function: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Generator[Result, None, None]:
    """Map in threads, in order, with at most `ahead` results waiting: memory stays bounded.

    What has not begun is given up when the iteration ends early.
    """
    waiting: deque[Future[Result]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(function, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def _known(
    paths: list[Path], store: MediaStore, pool: ThreadPoolExecutor, progress: Progress
) -> dict[Path, str]:
    """Return the sha1 of the files that have not changed since the store saw them."""
    files, images = store.known_files(), store.known_images()

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
    known: dict[Path, str] = {}
    for found in bounded_map(pool, unchanged, parts, ahead=16):
        known.update(found)
        progress.check()
    return known


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except (OSError, ValueError):
        return None


def _size_and_time(stat: os.stat_result | None) -> tuple[int, int] | None:
    return (stat.st_size, stat.st_mtime_ns) if stat else None


def _may_block(stat: os.stat_result | None) -> bool:
    """Tell whether opening could wait for ever: pipes, sockets and devices."""
    return stat is not None and not (S_ISREG(stat.st_mode) or S_ISDIR(stat.st_mode))


def _read_new(
    paths: list[Path], store: MediaStore, pool: ThreadPoolExecutor, progress: Progress, total: int
) -> dict[Path, _Verdict]:
    done = total - len(paths)
    progress(done, total, "Reading images")
    if not paths:
        return {}
    reader = _Reader(store.known_images())
    outcomes: dict[Path, _Verdict] = {}
    unsaved: list[_Outcome] = []
    try:
        # closing: a cancel must not wait for what has not begun.
        with closing(bounded_map(pool, reader.read, paths, _AHEAD)) as results:
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

    def __init__(self, known_images: set[str]) -> None:
        self._seen = known_images
        self._lock = threading.Lock()

    def read(self, path: Path) -> _Outcome:
        stat = _stat(path)
        if _may_block(stat):
            return _Outcome(path, reason="not a regular file")
        try:
            with opened(path) as file:
                return self._look(path, file, _size_and_time(stat))
        except OSError as error:
            return _Outcome(path, reason=image_error(error).reason)

    def _look(self, path: Path, file: BinaryIO, known: tuple[int, int] | None) -> _Outcome:
        sha1 = content_sha1(file)
        with self._lock:
            is_new = sha1 not in self._seen
            self._seen.add(sha1)
        row = FileRow(path_text(path), *known, sha1) if known else None
        if not is_new:
            return _Outcome(path, sha1, file=row)
        try:
            return _Outcome(path, sha1, file=row, image=what_is_kept(file, sha1))
        except ImageError as error:
            return _Outcome(path, sha1, reason=error.reason)
