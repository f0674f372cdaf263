"""Complete linkage from similar pairs: groups of which every pair is among them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.progress import Progress

Indices = NDArray[np.int64]

#: When a round leaves more than this share of the pairs, the rest is merged one by one: a round
#: costs as much as some 2 % of that.
HARDLY_ANY_LESS = 0.98


@dataclass(frozen=True)
class Merges:
    """A complete-linkage hierarchy as far as the pairs reach, the most similar merge first.

    What stands above any threshold is exactly what the pairs at or above it give by themselves.

    Attributes
    ----------
    n : int
        Number of images.
    first, second : ndarray of int64 (m,)
        One image of each of the two groups that become one.
    first_size, second_size : ndarray of int64 (m,)
        How many images these groups hold; 1 = that image alone.
    similarities : ndarray of float64 (m,)
        Of the least similar pair of the group made, descending.
    """

    n: int
    first: Indices
    second: Indices
    first_size: Indices
    second_size: Indices
    similarities: NDArray[np.float64]

    def groups(self) -> list[tuple[Indices, float]]:
        """Return the groups that all merges make, and the similarity of the last merge of each.

        Returns
        -------
        list of (ndarray of int64, float)
            Images, ascending, two or more and none in two groups; the similarity of their least
            similar pair.
        """
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        graph = coo_array((np.ones(len(self.first)), (self.first, self.second)), (self.n, self.n))
        _, label = connected_components(graph, directed=False)
        lowest = np.full(self.n, np.inf)
        np.minimum.at(lowest, label[self.first], self.similarities)
        order = np.argsort(label, kind="stable")
        grouped = order[lowest[label[order]] < np.inf]
        starts = np.flatnonzero(np.diff(label[grouped], prepend=-1))
        members = np.split(grouped, starts[1:]) if len(grouped) else []
        return [(group, float(lowest[label[group[0]]])) for group in members]


def complete_linkage(
    n: int,
    first: Indices,
    second: Indices,
    similarities: NDArray[np.float64],
    progress: Progress | None = None,
) -> Merges:
    """Return the complete-linkage hierarchy of images, from their similar pairs.

    Pairs are taken from the most to the least similar, ties by (first, second). Two groups become
    one when the last pair between them has come by; never, when one of their pairs is missing.

    All groups that are each other's nearest merge at once (Bruynooghe, "Classification
    ascendante hiérarchique des grands ensembles de données", 1978: a merge brings no group nearer
    to another, so the order does not matter), and again until none are left.

    Parameters
    ----------
    n : int
        Number of images.
    first, second : ndarray of int64 (p,)
        Similar pairs, first < second, each once, sorted.
    similarities : ndarray of float64 (p,)
    """
    progress = progress or Progress()
    order = np.argsort(-similarities, kind="stable")  # a stable sort keeps (first, second)
    # Pairs of groups all of whose pairs are there, and the place of the last of these in `order`.
    a, b, last = first[order], second[order], np.arange(len(order))
    size = np.ones(n, np.int64)
    steps = [np.empty((5, 0), np.int64)]
    while len(a):
        progress(len(order) - len(a), len(order), "groups")
        before = len(a)
        merging = _mutual(n, a, b, last)
        one, other = a[merging], b[merging]
        steps.append(np.array([last[merging], one, other, size[one], size[other]]))
        size[one] += size[other]
        progress.check()
        a, b, last = _contracted(n, a, b, last, merging)
        if len(a) > HARDLY_ANY_LESS * before:
            steps.append(_one_by_one(a, b, last, size, progress))
            break
    merges = np.concatenate(steps, axis=1)
    last, a, b, size_of_a, size_of_b = merges[:, np.argsort(merges[0])]
    return Merges(n, a, b, size_of_a, size_of_b, similarities[order[last]])


def _mutual(n: int, a: Indices, b: Indices, last: Indices) -> NDArray[np.bool_]:
    """Return which pairs of groups are each other's nearest."""
    nearest = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(nearest, a, last)
    np.minimum.at(nearest, b, last)
    mutual: NDArray[np.bool_] = (nearest[a] == last) & (nearest[b] == last)
    return mutual


def _contracted(
    n: int, a: Indices, b: Indices, last: Indices, merging: NDArray[np.bool_]
) -> tuple[Indices, Indices, Indices]:
    """Return the pairs of groups after some of them have become one, named by their first."""
    name, parts = np.arange(n), np.ones(n, np.int64)
    name[b[merging]] = a[merging]
    parts[a[merging]] = 2
    a, b, last = name[a[~merging]], name[b[~merging]], last[~merging]
    needed = parts[a] * parts[b]
    kept = needed == 1
    touched = np.flatnonzero(~kept)
    low, high = np.minimum(a[touched], b[touched]), np.maximum(a[touched], b[touched])
    key = low * n + high
    order = np.argsort(key)
    starts = np.flatnonzero(np.diff(key[order], prepend=-1))
    counts = np.diff(starts, append=len(order))
    firsts = order[starts]
    latest = np.maximum.reduceat(last[touched][order], starts) if len(starts) else last[:0]
    whole = counts == needed[touched][firsts]  # else a pair is missing, and always will be
    return (
        np.concatenate([a[kept], low[firsts][whole]]),
        np.concatenate([b[kept], high[firsts][whole]]),
        np.concatenate([last[kept], latest[whole]]),
    )


def _one_by_one(a: Indices, b: Indices, last: Indices, size: Indices, progress: Progress) -> Any:
    """Merge what is left pair by pair: long chains, in which few groups are mutual nearest.

    The groups of the beginning count as points, so that two groups of them merge when as many
    pairs of points have come by as there can be.
    """
    points: dict[int, list[int]] = {int(group): [int(group)] for group in np.union1d(a, b)}
    group_of = {group: group for group in points}
    # How many pairs between two groups have come by, kept on both sides.
    seen: dict[int, Counter[int]] = {group: Counter() for group in points}
    steps = []
    order = np.argsort(last)
    pairs = zip(a[order].tolist(), b[order].tolist(), last[order].tolist(), strict=True)
    for step, (i, j, place) in enumerate(pairs):
        progress(step, len(order), "groups")
        one, other = group_of[i], group_of[j]
        seen[one][other] += 1
        seen[other][one] += 1
        if seen[one][other] == len(points[one]) * len(points[other]):
            if len(seen[one]) < len(seen[other]):  # move the smaller table
                one, other = other, one
            steps.append((place, one, other, size[one], size[other]))
            size[one] += size[other]
            _move(other, one, points, group_of, seen)
    return np.array(steps, np.int64).reshape(-1, 5).T


def _move(
    source: int,
    target: int,
    points: dict[int, list[int]],
    group_of: dict[int, int],
    seen: dict[int, Counter[int]],
) -> None:
    for point in points[source]:
        group_of[point] = target
    points[target] += points.pop(source)
    del seen[target][source]
    for other, count in seen.pop(source).items():
        if other != target:
            seen[target][other] += count
            seen[other][target] += count
            del seen[other][source]
