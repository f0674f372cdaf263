"""A part of a project: a project over some of its rows, with a working tree of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.collection import Collection
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.masks import rows_of_mask
from panoptic_nb.project import Project


class Subset(Project):
    """Some rows of a project. Made by `Project.subset`.

    It has a working tree, a history and a selection of its own. All else is the project's: files,
    vectors, table, tags, decisions, choices, and the one job at a time.

    Attributes
    ----------
    whole : Project
        The project. A part of a part is a part of the same project.
    rows : ndarray of int64
        Positions of its rows in ``whole.df``, ascending.
    """

    whole: Project
    rows: NDArray[np.int64]

    def __init__(self, whole: Project, rows: NDArray[np.int64], key: str) -> None:
        assert whole.whole is None, "a part of a part is a part of the same project"
        images = _images(whole.images, rows)
        super().__init__(
            whole.name,
            whole._table,
            images,
            whole._facts.of(np.unique(whole.images.image_of_row[rows])),
            [whole.paths[row] for row in rows.tolist()],
            whole.skipped.iloc[:0],
            ProjectFolder(whole.folder, f"draft-{key}.parquet"),
            whole.store,
            whole.jobs,
            whole,
        )
        self.rows = rows
        self._key = key

    def __repr__(self) -> str:
        rows, total = len(self.rows), self.whole.images.n_rows
        state = ", closed" if self.closed else ""
        return f"<Subset of project {self.name!r}: {rows} of {total} images{state}>"

    @property
    def df(self) -> pd.DataFrame:
        """A copy of the rows of ``whole.df`` as they are now.

        Write into ``whole.df``, for example ``whole.df.loc[part.df.index, "seen"] = True``.
        """
        return self._table.frame.iloc[self.rows]

    def close(self) -> None:
        """Let go of the part; its working tree is kept, and the project stays open."""
        if not self.closed:
            self.closed = True
            self.flush()
            self.thumbnails.close()
            self.whole.subsets.pop(self._key, None)
            self._emit(self.events.closed)

    def tell(self, event: str, value: Callable[[], object]) -> None:
        """Do `Project.tell`; that a column was saved concerns the project too."""
        super().tell(event, value)
        if event == "saved":
            self.whole.tell(event, value)

    def tagged(self, column: str, tag: str) -> pd.Series[bool]:
        """Do `Project.tagged` for the rows of the part."""
        return super().tagged(column, tag).iloc[self.rows]

    def _in_table(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return self.rows[rows]

    def forget_decisions(self, images: Any = None) -> None:
        """Do `Project.forget_decisions`; None = all that was said of pairs of these images."""
        if images is not None:
            return super().forget_decisions(images)
        self.check_open()
        with self._edits.lock:
            decided = self._edits.decided
            mentioned = {sha1 for decision in decided for sha1 in decision.sha1}
            here = decided.forgetting(sorted(mentioned.intersection(self.images.sha1)))
            self._edits.make("forget_decisions", self.tree, here)


def open_subset(project: Project, mask: Any) -> Subset:
    """Return the part of a project that a mask holds; see `Project.subset`."""
    whole = project.whole or project
    rows = rows_of_mask(mask, project.images.frame_index, whole.images.frame_index)
    if project.rows is not None:
        rows = project.rows[rows]
    key = _key(whole.images, rows)
    if key not in whole.subsets:
        whole.subsets[key] = Subset(whole, rows, key)
    return whole.subsets[key]


def _images(whole: Collection, rows: NDArray[np.int64]) -> Collection:
    return Collection(whole.sha1_of(whole.image_of_row[rows]), whole.frame_index[rows])


def _key(whole: Collection, rows: NDArray[np.int64]) -> str:
    """Return a hash of some rows that stays the same wherever the rows and the files are moved.

    It is that of the images, and of which of the rows that show an image are among them.
    """
    among = np.zeros(whole.n_rows, bool)
    among[rows] = True
    members = np.unique(whole.image_of_row[rows])
    digest = hashlib.sha256(whole.digests[members].tobytes())
    digest.update(np.packbits(among[whole.rows_by_image(members)]).tobytes())
    return digest.hexdigest()[:16]
