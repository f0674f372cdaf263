"""Neighbours of unit vectors by blocked matrix products: exact, and cancelled between blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.progress import Progress

#: Similarities held at a time (float32: 256 MB).
BLOCK_ENTRIES = 1 << 26


def _block_rows(n: int) -> int:
    return max(1, min(2048, BLOCK_ENTRIES // max(n, 1)))


def nearest_neighbours(
    vectors: NDArray[np.float32], count: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the `count` nearest other vectors of each.

    Returns
    -------
    neighbours : ndarray of int64 (n, count)
    similarities : ndarray of float32 (n, count)
        Cosine similarity to each.
    """
    neighbours = np.empty((len(vectors), count), np.int64)
    similarities = np.empty((len(vectors), count), np.float32)
    n = len(vectors)
    rows = _block_rows(n)
    for start in range(0, n, rows):
        progress(start, n, "neighbours")
        block = vectors[start : start + rows] @ vectors.T
        at = np.arange(len(block))
        block[at, start + at] = -np.inf
        nearest = np.argpartition(-block, count - 1, axis=1)[:, :count]
        stop = start + len(block)
        neighbours[start:stop] = nearest
        similarities[start:stop] = np.take_along_axis(block, nearest, axis=1)
    return neighbours, similarities


def pairs_above(
    vectors: NDArray[np.float32], threshold: float, progress: Progress, limit: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]] | None:
    """Return all pairs i < j whose cosine similarity is at or above `threshold`.

    Returns
    -------
    first, second : ndarray of int64 (p,)
    similarities : ndarray of float32 (p,)
        Or None in all when there are more than `limit` pairs.
    """
    found: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]] = []
    total, n = 0, len(vectors)
    rows = _block_rows(n)
    for start in range(0, n, rows):
        progress(start, n, "pairs")
        # Similarity is symmetric: only what stands from the block's own rows on is computed.
        block = vectors[start : start + rows] @ vectors[start:].T
        first, second = np.nonzero(block >= threshold)
        keep = second > first
        first, second = first[keep], second[keep]
        total += len(first)
        if total > limit:
            return None
        found.append((first + start, second + start, block[first, second]))
    first_all, second_all, similarities = (
        np.concatenate([part[i] for part in found]) for i in range(3)
    )
    return first_all, second_all, similarities
