"""What a question does that edits the tree by hand."""

from __future__ import annotations

from typing import Any

import numpy as np

from panoptic_nb.errors import TreeError
from panoptic_nb.project import Project
from panoptic_nb.tree import ROOT, Node
from panoptic_nb.widgets import edit_questions as ask
from panoptic_nb.widgets.protocol import Answer
from panoptic_nb.widgets.session import Session


class EditHandlers:
    """The part of `Handlers` for edits by hand."""

    _session: Session
    _project: Project

    def _move(self, question: ask.Move) -> Answer:
        chosen = self._chosen(question)
        source = None if question.nodes else self._source(chosen)
        self._project.move(chosen, question.to, source)
        return {}, []

    def _move_new(self, question: ask.MoveNew) -> Answer:
        # What is left over of a split can become a cluster; several nodes are merged instead.
        chosen = question.nodes[0] if question.nodes else self._chosen(question)
        top = self._project.tree.node(question.nodes[0] if question.nodes else self._session.active)
        parent = top.parent if top.is_leaf else top
        return {"node": self._project.move_to_new(chosen, parent, question.label).id}, []

    def _source(self, labels: Any) -> Node | None:
        """Return what one looks at, if the images stand there: others that hold them keep them."""
        images = self._project.images
        active = self._project.tree.node(self._session.active)
        inside = np.isin(images.of_labels(labels), active.members).all()
        return active if inside and active.id != ROOT else None

    def _chosen(self, question: ask.Move | ask.MoveNew) -> Any:
        """Return what an edit is about, as `Project.move` takes it."""
        if question.nodes:
            return [self._project.tree.node(node) for node in question.nodes]
        images = self._project.images
        rows = np.array(question.rows, np.int64) if question.rows else self._session.selection
        if not question.rows and question.count not in (None, len(rows)):
            raise TreeError(
                f"{question.count} images are selected, and the kernel knows of {len(rows)}. Try "
                "again.",
                key="selection_late",
                count=question.count,
                known=len(rows),
            )
        if len(rows) and rows.max() >= images.n_rows:
            raise TreeError(f"There is no row {rows.max()}.")
        return images.frame_index[rows]

    def _merge(self, question: ask.Merge) -> Answer:
        return {"node": self._project.merge(question.nodes).id}, []

    def _lock(self, question: ask.Lock) -> Answer:
        change = self._project.lock if question.locked else self._project.unlock
        change(question.node)
        return {}, []

    def _sort_clusters(self, question: ask.SortClusters) -> Answer:
        project, by = self._project, question.by
        before = project.tree
        largest_first = by == "size"
        project.sort_clusters(question.node, by, largest_first)
        if project.tree is before and isinstance(by, str):
            project.sort_clusters(question.node, by, not largest_first)
        return {}, []
