"""Questions from the browser: parsed, answered once, never raised in the kernel."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from panoptic_nb.error_text import named
from panoptic_nb.errors import PanopticError, ParameterError
from panoptic_nb.widgets import edit_questions as edits
from panoptic_nb.widgets.packing import plain
from panoptic_nb.widgets.question import BaseQuestion
from panoptic_nb.widgets.tag_questions import Key, Marks, Stamp, Tags

logger = logging.getLogger(__name__)

#: Thumbnails of one question: more than a screen ever shows.
MAX_THUMBNAILS = 2000
#: Answers kept, so that a question sent twice is not carried out twice.
REMEMBERED = 256


class Thumbnails(BaseQuestion):
    """Small pictures of some rows."""

    op: Literal["thumbnails"]
    rows: list[Annotated[int, Field(ge=0)]] = Field(max_length=MAX_THUMBNAILS)
    size: int = Field(ge=16, le=1024)


class Tree(BaseQuestion):
    """The whole tree, for a browser that missed a change."""

    op: Literal["tree"]


class Sort(BaseQuestion):
    """Sort the images inside the clusters, and pile identical ones up or not."""

    op: Literal["sort"]
    sort: dict[str, Any]
    piles: bool


class Strip(BaseQuestion):
    """The images that stand for some nodes: the most typical one, and the three farthest."""

    op: Literal["strip"]
    nodes: list[int] = Field(max_length=200)


class Similar(BaseQuestion):
    """The images that are most similar to a row, to the selection, or to a cluster."""

    op: Literal["similar"]
    row: Annotated[int, Field(ge=0)] | None = None
    node: int | None = None
    count: int = Field(default=100, ge=1, le=1000)


class Details(BaseQuestion):
    """The large picture and the properties of a row."""

    op: Literal["details"]
    row: int = Field(ge=0)


class Run(BaseQuestion):
    """Split a node."""

    op: Literal["run"]
    node: int
    function: str
    params: dict[str, Any] = Field({})
    remember: bool = False


class Preview(BaseQuestion):
    """Count what each value of a parameter would give."""

    op: Literal["preview"]
    node: int
    function: str
    parameter: str
    vec_type: str | None = None


class NotDuplicates(BaseQuestion):
    """Remember that the images of a cluster are not duplicates, and take the cluster away."""

    op: Literal["not_duplicates"]
    node: int


class Cancel(BaseQuestion):
    """Stop the running job."""

    op: Literal["cancel"]


class Dismiss(BaseQuestion):
    """Take the message away, in every view."""

    op: Literal["dismiss"]


class Embed(BaseQuestion):
    """Compute vectors."""

    op: Literal["embed"]
    spec: str | None = None


class Close(BaseQuestion):
    """Remove the clusters below a node."""

    op: Literal["close"]
    node: int


class Rename(BaseQuestion):
    """Give a node another label."""

    op: Literal["rename"]
    node: int
    label: str = Field(max_length=1000)


class Undo(BaseQuestion):
    """Take back the last edit."""

    op: Literal["undo"]


class Redo(BaseQuestion):
    """Make it again."""

    op: Literal["redo"]


class Save(BaseQuestion):
    """Write the clusters below a node into a column."""

    op: Literal["save"]
    node: int
    leaves_only: bool = False


Question = (
    Thumbnails
    | Tree
    | Sort
    | Strip
    | Similar
    | Details
    | Run
    | Preview
    | NotDuplicates
    | Cancel
    | Dismiss
    | Embed
    | Close
    | Rename
    | edits.Move
    | edits.MoveNew
    | edits.Merge
    | edits.Lock
    | edits.SortClusters
    | edits.GoTo
    | Undo
    | Redo
    | Save
    | Tags
    | Marks
    | Stamp
    | Key
)
_questions: TypeAdapter[Question] = TypeAdapter(Annotated[Question, Field(discriminator="op")])

READING = Thumbnails | Tree | Strip | Similar | Details | Tags | Marks
#: What a handler returns: the result, and binary parts.
Answer = tuple[dict[str, Any], Sequence[bytes]]
#: How it is sent: content and binary parts.
Send = Callable[[dict[str, Any], Sequence[bytes]], None]


T = TypeVar("T")
U = TypeVar("U")


def then(future: Future[T], make: Callable[[T], U]) -> Future[U]:
    """Return a future of what is made of the result of another one, or of its error."""
    made: Future[U] = Future()

    def settle(done: Future[T]) -> None:
        try:
            made.set_result(make(done.result()))
        except Exception as error:
            made.set_exception(error)

    future.add_done_callback(settle)
    return made


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
        if not isinstance(question_id, str):
            return  # nobody could recognise the answer
        if question_id in self._answers:
            self._send(self._answers[question_id], [])
            return
        if question_id in self._begun:
            return
        answer = self._answer(question_id, content)
        if isinstance(answer, Future):
            self._begun.add(question_id)
            answer.add_done_callback(lambda done: self._send_late(question_id, done))
            return
        reply, buffers, keep = answer
        if keep:
            self._answers[question_id] = reply
            while len(self._answers) > REMEMBERED:
                self._answers.popitem(last=False)
        self._send(reply, buffers)

    def _send_late(self, question_id: str, done: Future[Answer]) -> None:
        self._send(*_late(question_id, done))
        self._begun.discard(question_id)

    def _answer(
        self, question_id: str, content: dict[str, Any]
    ) -> tuple[dict[str, Any], Sequence[bytes], bool] | Future[Answer]:
        try:
            question = _questions.validate_python(content)
            answer = self._handle(question)
        except ValidationError as error:
            text = f"The kernel does not understand this message: {error.errors()[0]['msg']}."
            return _refusal(question_id, PanopticError(text)), [], True
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


def _refusal(question_id: str, error: PanopticError) -> dict[str, Any]:
    return {
        "id": question_id,
        "ok": False,
        "error": {
            "text": error.message,
            "key": error.key,
            "values": {name: plain(value) for name, value in error.values.items()},
            "fields": error.errors if isinstance(error, ParameterError) else {},
        },
    }
