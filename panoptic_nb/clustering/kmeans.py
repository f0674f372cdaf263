"""k-means on unit vectors: learnt on a sample in few dimensions, settled on all of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, one_thread_each, row_blocks
from panoptic_nb.clustering.lloyd import MAX_BLOCK, Assignment, assign, lloyd
from panoptic_nb.clustering.projection import shortened
from panoptic_nb.progress import Progress

Vectors32 = NDArray[np.float32]

#: Images that train the centres before all are looked at: so many per cluster, or fewer where the
#: products of one step would be more than this.
TRAIN_PER_CLUSTER, LEAST_PER_CLUSTER, TRAIN_PRODUCTS = 160, 32, 1e10
#: Images per cluster that choose the first centres, with the same kind of limit.
START_PER_CLUSTER, LEAST_START, START_PRODUCTS = 32, 3, 1e11
#: Below these numbers of images there is nothing to save.
MIN_START, MIN_TRAIN = 2048, 8192
#: Training looks at this many dimensions more than there are clusters.
MORE_DIMENSIONS = 28
MIN_DIMENSIONS = 64
#: Lloyd's steps end when the mean squared distance improves by less than this share.
TRAIN_TOLERANCE, TOLERANCE = 1e-3, 1e-3
#: With few clusters a bad start costs much and another one little: the best of several goes on.
STARTS, FEW_CLUSTERS = 6, 25
#: Share of the centres that the first swap moves, and how often swaps are tried.
SWAP_SHARE, MAX_SWAPS = 0.1, 8
#: Squared distance from which two vectors are not the same but for rounding.
SAME = 1e-10


def kmeans(
    vectors: Vectors32, nb_clusters: int, seed: int, progress: Progress | None = None
) -> NDArray[np.int64]:
    """Partition vectors into at most `nb_clusters` clusters, none of them empty.

    Centres are learnt on a sample sized by the number of clusters and shortened to its principal
    directions: a greedy k-means++ start (D. Arthur and S. Vassilvitskii 2007), Lloyd's steps
    (S. Lloyd 1982), and swaps that move useless centres to where the error is (B. Fritzke 1997,
    "The LBG-U method for vector quantization"). Then Lloyd's steps on all vectors.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
    nb_clusters : int
        Between 1 and n.
    seed : int
    progress : Progress, optional
        May cancel.

    Returns
    -------
    ndarray of int64 (n,)
        Labels 0..m-1, m <= nb_clusters (fewer when there are fewer distinct vectors).
    """
    progress = progress or Progress()
    if not len(vectors):
        return np.empty(0, np.int64)
    random = np.random.default_rng(seed)
    with one_thread_each:
        centres = _learn(vectors, nb_clusters, random, progress)
        found, _, _ = lloyd(vectors, centres, TOLERANCE, progress, "k-means")
        found = _complete(vectors, found, nb_clusters, progress)
    without_gaps = np.cumsum(found.counts > 0) - 1
    return without_gaps[found.labels]


def _learn(
    vectors: Vectors32, count: int, random: np.random.Generator, progress: Progress
) -> Vectors32:
    """Return at most `count` centres that are good for a sample of the vectors."""
    dimensions = max(count + MORE_DIMENSIONS, MIN_DIMENSIONS)
    share = np.clip(TRAIN_PRODUCTS / (count**2 * dimensions), LEAST_PER_CLUSTER, TRAIN_PER_CLUSTER)
    sample = _sample(vectors, max(int(share * count), MIN_TRAIN), random)
    short = shortened(sample, dimensions, random, progress)
    starts = STARTS if count <= FEW_CLUSTERS else 1
    learnt = [_start(short, count, random, progress) for _ in range(starts)]
    centres, inertia = min(learnt, key=lambda start: start[1])
    centres = _swap(short, centres, inertia, random, progress)
    return _means(sample, assign(short, centres, progress, "training").labels)


def _start(
    vectors: Vectors32, count: int, random: np.random.Generator, progress: Progress
) -> tuple[Vectors32, float]:
    """Return centres that Lloyd's steps led to from a k-means++ start, and their inertia."""
    products = count**2 * vectors.shape[1] * _trials(count)
    share = np.clip(START_PRODUCTS / products, LEAST_START, START_PER_CLUSTER)
    few = _sample(vectors, max(int(share * count), MIN_START), random)
    centres = kmeans_plus_plus(few, count, random, progress)
    _, centres, inertia = lloyd(vectors, centres, TRAIN_TOLERANCE, progress, "training")
    return centres, inertia


