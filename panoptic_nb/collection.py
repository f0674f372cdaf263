"""The images of a project: which rows of the DataFrame show which file content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError


class Collection:
    """Images in canonical order (sorted by sha1) and the rows that show them.

    Sorting by content makes every result independent of the order of the rows.

    Parameters
    ----------
    sha1
        Content hash of each row.
    index
        Index of the DataFrame.
    """

    def __init__(self, sha1: Sequence[str], index: pd.Index) -> None:
        # As bytes: sorting a million Python strings takes two seconds.
        _, first, image_of_row, self._row_counts = np.unique(
            np.array(sha1, "S"), return_index=True, return_inverse=True, return_counts=True
        )
        self.sha1: list[str] = [sha1[row] for row in first.tolist()]
        self.image_of_row: NDArray[np.int64] = image_of_row.astype(np.int64)
        self.frame_index = index
        self._row_order = np.argsort(self.image_of_row, kind="stable")
        self._row_starts = np.concatenate([[0], np.cumsum(self._row_counts)])

    def __len__(self) -> int:
        return len(self.sha1)

    @cached_property
    def digests(self) -> NDArray[np.bytes_]:
        """The sha1 of each image as its 20 bytes, S20 (images,), ascending."""
        return as_digests(self.sha1)

    @cached_property
    def _hash_of_all(self) -> str:
        return _hash(self.digests)

    @property
    def n_rows(self) -> int:
        """Number of rows of the DataFrame."""
        return len(self.image_of_row)

    @property
    def first_rows(self) -> NDArray[np.int64]:
        """For each image, the first row that shows it."""
        first: NDArray[np.int64] = self._row_order[self._row_starts[:-1]]
        return first

    def rows_by_image(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row positions that show these images, image by image in the given order."""
        if self.n_rows == len(self):  # no piles: each image has the row of its own number
            one_each: NDArray[np.int64] = self._row_order[members]
            return one_each
        starts, counts = self._row_starts[members], self._row_counts[members]
        # Row k of the result is number k - (rows before its image) among the rows of its image.
        before = np.repeat(np.cumsum(counts) - counts, counts)
        rows: NDArray[np.int64] = self._row_order[
            np.repeat(starts, counts) + np.arange(counts.sum()) - before
        ]
        return rows

    def count_rows_each(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many rows show each of these images."""
        counts: NDArray[np.int64] = self._row_counts[members]
        return counts

    def count_rows(self, members: NDArray[np.int64]) -> int:
        """Return how many rows show these images."""
        return int(self.count_rows_each(members).sum())

    def rows(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the row positions that show these images, ascending."""
        return np.sort(self.rows_by_image(members))

    def index(self, members: NDArray[np.int64]) -> pd.Index:
        """Return the index labels of the rows that show these images, in row order."""
        return self.frame_index[self.rows(members)]

    def of_labels(self, labels: Any) -> NDArray[np.int64]:
        """Return the images that rows with these index labels show, ascending, each once.

        Raises
        ------
        ProjectError
            These are no labels of the index.
        """
        return np.unique(self.image_of_row[self.rows_of_labels(labels)])

    def rows_of_labels(self, labels: Any) -> NDArray[np.int64]:
        """Return the positions of the rows with these index labels; raises as `of_labels`."""
        if isinstance(labels, str) or not isinstance(labels, Iterable):
            raise ProjectError(
                "Images are given as a cluster or as a list of index labels of project.df. Got "
                f"{short(labels)}."
            )
        wanted = pd.Index(list(labels), tupleize_cols=self.frame_index.nlevels > 1)
        if wanted.dtype == bool and self.frame_index.dtype != bool:
            raise ProjectError(
                "Images are given by index labels, and this is a mask of yes and no: give "
                "project.df.index[mask]."
            )
        unknown = wanted[~wanted.isin(self.frame_index)].tolist()
        if unknown:
            raise ProjectError(
                f"{len(unknown)} of {len(wanted)} labels are not in the index of project.df, for "
                f"example {short(unknown[0])}."
            )
        rows: NDArray[np.int64] = self.frame_index.get_indexer_for(wanted).astype(np.int64)
        return rows

    def positions(self, sha1: Sequence[str]) -> NDArray[np.int64]:
        """Return the image position of each sha1, -1 where the project has no such image."""
        return self.positions_of_digests(as_digests(sha1))

    def positions_of_digests(self, digests: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return the image position of each sha1 of 20 bytes, -1 where there is no such image."""
        at = np.searchsorted(self.digests, digests)
        at[at == len(self)] = 0
        return np.where(self.digests[at] == digests, at, -1)

    def sha1_of(self, members: NDArray[np.int64]) -> list[str]:
        """Return the sha1 of some images, in the given order."""
        return [self.sha1[member] for member in members.tolist()]

    def prepare(self) -> None:
        """Compute now what the first split would wait for: 0.2 s of a million images."""
        self.hash(np.arange(len(self)))

    def hash(self, members: NDArray[np.int64]) -> str:
        """Return a hash (16 hex digits) of a set of images, given in canonical order."""
        return self._hash_of_all if len(members) == len(self) else _hash(self.digests[members])


def as_digests(sha1: Sequence[str]) -> NDArray[np.bytes_]:
    """Return sha1 of 40 hex digits as their 20 bytes, S20 (n,)."""
    return np.frombuffer(bytes.fromhex("".join(sha1)), "S20")


def _hash(digests: NDArray[np.bytes_]) -> str:
    # Of the hex digits, line by line: what the records of all versions hold.
    return hashlib.sha256(digests.tobytes().hex("\n", 20).encode()).hexdigest()[:16]
