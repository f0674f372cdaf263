"""compute_clusters with a number, beside PanopticML (faiss) and scikit-learn."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import peers
import psutil
import pytest
from ours import Runner

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
