"""find_duplicates: groups in which every pair is similar enough."""

from __future__ import annotations

from collections import Counter
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from panoptic_nb.clustering.pairs import pairs_above
from panoptic_nb.errors import ParameterError
from panoptic_nb.functions import clustering_function
from panoptic_nb.groups import Group
from panoptic_nb.inputs import Images, Vectors
from panoptic_nb.progress import Progress

#: More pairs than this mean that the threshold groups everything with everything.
MAX_PAIRS = 5_000_000
#: Cosine from which vectors count as equal: that of a vector with itself is rarely exactly 1 in
#: float32.
SAME = 1 - 1e-6


@clustering_function(order="given")
def find_duplicates(
    vectors: Vectors,
    images: Images,
    progress: Progress,
    *,
    min_similarity: Annotated[float, Field(ge=0, le=1)] = 0.95,
) -> list[Group]:
    """Group images that are nearly the same, every pair of a group at or above a similarity.

    Parameters
    ----------
    min_similarity
        Lowest cosine similarity of two images of one group, between 0 and 1.
    """
    threshold = min(min_similarity, SAME)
    pairs = pairs_above(vectors, threshold, progress, MAX_PAIRS)
    if pairs is None:
        message = (
            f"More than {MAX_PAIRS:,} pairs of images have a similarity of at least "
            f"{min_similarity}: raise min_similarity."
        )
        raise ParameterError(
            message,
            {"min_similarity": message},
            key="too_many_pairs",
            pairs=MAX_PAIRS,
            min_similarity=min_similarity,
        )
    cliques = complete_linkage(len(vectors), *pairs, progress)
    alone = np.setdiff1d(np.flatnonzero(images.rows > 1), [i for c in cliques for i in c])
    cliques += [[int(image)] for image in alone]  # copies of one file are duplicates too
    groups = [_group(vectors, np.array(members)) for members in cliques]
    # Largest first, then the most alike.
    return sorted(groups, key=lambda g: (-len(g.members), -float(np.mean(g.similarities))))  # type: ignore[arg-type]


def _group(vectors: NDArray[np.float32], members: NDArray[np.int64]) -> Group:
    """Return the group with the similarity of each image to the most central one."""
    block = vectors[members] @ vectors[members].T
    return Group(members, similarities=block[block.mean(axis=1).argmax()])


def complete_linkage(
    n: int,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    similarities: NDArray[np.float32],
    progress: Progress | None = None,
) -> list[list[int]]:
    """Cut the complete-linkage hierarchy at a threshold, from the pairs that reach it.

    Pairs are taken from the most to the least similar. Two groups merge when the last pair
    between them has come by, that is when every one of their pairs reaches the threshold.

    Parameters
    ----------
    n : int
        Number of images.
    first, second : ndarray of int64 (p,)
        All pairs at or above the threshold, each once.
    similarities : ndarray of float32 (p,)

    Returns
    -------
    list of list of int
        Groups of two images or more, none in two of them, each ascending.
    """
    progress = progress or Progress()
    group_of = list(range(n))
    members: dict[int, list[int]] = {}
    # How many pairs between two groups have come by, kept on both sides.
    seen: dict[int, Counter[int]] = {}
    order = np.lexsort((second, first, -similarities))
    for step, (i, j) in enumerate(zip(first[order].tolist(), second[order].tolist(), strict=True)):
        progress(step, len(order), "groups")
        a, b = group_of[i], group_of[j]
        for one, other in ((a, b), (b, a)):
            members.setdefault(one, [one])
            seen.setdefault(one, Counter())[other] += 1
        if seen[a][b] == len(members[a]) * len(members[b]):
            _merge(a, b, group_of, members, seen)
    return sorted(sorted(group) for group in members.values() if len(group) > 1)


def _merge(
    a: int,
    b: int,
    group_of: list[int],
    members: dict[int, list[int]],
    seen: dict[int, Counter[int]],
) -> None:
    if len(seen[a]) < len(seen[b]):  # move the smaller table
        a, b = b, a
    for image in members[b]:
        group_of[image] = a
    members[a] += members.pop(b)
    del seen[a][b]
    for other, count in seen.pop(b).items():
        if other != a:
            seen[a][other] += count
            seen[other][a] += count
            del seen[other][b]
