"""Embedding on Dask workers: processes that die, threads, and what goes wrong."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
from distributed import Client, LocalCluster
from fixtures import write_images
from PIL import Image

import panoptic_nb as pn
from panoptic_nb.embeddings import embed_images, on_dask
from panoptic_nb.errors import Cancelled, EncoderError
from panoptic_nb.images import file_sha1
from panoptic_nb.progress import Progress
from panoptic_nb.store import MediaStore

Images = list[Image.Image]


def looks(images: Images) -> Any:
    return np.array([np.asarray(image.resize((4, 4)), np.float32).ravel() for image in images])


@pytest.fixture(scope="module")
def processes() -> Iterator[Client]:
    # A batch whose worker dies is not tried again as it is, so that the tests are quick.
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
    ):
        yield client


@pytest.fixture(scope="module")
def threads() -> Iterator[Client]:
    with Client(processes=False, n_workers=1, threads_per_worker=3, dashboard_address=":0") as one:
        yield one


@pytest.fixture
def items(tmp_path: Path) -> list[tuple[str, Path]]:
    return sorted((file_sha1(path), path) for path in write_images(tmp_path / "images", 40))


@pytest.fixture
def new_store(tmp_path: Path) -> Iterator[Callable[[], MediaStore]]:
    stores: list[MediaStore] = []

    def new() -> MediaStore:
        stores.append(MediaStore(tmp_path / f"store {len(stores)}" / "media.sqlite"))
        return stores[-1]

    yield new
    for store in stores:
        store.close()


class After(Progress):
    """Does something once, when the first batch is kept."""

    def __init__(self, action: Callable[[], object]) -> None:
        super().__init__()
        self.action: Callable[[], object] | None = action
        self.done: list[float] = []

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        self.done.append(done)
        action = self.action
        if done and action is not None:
            self.action = None
            action()
        super().__call__(done, total, text)


def kill_one(client: Client) -> None:
    os.kill(min(client.run(os.getpid).values()), signal.SIGKILL)


def vectors(store: MediaStore, items: list[tuple[str, Path]]) -> Any:
    return store.vectors("looks", [sha1 for sha1, _ in items])


def test_a_killed_worker_changes_nothing(
    processes: Client, items: list[tuple[str, Path]], new_store: Callable[[], MediaStore]
) -> None:
    here, there = new_store(), new_store()
    embed_images(here, _encoder(looks), items)
    progress = After(lambda: kill_one(processes))
    report = embed_images(there, _encoder(looks), items, progress, 3, processes)
    assert progress.action is None
    assert (report.done, report.failed) == (40, [])
    np.testing.assert_array_equal(vectors(there, items), vectors(here, items))
    assert progress.done == sorted(progress.done)


def test_an_image_that_kills_workers_is_left_out_and_no_other(
    processes: Client, items: list[tuple[str, Path]], new_store: Callable[[], MediaStore]
) -> None:
    with Image.open(items[7][1]) as image:
        poison = image.convert("RGB").tobytes()
    tests = os.getpid()

    def encode(images: Images) -> Any:
        if os.getpid() != tests and any(image.tobytes() == poison for image in images):
            os.kill(os.getpid(), signal.SIGKILL)
        return looks(images)

    store = new_store()
    report = embed_images(store, _encoder(encode), items[:16], None, 4, processes)
    assert report.failed == [(items[7][0], "every Dask worker that computed it died")]
    assert report.done == 15


def test_workers_that_always_die_are_given_up(
    processes: Client,
    items: list[tuple[str, Path]],
    new_store: Callable[[], MediaStore],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(on_dask, "_MOST_DIED", 1)
    tests = os.getpid()

    def encode(images: Images) -> Any:
        if os.getpid() != tests:
            os.kill(os.getpid(), signal.SIGKILL)
        return looks(images)

    with pytest.raises(EncoderError, match="die whatever images they are given"):
        embed_images(new_store(), _encoder(encode), items, None, 4, processes)


def test_a_cancel_keeps_what_is_finished_and_the_rest_follows(
    processes: Client, items: list[tuple[str, Path]], new_store: Callable[[], MediaStore]
) -> None:
    store = new_store()
    progress = After(lambda: progress.cancel())
    with pytest.raises(Cancelled):
        embed_images(store, _encoder(looks), items, progress, 2, processes)
    kept = 40 - len(store.without_vector("looks", [sha1 for sha1, _ in items]))
    assert 0 < kept < 40
    assert embed_images(store, _encoder(looks), items, None, 2, processes).done == 40 - kept


inside = threading.Semaphore(1)
was_alone: list[bool] = []
under_way: list[int] = []
count_under_way: list[Callable[[], int]] = []


def looks_counted(images: Images) -> Any:
    was_alone.append(inside.acquire(blocking=False))
    under_way.append(count_under_way[0]())
    answer = looks(images)
    if was_alone[-1]:
        inside.release()
    return answer


def test_few_batches_are_under_way_and_an_encoder_is_called_by_one_thread_at_a_time(
    threads: Client, tmp_path: Path
) -> None:
    count_under_way.append(lambda: len(threads.futures))
    write_images(tmp_path / "images", 40)
    with pn.open_project(tmp_path / "images") as project:
        project.embed(looks_counted, client=threads, batch_size=1)
        assert not np.isnan(project.vectors()).any()
    assert len(was_alone) == 40 and all(was_alone)
    assert max(under_way) <= 7  # two for each of the three threads, and one that is just done


def test_a_file_that_the_worker_does_not_see_says_so(
    threads: Client, items: list[tuple[str, Path]], new_store: Callable[[], MediaStore]
) -> None:
    items[0][1].unlink()
    report = embed_images(new_store(), _encoder(looks), items, None, 8, threads)
    assert report.done == 39
    ((sha1, reason),) = report.failed
    assert sha1 == items[0][0]
    assert reason.startswith("file not found by the Dask worker on ")
    assert reason.endswith("workers on other machines need to see the same folders")


def test_what_cannot_work_is_one_sentence(
    threads: Client, items: list[tuple[str, Path]], new_store: Callable[[], MediaStore]
) -> None:
    def fails(images: Images) -> Any:
        if len(images) > 1:
            raise RuntimeError("no more")
        return looks(images)

    holds_a_lock = LocksUp()
    closed = Client(threads.cluster)
    closed.close()
    for function, client, message in (
        (fails, threads, "images: RuntimeError: no more"),
        (holds_a_lock, threads, "cannot be sent to Dask workers: TypeError"),
        (looks, closed, "The connection to the Dask scheduler was lost"),
        (looks, "tcp://host:8786", "client= takes a distributed.Client"),
    ):
        store = new_store()
        with pytest.raises(EncoderError) as error:
            embed_images(store, _encoder(function), items, None, 8, client)
        assert message in str(error.value)
        assert not store.vector_sets()


def test_without_workers_it_waits_and_can_be_cancelled(
    items: list[tuple[str, Path]], new_store: Callable[[], MediaStore]
) -> None:
    class Impatient(Progress):
        def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
            if text == "Waiting for Dask workers":
                self.cancel()
            super().__call__(done, total, text)

    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster,
        Client(cluster) as client,
        pytest.raises(Cancelled),
    ):
        embed_images(new_store(), _encoder(looks), items, Impatient(), 8, client)


class LocksUp:
    """Cannot be pickled."""

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __call__(self, images: Images) -> Any:
        return looks(images)


def _encoder(function: Any) -> Any:
    from panoptic_nb.embeddings import resolve_encoder

    return resolve_encoder(function)
