"""Piles: rows that show one and the same image, as one cell with a count."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Piles:
    """The rows of a leaf, pile by pile, in the order of the first row of each.

    Attributes
    ----------
    order : ndarray of int64 (m,)
        Positions in the rows that were given: ``rows[order]`` has the rows of a pile side by side,
        in the order they had.
    starts : ndarray of int64 (p + 1,)
        Pile k is ``order[starts[k]:starts[k + 1]]``.
    """

    order: NDArray[np.int64]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def first(self) -> NDArray[np.int64]:
        """Position of the row that stands for each pile, the first of its rows; int64 (p,)."""
        first: NDArray[np.int64] = self.order[self.starts[:-1]]
        return first

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many rows each pile has, int64 (p,)."""
        counts: NDArray[np.int64] = np.diff(self.starts)
        return counts


def piles(images: NDArray[np.int64]) -> Piles:
    """Put together the rows of a leaf that show one image.

    Parameters
    ----------
    images : ndarray of int64 (m,)
        The image that each row shows, rows in the order of the grid:
        ``collection.image_of_row[rows]``.

    Examples
    --------
    >>> made = piles(np.array([7, 3, 7]))
    >>> made.first.tolist(), made.counts.tolist(), made.order.tolist()
    ([0, 1], [2, 1], [0, 2, 1])
    """
    changes = np.flatnonzero(images[1:] != images[:-1]) + 1
    runs = np.concatenate([np.zeros(min(len(images), 1), np.int64), changes])
    if (np.diff(np.sort(images[runs])) > 0).all():  # side by side, as ever unless a column decides
        return Piles(np.arange(len(images)), np.append(runs, len(images)))
    _, first, pile_of_run = np.unique(images[runs], return_index=True, return_inverse=True)
    place = first[pile_of_run]  # the run that each pile begins with
    pile = np.repeat(place, np.diff(np.append(runs, len(images))))
    order = np.argsort(pile, kind="stable")
    sizes = np.bincount(pile, minlength=len(runs))
    return Piles(order, np.concatenate([[0], np.cumsum(sizes[sizes > 0])]))
