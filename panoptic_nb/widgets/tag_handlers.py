"""What the questions of the browser about tags do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from panoptic_nb.errors import PanopticError, ParameterError, ProjectError, TagError, TreeError
from panoptic_nb.progress import Notice
from panoptic_nb.project import Project
from panoptic_nb.stamping import Stamped
from panoptic_nb.tag_colours import COLOURS
from panoptic_nb.tag_search import search
from panoptic_nb.tagset import TagSet
from panoptic_nb.widgets import tag_questions
from panoptic_nb.widgets.packing import TAGS
from panoptic_nb.widgets.session import Session

#: Tags that a notice names one by one.
NAMED = 3


class TagHandlers:
    """The part of `Handlers` that is about tags."""

    _session: Session
    _project: Project
    _tell: Callable[[PanopticError | Notice | None], None]

    if TYPE_CHECKING:

        def _between_cells(self, action: Callable[[], object]) -> Any: ...

    def _tags(self, question: tag_questions.Tags) -> Any:
        return self._session.readers.submit(self._found_tags, question)

    def _marks(self, question: tag_questions.Marks) -> Any:
        return self._session.readers.submit(self._marks_of, question.rows)

    def _found_tags(self, question: tag_questions.Tags) -> Any:
        project = self._project
        columns = {name: kind for name, kind in project.properties.items() if kind in TAGS}
        tags = project.tags(question.column) if question.column in columns else TagSet()
        found = [
            {"tag": path, "colour": COLOURS[tags.tags[tags.find(path)].colour]}
            for path in search(tags, question.text, question.limit)
        ]
        return {
            "columns": list(columns),
            "single": columns.get(question.column) == "tag",
            "tags": found,
            "total": len(tags),
        }, []

    def _marks_of(self, asked: list[int]) -> Any:
        """Answer the keys of each row as a text such as "13"; rows without one are left out."""
        project = self._project
        rows = np.array([row for row in asked if row < project.images.n_rows], np.int64)
        marks: dict[int, str] = {}
        for number, (column, tag) in project.tag_keys.items():
            pairs = project.tags_at(rows, column)
            at = pairs.names.index(tag) if tag in pairs.names else -1
            for row in rows[pairs.rows[pairs.tags == at]].tolist():
                marks[row] = marks.get(row, "") + str(number)
        return {"marks": marks}, []

    def _stamp(self, question: tag_questions.Stamp) -> Any:
        project = self._project
        rows = self._rows_to_stamp(question)
        try:
            project.prepare_stamp(question.column, question.tags, question.mode)
        except TagError as error:
            raise _on_field("tags", error) from error
        except ProjectError as error:
            raise _on_field("column", error) from error
        if project.settings.get("stamped") != question.column:
            project.remember(stamped=question.column)

        def stamp() -> None:
            done = project.stamp_rows(rows, question.column, question.tags, question.mode)
            if question.mode != "toggle" or question.row is None:  # its mark says it
                self._tell(stamp_notice(done, question.column))

        return self._between_cells(stamp)

    def _rows_to_stamp(self, question: tag_questions.Stamp) -> Any:
        if question.node is not None:
            return self._project.tree.node(question.node).rows
        images = self._project.images
        rows = self._session.selection if question.row is None else np.array([question.row])
        if len(rows) == 0 or rows.max() >= images.n_rows:
            raise TreeError("Select images to stamp first.", key="nothing_selected")
        if question.row is not None and self._session.piled:  # the whole pile is seen as one
            rows = images.rows(images.image_of_row[rows])
        return np.sort(rows)

    def _key(self, question: tag_questions.Key) -> Any:
        keys: dict[int, tuple[str, str]] = {
            number: key
            for number, key in self._project.tag_keys.items()
            if number != question.key and key != (question.column, question.tag)
        }
        if question.key is not None:
            keys[question.key] = (question.column, question.tag)
        self._project.set_tag_keys(keys)
        return {}, []


def stamp_notice(done: Stamped, column: str) -> Notice:
    """Return what is told of a stamp."""
    tags = ", ".join(done.tags[:NAMED]) + "…" * (len(done.tags) > NAMED)
    images = done.rows
    values = {"tags": tags, "column": column, "images": images}
    if images == 0:
        text = "Nothing was changed: the tags of these images were like that before."
        return Notice(text, key="stamp_nothing")
    if done.mode == "erase":
        text = (
            f"Erased the tags in the column {column!r} (images: {images}). Undo brings them back."
        )
        return Notice(text, key="stamp_erase", values=values)
    if done.mode == "remove":
        text = f"Removed {tags} in the column {column!r} (images: {images}). Undo takes that back."
        return Notice(text, key="stamp_remove", values=values)
    if done.mode == "set":
        text = f"Set {tags} in the column {column!r} (images: {images}). Undo takes that back."
        return Notice(text, key="stamp_set", values=values)
    text = f"Added {tags} in the column {column!r} (images: {images}). Undo takes that back."
    return Notice(text, key="stamp_add", values=values)


def _on_field(field: str, error: PanopticError) -> ParameterError:
    values = {name: value for name, value in error.values.items() if name != "parameter"}
    return ParameterError(error.message, {field: error.message}, error.key, **values)
