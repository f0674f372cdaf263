"""k-means on unit vectors, in blocks: memory stays near that of the vectors themselves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.progress import Progress

#: Rows of one matrix product: large enough for BLAS, small enough to cancel at once.
BLOCK = 8192
#: k-means++ looks at this many images per cluster; more changes the start, not the result.
SAMPLE_PER_CLUSTER = 256
MAX_ITERATIONS = 300
#: Lloyd's steps end when the mean squared distance improves by less than this share.
TOLERANCE = 1e-5


def kmeans(
    vectors: NDArray[np.float32],
    nb_clusters: int,
    seed: int,
    progress: Progress | None = None,
) -> NDArray[np.int64]:
    """Partition vectors into at most `nb_clusters` clusters, none of them empty.

    Lloyd's algorithm (S. Lloyd 1982) from a k-means++ start (D. Arthur and S. Vassilvitskii 2007)
    drawn on a sample.

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
    centres = _start(vectors, nb_clusters, seed)
    previous = np.inf
    for step in range(MAX_ITERATIONS):
        labels, centres, inertia = _step(vectors, centres, progress, step)
        if previous - inertia <= TOLERANCE * max(inertia, 1e-12):
            break
        previous = inertia
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def _start(vectors: NDArray[np.float32], nb_clusters: int, seed: int) -> NDArray[np.float32]:
    from sklearn.cluster import kmeans_plusplus

    random = np.random.RandomState(seed)  # kmeans_plusplus takes no Generator
    sample = vectors
    if len(vectors) > SAMPLE_PER_CLUSTER * nb_clusters:
        chosen = random.choice(len(vectors), SAMPLE_PER_CLUSTER * nb_clusters, replace=False)
        sample = vectors[np.sort(chosen)]
    centres, _ = kmeans_plusplus(sample, nb_clusters, random_state=random)
    return np.asarray(centres, dtype=np.float32)


def _step(
    vectors: NDArray[np.float32], centres: NDArray[np.float32], progress: Progress, step: int
) -> tuple[NDArray[np.int64], NDArray[np.float32], float]:
    """Assign every vector to its nearest centre and return the new centres."""
    labels = np.empty(len(vectors), np.int64)
    sums = np.zeros(centres.shape, np.float64)
    inertia = 0.0
    half_norms = 0.5 * np.einsum("kd,kd->k", centres, centres)
    for start in range(0, len(vectors), BLOCK):
        progress(step + start / len(vectors), None, "k-means")
        block = vectors[start : start + BLOCK]
        closeness = block @ centres.T - half_norms
        nearest = closeness.argmax(axis=1)
        labels[start : start + BLOCK] = nearest
        one_hot = np.zeros((len(centres), len(block)), np.float32)
        one_hot[nearest, np.arange(len(block))] = 1
        sums += one_hot @ block
        norms = np.einsum("nd,nd->n", block, block)
        inertia += float((norms - 2 * closeness[np.arange(len(block)), nearest]).sum())
    counts = np.bincount(labels, minlength=len(centres))
    filled = counts > 0
    moved = centres.copy()  # a centre that lost all its vectors stays and may win some back
    moved[filled] = (sums[filled] / counts[filled, None]).astype(np.float32)
    return labels, moved, inertia
