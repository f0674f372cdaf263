"""The images that show at a glance what a cluster is: the most typical one and the farthest."""

from __future__ import annotations

import operator
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.distances import largest, squared_distances
from panoptic_nb.tree import Members, Node

if TYPE_CHECKING:
    from panoptic_nb.project import Project

#: Images beside the medoid.
FARTHEST = 3
#: Clusters whose strips are kept.
KEPT = 10_000


@dataclass(frozen=True)
class Strip:
    """The images that stand for a cluster, as image positions.

    Attributes
    ----------
    medoid : int
        The image nearest to the centroid.
    farthest : tuple of int
        The images farthest from the centroid, the farthest first; fewer in small clusters.
    """

    medoid: int
    farthest: tuple[int, ...]


def representatives(vectors: NDArray[np.float32], members: Members) -> Strip | None:
    """Return the images that stand for a cluster, or None when none of them has a vector.

    The orders "typical" and "outliers" begin with them. The medoid is the image with the smallest
    euclidean distance to the centroid of the cluster: that with the least mean squared distance to
    all its images, and with the largest mean cosine, found without looking at pairs. Of equals the
    first by sha1 is taken.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors, NaN rows where an image has none.
    members : ndarray of int64 (m,)
        Image positions, ascending, each once.
    """
    distances = squared_distances(vectors, members)
    known = np.flatnonzero(~np.isnan(distances))
    if not len(known):
        return None
    medoid = known[np.argmin(distances[known])]
    others = known[known != medoid]
    farthest = others[largest(distances[others], FARTHEST)]
    return Strip(int(members[medoid]), tuple(members[farthest].tolist()))


class Representatives:
    """The strips of a project's clusters, each computed when it is asked for.

    Parameters
    ----------
    project
        Whose vectors are used: those that a cluster was made by, else the default ones.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._lock = threading.Lock()
        self._kept: dict[int, tuple[list[object], Strip | None]] = {}

    def of(self, node: Node) -> Strip | None:
        """Return the images that stand for a node, or None when none of them has a vector."""
        vectors = self._project.image_vectors(node.made_by.vec_type if node.made_by else None)
        if vectors is None:
            return None
        # A tree never changes, nor do the arrays of its leaves: the same arrays, the same strip.
        made_of = [vectors, *(leaf.members for leaf in node.tree.walk(node.id) if leaf.is_leaf)]
        with self._lock:
            before, strip = self._kept.pop(node.id, ([], None))
            if len(before) != len(made_of) or any(map(operator.is_not, before, made_of)):
                strip = representatives(vectors, node.members)
            self._kept[node.id] = made_of, strip
            if len(self._kept) > KEPT:
                self._kept.pop(next(iter(self._kept)))  # the one that was asked for longest ago
        return strip
