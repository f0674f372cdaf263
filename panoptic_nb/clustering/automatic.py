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

NEIGHBOURS = 15
RESOLUTION = 3.0
#: Fewer images have no neighbourhoods to speak of.
MIN_IMAGES = 10


def automatic(
    vectors: NDArray[np.float32],
    seed: int,
    progress: Progress | None = None,
) -> NDArray[np.int64]:
    """Partition vectors into as many clusters as their neighbourhoods suggest.

    Leiden communities (V. Traag et al. 2019) of the graph of the 15 nearest neighbours. Every
    vector gets a cluster.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors.
    seed : int
    progress : Progress, optional

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
    leiden = Leiden(resolution=RESOLUTION, random_state=seed)
    return np.asarray(leiden.fit_predict(graph), dtype=np.int64)


def _neighbour_graph(vectors: NDArray[np.float32], progress: Progress) -> csr_matrix:
    """Return the symmetric graph in which each vector is tied to its nearest ones."""
    from scipy.sparse import csr_matrix

    n = len(vectors)
    neighbours, similarities = nearest_neighbours(vectors, min(NEIGHBOURS, n - 1), progress)
    # An edge of weight zero is no edge: vectors at a right angle still hold together a little.
    weights = np.clip(similarities, 1e-3, None).ravel()
    rows = np.repeat(np.arange(n), neighbours.shape[1])
    graph = csr_matrix((weights, (rows, neighbours.ravel())), shape=(n, n))
    return graph.maximum(graph.T).tocsr()
