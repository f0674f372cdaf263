"""The nearest neighbours of unit vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.clustering.cells import Cells, make_cells
from panoptic_nb.progress import Progress

Vectors32 = NDArray[np.float32]
#: Positions that look for neighbours, the positions they look among, and where among them they are.
Search = tuple[NDArray[np.int64], NDArray[np.int64], int]

#: Up to so many vectors, all are compared with all.
EXACT = 8192
#: Usual vectors of a cell, and in how many cells neighbours are looked for.
CELL_SIZE, PROBES = 160, 10


def nearest_neighbours(
    vectors: NDArray[np.float32], count: int, seed: int, progress: Progress
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the `count` nearest other vectors of each.

    Exact up to `EXACT` vectors. Beyond, they are looked for in the `PROBES` nearest of the cells
    that the vectors are cut into, so that time grows with the number of vectors and not its square.

    Returns
    -------
    neighbours : ndarray of int32 (n, count)
    similarities : ndarray of float32 (n, count)
        Cosine similarity to each.
    """
    n = len(vectors)
    neighbours = np.repeat(np.arange(n, dtype=np.int32)[:, None], count, axis=1)
    similarities = np.zeros((n, count), np.float32)
    searches: Sequence[Search]
    if n <= EXACT:
        everything = np.arange(n)
        searches = [(everything[block], everything, block.start) for block in row_blocks(n, 512)]
    else:
        searches = _CellSearches(make_cells(vectors, CELL_SIZE, PROBES, seed, progress))

    def work(search: Search) -> tuple[NDArray[np.int64], NDArray[np.int64], Vectors32]:
        queries, candidates, own = search
        return queries, *_nearest_among(vectors, queries, candidates, own, count)

    for queries, nearest, similarity in map_blocks(work, searches, progress, "neighbours"):
        neighbours[queries, : nearest.shape[1]] = nearest
        similarities[queries, : nearest.shape[1]] = similarity
    return neighbours, similarities


class _CellSearches(Sequence[Search]):
    """One search a cell: its vectors look for neighbours in the cells around it."""

    def __init__(self, cells: Cells) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return len(self._cells)

    def __getitem__(self, cell: Any) -> Any:
        return self._cells.members(cell), self._cells.around(cell), 0


def _nearest_among(
    vectors: Vectors32,
    queries: NDArray[np.int64],
    candidates: NDArray[np.int64],
    own: int,
    count: int,
) -> tuple[NDArray[np.int64], Vectors32]:
    """Return the nearest candidates of each query, which itself is candidate `own` and on."""
    block = vectors[queries] @ vectors[candidates].T
    rows = np.arange(len(queries))
    block[rows, own + rows] = -np.inf
    count = min(count, len(candidates) - 1)
    if not count:
        return np.empty((len(queries), 0), np.int64), np.empty((len(queries), 0), np.float32)
    best = block.argpartition(len(candidates) - count, axis=1)[:, -count:]
    return candidates[best], np.take_along_axis(block, best, axis=1)
