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

    def _commands(self, question: ask.Commands) -> Future[Answer]:
        at = self._at(question)
        listed = [one for one in COMMANDS.values() if one.place in (question.place, "both")]
        # What can be used depends on the columns, and a million rows take a while to look at.
        return self._session.readers.submit(
            lambda: ({"commands": [one.about(at) for one in listed]}, [])
        )

    def _command(self, question: ask.Command) -> Future[Answer]:
        command, at, params = _known(question.name), self._at(question), question.params
        if params is None and command.form and command.form.fields:
            return self._session.readers.submit(_form, command, at)
        if self._project.jobs.current is not None:
            raise self._project.jobs.busy()
        if params is None and command.ask:
            return self._session.worker.submit(_form, command, at)

        def work() -> Answer:
            _check_usable(command, at)
            result = command.check(params or {})(at)
            return self._packed(replace(result, title=_heading(result.title)), at)

        return between_cells(work) if command.writes else self._session.worker.submit(work)

    def _would(self, question: ask.Would) -> Future[Answer]:
        command, at = _known(question.name), self._at(question)
        form, preview = command.form, command.preview
        if preview is None or form is None:
            raise PanopticError(f"The action {command.name!r} cannot tell what it would do.")

        def work() -> Answer:
            _check_usable(command, at)
            return {"text": preview(at, **form.check(command.name, question.params))}, []

        return self._session.readers.submit(work)

    def _pick(self, question: ask.Pick) -> Future[Answer]:
        picks = self._session.picks.get(question.result, [])
        if question.at >= len(picks):
            raise PanopticError("This table is out of date. Make it again.", key="table_gone")

        def work() -> Answer:
            self._session.select(picks[question.at]())
            return {}, []

        return self._session.readers.submit(work)

    def _at(self, question: ask.Commands | ask.Command | ask.Would) -> At:
        node = self._project.tree.node(question.node)
        return At(self._session, node, Words(question.language))

    def _packed(self, result: Result, at: At) -> Answer:
        packed = result.pack(at.said) | {"node": at.node.id}
        return packed | {"id": self._session.keep_picks(result.picks)}, []


def _heading(title: str) -> str:
    """Return the name of an action without the dots that announce its form."""
    return title.rstrip("…")


def _known(name: str) -> Command:
    command = COMMANDS.get(name)
    if command is None:
        raise PanopticError(f"There is no action {name!r}.")
    return command


def _check_usable(command: Command, at: At) -> None:
    reason = command.reason(at)
    if reason:
        raise PanopticError(at.said(f"commands.reasons.{reason}"))


def _form(command: Command, at: At) -> Answer:
    _check_usable(command, at)
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
