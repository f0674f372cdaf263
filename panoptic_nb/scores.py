"""The score of a cluster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.progress import Progress

#: Vectors that are gathered at a time.
BLOCK = 2048
#: Scores below this are computed again in float64: offsets this small lose digits in float32.
NEARLY_EQUAL = 1.0


def score(
    vectors: NDArray[np.float32],
    members: NDArray[np.int64] | None = None,
    progress: Progress | None = None,
) -> float:
    """Return how spread out vectors are: lower is more coherent.

    100 x the mean squared euclidean distance to the centroid, Panoptic's score of a k-means
    cluster; on unit vectors it lies between 0 and 100.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors.
    members : ndarray of int64 (m,), optional
        Which of them, at least one; all by default.

    Examples
    --------
    >>> score(np.array([[1, 0], [0, 1]], dtype=np.float32))
    50.0
    """
    rows = np.arange(len(vectors)) if members is None else members
    blocks = row_blocks(len(rows), BLOCK)
    progress = progress or Progress()

    def total(block: slice) -> NDArray[np.float32]:
        summed: NDArray[np.float32] = vectors[rows[block]].sum(axis=0)
        return summed

    # Not from the squared norms of vectors and centroid: the difference of two nearly equal numbers
    # keeps no digits, and near-duplicates have such.
    def spread(block: slice) -> float:
        offsets = vectors[rows[block]] - centroid
        return float(np.einsum("nd,nd->n", offsets, offsets).sum(dtype=np.float64))

    sums = (part.astype(np.float64) for part in map_blocks(total, blocks, progress))
    mean = np.sum(list(sums), axis=0) / len(rows)
    centroid = mean.astype(np.float32)
    result = 100 * sum(map_blocks(spread, blocks, progress)) / len(rows)
    if result < NEARLY_EQUAL:
        centroid = mean
        result = 100 * sum(map_blocks(spread, blocks, progress)) / len(rows)
    return result
