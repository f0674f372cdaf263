"""What a question of the browser does: each calls the project, none computes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from io import BytesIO
from typing import Any

import numpy as np

from panoptic_nb.errors import ImageError, PanopticError, TreeError
from panoptic_nb.files import ImageFile
from panoptic_nb.history import Step
from panoptic_nb.images import read_image
from panoptic_nb.jobs import on_main_thread
from panoptic_nb.progress import Notice
from panoptic_nb.representatives import Representatives
from panoptic_nb.sort import Sort
from panoptic_nb.widgets import edit_questions, packing, protocol
from panoptic_nb.widgets.command_handlers import CommandHandlers
from panoptic_nb.widgets.edit_handlers import EditHandlers
from panoptic_nb.widgets.packing import pack_ranked, shown
from panoptic_nb.widgets.protocol import Answer, then
from panoptic_nb.widgets.session import Session
from panoptic_nb.widgets.tag_handlers import TagHandlers

#: Longest side of the large view, pixels.
LARGE = 1600
#: Rows that show the same image, of which the large view tells.
COPIES = 200


class Handlers(EditHandlers, TagHandlers, CommandHandlers):
    """Carries out the questions of the browser; they come on any thread, even during a cell.

    Parameters
    ----------
    session
        Of the project that the questions are about.
    tell
        Shows an error or a notice in the widget; None takes the last one away.
    """

    def __init__(
        self, session: Session, tell: Callable[[PanopticError | Notice | None], None]
    ) -> None:
        self._session = session
        self._project = session.project
        self._tell = tell
        self._representatives = Representatives(self._project)

    def __call__(self, question: protocol.Question) -> Answer | Future[Answer]:
        """Carry out one question; raises `PanopticError` when that is not possible."""
        self._project.check_open()
        answer: Answer | Future[Answer] = getattr(self, f"_{question.op}")(question)
        return answer

    def thumbnails(self, rows: Sequence[int], size: int) -> Answer:
        """Return the kept thumbnails of some rows, one after the other in one buffer."""
        rows = [row for row in rows if row < self._project.images.n_rows]
        return _in_one_buffer(rows, self._project.thumbnails.kept(rows, size))

    def _thumbnails(self, question: protocol.Thumbnails) -> Answer | Future[Answer]:
        rows = [row for row in question.rows if row < self._project.images.n_rows]
        pictures = self._project.thumbnails.get(rows, question.size)
        if isinstance(pictures, list):
            return _in_one_buffer(rows, pictures)
        return then(pictures, lambda made: _in_one_buffer(rows, made))

    def _tree(self, _question: protocol.Tree) -> Answer:
        session = self._session
        with session.lock:
            packed, version = session.packed, session.version
        result = {"version": version, "nodes": packed.content()}
        return result, [packed.order(), packed.similarity(), packed.piles()]

    def _sort(self, question: protocol.Sort) -> Answer:
        sort = Sort.parse(question.sort, self._project.df.columns)

        def work() -> None:
            try:
                self._session.arrange(sort, question.piles)
            except PanopticError as error:
                self._tell(error)

        # By text or by vectors that can take seconds for a million images.
        threading.Thread(target=work, daemon=True, name="sorting").start()
        return {}, []

    def _strip(self, question: protocol.Strip) -> Future[Answer]:
        return self._session.readers.submit(self._read_strip, question)

    def _read_strip(self, question: protocol.Strip) -> Answer:
        tree, first = self._project.tree, self._project.images.first_rows
        strips = {}
        for node in question.nodes:
            strip = self._representatives.of(tree.node(node)) if node in tree.states else None
            if strip is not None:
                strips[node] = [int(first[image]) for image in (strip.medoid, *strip.farthest)]
        return {"strips": strips}, []

    def _similar(self, question: protocol.Similar) -> Future[Answer]:
        return self._session.readers.submit(self._read_similar, question)

    def _read_similar(self, question: protocol.Similar) -> Answer:
        project = self._project
        images: Any = question.node
        if question.row is not None:
            images = (
                project.images.frame_index[[question.row]]
                if question.row < project.images.n_rows
                else [question.row]
            )
        elif images is None:
            images = project.images.frame_index[self._session.selection]
        return pack_ranked(project, project.similar(images, count=question.count)), []

    def _details(self, question: protocol.Details) -> Future[Answer]:
        return self._session.readers.submit(self._read_details, question)

    def _read_details(self, question: protocol.Details) -> Answer:
        project = self._project
        if question.row >= project.images.n_rows:
            raise TreeError(f"There is no row {question.row}.")
        project.check_rows()
        row = project.df.iloc[question.row]
        image = project.images.image_of_row[question.row]
        paths = [node.path for node in project.tree.leaves() if image in node.members]
        copies = project.images.rows_by_image(np.array([image]))[:COPIES]
        picture, size, missing = _large_picture(project.paths[question.row])
        result = {
            "row": question.row,
            "label": str(project.df.index[question.row]),
            "properties": [{"name": str(n), "value": shown(v)} for n, v in row.items()],
            "width": size[0],
            "height": size[1],
            "missing": missing,
            "nodes": [path for path in paths if path],
            "copies": [
                {"row": int(at), "label": str(project.images.frame_index[at])} for at in copies
            ],
        }
        return result, [picture]

    def _dismiss(self, _question: protocol.Dismiss) -> Answer:
        self._tell(None)
        return {}, []

    def _run(self, question: protocol.Run) -> Answer:
        project = self._project
        params = dict(question.params)
        vec_type = params.pop("vec_type", None)
        request = project.prepare(question.function, question.node, vec_type, None, params)
        project.start(request)
        chosen = dict(question.params)
        if vec_type == project.vec_type:  # "the newest", not "this one for ever"
            chosen.pop("vec_type", None)
        self._session.use(question.function, chosen)
        if question.remember:
            saved = project.settings.get("params", {})
            saved = saved | {question.function: chosen}
            project.remember(function=question.function, params=saved)
        return {}, []

    def _preview(self, question: protocol.Preview) -> Answer:
        self._project.start_preview(
            question.function, question.parameter, question.node, question.vec_type
        )
        return {}, []

    def _not_duplicates(self, question: protocol.NotDuplicates) -> Answer:
        node = self._project.tree.node(question.node)
        self._project.not_duplicates(node)
        text = (
            f"Remembered: these {len(node.members)} images are not duplicates, and no later run of "
            "find_duplicates puts two of them together. Undo takes that back."
        )
        self._tell(Notice(text, key="not_duplicates", values={"images": len(node.members)}))
        return {}, []

    def _cancel(self, _question: protocol.Cancel) -> Answer:
        self._project.jobs.cancel()
        return {}, []

    def _embed(self, question: protocol.Embed) -> Answer:
        self._project.start_embedding(question.spec)
        return {}, []

    def _close(self, question: protocol.Close) -> Answer:
        self._project.close_clusters(question.node)
        return {}, []

    def _rename(self, question: protocol.Rename) -> Answer:
        self._project.rename(question.node, question.label)
        return {}, []

    def _go_to(self, question: edit_questions.GoTo) -> Answer:
        project, position = self._project, question.position
        steps = [step for step, _ in project.history.way_to(position)]
        return self._step_through(steps, lambda: project.go_to(position))

    def _undo(self, _question: protocol.Undo) -> Answer:
        project = self._project
        return self._step_through([project.history.last_done], project.undo)

    def _redo(self, _question: protocol.Redo) -> Answer:
        project = self._project
        return self._step_through([project.history.last_undone], project.redo)

    def _step_through(self, steps: Sequence[Step | None], go: Callable[[], object]) -> Answer:
        if all(step is None or step.table is None for step in steps):
            return {"name": go()}, []
        return self._between_cells(go)

    def _between_cells(self, action: Callable[[], object]) -> Answer:
        """Do what writes the DataFrame between cells, so that no cell sees it half changed."""

        def work() -> None:
            try:
                action()
            except PanopticError as error:
                self._tell(error)

        return {"pending": not on_main_thread(work)}, []

    def _save(self, question: protocol.Save) -> Answer:
        project = self._project
        top = project.tree.node(question.node)  # what stands there now, edited later or not
        into: dict[str, Any] = {"leaves_only": question.leaves_only}
        opened = packing.opened(project) if question.update else None
        if opened is not None:
            leaves_only = bool(project.record(opened).get("leaves_only"))
            into = {"column": opened, "replace": True, "leaves_only": leaves_only}

        def save() -> None:
            column = project.save_node(top, **into)
            text = f"Saved in the column {column!r} of project.df."
            self._tell(Notice(text, key="saved", values={"column": column}))

        return self._between_cells(save)


def _in_one_buffer(rows: Sequence[int], pictures: Sequence[bytes]) -> Answer:
    lengths = [len(picture) for picture in pictures]
    return {"rows": rows, "lengths": lengths}, [b"".join(pictures)]


def _large_picture(
    path: ImageFile,
) -> tuple[bytes, tuple[int, int] | tuple[None, None], str | None]:
    """Return a JPEG, the size of the original, and why there is none."""
    try:
        picture = read_image(path)
    except ImageError as error:
        return b"", (None, None), error.reason
    size = picture.size
    picture.thumbnail((LARGE, LARGE))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return buffer.getvalue(), size, None
