"""A cancel at a million images: how long it takes, and what memory stays."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from ours import Runner
from test_tags import made_up_tags

from panoptic_nb.clustering.tags import cluster_by_tags
from panoptic_nb.errors import Cancelled
from panoptic_nb.progress import Progress

#: Seconds after which the work is cancelled, each time anew, until it ends by itself.
MOMENTS = (0.5, 2, 5, 15, 30, 60)


@pytest.mark.parametrize(
    "function",
    ["compute_clusters", "automatic", "find_duplicates", "agglomerative", "cluster_by_tags"],
)
def test_cancel_at_1_000_000_images(function: str, made_up: Any, table: Any) -> None:
    """Cancel at several moments; the function must end within a second, its memory back."""
    vectors = made_up(1_000_000).vectors
    ours = Runner(vectors)
    tags, _, encoder = made_up_tags()
    begin: dict[str, Callable[[Progress], object]] = {
        "compute_clusters": lambda how: ours.split("compute_clusters", how),
        "automatic": lambda how: ours.split("compute_clusters", how, nb_clusters=-1),
        "find_duplicates": lambda how: ours.split("find_duplicates", how),
        "agglomerative": lambda how: ours.split("agglomerative", how),
        "cluster_by_tags": lambda how: cluster_by_tags(vectors, encoder, how, tags=tags),
    }
    slowest, before = 0.0, psutil.Process().memory_info().rss
    for seconds in MOMENTS:
        waited = seconds_to_cancel(begin[function], seconds)
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
