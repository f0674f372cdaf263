"""Images that the user said do not belong to a group, kept by content.

A group of images has no name that lasts: clusters are made anew, grow and are renamed. So a
refusal holds for every group that shares enough of its images with the one it was said of.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection as Sized
from collections.abc import Iterable
from dataclasses import dataclass

from panoptic_nb.record import now

#: A group is known by so many of its images, those with the smallest sha1; a smaller one by all.
SKETCH = 256
#: Two groups are one while they share at least this part of all images of both: a group that grows
#: to three times its size by what was recommended keeps its refusals.
SAME_GROUP = 1 / 3


@dataclass(frozen=True)
class Refusal:
    """Images that were refused for a group, and when.

    Attributes
    ----------
    group : tuple of str
        The `sketch` of the group.
    images : tuple of str
        The sha1 of the refused images, ascending; empty = what was refused before is no longer.
    date : str
    """

    group: tuple[str, ...]
    images: tuple[str, ...]
    date: str

    @classmethod
    def of(cls, group: Iterable[str], images: Iterable[str]) -> Refusal:
        """Return the refusal of some images for a group, said now; both are sha1."""
        return cls(sketch(group), tuple(sorted(set(images))), now())


def sketch(sha1: Iterable[str]) -> tuple[str, ...]:
    """Return what a group of images is known by: its `SKETCH` smallest sha1, ascending."""
    return tuple(heapq.nsmallest(SKETCH, set(sha1)))


def shared(a: Sized[str], b: Sized[str]) -> float:
    """Return which part of the images of two groups both have, from their sketches.

    Exact for groups of up to `SKETCH` images. For larger ones the smallest sha1 of both together
    are a random sample of all, as hashes are (Broder, "On the resemblance and containment of
    documents", 1997); the standard error is at most 0.03.
    """
    sample = sketch((*a, *b))
    return len(set(a).intersection(b, sample)) / max(len(sample), 1)


def refused(refusals: Iterable[Refusal], group: Iterable[str]) -> set[str]:
    """Return the sha1 of the images that are refused for a group, given by its images."""
    asked = sketch(group)
    found: set[str] = set()
    for refusal in refusals:
        if shared(refusal.group, asked) >= SAME_GROUP:
            found = found.union(refusal.images) if refusal.images else set()
    return found
