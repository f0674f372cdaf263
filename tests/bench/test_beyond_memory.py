"""Vectors in a file: the clusters of memory, without a copy in memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

COUNT = int(os.environ.get("PANOPTIC_NB_BEYOND", "200000"))

# In a process of its own: what it holds besides is the same in both runs.
MEASURED = """
import sys, threading, time
import numpy as np
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.clustering.image_text import nearest
from panoptic_nb.progress import Progress

def held():  # memory of its own, in MB: pages of files are given back when others need room
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssAnon")) / 1024

kmeans(np.eye(8, dtype=np.float32), 2, 0)
before, peak, running = held(), 0.0, True

def watch():
    global peak
    while running:
        peak = max(peak, held())
        time.sleep(0.002)

watcher = threading.Thread(target=watch)
watcher.start()
vectors = np.load(sys.argv[1], mmap_mode=sys.argv[2] if len(sys.argv) > 2 else None)
labels = kmeans(vectors, 10, 0)
texts = np.ascontiguousarray(vectors[:100])
tags = nearest(vectors, texts, Progress())[1]
running = False
watcher.join()
np.savez(sys.argv[1] + ".result", labels=labels, tags=tags)
print(peak - before)
"""


def run(path: Path, *mode: str) -> tuple[float, Any]:
    """Return the peak of the memory added, in MB, and the labels."""
    command = [sys.executable, "-c", MEASURED, str(path), *mode]
    added = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    with np.load(f"{path}.result.npz") as result:
        return float(added), dict(result)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_of_vectors_in_a_file(made_up: Any, tmp_path: Path, table: Any) -> None:
    path = tmp_path / "vectors.npy"
    np.save(path, made_up(COUNT).vectors)
    (in_memory, theirs), (mapped, ours) = run(path), run(path, "r")
    for name in theirs:
        np.testing.assert_array_equal(ours[name], theirs[name])
    what = f"k-means and 100 tags, {COUNT:,} vectors in a file, MB added"
    table.add(what, mapped, "in memory", in_memory, "<= 0.25")
