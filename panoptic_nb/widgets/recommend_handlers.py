"""What the questions about recommendations do."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import numpy as np

from panoptic_nb.errors import TreeError
from panoptic_nb.project import Project
from panoptic_nb.widgets import recommend_questions as ask
from panoptic_nb.widgets.protocol import Answer
from panoptic_nb.widgets.session import Session


class RecommendHandlers:
    """The part of `Handlers` that completes groups."""

    _session: Session
    _project: Project

    def _recommend(self, question: ask.Recommend) -> Future[Answer]:
        return self._session.readers.submit(self._read_recommended, question)

    def _read_recommended(self, question: ask.Recommend) -> Answer:
        project, group = self._project, self._group(question)
        found = project.recommend(group, question.count)
        return {
            "rows": project.images.frame_index.get_indexer_for(found.index).tolist(),
            "similarity": found["similarity"].tolist(),
            "percentile": found["percentile"].tolist(),
            "refused": len(project.refused(group)),
        }, []

    def _refuse(self, question: ask.Refuse) -> Answer:
        rows = np.array(question.rows, np.int64) if question.rows else self._session.selection
        if not len(rows) or rows.max() >= self._project.images.n_rows:
            raise TreeError(
                "Select the images that do not belong to the group first.", key="nothing_to_refuse"
            )
        self._project.refuse(self._project.images.frame_index[rows], self._group(question))
        return {}, []

    def _forget_refusals(self, question: ask.ForgetRefusals) -> Answer:
        self._project.forget_refusals(self._group(question))
        return {}, []

    def _group(self, question: ask.Recommend | ask.Refuse | ask.ForgetRefusals) -> Any:
        if question.node is not None:
            return self._project.tree.node(question.node)
        return self._project.tagged(question.column, question.tag)
