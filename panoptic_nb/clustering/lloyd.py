"""Lloyd's steps of k-means, in blocks: memory stays near that of the vectors themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.progress import Progress
from panoptic_nb.vectors import not_finite

Vectors32 = NDArray[np.float32]

#: Values of one block: large enough for BLAS, small enough to stay in the cache.
BLOCK_ENTRIES, MIN_BLOCK, MAX_BLOCK = 1 << 18, 256, 2048
MAX_STEPS = 100


@dataclass(frozen=True)
class Assignment:
    """What one look at all vectors tells of some centres.

    Attributes
    ----------
    labels : ndarray of int64 (n,)
        The nearest centre of each vector.
    means : ndarray of float32 (k, d)
        The mean of the vectors of each centre; the centre itself where there are none.
    counts : ndarray of int64 (k,)
    closeness : ndarray of float64 (k,)
        Of each centre c, the sum of x.c - c.c / 2 over its vectors x.
    lead : ndarray of float64 (k,)
        The same less the closeness to the second nearest centre; zeros unless asked for.
    """

    labels: NDArray[np.int64]
    means: Vectors32
    counts: NDArray[np.int64]
    closeness: NDArray[np.float64]
    lead: NDArray[np.float64]


def assign(
    vectors: Vectors32, centres: Vectors32, progress: Progress, text: str, lead: bool = False
) -> Assignment:
    """Look for the nearest centre of each vector; `lead` also for the second nearest.

    The closeness of x and c, x.c - c.c / 2, grows as their squared distance x.x - 2 x closeness
    falls.
    """
    from scipy.sparse import csr_matrix

    k = len(centres)
    half_norms = 0.5 * np.einsum("kd,kd->k", centres, centres)

    def work(block: slice) -> tuple[slice, NDArray[np.intp], Vectors32, Vectors32, Vectors32]:
        rows = np.arange(block.stop - block.start)
        closeness = vectors[block] @ centres.T
        closeness -= half_norms
        nearest = closeness.argmax(axis=1)
        best = closeness[rows, nearest]
        ones = np.ones(len(rows), np.float32)
        sums = csr_matrix((ones, (nearest, rows)), shape=(k, len(rows))) @ vectors[block]
        second = best
        if lead and k > 1:
            closeness[rows, nearest] = -np.inf
            second = closeness.max(axis=1)
        return block, nearest, sums, best, second

    labels = np.empty(len(vectors), np.int64)
    sums, close, leads = np.zeros(centres.shape), np.zeros(k), np.zeros(k)
    blocks = row_blocks(len(vectors), int(np.clip(BLOCK_ENTRIES // k, MIN_BLOCK, MAX_BLOCK)))
    for block, nearest, block_sums, best, second in map_blocks(work, blocks, progress, text):
        labels[block] = nearest
        sums += block_sums
        close += np.bincount(nearest, best, k)
        leads += np.bincount(nearest, best - second, k)
    counts = np.bincount(labels, minlength=k)
    means = centres.copy()  # a centre that lost all its vectors stays, and may win some back
    means[counts > 0] = sums[counts > 0] / counts[counts > 0, None]
    return Assignment(labels, means, counts, close, leads)


def lloyd(
    vectors: Vectors32, centres: Vectors32, tolerance: float, progress: Progress, text: str
) -> tuple[Assignment, Vectors32, float]:
    """Move each centre to the mean of the vectors nearest to it, until little changes.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
    centres : ndarray of float32 (k, d)
        Where to begin.
    tolerance : float
        Ends when the inertia falls by no more than this share.

    Returns
    -------
    assignment : Assignment
        The vectors of each centre.
    centres : ndarray of float32 (k, d)
        The centres that these are nearest to.
    inertia : float
        Sum of the squared distances to them, to be compared with those of the same vectors only.

    Raises
    ------
    VectorError
        A value is not finite.
    """
    squares = _sum_of_squares(vectors)
    previous = np.inf
    for _ in range(MAX_STEPS):
        found = assign(vectors, centres, progress, text)
        inertia = squares - 2 * float(found.closeness.sum())
        if not np.isfinite(inertia):
            raise not_finite()
        if previous - inertia <= tolerance * abs(inertia):
            break
        previous = inertia
        centres, before = found.means, centres
    else:
        centres = before
    return found, centres, inertia


def _sum_of_squares(vectors: Vectors32) -> float:
    """Return the sum of the squares of all values, judged by some of many vectors.

    It is the same for all centres, so that only the moment of stopping hangs on it.
    """
    some = vectors[:: max(1, len(vectors) // MAX_BLOCK)]
    return float(np.einsum("nd,nd->", some, some, dtype=np.float64)) * len(vectors) / len(some)
