"""find_duplicates, beside PanopticML and the bare matrix product."""

from __future__ import annotations

from typing import Any

import numpy as np
import peers
from data import with_near_copies
from ours import Runner

from panoptic_nb.clustering.pairs import pairs_above
from panoptic_nb.progress import Progress

THRESHOLD = 0.95


def test_pairs_are_exactly_those_of_brute_force(table: Any) -> None:
    vectors = with_near_copies(20_000)
    found = pairs_above(vectors, THRESHOLD, Progress(), 10**8)
    assert found is not None
    wanted = set()
    for start in range(0, len(vectors), 1000):
        block = vectors[start : start + 1000] @ vectors.T
        first, second = np.nonzero(block >= THRESHOLD)
        later = first + start < second
        wanted |= set(zip(first[later] + start, second[later], strict=True))
    same = wanted == set(zip(found.first, found.second, strict=True))
    table.note("pairs, 20,000 images", f"{len(wanted)} the same", "exactly", same)


def test_20_000_images(paired: Any, table: Any) -> None:
    vectors = with_near_copies(20_000)
    ours, given = Runner(vectors), peers.panoptic_vectors(vectors)
    seconds = paired(
        lambda: ours.split("find_duplicates", min_similarity=THRESHOLD),
        lambda: peers.panoptic_duplicates(given, THRESHOLD),
        rounds=1,
    )
    what = "find_duplicates, 20,000 images, s"
    table.add(what, seconds[0], "PanopticML", seconds[1], "<= 0.02")


def test_100_000_images(paired: Any, table: Any) -> None:
    vectors = with_near_copies(100_000)
    ours = Runner(vectors)
    seconds = paired(
        lambda: ours.split("find_duplicates", min_similarity=THRESHOLD),
        lambda: peers.blocked_product(vectors),
        rounds=1,
    )
    what = "find_duplicates, 100,000 images, s"
    table.add(what, seconds[0], "matrix product", seconds[1], "<= 0.5")
