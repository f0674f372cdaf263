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
#: More than rounding to float32 can take from a similarity.
ROUNDING = 1e-7


def likely_duplicates(
    vectors: NDArray[np.float32],
    min_similarity: float,
    decisions: Decisions,
    progress: Progress,
    limit: int,
) -> Pairs | None:
    """Return the pairs at or above a similarity that the user did not refuse.

    Similarities are compared as float32, the precision of the vectors and of what is returned, so
    that the pairs above a threshold can be told among those above a lower one.

    Returns
    -------
    Pairs, or None when more than `limit` are that similar.
    """
    lowest = min(min_similarity, SAME)
    found = pairs_above(vectors, lowest - ROUNDING, progress, limit)
    if found is None:
        return None
    kept = found.similarities >= np.float32(lowest)
    kept &= ~decisions.hold(found.first, found.second)
    return Pairs(found.first[kept], found.second[kept], found.similarities[kept])
