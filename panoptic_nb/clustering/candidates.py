"""The pairs of images that may be duplicates: similar enough, and not refused by the user."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.pairs import Pairs, pairs_above
from panoptic_nb.inputs import Decisions
from panoptic_nb.progress import Progress

#: Cosine from which vectors count as equal: that of a vector with itself is rarely exactly 1 in
#: float32.
SAME = 1 - 1e-6


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
    Pairs, or None when more than `limit` are that similar.
    """
    found = pairs_above(vectors, min(min_similarity, SAME), progress, limit)
    if found is None:
        return None
    kept = ~decisions.hold(found.first, found.second)
    return Pairs(found.first[kept], found.second[kept], found.similarities[kept])
