"""compute_clusters: k-means, or the automatic number."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, Field

from panoptic_nb.clustering.automatic import automatic
from panoptic_nb.clustering.kmeans import kmeans
from panoptic_nb.functions import clustering_function
from panoptic_nb.inputs import Vectors
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
) -> NDArray[np.int64]:
    """Group images by similarity into a given number of clusters.

    Parameters
    ----------
    nb_clusters
        How many clusters to make; -1 finds the number itself, which takes longer and varies
        from one corpus to another.
    """
    if nb_clusters == AUTOMATIC:
        return automatic(vectors, seed, progress)
    if nb_clusters > len(vectors):
        progress.notice(
            f"{nb_clusters} clusters were asked for {len(vectors)} images with vectors: "
            f"made {len(vectors)}.",
            key="capped",
            asked=nb_clusters,
            images=len(vectors),
        )
        nb_clusters = len(vectors)
    labels = kmeans(vectors, nb_clusters, seed, progress)
    made = int(labels.max()) + 1
    if made < nb_clusters:
        progress.notice(
            f"Only {made} of the {nb_clusters} clusters hold images: the others would be copies, "
            "since many images have the same vector.",
            key="fewer_clusters",
            asked=nb_clusters,
            made=made,
        )
    return labels
