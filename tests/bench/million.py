"""What the kernel adds to an edit of a million images, from the end of the engine to the event.

python tests/bench/million.py            # seconds of each edit, the fastest of some rounds
python tests/bench/million.py --profile  # and where they go
"""

from __future__ import annotations

import argparse
import cProfile
import hashlib
import pstats
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import panoptic_nb as pn
from panoptic_nb.collection import Collection
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.functions import registry
from panoptic_nb.jobs import Jobs
from panoptic_nb.project import Project
from panoptic_nb.record import Record
from panoptic_nb.saved_table import row_keys
from panoptic_nb.stored_images import ImageFacts
from panoptic_nb.table import Table
from panoptic_nb.tree import ScoredGroup, Tree

N_IMAGES = 1_000_000
#: The big tree: so many clusters of so many clusters each, 5,051 nodes.
CLUSTERS, BELOW = 50, 100
SMALL = 1_000  # images of the node that is split in it
ROUNDS = 5
FUNCTION = "labels_of_the_bench"


class MadeUpStore:
    """Stands for media.sqlite: facts out of a hat, no vectors, no thumbnails."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)

    def images(self, sha1s: Any) -> ImageFacts:
        sizes = self._random.integers(100, 4000, (2, len(sha1s)))
        hashes = self._random.integers(0, 2**64, len(sha1s), dtype=np.uint64)
        return ImageFacts(sizes[0], sizes[1], hashes)

    def vector_sets(self) -> dict[str, Any]:
        return {}

    def close(self) -> None:
        pass


def sha1_of_images(n: int) -> list[str]:
    """Return `n` distinct sha1."""
    return [hashlib.sha1(str(number).encode()).hexdigest() for number in range(n)]


def open_made_up(sha1: list[str], folder: Path) -> Project:
    """Return a project of one row an image whose files do not exist."""
    index = pd.RangeIndex(len(sha1))
    frame = pd.DataFrame({"path": "none.jpg", "sha1": sha1}, index=index)
    files = ProjectFolder(folder)
    keys = row_keys(index[:0], [], [])
    table = Table(frame, frame, keys, "path", files, {}, lost_rows=False)
    images = Collection(sha1, index)
    images.prepare()
    paths = [Path("none.jpg")] * len(sha1)
    store: Any = MadeUpStore()
    facts = store.images(sha1)
    return Project("million", table, images, facts, paths, frame.iloc[:0], files, store, Jobs())


def big_tree(project: Project) -> Tree:
    """Return a tree of 5,051 nodes whose node "Cluster 0/Cluster 0.0" has `SMALL` images."""
    random = np.random.default_rng(0)
    made_by = Record(FUNCTION, {"k": 10}, 0, None, None, "", N_IMAGES, "")

    def parts(members: Any, count: int, first: int | None = None) -> list[ScoredGroup]:
        first = len(members) // count if first is None else first
        mixed = random.permutation(members)
        rest = np.array_split(mixed[first:], count - 1)
        return [ScoredGroup(np.sort(part), score=5.0) for part in (mixed[:first], *rest)]

    tree = project.tree
    everything = np.arange(len(project.images))
    tree = tree.with_groups(0, parts(everything, CLUSTERS), None, made_by)
    for child in tree.root.children:
        tree = tree.with_groups(child, parts(child.members, BELOW, SMALL), None, made_by)
    return tree


class Watch:
    """Times from the end of the engine to the event: seconds by the clock, and of this thread."""

    def __init__(self, project: Project) -> None:
        self.labels: Any = None
        self._began = (0.0, 0.0)
        self.took = (np.inf, np.inf)
        project.events.tree.connect(self.stop)

        @pn.clustering_function(name=FUNCTION, order="given")
        def labels_of_the_bench(progress: pn.Progress) -> Any:
            self.start()
            return self.labels

    def start(self) -> None:
        self._began = (time.perf_counter(), time.thread_time())

    def stop(self) -> None:
        clock, cpu = self._began
        self.took = (time.perf_counter() - clock, time.thread_time() - cpu)


def edits(project: Project, watch: Watch) -> dict[str, Callable[[], Any]]:
    """Return the edits that are timed, in an order in which they can be made again and again."""
    random = np.random.default_rng(1)
    of_all, of_some = random.integers(0, 10, N_IMAGES), random.integers(0, 10, SMALL)
    tree = big_tree(project)
    small = "Cluster 0/Cluster 0.0"

    def split(node: str | None, labels: Any) -> Callable[[], Any]:
        def make() -> None:
            watch.labels = labels
            project.run(FUNCTION, node)

        return make

    def timed(edit: Callable[[], Any]) -> Callable[[], Any]:
        def make() -> None:
            watch.start()
            edit()

        return make

    return {
        "split the root in 10": split(None, of_all),
        "undo it": timed(project.undo),
        "(make the tree of 5,051 nodes)": timed(lambda: project._edits.make("big", tree)),
        "split a node of 1,000 of it": split(small, of_some),
        "rename a node of it": timed(lambda: project.rename("Cluster 1", "flags")),
        "close a node of 20,000 of it": timed(lambda: project.close_clusters("Cluster 2")),
        "undo that": timed(project.undo),
        "close its root": timed(project.close_clusters),
        "undo that too": timed(project.undo),
    }


def measure(project: Project, rounds: int, profile: bool) -> pd.DataFrame:
    """Return the fastest milliseconds of each edit: clock, thread, and after it until on disk."""
    watch = Watch(project)
    took: dict[str, list[tuple[float, ...]]] = {}
    todo = edits(project, watch)
    profiles = {name: cProfile.Profile() for name in todo}
    for number in range(rounds):
        for name, edit in todo.items():
            if profile and number == rounds - 1:  # profiling slows down: not counted
                profiles[name].runcall(edit)
            else:
                edit()
                took.setdefault(name, []).append((*watch.took, _seconds(project.flush)))
            project.flush()
        while project.undo():
            pass
    for name in todo if profile else ():
        print(f"\n{name}")
        pstats.Stats(profiles[name]).sort_stats("cumulative").print_stats(25)
    registry.remove(FUNCTION)
    rows = {name: np.min(values, axis=0) * 1000 for name, values in took.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["ms", "of the thread", "to disk"])


def _seconds(action: Callable[[], Any]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    sha1 = sha1_of_images(N_IMAGES)
    with tempfile.TemporaryDirectory() as folder:
        start = time.process_time()
        project = open_made_up(sha1, Path(folder))
        print(f"the project of {N_IMAGES:,} images: {time.process_time() - start:.1f} s")
        with project:
            print(measure(project, given.rounds, given.profile).round(1).to_string())


if __name__ == "__main__":
    main()
