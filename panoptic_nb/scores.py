"""The score of a cluster."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.progress import Progress

#: Vectors that are gathered at a time.
BLOCK = 2048
#: Mean squared distances below this are computed again in float64: float32 keeps too few digits of
#: offsets this small.
NEARLY_EQUAL = 0.01


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
    progress = progress or Progress()
    result = _mean_spread(vectors, rows, np.float32, progress)
    if result < NEARLY_EQUAL:
        result = _mean_spread(vectors, rows, np.float64, progress)
    return 100 * result


def _mean_spread(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], dtype: Any, progress: Progress
) -> float:
    """Return the mean squared distance to the mean, with offsets of a precision.

    Not from the squared norms of vectors and mean: the difference of two nearly equal numbers keeps
    no digits, and near-duplicates have such.
    """

    def total(block: slice) -> NDArray[np.float64]:
        summed: NDArray[np.float64] = vectors[rows[block]].sum(axis=0, dtype=dtype)
        return summed.astype(np.float64)

    def spread(block: slice) -> float:
        offsets = vectors[rows[block]] - centroid
        return float(np.einsum("nd,nd->n", offsets, offsets).sum(dtype=np.float64))

    blocks = row_blocks(len(rows), BLOCK)
    mean = np.sum(list(map_blocks(total, blocks, progress)), axis=0) / len(rows)
    centroid = mean.astype(dtype)
    return sum(map_blocks(spread, blocks, progress)) / len(rows)
