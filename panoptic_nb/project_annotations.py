"""Who annotated what: the journal of a project."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import pandas as pd

from panoptic_nb import annotated
from panoptic_nb.annotation_log import AnnotationLog
from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.history import Step
from panoptic_nb.leaves import first_paths
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.table_edits import TableChange
from panoptic_nb.values import ValueChange

if TYPE_CHECKING:
    from panoptic_nb.project import Project


class Annotating(ProjectPart):
    """The part of `Project` that keeps a journal of annotations."""

    _log: AnnotationLog

    def annotations(self) -> pd.DataFrame:
        """Return who gave or took which tag or value, when, and from which cluster.

        A journal that only grows: stamps and values that were set, in Python or in the widget, and
        those that were undone or made again. Tags are written as they were called then. What pandas
        changes is not in it.

        Returns
        -------
        pandas.DataFrame
            Oldest first, a line for each row and tag: ``date`` (UTC), ``who``, ``row`` (index
            label; as text where it is no longer there), ``column``, ``value`` (the path of the tag,
            or the value as text), ``action`` ("added" or "removed"), ``cluster`` (label path where
            the image stood in the working tree, "" = no clusters), ``undone`` (it took back a step
            of before).

        Examples
        --------
        >>> journal = project.annotations()  # doctest: +SKIP
        >>> journal.groupby(["who", "value"]).size()  # doctest: +SKIP
        """
        self.check_open()
        return annotated.frame_of(self._log.read(), self.images.frame_index)

    @property
    def annotator(self) -> str:
        """Your name in the journal: that of your account, unless you give another."""
        return str(self._settings.get("annotator") or annotated.default_name())

    @annotator.setter
    def annotator(self, name: str) -> None:
        if not isinstance(name, str):
            raise ProjectError(f"The name of an annotator is a text. Got {short(name)}.")
        self.remember(annotator=name.strip())

    def _annotated(self, step: Step, made: bool) -> None:
        """Add a step that was made or undone to the journal."""
        change = step.table
        if not isinstance(change, TableChange | ValueChange) or step.name not in annotated.STEPS:
            return
        part = cast("Project", self).rows
        rows = change.rows if part is None else np.searchsorted(part, change.rows)
        leaves = self.tree.leaves() if not self.tree.root.is_leaf else []
        clusters = first_paths(leaves, self.images.image_of_row[rows]).tolist()
        labels = self.images.frame_index[rows].tolist()
        try:
            self._log.append(annotated.entry_of(change, made, self.annotator, labels, clusters))
        except ProjectError as error:  # the annotation itself stands
            self._emit(self.events.message, error)
