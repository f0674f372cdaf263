"""Saving the clusters of a project as columns, and the project as files."""

from __future__ import annotations

import pandas as pd

from panoptic_nb import columns
from panoptic_nb.project_records import SavedClusterings
from panoptic_nb.saving import save_of
from panoptic_nb.tree import Node


class Saving(SavedClusterings):
    """The part of `Project` that writes."""

    def save_clustering(
        self,
        column: str = columns.DEFAULT_NAME,
        node: int | str | Node | None = None,
        leaves_only: bool = False,
        replace: bool = False,
    ) -> str:
        """Write the clusters below a node into a column of ``project.df``, and save the project.

        Undo takes the column away again, or puts back the one that it replaced. To update the
        column that the tree was opened from, ``project.save_clustering(project.opened_from,
        replace=True)``; without arguments a new column is made.

        Parameters
        ----------
        column
            Name of the column; when it is taken, "<column> 2", "<column> 3", ... is used.
        node
            Where to begin; None = the root.
        leaves_only
            Write the lowest labels alone, not the whole paths.
        replace
            Replace a saved clustering of that name.

        Returns
        -------
        str
            The name of the column.

        Raises
        ------
        ProjectError
            There are no clusters, or the column or the disk cannot be used; nothing is changed.
        """
        top = self.tree.node(self.tree.find(node))
        return self.save_node(top, column, leaves_only, replace)

    def save_node(
        self,
        top: Node,
        column: str = columns.DEFAULT_NAME,
        leaves_only: bool = False,
        replace: bool = False,
    ) -> str:
        """Do `save_clustering` with the tree that `top` stands in, edited since or not."""
        self.check_open()
        with self._edits.lock:
            save = save_of(
                self._table, column, top, self.images, leaves_only, replace, self.rows, self._see
            )
            values = {"labels": [top.path], "column": save.column}
            self._edits.make("save", self.tree, values=values, table=save)
            self._see_in_step(save.column)
        self.tell("saved", lambda: save.column)
        return save.column

    def levels(self, column: str = columns.DEFAULT_NAME) -> pd.DataFrame:
        """Return one column per level of a saved clustering, for groupby."""
        self._table.check_clustering(column)
        return columns.levels(self.df[column], column)

    def save(self) -> None:
        """Save the table, with the columns you added, and the working tree."""
        self.check_open()
        with self._edits.lock:
            self._table.save()
            self._edits.save()

    def flush(self) -> None:
        """Wait until the working tree, which is kept in the background, is on disk."""
        self._edits.flush()
