"""How many images a page can hold, and how large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

#: Images whose thumbnails tell how large those of all are.
SAMPLE = 256
#: Bytes that stand around an image: its name, twice, and its button.
AROUND = 260


@dataclass(frozen=True)
class Room:
    """What fits: thumbnails of this size, and at most so many images a leaf (None = all)."""

    size: int
    per_leaf: int | None


def find_room(
    counts: Sequence[int],
    sizes: Sequence[int],
    image_bytes: Callable[[int], float],
    limit: float,
) -> Room | None:
    """Return the best that fits: all images, larger ones first, else as many a leaf as can be.

    Parameters
    ----------
    counts
        Images of each leaf.
    sizes
        Thumbnail sizes to choose from, the best first.
    image_bytes
        Bytes that an image of a size takes in the page.
    limit
        Bytes that there are.

    Returns
    -------
    Room or None
        None when not even one image a leaf fits.

    Examples
    --------
    >>> find_room([10, 2], [256, 128], lambda size: size * 10.0, 20_000)
    Room(size=128, per_leaf=None)
    >>> find_room([10, 2], [256, 128], lambda size: size * 10.0, 10_000)
    Room(size=128, per_leaf=5)
    """
    for size in sizes:
        if sum(counts) * image_bytes(size) <= limit:
            return Room(size, None)
    smallest = sizes[-1]
    each = np.asarray(counts)
    fitting = limit / image_bytes(smallest)
    low, high = 0, max(counts)
    while low < high:
        middle = (low + high + 1) // 2
        if np.minimum(each, middle).sum() <= fitting:
            low = middle
        else:
            high = middle - 1
    return Room(smallest, low) if low else None


def spread(n: int, wanted: int | None) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return `wanted` positions out of n, evenly spread and ascending; all when that is None."""
    if wanted is None or wanted >= n:
        return np.arange(n)
    return np.linspace(0, n - 1, wanted).round().astype(np.intp)
