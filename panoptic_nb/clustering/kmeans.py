"""k-means on unit vectors, in blocks: memory stays near that of the vectors themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.progress import Progress

Vectors32 = NDArray[np.float32]

#: Rows of one matrix product: large enough for BLAS, small enough to cancel at once.
BLOCK = 4096
#: Images per cluster that choose the first centres, and that train them before all are looked at.
START_PER_CLUSTER = 64
TRAIN_PER_CLUSTER = 256
#: Below these numbers of images there is nothing to save.
MIN_START, MIN_TRAIN = 2048, 4096
#: Lloyd's steps end when the mean squared distance improves by less than this share.
TRAIN_TOLERANCE, TOLERANCE = 1e-3, 1e-4
MAX_STEPS = 100
#: With few clusters a bad start costs much and another one little: the best of several goes on.
STARTS, FEW_CLUSTERS = 4, 25


def kmeans(
    vectors: Vectors32, nb_clusters: int, seed: int, progress: Progress | None = None
) -> NDArray[np.int64]:
    """Partition vectors into at most `nb_clusters` clusters, none of them empty.

    A greedy k-means++ start (D. Arthur and S. Vassilvitskii 2007), Lloyd's steps (S. Lloyd 1982) on
    a sample sized by the number of clusters, then on all vectors until they settle.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
    nb_clusters : int
        Between 1 and n.
    seed : int
    progress : Progress, optional
        Called with the number of steps; may cancel.

    Returns
    -------
    ndarray of int64 (n,)
        Labels 0..m-1, m <= nb_clusters (fewer when there are fewer distinct vectors).
    """
    progress = progress or Progress()
    random = np.random.default_rng(seed)
    sample = _sample(vectors, max(TRAIN_PER_CLUSTER * nb_clusters, MIN_TRAIN), random)
    best: tuple[float, Vectors32] | None = None
    for _ in range(STARTS if nb_clusters <= FEW_CLUSTERS else 1):
        first = _sample(sample, max(START_PER_CLUSTER * nb_clusters, MIN_START), random)
        centres = kmeans_plus_plus(first, nb_clusters, random, progress)
        _, centres, inertia = lloyd(sample, centres, TRAIN_TOLERANCE, progress)
        if best is None or inertia < best[0]:
            best = inertia, centres
    assert best is not None
    labels, _, _ = lloyd(vectors, best[1], TOLERANCE, progress)
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _sample(vectors: Vectors32, size: int, random: np.random.Generator) -> Vectors32:
    """Return at most `size` of the vectors, in their order."""
    if len(vectors) <= size:
        return vectors
    return vectors[np.sort(random.choice(len(vectors), size, replace=False))]


def kmeans_plus_plus(
    vectors: Vectors32, count: int, random: np.random.Generator, progress: Progress
) -> Vectors32:
    """Choose centres far from each other among the vectors.

    Each new centre is the best of several candidates, drawn with a probability that grows with
    the squared distance to the centres so far.

    Returns
    -------
    ndarray of float32 (count, d)
        Some are equal when there are fewer distinct vectors.
    """
    norms = np.einsum("nd,nd->n", vectors, vectors)
    trials = 2 + int(np.log(count))
    chosen = [int(random.integers(len(vectors)))]
    distances = _squared_distances(vectors, norms, chosen)[:, 0]
    for step in range(1, count):
        progress(step, count, "first centres")
        cumulated = np.cumsum(distances, dtype=np.float64)
        drawn = np.searchsorted(cumulated, random.random(trials) * cumulated[-1], side="right")
        candidates = np.minimum(drawn, len(vectors) - 1)
        closer = np.minimum(_squared_distances(vectors, norms, candidates), distances[:, None])
        best = int(closer.sum(axis=0).argmin())
        chosen.append(int(candidates[best]))
        distances = closer[:, best]
    return vectors[chosen]


def _squared_distances(
    vectors: Vectors32, norms: Vectors32, rows: list[int] | NDArray[np.int64]
) -> Vectors32:
    squared: Vectors32 = norms[:, None] + norms[rows] - 2 * (vectors @ vectors[rows].T)
    return np.maximum(squared, 0)


def lloyd(
    vectors: Vectors32, centres: Vectors32, tolerance: float, progress: Progress
) -> tuple[NDArray[np.int64], Vectors32, float]:
    """Move each centre to the mean of the vectors nearest to it, until little changes.

    Returns
    -------
    labels : ndarray of int64 (n,)
        The nearest centre of each vector.
    centres : ndarray of float32 (k, d)
        The means of these.
    inertia : float
        Sum of the squared distances to the centres, before the last move.
    """
    norms = float(np.einsum("nd,nd->", vectors, vectors, dtype=np.float64))
    previous = np.inf
    for step in range(MAX_STEPS):
        labels, sums, closeness = _assign(vectors, centres, progress, step)
        counts = np.bincount(labels, minlength=len(centres))
        filled = counts > 0
        centres = centres.copy()  # a centre that lost all its vectors stays, and may win some back
        centres[filled] = sums[filled] / counts[filled, None]
        inertia = norms - 2 * closeness
        if previous - inertia <= tolerance * abs(inertia):
            break
        previous = inertia
    return labels, centres, inertia


def _assign(
    vectors: Vectors32, centres: Vectors32, progress: Progress, step: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], float]:
    """Return each vector's nearest centre, the sums of their vectors, and the total closeness.

    The closeness of x and c is x.c - c.c / 2, which grows as their distance falls.
    """
    from scipy.sparse import csr_matrix

    labels = np.empty(len(vectors), np.int64)
    sums = np.zeros(centres.shape, np.float64)
    half_norms = 0.5 * np.einsum("kd,kd->k", centres, centres)
    total = 0.0
    for start in range(0, len(vectors), BLOCK):
        progress(step + start / len(vectors), None, "k-means")
        block = vectors[start : start + BLOCK]
        rows = np.arange(len(block))
        closeness = block @ centres.T
        closeness -= half_norms
        nearest = closeness.argmax(axis=1)
        labels[start : start + BLOCK] = nearest
        total += float(closeness[rows, nearest].sum(dtype=np.float64))
        ones = np.ones(len(block), np.float32)
        members = csr_matrix((ones, (nearest, rows)), shape=(len(centres), len(block)))
        sums += members @ block
    return labels, sums, total
