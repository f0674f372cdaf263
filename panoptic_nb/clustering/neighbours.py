"""The nearest neighbours of unit vectors."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.clustering.cells import make_cells
from panoptic_nb.clustering.projection import shortened
from panoptic_nb.progress import Progress

Vectors32 = NDArray[np.float32]
#: Positions of some vectors, those of their neighbours, and how similar these are.
Neighbours = tuple[NDArray[np.int64], NDArray[np.int64], Vectors32]
Found = Iterator[Neighbours]

#: Up to so many vectors, all are compared with all, so many of them at a time.
EXACT, EXACT_ROWS = 8192, 256
#: Usual vectors of a cell, and in how many cells neighbours are looked for.
CELL_SIZE, PROBES = 100, 16
#: Dimensions in which they are looked for. What lies in the others tells images apart less than it
#: costs: the communities of real corpora agree as well with their folders as those of exact
#: neighbours do.
DIMENSIONS = 128
#: A vector that has next to nothing in these dimensions is near nothing.
SMALLEST_NORM = 1e-6
#: Columns of which only the largest value is looked at first, to find the largest of all.
GROUP = 8


def nearest_neighbours(
    vectors: Vectors32, count: int, seed: int, progress: Progress
) -> tuple[NDArray[np.int32], Vectors32]:
    """Return the `count` nearest other vectors of each.

    Exact up to `EXACT` vectors. Beyond, they are the nearest in the `DIMENSIONS` in which the
    vectors spread most, among those of the `PROBES` nearest of the cells that the vectors are cut
    into, so that time grows with the number of vectors and not its square.

    Returns
    -------
    neighbours : ndarray of int32 (n, count)
        The vector itself in the place of those that were not found.
    similarities : ndarray of float32 (n, count)
        Cosine similarity to each, in all dimensions.
    """
    search = _exactly if len(vectors) <= EXACT else _in_cells
    n = len(vectors)
    neighbours = np.repeat(np.arange(n, dtype=np.int32)[:, None], count, axis=1)
    similarities = np.zeros((n, count), np.float32)
    for queries, nearest, similarity in search(vectors, count, seed, progress):
        neighbours[queries, : nearest.shape[1]] = nearest
        similarities[queries, : nearest.shape[1]] = similarity
    return neighbours, similarities


def _exactly(vectors: Vectors32, count: int, seed: int, progress: Progress) -> Found:
    """Compare all with all."""

    def work(block: slice) -> Neighbours:
        queries = np.arange(block.start, block.stop)
        similarities = vectors[block] @ vectors.T
        similarities[np.arange(len(queries)), queries] = -np.inf
        nearest = _largest(similarities, min(count, len(vectors) - 1))
        return queries, nearest, np.take_along_axis(similarities, nearest, axis=1)

    return map_blocks(work, row_blocks(len(vectors), EXACT_ROWS), progress, "neighbours")


def _in_cells(vectors: Vectors32, count: int, seed: int, progress: Progress) -> Found:
    """Compare the vectors of each cell with those in the cells around it, in few dimensions."""
    short = shortened(vectors, DIMENSIONS, np.random.default_rng(seed), progress)
    norms = np.maximum(np.sqrt(np.einsum("nd,nd->n", short, short)), SMALLEST_NORM)
    cells = make_cells(short, CELL_SIZE, PROBES, seed, progress)

    def work(cell: int) -> Neighbours:
        queries, around = cells.members(cell), cells.around(cell)
        rough = short[queries] @ (short[around] / norms[around, None]).T
        own = np.arange(len(queries))  # the cell itself is the first of those around it
        rough[own, own] = -np.inf
        nearest = around[_largest(rough, min(count, len(around) - 1))]
        similarities = vectors[nearest] @ vectors[queries][:, :, None]
        return queries, nearest, similarities[:, :, 0]

    return map_blocks(work, range(len(cells)), progress, "neighbours")


def _largest(values: Vectors32, count: int) -> NDArray[np.int64]:
    """Return the columns of the `count` largest values of each row, in no order.

    They lie in those groups of columns whose largest values are the largest: to look for them
    there takes a fifth of the time.
    """
    rows, columns = values.shape
    width = columns // GROUP
    if width <= count:
        return _last(values, count)
    highest = values[:, :width]
    for start in range(width, width * GROUP, width):  # group g is columns g, g + width, ...
        highest = np.maximum(highest, values[:, start : start + width])
    groups = _last(highest, count)[:, None] + np.arange(0, width * GROUP, width)[:, None]
    in_no_group = np.tile(np.arange(width * GROUP, columns), (rows, 1))
    looked_at = np.concatenate([groups.reshape(rows, -1), in_no_group], axis=1)
    best = _last(np.take_along_axis(values, looked_at, axis=1), count)
    return np.take_along_axis(looked_at, best, axis=1)


def _last(values: Vectors32, count: int) -> NDArray[np.int64]:
    return values.argpartition(-max(count, 1), axis=1)[:, values.shape[1] - count :]
