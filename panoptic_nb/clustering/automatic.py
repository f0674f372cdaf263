"""The automatic number of clusters: communities of the nearest-neighbour graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.distinct import distinct_rows
from panoptic_nb.clustering.leiden import communities
from panoptic_nb.clustering.neighbours import nearest_neighbours
from panoptic_nb.errors import ParameterError
from panoptic_nb.progress import Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Neighbours of each image: this share of all, within these bounds. In a graph where everything
#: is tied to everything there is no community to find.
SHARE_OF_NEIGHBOURS = 1 / 9
MIN_NEIGHBOURS, MAX_NEIGHBOURS = 3, 10
#: Resolution of the communities, by the number of images (linear in between). 4 agrees best with
#: the folders of real corpora of 800 images and more; on a node of few images, where one looks for
#: two or three groups, it would leave groups of two images.
FEW_IMAGES, MANY_IMAGES = 100, 700
MIN_RESOLUTION, MAX_RESOLUTION = 1.0, 4.0
#: Fewer images have no neighbourhoods to speak of.
MIN_IMAGES = 10
#: An image has no close neighbour when even its nearest is so many interquartile ranges less
#: similar than usual (J. Tukey 1977, outer fence). What many images do is usual: then none is left.
FENCE, MAX_ALONE = 3.0, 0.02
#: Where nearly every image has a copy, the usual similarities are all 1 but for rounding.
LEAST_RANGE = 0.05
#: Neighbours that are all equally far weigh the same.
SMALLEST_SCALE = 1e-6


def automatic(
    vectors: NDArray[np.float32],
    seed: int,
    progress: Progress | None = None,
    granularity: float = 1.0,
) -> NDArray[np.int64]:
    """Partition vectors into as many clusters as their neighbourhoods suggest.

    Leiden communities (V. Traag et al. 2019) of the graph of the 10 nearest neighbours (fewer for
    few vectors), weighted as L. McInnes et al. 2018 do for UMAP.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors.
    seed : int
    progress : Progress, optional
    granularity : float
        Multiplies the resolution of the communities: more of them above 1, fewer below.

    Returns
    -------
    ndarray of int64 (n,)
        -1 for the few vectors, if any, that have no close neighbour.

    Raises
    ------
    ParameterError
        There are fewer than 10 vectors.
    """
    progress = progress or Progress()
    if len(vectors) < MIN_IMAGES:
        raise ParameterError.of(
            "nb_clusters",
            f"The automatic number (nb_clusters = -1) needs at least {MIN_IMAGES} images with "
            f"vectors, and there are {len(vectors)}: give a number of clusters instead.",
            key="automatic_too_few",
            needed=MIN_IMAGES,
            images=len(vectors),
        )
    # Equal vectors are all each other's nearest: a graph of them would fall apart at random.
    distinct, which = distinct_rows(vectors, progress)
    rows = vectors if len(distinct) == len(vectors) else vectors[distinct]
    labels, alone = _communities(rows, granularity, seed, progress)
    labels[alone & (np.bincount(which) == 1)] = -1  # copies are close to each other
    return labels[which]


def _communities(
    vectors: NDArray[np.float32], granularity: float, seed: int, progress: Progress
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the community of each of some distinct vectors, and which have no close neighbour."""
    n = len(vectors)
    if n <= MIN_NEIGHBOURS:
        return np.arange(n), np.zeros(n, bool)
    count = int(np.clip(n * SHARE_OF_NEIGHBOURS, MIN_NEIGHBOURS, MAX_NEIGHBOURS))
    neighbours, similarities = nearest_neighbours(vectors, count, seed, progress)
    bounds = (MIN_RESOLUTION, MAX_RESOLUTION)
    resolution = float(np.interp(n, (FEW_IMAGES, MANY_IMAGES), bounds))
    graph = neighbour_graph(neighbours, similarities, progress)
    labels = communities(graph, granularity * resolution, seed, progress)
    return labels, _alone(similarities.max(axis=1))


def neighbour_graph(
    neighbours: NDArray[np.int32], similarities: NDArray[np.float32], progress: Progress
) -> csr_matrix:
    """Return the undirected graph of nearest neighbours.

    The weight falls with the distance from the nearest neighbour, measured by how far the
    neighbours of an image usually are, so that sparse and dense regions count alike; that of an
    edge is p + q - p q of its two directions.

    Parameters
    ----------
    neighbours : ndarray of int32 (n, count)
        An image that stands among its own neighbours has too few.
    similarities : ndarray of float32 (n, count)
    """
    from scipy.sparse import csr_matrix

    n, count = neighbours.shape
    farther = similarities.max(axis=1, keepdims=True) - similarities
    scale = np.maximum(farther.mean(axis=1, keepdims=True), SMALLEST_SCALE)
    weights = np.exp(-farther / scale)
    weights[neighbours == np.arange(n)[:, None]] = 0
    starts = np.arange(0, n * count + 1, count)
    graph = csr_matrix((weights.ravel(), neighbours.ravel(), starts), shape=(n, n))
    graph.eliminate_zeros()
    progress.check()
    back = graph.T.tocsr()
    progress.check()
    both = graph.multiply(back)
    progress.check()
    graph = graph + back
    progress.check()
    return (graph - both).tocsr()


def _alone(nearest: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which images have no close neighbour, from the similarity of each to its nearest."""
    low, high = np.quantile(nearest, (0.25, 0.75))
    alone: NDArray[np.bool_] = nearest < low - FENCE * max(high - low, LEAST_RANGE)
    return alone if alone.mean() <= MAX_ALONE else np.zeros_like(alone)
