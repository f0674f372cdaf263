"""agglomerative: the most similar groups merge, from single images on (average linkage, UPGMA).

The cosine similarity of two groups of unit vectors, averaged over their pairs, is the dot product
of their mean vectors. So the hierarchy can begin with small groups as well as with images and has
the same distances, as long as each group counts with its size.
"""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.clustering.number import cap_number, tell_if_fewer
from panoptic_nb.functions import clustering_function
from panoptic_nb.inputs import Vectors
from panoptic_nb.progress import Progress
from panoptic_nb.vectors import not_finite

Vectors32 = NDArray[np.float32]

#: Up to this many, single images are merged: their distances take 100 MB.
SINGLE_IMAGES = 5000
#: Above, so many small groups of k-means, and at least twice as many as clusters are asked for.
SMALL_GROUPS = 1000
#: Distance at which two images count as one, whose order of merging means nothing.
SAME = 1e-6
BLOCK = 512


@clustering_function
def agglomerative(
    vectors: Vectors,
    progress: Progress,
    seed: int,
    *,
    nb_clusters: Annotated[int, Field(ge=1)] = 10,
) -> NDArray[np.int64]:
    """Group images by merging the most similar groups until a given number is left.

    Parameters
    ----------
    nb_clusters
        How many clusters to make.
    """
    nb_clusters = cap_number(nb_clusters, len(vectors), progress)
    if len(vectors) <= SINGLE_IMAGES:
        labels = average_linkage(vectors, np.ones(len(vectors)), nb_clusters, progress)
    else:
        groups = min(max(SMALL_GROUPS, 2 * nb_clusters), SINGLE_IMAGES)
        small = kmeans(vectors, max(groups, nb_clusters), seed, progress)
        means, sizes = _means(vectors, small, progress)
        # So many clusters that k-means has made no more groups than that: they are the clusters.
        enough = len(means) > nb_clusters
        labels = average_linkage(means, sizes, nb_clusters, progress)[small] if enough else small
    tell_if_fewer(labels, nb_clusters, progress)
    return labels


def _means(
    vectors: Vectors32, labels: NDArray[np.int64], progress: Progress
) -> tuple[Vectors32, NDArray[np.float64]]:
    """Return the mean vector of each label, not normalised, and how many vectors it has."""
    order = np.argsort(labels, kind="stable")
    sizes = np.bincount(labels)
    means = np.empty((len(sizes), vectors.shape[1]), np.float32)
    for label, members in enumerate(np.split(order, np.cumsum(sizes)[:-1])):
        progress.check()
        means[label] = vectors[members].mean(axis=0, dtype=np.float64)
    return means, sizes.astype(np.float64)


def average_linkage(
    means: Vectors32, sizes: NDArray[np.float64], nb_clusters: int, progress: Progress | None = None
) -> NDArray[np.int64]:
    """Cut the average-linkage hierarchy of groups of unit vectors into clusters.

    The nearest-neighbour chain (F. Murtagh 1983; D. Müllner 2011): follow the nearest groups
    until two are nearest to each other, and merge these. For average linkage that gives the same
    hierarchy as merging the nearest two of all each time, in O(n^2).

    Parameters
    ----------
    means : ndarray of float32 (n, d)
        The mean of each group, not normalised; of a single image its vector.
    sizes : ndarray of float64 (n,)
        How many vectors each group has.
    nb_clusters : int
        How many clusters to leave. Fewer are left when groups are equal: these always merge.
    progress : Progress, optional

    Returns
    -------
    ndarray of int64 (n,)
        Labels 0..m-1, m <= nb_clusters.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(means)
    progress = progress or Progress()
    first, second, heights = _merges(_distances(means, progress), sizes.copy(), progress)
    done = max(n - nb_clusters, int((heights <= SAME).sum()))
    lowest = np.argsort(heights, kind="stable")[:done]
    ends = first[lowest], second[lowest]
    merged = coo_matrix((np.ones(done, bool), ends), shape=(n, n))
    return np.asarray(connected_components(merged, directed=False)[1], dtype=np.int64)


def _distances(means: Vectors32, progress: Progress) -> Vectors32:
    """Return the cosine distances (n, n), infinite on the diagonal."""
    n = len(means)
    distances = np.empty((n, n), np.float32)
    blocks = row_blocks(n, BLOCK)

    def work(rows: slice) -> Vectors32:
        distances: Vectors32 = np.clip(1 - means[rows] @ means[rows.start :].T, 0, None)
        if not np.isfinite(distances).all():
            raise not_finite()
        return distances

    for rows, block in zip(blocks, map_blocks(work, blocks, progress, "distances"), strict=True):
        distances[rows, rows.start :] = block
        distances[rows.start :, rows] = block.T
        # BLAS may round the two halves differently, and a chain needs one distance for a pair.
        square = distances[rows, rows]
        distances[rows, rows] = np.minimum(square, square.T)
    np.fill_diagonal(distances, np.inf)
    return distances


def _merges(
    distances: Vectors32, sizes: NDArray[np.float64], progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Return the n - 1 merges: a member of the one group, one of the other, their distance.

    `distances` and `sizes` are written over: the second of two groups stands for both.
    """
    n = len(distances)
    first, second = np.empty((2, max(n - 1, 0)), np.int64)
    heights = np.empty(max(n - 1, 0), np.float32)
    chain: list[int] = []
    lowest_alive = 0
    for step in range(n - 1):
        progress(step, n - 1, "merging")
        if not chain:
            while not sizes[lowest_alive]:
                lowest_alive += 1
            chain.append(lowest_alive)
        one, other = _two_nearest(distances, chain)
        first[step], second[step], heights[step] = one, other, distances[one, other]
        total = sizes[one] + sizes[other]
        share = np.float32(sizes[one] / total)
        both = share * distances[one] + (1 - share) * distances[other]
        both[other] = np.inf
        distances[other] = distances[:, other] = both
        distances[one] = distances[:, one] = np.inf
        sizes[other], sizes[one] = total, 0
    return first, second, heights


def _two_nearest(distances: Vectors32, chain: list[int]) -> tuple[int, int]:
    """Follow the chain to two groups that are nearest to each other; take them off it."""
    while True:
        row = distances[chain[-1]]
        nearest = int(row.argmin())
        # Among equals the group before goes first: otherwise the chain could run in circles.
        if len(chain) > 1 and row[chain[-2]] <= row[nearest]:
            one, other = chain.pop(), chain.pop()
            return one, other
        chain.append(nearest)
