"""The score of a cluster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.progress import Progress

#: Vectors that are gathered at a time.
BLOCK = 2048
#: Below this mean squared distance the difference of two norms keeps too few digits.
NEARLY_EQUAL = 0.1


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
    mean, squares = means(vectors, rows, progress)
    spread = squares - float(mean @ mean)
    if spread < NEARLY_EQUAL:
        spread = _exact_spread(vectors, rows, progress)
    return 100 * spread


def score_members(
    vectors: NDArray[np.float32], members: NDArray[np.int64], progress: Progress | None = None
) -> float | None:
    """Return the `score` of those of some images that have a vector, None if none has."""
    known = members[has_vector(vectors, members)]
    return score(vectors, known, progress) if len(known) else None


def has_vector(vectors: NDArray[np.float32], members: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which of some images have a vector; the rows of the others are NaN."""
    # A row is NaN as a whole or not at all, so its first value tells.
    known: NDArray[np.bool_] = ~np.isnan(vectors[members, 0])
    return known


def means(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], progress: Progress | None = None
) -> tuple[NDArray[np.float64], float]:
    """Return the mean vector, float64 (d,), and the mean squared norm of some rows."""
    progress = progress or Progress()

    def work(block: slice) -> tuple[NDArray[np.float32], float]:
        part = vectors[rows[block]]
        return part.sum(axis=0), float(np.einsum("nd,nd->n", part, part).sum(dtype=np.float64))

    sums = np.zeros(vectors.shape[1])
    squares = 0.0
    for part_sums, part_squares in map_blocks(work, row_blocks(len(rows), BLOCK), progress):
        sums += part_sums
        squares += part_squares
    return sums / len(rows), squares / len(rows)


def _exact_spread(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], progress: Progress
) -> float:
    """Return the mean squared distance to the mean, in float64 and from the distances."""

    def total(block: slice) -> NDArray[np.float64]:
        summed: NDArray[np.float64] = vectors[rows[block]].sum(axis=0, dtype=np.float64)
        return summed

    def spread(block: slice) -> float:
        offsets = vectors[rows[block]] - mean
        return float(np.einsum("nd,nd->", offsets, offsets))

    blocks = row_blocks(len(rows), BLOCK)
    mean = np.sum(list(map_blocks(total, blocks, progress)), axis=0) / len(rows)
    return sum(map_blocks(spread, blocks, progress)) / len(rows)
