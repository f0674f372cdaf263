"""Questions from the browser: answered once each, never raised in the kernel."""

from __future__ import annotations

import itertools
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from pydantic import ValidationError

from panoptic_nb.error_text import named, short_text
from panoptic_nb.errors import PanopticError, ParameterError
from panoptic_nb.widgets.packing import cut, plain
from panoptic_nb.widgets.protocol import READING, READING_OPS, Answer, Question, Send, parse
from panoptic_nb.widgets.question import MAX_ID

logger = logging.getLogger(__name__)

#: Answers kept, so that a question sent twice is not carried out twice.
REMEMBERED = 256
#: Fields of a form.
MAX_FIELDS = 50


class Server:
    """Answers every question exactly once.

    Parameters
    ----------
    handle
        Carries out a parsed question; may raise any `PanopticError`. What takes a while is a
        future: its answer is sent when it is there, and other questions do not wait for it.
    send
        Sends an answer to the browser.
    """

    def __init__(self, handle: Callable[[Question], Answer | Future[Answer]], send: Send) -> None:
        self._handle = handle
        self._send = send
        self._answers: OrderedDict[str, dict[str, Any]] = OrderedDict()
        #: Questions whose answers take a while; asked again meanwhile, they are not begun anew.
        self._begun: set[str] = set()

    def receive(self, content: Any) -> None:
        """Answer one message; whatever it holds, nothing is raised."""
        question_id = content.get("id") if isinstance(content, dict) else None
        if not isinstance(question_id, str) or len(question_id) > MAX_ID:
            return  # nobody could recognise the answer
        if question_id in self._answers:
            self._send(self._answers[question_id], [])
            return
        if question_id in self._begun:
            return
        answer = self._answer(question_id, content)
        if isinstance(answer, Future):
            self._begun.add(question_id)
            keep = content.get("op") not in READING_OPS
            answer.add_done_callback(lambda done: self._send_late(question_id, done, keep))
            return
        reply, buffers, keep = answer
        if keep:
            self._keep(question_id, reply)
        self._send(reply, buffers)

    def _keep(self, question_id: str, reply: dict[str, Any]) -> None:
        self._answers[question_id] = reply
        while len(self._answers) > REMEMBERED:
            self._answers.popitem(last=False)

    def _send_late(self, question_id: str, done: Future[Answer], keep: bool) -> None:
        reply, buffers = _late(question_id, done)
        if keep:
            self._keep(question_id, reply)
        self._send(reply, buffers)
        self._begun.discard(question_id)

    def _answer(
        self, question_id: str, content: dict[str, Any]
    ) -> tuple[dict[str, Any], Sequence[bytes], bool] | Future[Answer]:
        try:
            question = parse(content)
            answer = self._handle(question)
        except ValidationError as error:
            return _refusal(question_id, _not_understood(error)), [], True
        except PanopticError as error:
            return _refusal(question_id, error), [], True
        except Exception as error:
            logger.exception("a message of the widget failed: %s", content.get("op"))
            return _refusal(question_id, PanopticError(f"{named(error)}.")), [], True
        if isinstance(answer, Future):
            return answer
        result, buffers = answer
        # Reading changes nothing, so what was read is read again rather than kept: it is large.
        keep = not isinstance(question, READING)
        return {"id": question_id, "ok": True, "result": result}, buffers, keep


def _late(question_id: str, done: Future[Answer]) -> tuple[dict[str, Any], Sequence[bytes]]:
    """Return what to send for an answer that took a while."""
    try:
        result, buffers = done.result()
    except PanopticError as error:
        return _refusal(question_id, error), []
    except Exception as error:
        return _refusal(question_id, PanopticError(f"{named(error)}.")), []
    return {"id": question_id, "ok": True, "result": result}, buffers


def _not_understood(error: ValidationError) -> PanopticError:
    details = error.errors(include_url=False, include_context=False, include_input=False)
    reason = short_text(details[0]["msg"])
    return PanopticError(f"The kernel does not understand this message: {reason}.")


def _fields(error: PanopticError) -> dict[str, str]:
    """Return what is wrong with each field of a form; nobody has more than `MAX_FIELDS`."""
    errors = error.errors.items() if isinstance(error, ParameterError) else ()
    return {cut(name): cut(text) for name, text in itertools.islice(errors, MAX_FIELDS)}


def _refusal(question_id: str, error: PanopticError) -> dict[str, Any]:
    return {
        "id": question_id,
        "ok": False,
        "error": {
            "text": cut(error.message),
            "key": error.key,
            "values": {name: plain(value) for name, value in error.values.items()},
            "fields": _fields(error),
        },
    }
