"""What a question does that is an action: its form, what it would do, what it answers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from typing import TypeVar

from panoptic_nb.errors import PanopticError
from panoptic_nb.jobs import on_main_thread
from panoptic_nb.project import Project
from panoptic_nb.widgets import command_questions as ask
from panoptic_nb.widgets.commands import COMMANDS, At, Command, Result
from panoptic_nb.widgets.protocol import Answer
from panoptic_nb.widgets.session import Session
from panoptic_nb.widgets.words import Words

T = TypeVar("T")


class CommandHandlers:
    """The part of `Handlers` for actions."""

    _session: Session
    _project: Project

    def _commands(self, question: ask.Commands) -> Answer:
        at = self._at(question)
        places = (question.place, "both")
        listed = [one.about(at) for one in COMMANDS.values() if one.place in places]
        return {"commands": listed}, []

    def _command(self, question: ask.Command) -> Answer | Future[Answer]:
        command, at = self._usable(question)
        if question.params is None and command.ask:
            return self._session.worker.submit(lambda: _form(command, at))
        if question.params is None and command.form and command.form.fields:
            return _form(command, at)
        act = command.check(question.params or {})
        if self._project.jobs.current is not None:
            raise self._project.jobs.busy()

        def work() -> Answer:
            result = act(at)
            return self._packed(replace(result, title=_heading(result.title)), at)

        return between_cells(work) if command.writes else self._session.worker.submit(work)

    def _would(self, question: ask.Would) -> Future[Answer]:
        command, at = self._usable(question)
        if command.preview is None or command.form is None:
            raise PanopticError(f"The action {command.name!r} cannot tell what it would do.")
        values = command.form.check(command.name, question.params)
        preview = command.preview
        return self._session.readers.submit(lambda: ({"text": preview(at, **values)}, []))

    def _pick(self, question: ask.Pick) -> Future[Answer]:
        picks = self._session.picks.get(question.result, [])
        if question.at >= len(picks):
            raise PanopticError("This table is out of date. Make it again.", key="table_gone")

        def work() -> Answer:
            self._session.select(picks[question.at]())
            return {}, []

        return self._session.readers.submit(work)

    def _usable(self, question: ask.Command | ask.Would) -> tuple[Command, At]:
        command, at = COMMANDS.get(question.name), self._at(question)
        if command is None:
            raise PanopticError(f"There is no action {question.name!r}.")
        reason = command.reason(at)
        if reason:
            raise PanopticError(at.said(f"commands.reasons.{reason}"))
        return command, at

    def _at(self, question: ask.Commands | ask.Command | ask.Would) -> At:
        node = self._project.tree.node(question.node)
        return At(self._session, node, Words(question.language))

    def _packed(self, result: Result, at: At) -> Answer:
        packed = result.pack(at.said) | {"node": at.node.id}
        return packed | {"id": self._session.keep_picks(result.picks)}, []


def _heading(title: str) -> str:
    """Return the name of an action without the dots that announce its form."""
    return title.rstrip("…")


def _form(command: Command, at: At) -> Answer:
    about = command.about(at)
    about["title"] = _heading(about["title"])
    return {"form": {**about, "fields": command.fields(at), "would": bool(command.preview)}}, []


def between_cells(action: Callable[[], T]) -> Future[T]:
    """Return a future of what is done between cells, as it writes the table."""
    future: Future[T] = Future()

    def work() -> None:
        try:
            future.set_result(action())
        except BaseException as error:
            future.set_exception(error)

    on_main_thread(work)
    return future
