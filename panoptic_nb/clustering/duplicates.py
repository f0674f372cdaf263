"""find_duplicates: groups in which every pair is similar enough."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from panoptic_nb.clustering.blocks import one_thread_each
from panoptic_nb.clustering.candidates import likely_duplicates
from panoptic_nb.clustering.linkage import complete_linkage
from panoptic_nb.clustering.thresholds import duplicate_thresholds
from panoptic_nb.errors import ParameterError
from panoptic_nb.functions import clustering_function
from panoptic_nb.groups import Group
from panoptic_nb.inputs import NO_DECISIONS, Decisions, Images, Vectors
from panoptic_nb.progress import Progress

#: More pairs than this mean that the threshold groups everything with everything.
MAX_PAIRS = 5_000_000


@clustering_function(order="given", previews={"min_similarity": duplicate_thresholds})
def find_duplicates(
    vectors: Vectors,
    images: Images,
    progress: Progress,
    decisions: Decisions = NO_DECISIONS,
    *,
    min_similarity: Annotated[float, Field(ge=0, le=1)] = 0.95,
) -> list[Group]:
    """Group images that are nearly the same, every pair of a group at or above a similarity.

    Images that you said are not duplicates (`Project.not_duplicates`) are never put together.

    Parameters
    ----------
    min_similarity
        Lowest cosine similarity of two images of one group, between 0 and 1.
    """
    pairs = likely_duplicates(vectors, min_similarity, decisions, progress, MAX_PAIRS)
    if pairs is None:
        raise ParameterError.of(
            "min_similarity",
            f"More than {MAX_PAIRS:,} pairs of images have a similarity of at least "
            f"{min_similarity}: raise min_similarity.",
            key="too_many_pairs",
            pairs=MAX_PAIRS,
            min_similarity=min_similarity,
        )
    groups = complete_linkage(len(vectors), *pairs, progress).groups()
    # Copies of one file are duplicates too.
    copied = images.rows > 1
    for members, _ in groups:
        copied[members] = False
    groups += [(np.array([image]), 1.0) for image in np.flatnonzero(copied)]
    # Largest first, as counted in the table; then the most alike, and a fixed order.
    groups.sort(key=lambda group: (-images.rows[group[0]].sum(), -group[1], group[0][0]))
    found = []
    for done, (members, lowest) in enumerate(groups):
        progress(done, len(groups), "groups")
        found.append(_group(vectors, members, lowest))
    return found


def _group(vectors: NDArray[np.float32], members: NDArray[np.int64], lowest: float) -> Group:
    """Return the group with the similarity of each image to the most central one."""
    with one_thread_each:
        block = vectors[members] @ vectors[members].T
    central = block[block.mean(axis=1).argmax()]
    return Group(members, similarities=central, min_similarity=lowest)
