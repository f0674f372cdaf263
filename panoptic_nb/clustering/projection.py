"""Fewer dimensions that keep most of what tells vectors apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, one_thread_each, row_blocks
from panoptic_nb.progress import Progress

#: Vectors that show the directions of all.
SAMPLE = 4096
#: Passes over the vectors that turn random directions into the principal ones.
PASSES = 2


def shortened(
    vectors: NDArray[np.float32], count: int, random: np.random.Generator, progress: Progress
) -> NDArray[np.float32]:
    """Return vectors in at most `count` dimensions, those in which a sample of them spreads most.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)

    Returns
    -------
    ndarray of float32 (n, min(count, d))
    """
    if count >= vectors.shape[1]:
        return vectors
    rows = np.sort(random.choice(len(vectors), min(SAMPLE, len(vectors)), replace=False))
    with one_thread_each:
        directions = principal_directions(vectors[rows], count, random)
    blocks = row_blocks(len(vectors), 2048)
    short = np.empty((len(vectors), directions.shape[1]), np.float32)

    def work(block: slice) -> None:
        short[block] = vectors[block] @ directions

    for _ in map_blocks(work, blocks, progress):
        pass
    return short


def principal_directions(
    vectors: NDArray[np.float32], count: int, random: np.random.Generator
) -> NDArray[np.float32]:
    """Return about the `count` directions in which vectors spread most.

    Randomised subspace iteration (N. Halko, P.-G. Martinsson and J. Tropp 2011), about the origin.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
    count : int
        At most d.

    Returns
    -------
    ndarray of float32 (d, count)
        Orthonormal columns; ``vectors @ directions`` are the shortened vectors.
    """
    directions = random.standard_normal((vectors.shape[1], count), dtype=np.float32)
    for _ in range(PASSES):
        directions, _ = np.linalg.qr(vectors.T @ (vectors @ directions))
    return directions
