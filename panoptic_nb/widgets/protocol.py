"""Questions from the browser: what they may hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Annotated, Any, Literal, TypeVar, cast, get_args

from pydantic import BaseModel, Field

from panoptic_nb.errors import PanopticError
from panoptic_nb.widgets import command_questions as commands
from panoptic_nb.widgets import edit_questions as edits
from panoptic_nb.widgets.question import BaseQuestion
from panoptic_nb.widgets.tag_questions import Key, Marks, Stamp, Tags

#: Thumbnails of one question: more than a screen ever shows.
MAX_THUMBNAILS = 2000


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
    """Write the clusters below a node into a column; `update`: into that which was opened."""

    op: Literal["save"]
    node: int
    leaves_only: bool = False
    update: bool = False


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
    | commands.Commands
    | commands.Command
    | commands.Would
    | commands.Pick
)
_QUESTIONS: dict[Any, type[BaseModel]] = {
    get_args(question.model_fields["op"].annotation)[0]: question for question in get_args(Question)
}

READING = (
    Thumbnails
    | Tree
    | Strip
    | Similar
    | Details
    | Tags
    | Marks
    | commands.Commands
    | commands.Would
)
#: Their ops: what was read is read again rather than kept.
READING_OPS = {op for op, question in _QUESTIONS.items() if question in get_args(READING)}
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


def parse(content: dict[str, Any]) -> Question:
    """Read a question; raises `ValidationError`, or `PanopticError` where it is none at all."""
    op = content.get("op")
    # Not left to pydantic, which writes out whatever stands there, however deep it is.
    model = _QUESTIONS.get(op) if isinstance(op, str) else None
    if model is None:
        raise PanopticError("The kernel does not understand this message: it has no known op.")
    return cast(Question, model.model_validate(content))