def _sample(vectors: Vectors32, size: int, random: np.random.Generator) -> Vectors32:
    """Return at most `size` of the vectors, in their order."""
    if len(vectors) <= size:
        return vectors
    return vectors[np.sort(random.choice(len(vectors), size, replace=False))]


def _means(vectors: Vectors32, labels: NDArray[np.int64]) -> Vectors32:
    """Return the mean of the vectors of each label that there is."""
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    return np.stack([vectors[part].mean(axis=0) for part in np.split(order, starts[1:])])


def _trials(count: int) -> int:
    return 2 + int(np.log(count))


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
    chosen = [int(random.integers(len(vectors)))]
    distances = _squared_distances(vectors, norms, chosen)[:, 0]
    for step in range(1, count):
        progress(step, count, "first centres")
        cumulated = np.cumsum(distances, dtype=np.float64)
        drawn = random.random(_trials(count)) * cumulated[-1]
        candidates = np.searchsorted(cumulated, drawn, side="right").clip(max=len(vectors) - 1)
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


def _swap(
    vectors: Vectors32,
    centres: Vectors32,
    inertia: float,
    random: np.random.Generator,
    progress: Progress,
) -> Vectors32:
    """Move the centres of least use to the clusters of most error, as long as that helps."""
    moved = max(1, int(SWAP_SHARE * len(centres)))
    for _ in range(MAX_SWAPS if len(centres) > 1 else 0):
        changed = _swapped(vectors, centres, moved, random, progress)
        _, changed, new = lloyd(vectors, changed, TRAIN_TOLERANCE, progress, "training")
        if new < inertia * (1 - TRAIN_TOLERANCE / 10):
            centres, inertia = changed, new
        elif moved == 1:
            break
        else:
            moved //= 2
    return centres


def _swapped(
    vectors: Vectors32,
    centres: Vectors32,
    moved: int,
    random: np.random.Generator,
    progress: Progress,
) -> Vectors32:
    found = assign(vectors, centres, progress, "training", lead=True)
    squares = np.einsum("nd,nd->n", vectors, vectors)
    errors = np.bincount(found.labels, squares, len(centres)) - 2 * found.closeness
    worst = np.argsort(-errors, kind="stable")[:moved]
    useless = [c for c in np.argsort(found.lead, kind="stable") if c not in worst][:moved]
    changed = centres.copy()
    for useful, centre in zip(worst, useless, strict=False):
        members = np.flatnonzero(found.labels == useful)
        if len(members):  # half way to one of them, so that the cluster falls into two
            changed[centre] = (centres[useful] + vectors[random.choice(members)]) / 2
    return changed


def _complete(vectors: Vectors32, found: Assignment, count: int, progress: Progress) -> Assignment:
    """Give every cluster that was asked for vectors, where there are enough distinct ones.

    A sample may not hold them all: the farthest vectors become the centres that are missing.
    """
    made = int((found.counts > 0).sum())
    while made < count:
        centres = found.means[found.counts > 0]
        distances = _distances(vectors, found, progress)
        far = np.argsort(-distances, kind="stable")[: count - made]
        far = far[distances[far] > SAME]
        centres = np.concatenate([centres, np.unique(vectors[far], axis=0)])
        found, _, _ = lloyd(vectors, centres, TOLERANCE, progress, "k-means")
        before, made = made, int((found.counts > 0).sum())
        if made <= before:
            break
    return found


def _distances(vectors: Vectors32, found: Assignment, progress: Progress) -> NDArray[np.float32]:
    """Return the squared distance of each vector to the mean of its cluster."""

    def work(block: slice) -> NDArray[np.float32]:
        offsets = vectors[block] - found.means[found.labels[block]]
        squared: NDArray[np.float32] = np.einsum("nd,nd->n", offsets, offsets)
        return squared

    blocks = row_blocks(len(vectors), MAX_BLOCK)
    return np.concatenate(list(map_blocks(work, blocks, progress)))
