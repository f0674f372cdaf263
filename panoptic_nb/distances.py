"""How far images are from the centre of their cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.progress import Progress
from panoptic_nb.scores import NEARLY_EQUAL

R = TypeVar("R")

#: Vectors in the hands of a thread at a time.
BLOCK = 2048


def squared_distances(
    vectors: NDArray[np.float32], members: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Return the squared euclidean distance of images to their centroid.

    The mean over the members is the score of the cluster divided by 100.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors, NaN rows where an image has none.
    members : ndarray of int64 (m,)
        The images of the cluster, ascending, each once.

    Returns
    -------
    ndarray of float32 (m,)
        NaN where an image has no vector. Equal vectors have equal distances.
    """
    rows: NDArray[np.int64] | None = members
    if len(members) <= BLOCK:  # gathered once, for both passes
        vectors, rows = vectors[members], None
    centre = centroid(vectors, rows)
    length = float(centre @ centre)
    if 1 - length < NEARLY_EQUAL:  # the difference below would keep too few digits
        return _of_offsets(vectors, rows, centre.astype(np.float32))
    distances: NDArray[np.float32] = 1 + np.float32(length) - 2 * cosines(vectors, centre, rows)
    return distances.clip(0)


def cosines(
    vectors: NDArray[np.float32],
    direction: NDArray[np.floating],
    members: NDArray[np.int64] | None = None,
) -> NDArray[np.float32]:
    """Return the dot product of vectors and a direction, float32, NaN where there is no vector.

    Each is computed on its own, so that equal vectors give equal values: a matrix product would
    round by where a row stands.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
    direction : ndarray (d,)
    members : ndarray of int64 (m,), optional
        Which of the vectors, ascending, each once; all by default.
    """
    towards = direction.astype(np.float32)
    return _each(vectors, members, lambda part: np.einsum("nd,d->n", part, towards))


def centroid(
    vectors: NDArray[np.float32], members: NDArray[np.int64] | None = None
) -> NDArray[np.float64]:
    """Return the mean of the vectors that are there, float64 (d,); NaN where there are none.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        NaN rows where an image has none.
    members : ndarray of int64 (m,), optional
        Which of them, ascending, each once; all by default.
    """

    def work(part: NDArray[np.float32]) -> tuple[NDArray[np.float32], int]:
        sums = part.sum(axis=0)
        if np.isnan(sums).any():  # seldom: looking for them first would cost as much as the sum
            part = part[~np.isnan(part[:, 0])]
            sums = part.sum(axis=0)
        return sums, len(part)

    total, count = np.zeros(vectors.shape[1]), 0
    for sums, there in _blocks(vectors, members, work):
        total += sums
        count += there
    return total / count if count else np.full_like(total, np.nan)


def largest(values: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Return the positions of the largest values, descending; of equals the first comes first.

    Parameters
    ----------
    values : ndarray of float32 (n,)
        Without NaN.
    count
        How many at most, at least one.
    """
    candidates = np.arange(len(values))
    if count < len(values):
        least = np.partition(values, len(values) - count)[len(values) - count]
        candidates = np.flatnonzero(values >= least)  # all of its equals, chance must not choose
    positions: NDArray[np.int64] = candidates[np.argsort(-values[candidates], kind="stable")]
    return positions[:count]


def _of_offsets(
    vectors: NDArray[np.float32],
    members: NDArray[np.int64] | None,
    centre: NDArray[np.float32],
) -> NDArray[np.float32]:
    def work(part: NDArray[np.float32]) -> NDArray[np.float32]:
        offsets = part - centre
        squares: NDArray[np.float32] = np.einsum("nd,nd->n", offsets, offsets)
        return squares

    return _each(vectors, members, work)


def _each(
    vectors: NDArray[np.float32],
    members: NDArray[np.int64] | None,
    work: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> NDArray[np.float32]:
    return np.concatenate([np.empty(0, np.float32), *_blocks(vectors, members, work)])


def _blocks(
    vectors: NDArray[np.float32],
    members: NDArray[np.int64] | None,
    work: Callable[[NDArray[np.float32]], R],
) -> list[R]:
    """Return what `work` makes of the vectors of each block of members, in order."""
    count = len(vectors) if members is None else len(members)

    def one(block: slice) -> R:
        if members is None:
            return work(vectors[block])
        rows = members[block]
        # Neighbours, as all images of a project are, need no copy.
        together = rows[-1] - rows[0] == len(rows) - 1
        return work(vectors[rows[0] : rows[-1] + 1] if together else vectors[rows])

    if count <= BLOCK:  # thousands of small clusters: no threads, and no limit on BLAS
        return [one(slice(0, count))] if count else []
    return list(map_blocks(one, row_blocks(count, BLOCK), Progress()))
