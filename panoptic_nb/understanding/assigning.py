"""Which cluster a new image belongs to: the nearest, unless it is farther than its own images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import row_blocks
from panoptic_nb.collection import Collection
from panoptic_nb.progress import Progress
from panoptic_nb.scores import has_vector, means
from panoptic_nb.tree import Members, Node

Vectors32 = NDArray[np.float32]
#: Images whose distances to all clusters are held at a time.
BLOCK = 4096
#: Distances that differ by less are equal but for rounding.
ROUNDING = 1e-4
#: An image is doubtful when its second cluster is hardly farther than the first, or when it is
#: nearly as far as the farthest image of its cluster.
DOUBTFUL = 0.9


@dataclass(frozen=True)
class Assignment:
    """Where some images belong.

    Attributes
    ----------
    images : ndarray of int64 (m,)
        Image positions.
    clusters : list of Node
        What was to choose from.
    nearest, second : ndarray of int64 (m,)
        Positions in `clusters`; -1 where an image has no vector, or there is one cluster only.
    distance, next_distance : ndarray of float64 (m,)
        Euclidean distances to their centroids.
    limit : ndarray of float64 (m,)
        Distance of the farthest image that the nearest cluster had.
    """

    images: Members
    clusters: list[Node]
    nearest: NDArray[np.int64]
    second: NDArray[np.int64]
    distance: NDArray[np.float64]
    next_distance: NDArray[np.float64]
    limit: NDArray[np.float64]

    @property
    def inside(self) -> NDArray[np.bool_]:
        """Whether an image is no farther than the farthest that its nearest cluster had.

        Nothing joins a locked cluster.
        """
        free = np.array([not cluster.tree.is_locked(cluster.id) for cluster in self.clusters])
        found: NDArray[np.bool_] = (self.distance <= self.limit + ROUNDING) & free[self.nearest]
        return found

    def frame(self, images: Collection) -> pd.DataFrame:
        """Return a row for each row of the table that shows an image; see `Project.assign`."""
        paths = np.array([*(cluster.path for cluster in self.clusters), None], dtype=object)
        close = self.distance >= DOUBTFUL * self.next_distance
        far = self.distance >= DOUBTFUL * self.limit
        table: dict[str, Any] = {
            "cluster": paths[np.where(self.inside, self.nearest, -1)],
            "nearest": paths[self.nearest],
            "distance": self.distance,
            "limit": self.limit,
            "second": paths[self.second],
            "second_distance": self.next_distance,
            "doubtful": ~self.inside | close | far,
        }
        counts = images.count_rows_each(self.images)
        rows = images.rows_by_image(self.images)
        frame = pd.DataFrame(table).loc[np.repeat(np.arange(len(counts)), counts)]
        frame.index = images.frame_index[rows]
        return frame


def assignment(
    vectors: Vectors32, clusters: list[Node], images: Members, progress: Progress
) -> Assignment:
    """Return the nearest cluster of each image, by the euclidean distance to its centroid.

    Parameters
    ----------
    vectors : ndarray of float32 (n_images, d)
        Unit vectors, NaN rows where there is none.
    clusters
        At least one; those without a vector are never the nearest.
    """
    centroids, limits = _spheres(vectors, clusters, images, progress)
    known = has_vector(vectors, images)
    nearest = np.full(len(images), -1)
    second = np.full(len(images), -1)
    distance, next_distance = np.full((2, len(images)), np.nan)
    at = np.flatnonzero(known)
    for block in row_blocks(len(at), BLOCK):
        progress(block.start, len(at), "similarities")
        rows = at[block]
        found = _distances(vectors[images[rows]], centroids)
        order = np.argsort(found, axis=1, kind="stable")[:, :2]
        nearest[rows] = order[:, 0]
        distance[rows] = np.take_along_axis(found, order[:, :1], 1)[:, 0]
        if order.shape[1] > 1:
            second[rows] = order[:, 1]
            next_distance[rows] = np.take_along_axis(found, order[:, 1:], 1)[:, 0]
    limit = np.where(nearest < 0, np.nan, limits[nearest])
    return Assignment(images, clusters, nearest, second, distance, next_distance, limit)


def _spheres(
    vectors: Vectors32, clusters: list[Node], new: Members, progress: Progress
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return centroid and largest distance of each cluster, without the new images."""
    centroids = np.full((len(clusters), vectors.shape[1]), np.inf)
    limits = np.full(len(clusters), -np.inf)
    for number, cluster in enumerate(clusters):
        progress(number, len(clusters), "groups")
        members = np.setdiff1d(cluster.members, new, assume_unique=True)
        members = members[has_vector(vectors, members)]
        if len(members):
            centroids[number] = means(vectors, members)[0]
            parts = (members[block] for block in row_blocks(len(members), BLOCK))
            limits[number] = max(
                float(_distances(vectors[part], centroids[number : number + 1]).max())
                for part in parts
            )
    return centroids, limits


def _distances(vectors: Vectors32, centroids: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance of each vector to each centroid; infinite to one that is not there."""
    there = np.isfinite(centroids[:, 0])
    squares = np.full((len(vectors), len(centroids)), np.inf)
    points, centres = vectors.astype(np.float64), centroids[there]
    products = points @ centres.T
    norms = np.einsum("nd,nd->n", points, points)[:, None]
    squares[:, there] = norms + np.einsum("nd,nd->n", centres, centres) - 2 * products
    distances: NDArray[np.float64] = np.sqrt(np.maximum(squares, 0))
    return distances
