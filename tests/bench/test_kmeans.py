"""compute_clusters with a number, beside PanopticML (faiss) and scikit-learn."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import peers
import psutil
import pytest
from ours import Runner

from panoptic_nb.errors import Cancelled
from panoptic_nb.progress import Progress

SEEDS = 3


def inertia(vectors: np.ndarray, labels: np.ndarray) -> float:
    """Sum of the squared distances to the means, in float64."""
    total = 0.0
    for label in np.unique(labels):
        members = vectors[labels == label]
        mean = members.mean(axis=0, dtype=np.float64)
        total += float((members.astype(np.float64) ** 2).sum() - len(members) * (mean @ mean))
    return total


@pytest.mark.parametrize("k", [10, 100])
def test_100_000_images(k: int, made_up: Any, paired: Any, table: Any) -> None:
    vectors = made_up(100_000).vectors
    ours, given = Runner(vectors), peers.panoptic_vectors(vectors)
    seconds = paired(
        lambda: ours.split("compute_clusters", nb_clusters=k),
        lambda: peers.panoptic_clusters(given, k),
        rounds=7,
    )
    table.add(
        f"k-means, 100,000 images, k = {k}, s", seconds[0], "PanopticML", seconds[1], "<= 1.0"
    )


@pytest.mark.parametrize("k", [10, 100])
def test_inertia(k: int, made_up: Any, table: Any) -> None:
    from sklearn.cluster import KMeans

    vectors = made_up(100_000).vectors
    ours = Runner(vectors)
    mine = inertia(vectors, ours.labels(ours.split("compute_clusters", nb_clusters=k)))
    converged = [
        KMeans(k, n_init=1, random_state=seed, tol=0, max_iter=1000).fit(vectors).inertia_
        for seed in range(SEEDS if k == 10 else 1)
    ]
    theirs = float(np.mean(converged))
    table.add(f"inertia, 100,000 images, k = {k}", mine, "scikit-learn", theirs, "<= 1.005")


class Peak:
    """The most memory of this process while entered, bytes above what it was."""

    def __enter__(self) -> Peak:
        self._process = psutil.Process()
        self._before = self._process.memory_info().rss
        self.added = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.005):
            self.added = max(self.added, self._process.memory_info().rss - self._before)


@pytest.mark.parametrize("k", [10, 100])
def test_1_000_000_images(k: int, made_up: Any, paired: Any, table: Any) -> None:
    vectors = made_up(1_000_000).vectors
    ours, given = Runner(vectors), peers.panoptic_vectors(vectors)
    seconds = paired(
        lambda: ours.split("compute_clusters", nb_clusters=k),
        lambda: peers.panoptic_clusters(given, k),
        rounds=3,
    )
    what = f"k-means, 1,000,000 images, k = {k}"
    table.add(f"{what}, s", seconds[0], "PanopticML", seconds[1], "<= 1.0")
    with Peak() as peak:
        ours.split("compute_clusters", nb_clusters=k)
    table.add(f"{what}, MB added", peak.added / 1e6, "vectors", vectors.nbytes / 1e6, "<= 0.25")


@pytest.mark.parametrize(
    "function", ["compute_clusters", "automatic", "find_duplicates", "agglomerative"]
)
def test_cancel_at_1_000_000_images(function: str, made_up: Any, table: Any) -> None:
    """Cancel at several moments; the function must end within a second, its memory back."""
    ours = Runner(made_up(1_000_000).vectors)
    params = {"automatic": {"nb_clusters": -1}}.get(function, {})
    name = "compute_clusters" if function == "automatic" else function
    slowest, before = 0.0, psutil.Process().memory_info().rss
    for seconds in (0.5, 2, 5, 15, 30, 60):
        waited = seconds_to_cancel(lambda how: ours.split(name, how, **params), seconds)
        if waited is None:
            break
        slowest = max(slowest, waited)
    left = (psutil.Process().memory_info().rss - before) / 1e6
    what = f"cancel of {function} at 1,000,000 images"
    table.note(what, f"{slowest:.2f} s, {left:.0f} MB kept", "<= 1 s", slowest <= 1)


def seconds_to_cancel(work: Callable[[Progress], object], after: float) -> float | None:
    """Cancel work some seconds after it began; return how long it went on, None if it had ended."""
    progress = Progress()
    asked: list[float] = []

    def cancel() -> None:
        asked.append(time.monotonic())
        progress.cancel()

    timer = threading.Timer(after, cancel)
    timer.start()
    try:
        work(progress)
    except Cancelled:
        return time.monotonic() - asked[0]
    finally:
        timer.cancel()
    return None
