"""Scores of large clusters that change by a few images at a time."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.scores import NEARLY_EQUAL, has_vector, means, score
from panoptic_nb.tree import Members

#: Below, a score is computed anew: that takes some milliseconds.
SMALL = 2000
#: Clusters whose sums are kept, the last that were asked for.
KEPT = 64


@dataclass(frozen=True)
class _Sums:
    """Of the vectors of some images: their sum (d,), and the sum of their squared norms."""

    vectors: weakref.ref[NDArray[np.float32]]
    members: Members
    total: NDArray[np.float64]
    squares: float


class RunningScores:
    """Scores clusters, reading only the vectors of what came and went since the last time.

    100 x (mean squared norm - squared norm of the mean), as in `score`, from sums that are kept.
    """

    def __init__(self) -> None:
        self._known: dict[int, _Sums] = {}

    def score(self, node: int, vectors: NDArray[np.float32], members: Members) -> float | None:
        """Return the score of those of some images that have a vector, None if none has.

        Parameters
        ----------
        node
            Id of the cluster: what is kept of it is used where that is less work.
        vectors : ndarray of float32 (n_images, d)
            Unit vectors, NaN rows where there is none.
        members : ndarray of int64
            Image positions, ascending.
        """
        members = members[has_vector(vectors, members)]
        if len(members) < SMALL:
            return score(vectors, members) if len(members) else None
        known = self._known.pop(node, None)
        sums = self._updated(known, vectors, members) or _summed(vectors, members)
        self._known[node] = sums
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]
        mean = sums.total / len(members)
        spread = sums.squares / len(members) - float(mean @ mean)
        # The difference of two nearly equal numbers keeps too few digits.
        return 100 * spread if spread >= NEARLY_EQUAL else score(vectors, members)

    def _updated(
        self, known: _Sums | None, vectors: NDArray[np.float32], members: Members
    ) -> _Sums | None:
        if known is None or known.vectors() is not vectors:
            return None
        came = np.setdiff1d(members, known.members, assume_unique=True)
        gone = np.setdiff1d(known.members, members, assume_unique=True)
        if len(came) + len(gone) > len(members) // 2:
            return None
        total, squares = known.total, known.squares
        for sign, images in ((1, came), (-1, gone)):
            if len(images):
                part = _summed(vectors, images)
                total, squares = total + sign * part.total, squares + sign * part.squares
        return _Sums(known.vectors, members, total, squares)


def _summed(vectors: NDArray[np.float32], members: Members) -> _Sums:
    mean, squares = means(vectors, members)
    n = len(members)
    return _Sums(weakref.ref(vectors), members, mean * n, squares * n)
