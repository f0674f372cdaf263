from __future__ import annotations

import hashlib
import io
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from panoptic_nb.bounded_map import bounded_map
from panoptic_nb.errors import Cancelled
from panoptic_nb.images import average_hash, read_image
from panoptic_nb.progress import Progress
from panoptic_nb.scan import scan
from panoptic_nb.store import MediaStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MediaStore]:
    opened = MediaStore(tmp_path / "project" / "media.sqlite")
    yield opened
    opened.close()


def save_noise(path: Path, seed: int, size: tuple[int, int] = (30, 20)) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


class Recorder(Progress):
    """Keeps what is reported; cancels when `stop_at` files are done."""

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__()
        self.reports: list[tuple[float, float | None]] = []
        self.stop_at = stop_at

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        self.reports.append((done, total))
        if done == self.stop_at:
            self.cancel()
        super().__call__(done, total, text)


def test_scan_fills_the_store(tmp_path: Path, store: MediaStore) -> None:
    path = save_noise(tmp_path / "a.png", 0, (12, 6))
    with Image.open(path) as small:
        small.resize((600, 300), Image.Resampling.BICUBIC).save(path)
    result = scan([path], store)
    sha1 = hashlib.sha1(path.read_bytes()).hexdigest()
    assert (result.sha1, result.reasons) == ([sha1], [None])
    facts = store.images([sha1])
    assert (facts.width[0], facts.height[0]) == (600, 300)
    # Made from a thumbnail: a bit may differ where a part is as bright as the whole.
    differing = int(facts.average_hash[0]) ^ average_hash(read_image(path))
    assert differing.bit_count() <= 1
    for size in (128, 256):
        (jpeg,) = store.thumbnails([sha1], size)
        assert jpeg is not None
        with Image.open(io.BytesIO(jpeg)) as image:
            assert image.size == (size, size // 2)


def test_bad_files_are_skipped_with_reasons(tmp_path: Path, store: MediaStore) -> None:
    good = save_noise(tmp_path / "good.png", 0)
    (tmp_path / "text.png").write_text("no image")
    (tmp_path / "empty.png").touch()
    (tmp_path / "short.png").write_bytes(good.read_bytes()[:300])
    names = ("text.png", "empty.png", "good.png", "short.png", "none.png")
    paths = [*(tmp_path / name for name in names), None, tmp_path]
    result = scan(paths, store)
    assert result.reasons == [
        "not an image, or an unknown format",
        "empty file",
        None,
        "truncated file",
        "file not found",
        "no path given",
        "is a folder",
    ]
    assert [sha1 is not None for sha1 in result.sha1] == [
        reason is None for reason in result.reasons
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes among the files")
def test_a_pipe_or_a_socket_in_the_folder_does_not_stop_the_scan(
    tmp_path: Path, store: MediaStore
) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "device.png").symlink_to("/dev/zero")
    good = save_noise(tmp_path / "good.png", 0)
    with closing(socket.socket(socket.AF_UNIX)) as listening:
        listening.bind(str(tmp_path / "socket.png"))
        paths = [tmp_path / name for name in ("pipe.png", "socket.png", "device.png")]
        result = scan([*paths, good], store)
    assert result.reasons == [*["not a regular file"] * 3, None]


def test_copies_share_one_image_or_one_reason(tmp_path: Path, store: MediaStore) -> None:
    good, bad = save_noise(tmp_path / "good.png", 0), tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    copies = [shutil.copy(path, tmp_path / f"copy of {path.name}") for path in (good, bad)]
    paths = [good, bad, *map(Path, copies), good]
    result = scan(paths, store)
    assert result.sha1[0] == result.sha1[2] == result.sha1[4] is not None
    assert result.sha1[1] is result.sha1[3] is None
    assert result.reasons[1] == result.reasons[3] == "not an image, or an unknown format"
    assert len(store.known_images()) == 1
    assert scan(paths, store) == result


def test_known_files_are_not_read_again(tmp_path: Path, store: MediaStore) -> None:
    path = save_noise(tmp_path / "a.png", 0)
    stat = path.stat()
    first = scan([path], store)
    # Same size and time, another content: reading it would give another sha1 and fail.
    path.write_bytes(b"x" * stat.st_size)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert scan([path], store) == first
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1_000_000))
    assert scan([path], store).sha1 == [None]


def test_replaced_and_repaired_files_are_read_again(tmp_path: Path, store: MediaStore) -> None:
    path = save_noise(tmp_path / "a.png", 0)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")
    first = scan([path, bad], store)
    save_noise(path, 1, (31, 20))
    save_noise(bad, 2)
    second = scan([path, bad], store)
    assert first.sha1[0] != second.sha1[0]
    assert second.reasons == [None, None]
    assert store.images(second.sha1).width.tolist() == [31, 30]


def test_moved_file_is_not_decoded_again(tmp_path: Path, store: MediaStore) -> None:
    path = save_noise(tmp_path / "a.png", 0)
    first = scan([path], store)
    # Replaced thumbnails show whether the image was made again.
    store._database._connection().execute("UPDATE thumbnails SET jpeg = 'kept'")
    assert scan([path.rename(tmp_path / "b.png")], store) == first
    assert store.thumbnails([first.sha1[0]], 128) == ["kept"]


def test_deleted_cache_is_completed_again(tmp_path: Path, store: MediaStore) -> None:
    paths = [save_noise(tmp_path / f"{n}.png", n) for n in range(3)]
    first = scan(paths, store)
    store.close()
    store.path.unlink()
    again = MediaStore(store.path)
    assert scan(paths, again) == first
    assert None not in again.thumbnails(first.sha1, 128)
    again.close()


def test_cancelled_scan_keeps_what_is_done(tmp_path: Path, store: MediaStore) -> None:
    paths = [save_noise(tmp_path / f"{n:03}.png", n) for n in range(60)]
    with pytest.raises(Cancelled):
        scan(paths, store, Recorder(stop_at=20))
    kept = len(store.known_files())
    assert 20 <= kept < 60
    recorder = Recorder()
    result = scan(paths, store, recorder)
    assert None not in result.sha1
    assert recorder.reports[0] == (kept, 60)
    assert recorder.reports[-1] == (60, 60)


def test_order_and_repeats_of_rows_are_kept(tmp_path: Path, store: MediaStore) -> None:
    paths = [save_noise(tmp_path / f"{n}.png", n) for n in range(10)]
    order = [3, 3, 0, 9, 1, 0]
    expected = [hashlib.sha1(paths[n].read_bytes()).hexdigest() for n in order]
    assert scan([paths[n] for n in order], store).sha1 == expected


def test_nothing_to_scan(store: MediaStore) -> None:
    assert scan([], store).sha1 == []
    assert scan([None], store).reasons == ["no path given"]


def test_bounded_map_keeps_order_and_does_not_run_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for number in range(100):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as pool:
        results = bounded_map(pool, lambda number: number * 2, items(), ahead=5)
        for number, result in enumerate(results):
            assert result == 2 * number
            assert len(taken) <= number + 5
