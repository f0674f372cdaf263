"""Rows that are equal to the bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.progress import Progress
from panoptic_nb.vectors import not_finite

BLOCK = 2048


def distinct_rows(
    vectors: NDArray[np.float32], progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the distinct rows of some vectors.

    Rows are compared by a hash of 64 bits: that two of a million differ and share one has a
    probability of 3e-8.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)

    Returns
    -------
    first : ndarray of int64 (m,)
        Where each distinct row stands first, ascending.
    which : ndarray of int64 (n,)
        Which of these each row is equal to: ``vectors[first][which]`` are the vectors.

    Raises
    ------
    VectorError
        A value is not finite.
    """
    random = np.random.default_rng(0)
    factors = random.integers(0, 2**64, vectors.shape[1], np.uint64) | np.uint64(1)  # odd

    def work(block: slice) -> NDArray[np.uint64]:
        rows = np.ascontiguousarray(vectors[block]) + np.float32(0)  # -0.0 is 0.0
        if not np.isfinite(rows).all():
            raise not_finite()
        hashes: NDArray[np.uint64] = (rows.view(np.uint32) * factors).sum(axis=1, dtype=np.uint64)
        return hashes

    parts = list(map_blocks(work, row_blocks(len(vectors), BLOCK), progress))
    hashes = np.concatenate([np.empty(0, np.uint64), *parts])
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    # In the order of the rows, not of their hashes.
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order], rank[which]
