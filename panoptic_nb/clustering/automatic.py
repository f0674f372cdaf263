"""The automatic number of clusters: communities of the nearest-neighbour graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.neighbours import nearest_neighbours
from panoptic_nb.errors import ParameterError
from panoptic_nb.progress import Progress

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Neighbours of each image: this share of all, within these bounds. In a graph where everything
#: is tied to everything there is no community to find.
SHARE_OF_NEIGHBOURS = 1 / 9
MIN_NEIGHBOURS, MAX_NEIGHBOURS = 3, 15
#: Resolution of the communities, by the number of images (linear in between). 3 agrees best with
#: the folders of real corpora of 800 images and more; on a node of few images, where one looks for
#: two or three groups, it would leave groups of two images.
FEW_IMAGES, MANY_IMAGES = 100, 700
MIN_RESOLUTION, MAX_RESOLUTION = 1.0, 3.0
#: Fewer images have no neighbourhoods to speak of.
MIN_IMAGES = 10


def automatic(
    vectors: NDArray[np.float32],
    seed: int,
    progress: Progress | None = None,
    granularity: float = 1.0,
) -> NDArray[np.int64]:
    """Partition vectors into as many clusters as their neighbourhoods suggest.

    Leiden communities (V. Traag et al. 2019) of the graph of the 15 nearest neighbours (fewer for
    few vectors). Every vector gets a cluster.

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

    Raises
    ------
    ParameterError
        There are fewer than 10 vectors.
    """
    progress = progress or Progress()
    if len(vectors) < MIN_IMAGES:
        message = (
            f"The automatic number (nb_clusters = -1) needs at least {MIN_IMAGES} images with "
            f"vectors, and there are {len(vectors)}: give a number of clusters instead."
        )
        raise ParameterError(
            message,
            {"nb_clusters": message},
            key="automatic_too_few",
            needed=MIN_IMAGES,
            images=len(vectors),
        )
    from sknetwork.clustering import Leiden

    graph = _neighbour_graph(vectors, progress)
    progress.check()
    bounds = (MIN_RESOLUTION, MAX_RESOLUTION)
    resolution = float(np.interp(len(vectors), (FEW_IMAGES, MANY_IMAGES), bounds))
    leiden = Leiden(resolution=granularity * resolution, random_state=seed)
    return np.asarray(leiden.fit_predict(graph), dtype=np.int64)


def _neighbour_graph(vectors: NDArray[np.float32], progress: Progress) -> csr_matrix:
    """Return the symmetric graph in which each vector is tied to its nearest ones."""
    from scipy.sparse import csr_matrix

    n = len(vectors)
    count = int(np.clip(n * SHARE_OF_NEIGHBOURS, MIN_NEIGHBOURS, MAX_NEIGHBOURS))
    neighbours, similarities = nearest_neighbours(vectors, count, progress)
    # An edge of weight zero is no edge: vectors at a right angle still hold together a little.
    weights = np.clip(similarities, 1e-3, None).ravel()
    rows = np.repeat(np.arange(n), neighbours.shape[1])
    graph = csr_matrix((weights, (rows, neighbours.ravel())), shape=(n, n))
    return graph.maximum(graph.T).tocsr()
