"""Cells of vectors that lie near each other: neighbours are looked for in a few cells only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.clustering.blocks import map_blocks, row_blocks
from panoptic_nb.clustering.lloyd import assign
from panoptic_nb.progress import Progress

#: Vectors per cell that its centre is learnt from, and Lloyd's steps on them.
LEARN_PER_CELL, STEPS = 16, 4
#: A cell of more than so many times the usual size is cut.
MAX_OVERSIZE = 3


@dataclass(frozen=True)
class Cells:
    """A partition of vectors into small cells.

    Attributes
    ----------
    order : ndarray of int64 (n,)
        Positions of the vectors, cell after cell, ascending in each.
    bounds : ndarray of int64 (cells + 1,)
        Cell c holds ``order[bounds[c]:bounds[c + 1]]``.
    near : ndarray of int64 (cells, probes)
        The cells whose means are nearest to the mean of each, itself first.
    """

    order: NDArray[np.int64]
    bounds: NDArray[np.int64]
    near: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.near)

    def members(self, cell: int) -> NDArray[np.int64]:
        """Return the positions of the vectors of a cell."""
        return self.order[self.bounds[cell] : self.bounds[cell + 1]]

    def around(self, cell: int) -> NDArray[np.int64]:
        """Return the positions of the vectors of the cells near a cell, its own included."""
        return np.concatenate([self.members(near) for near in self.near[cell]])


def make_cells(
    vectors: NDArray[np.float32], size: int, probes: int, seed: int, progress: Progress
) -> Cells:
    """Cut vectors into cells of about `size` that lie near each other.

    Parameters
    ----------
    vectors : ndarray of float32 (n, d)
        Shortened ones will do: cells need not be exact.
    size : int
        Usual number of vectors of a cell.
    probes : int
        How many cells are counted as near a cell.
    seed : int
    progress : Progress
    """
    random = np.random.default_rng(seed)
    count = max(1, round(len(vectors) / size))
    learn = vectors[np.sort(random.permutation(len(vectors))[: count * LEARN_PER_CELL])]
    centres = learn[np.sort(random.permutation(len(learn))[:count])]
    for _ in range(STEPS):
        centres = assign(learn, centres, progress, "cells").means
    found = assign(vectors, centres, progress, "cells")
    order = np.argsort(found.labels, kind="stable")
    bounds, whole = _cut(found.counts, MAX_OVERSIZE * size)
    # The parts of a cell that was cut are all where the cell is.
    return Cells(order, bounds, _nearest(found.means[whole], probes, progress))


def _cut(sizes: NDArray[np.int64], largest: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut what is too large into equal parts; return their bounds, and what each is part of."""
    parts = -(-sizes // largest)
    bounds = [0]
    for size, count in zip(sizes.tolist(), parts.tolist(), strict=True):
        start = bounds[-1]
        bounds += [start + size * (part + 1) // count for part in range(count)]
    return np.array(bounds, dtype=np.int64), np.repeat(np.arange(len(sizes)), parts)


def _nearest(means: NDArray[np.float32], probes: int, progress: Progress) -> NDArray[np.int64]:
    half_norms = 0.5 * np.einsum("cd,cd->c", means, means)

    def work(block: slice) -> NDArray[np.int64]:
        closeness = means[block] @ means.T - half_norms
        own = np.arange(block.start, block.stop)
        closeness[np.arange(len(own)), own] = np.inf
        return np.argsort(-closeness, axis=1, kind="stable")[:, :probes]

    return np.concatenate(list(map_blocks(work, row_blocks(len(means), 256), progress, "cells")))
