"""All pairs of unit vectors above a similarity: exact, without comparing all dimensions of all."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, one_thread_each, row_blocks
from panoptic_nb.clustering.projection import shortened
from panoptic_nb.progress import Progress

Vectors32 = NDArray[np.float32]

#: Rows and columns of one matrix product: its result stays in the cache.
ROWS, COLUMNS = 512, 1024
#: Numbers of dimensions that bounds are tried in, and vectors that they are tried on.
SHORT, TRIED = (16, 32, 64, 128, 256), 2048
#: Up to this many vectors it is not worth trying.
FEW = 4096
#: Comparing one pair that a bound let through costs about as much as bounding so many.
COST_OF_A_CANDIDATE = 30
#: Share of a product that a bound may let through before all of it is computed.
MANY_CANDIDATES = 0.02
#: By how much float32 products of unit vectors may be wrong.
ROUNDING = 1e-5
#: Pairs that are compared at a time.
CHECKED = 1024
#: Estimated pairs, as a multiple of the limit, that need not be counted.
CERTAINLY = 2
SEED = 0


class Pairs(NamedTuple):
    """Pairs i < j of vectors, sorted.

    Attributes
    ----------
    first, second : ndarray of int64 (p,)
    similarities : ndarray of float64 (p,)
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    similarities: NDArray[np.float64]


def pairs_above(
    vectors: Vectors32, threshold: float, progress: Progress, limit: int
) -> Pairs | None:
    """Return all pairs whose cosine similarity is at or above `threshold`.

    Where x = s + r is the sum of a part s in few dimensions and of the rest r, x.y is at most
    s.s' + |r||r'|, one product of vectors that are one longer than s. Only pairs whose bound
    reaches the threshold are compared, in float64.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Unit vectors.
    threshold : float
    progress : Progress
    limit : int
        Most pairs to return.

    Returns
    -------
    Pairs, or None when there are more than `limit`.
    """
    with one_thread_each:
        if _far_too_many(vectors, threshold, limit):
            return None
        bounds = _bounds(vectors, threshold, progress)

    def work(rows: slice) -> Pairs | None:
        return _pairs_of_rows(vectors, bounds, rows, threshold, limit, progress)

    found: list[Pairs] = []
    total = 0
    for part in map_blocks(work, row_blocks(len(vectors), ROWS), progress, "pairs"):
        total += limit + 1 if part is None else len(part.first)
        if part is None or total > limit:
            return None
        found.append(part)
    return _joined(found)


def _some(vectors: Vectors32) -> Vectors32:
    rows = np.random.default_rng(SEED).choice(len(vectors), TRIED, replace=False)
    return vectors[np.sort(rows)]


def _far_too_many(vectors: Vectors32, threshold: float, limit: int) -> bool:
    """Tell from some of many vectors that there are more pairs than anybody waits for."""
    if len(vectors) <= FEW:
        return False
    some = _some(vectors)
    share = np.triu(some @ some.T >= threshold, 1).sum() / (TRIED * (TRIED - 1) / 2)
    return bool(share * len(vectors) * (len(vectors) - 1) / 2 > CERTAINLY * limit)


def _joined(parts: list[Pairs]) -> Pairs:
    if not parts:
        return Pairs(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64))
    return Pairs(
        np.concatenate([part.first for part in parts]),
        np.concatenate([part.second for part in parts]),
        np.concatenate([part.similarities for part in parts]),
    )


def _bounds(vectors: Vectors32, threshold: float, progress: Progress) -> Vectors32:
    """Return vectors whose products are at least those of the given ones, as short as pays."""
    if len(vectors) <= FEW:
        return vectors
    tried = _some(vectors)
    best, lowest_cost = vectors.shape[1], float(vectors.shape[1])
    for dimensions in SHORT:
        if dimensions + 1 >= lowest_cost:
            break
        short = _bounding(tried, dimensions, progress)
        passed = np.triu(short @ short.T >= threshold - ROUNDING, 1).sum() / (TRIED**2 / 2)
        cost = dimensions + 1 + passed * vectors.shape[1] * COST_OF_A_CANDIDATE
        if cost < lowest_cost:
            best, lowest_cost = dimensions, cost
    return vectors if best == vectors.shape[1] else _bounding(vectors, best, progress)


def _bounding(vectors: Vectors32, dimensions: int, progress: Progress) -> Vectors32:
    short = shortened(vectors, dimensions, np.random.default_rng(SEED), progress)
    left = 1 - np.einsum("nd,nd->n", short, short)
    rest = np.sqrt(np.maximum(left, 0) + ROUNDING / 10)
    return np.concatenate([short, rest[:, None].astype(np.float32)], axis=1)


def _pairs_of_rows(
    vectors: Vectors32,
    bounds: Vectors32,
    rows: slice,
    threshold: float,
    limit: int,
    progress: Progress,
) -> Pairs | None:
    """Return the pairs of some vectors with themselves and with all that come after them.

    None when there are more than `limit`.
    """
    least = np.float32(threshold - ROUNDING)
    found = []
    total = 0
    for start in range(rows.start, len(vectors), COLUMNS):
        progress.check()
        columns = slice(start, min(start + COLUMNS, len(vectors)))
        bound = bounds[rows] @ bounds[columns].T
        if bound.max() < least:
            continue
        passed = bound >= least
        if bounds is not vectors and np.count_nonzero(passed) > MANY_CANDIDATES * passed.size:
            passed = vectors[rows] @ vectors[columns].T >= least
        first, second = np.nonzero(passed)
        first, second = first + rows.start, second + columns.start
        ordered = first < second
        found.append(_compared(vectors, first[ordered], second[ordered], threshold, progress))
        total += len(found[-1].first)
        if total > limit:
            return None
    pairs = _joined(found)
    order = np.lexsort((pairs.second, pairs.first))
    return Pairs(pairs.first[order], pairs.second[order], pairs.similarities[order])


def _compared(
    vectors: Vectors32,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    threshold: float,
    progress: Progress,
) -> Pairs:
    """Return those of some pairs that reach the threshold."""
    parts = []
    for block in row_blocks(len(first), CHECKED):
        progress.check()
        a, b = first[block], second[block]
        # Row by row: what a pair comes to must not depend on the pairs it is compared with.
        similarities = (vectors[a].astype(np.float64) * vectors[b]).sum(axis=1)
        kept = similarities >= threshold
        parts.append(Pairs(a[kept], b[kept], similarities[kept]))
    return _joined(parts)
