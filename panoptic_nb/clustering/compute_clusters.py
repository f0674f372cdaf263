"""compute_clusters: k-means, or the automatic number."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from panoptic_nb.clustering.automatic import automatic
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.clustering.number import cap_number, tell_if_fewer
from panoptic_nb.functions import clustering_function
from panoptic_nb.inputs import ShownWhen, Vectors
from panoptic_nb.progress import Progress

AUTOMATIC = -1


def _not_zero(value: int) -> int:
    if value == 0:
        raise ValueError("be -1 (automatic) or at least 1")
    return value


@clustering_function
def compute_clusters(
    vectors: Vectors,
    progress: Progress,
    seed: int,
    *,
    nb_clusters: Annotated[int, Field(ge=AUTOMATIC), AfterValidator(_not_zero)] = 10,
    granularity: Annotated[float, Field(gt=0, le=10), ShownWhen(nb_clusters=AUTOMATIC)] = 1.0,
) -> NDArray[np.int64]:
    """Group images by similarity into a given number of clusters.

    Parameters
    ----------
    nb_clusters
        How many clusters to make; -1 finds the number itself, which takes longer and varies
        from one corpus to another.
    granularity
        How fine the clusters of the automatic number are: 1 is usual, 2 gives more and smaller
        ones, 0.5 fewer and larger ones.
    """
    if nb_clusters == AUTOMATIC:
        return automatic(vectors, seed, progress, granularity=granularity)
    nb_clusters = cap_number(nb_clusters, len(vectors), progress)
    labels = kmeans(vectors, nb_clusters, seed, progress)
    tell_if_fewer(labels, nb_clusters, progress)
    return labels
