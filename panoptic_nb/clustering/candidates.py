"""The pairs of images that may be duplicates: similar enough, and not refused by the user."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.neighbours import pairs_above
from panoptic_nb.inputs import Decisions
from panoptic_nb.progress import Progress

#: Cosine from which vectors count as equal: that of a vector with itself is rarely exactly 1 in
#: float32.
SAME = 1 - 1e-6

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]


def likely_duplicates(
    vectors: NDArray[np.float32],
    min_similarity: float,
    decisions: Decisions,
    progress: Progress,
    limit: int,
) -> Pairs | None:
    """Return the pairs at or above a similarity that the user did not refuse.

    Returns
    -------
    first, second : ndarray of int64 (p,)
        first < second.
    similarities : ndarray of float32 (p,)
        Or None in all when more than `limit` pairs are that similar.
    """
    if len(vectors) < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32)
    pairs = pairs_above(vectors, min(min_similarity, SAME), progress, limit)
    if pairs is None or not len(decisions):
        return pairs
    first, second, similarities = pairs
    kept = ~decisions.hold(first, second)
    return first[kept], second[kept], similarities[kept]
