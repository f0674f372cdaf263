"""The images of a project: which rows of the DataFrame show which file content."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        unique, image_of_row = np.unique(np.asarray(sha1, dtype=object), return_inverse=True)
        self.sha1: list[str] = unique.tolist()
        self.image_of_row: NDArray[np.int64] = image_of_row.astype(np.int64)
        self.frame_index = index
        self._row_order = np.argsort(self.image_of_row, kind="stable")
        counts = np.bincount(self.image_of_row, minlength=len(self.sha1))
        self._row_starts = np.concatenate([[0], np.cumsum(counts)])

    def __len__(self) -> int:
        return len(self.sha1)

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
        starts, stops = self._row_starts[members], self._row_starts[members + 1]
        counts = stops - starts
        # Row k of the result is number k - (rows before its image) among the rows of its image.
        before = np.repeat(np.cumsum(counts) - counts, counts)
        rows: NDArray[np.int64] = self._row_order[
            np.repeat(starts, counts) + np.arange(counts.sum()) - before
        ]
        return rows

    def count_rows_each(self, members: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return how many rows show each of these images."""
        counts: NDArray[np.int64] = self._row_starts[members + 1] - self._row_starts[members]
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
        known = {value: position for position, value in enumerate(self.sha1)}
        return np.array([known.get(value, -1) for value in sha1], dtype=np.int64)
