"""Questions about what may belong to a cluster or a tag."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from panoptic_nb.widgets.edit_questions import MAX_CHOSEN
from panoptic_nb.widgets.question import BaseQuestion


class _Group(BaseQuestion):
    """The group that a question is about: a cluster, or else the images with a tag."""

    node: int | None = None
    column: str = Field("", max_length=1000)
    tag: str = Field("", max_length=10_000)


class Recommend(_Group):
    """The images outside a group that are most similar to it, without those refused for it.

    The answer is that to `Similar`, and ``refused``, how many images were refused.
    """

    op: Literal["recommend"]
    count: int = Field(default=20, ge=1, le=1000)


class Refuse(_Group):
    """Remember that some rows, or what is selected, do not belong to a group."""

    op: Literal["refuse"]
    rows: list[Annotated[int, Field(ge=0)]] = Field([], max_length=MAX_CHOSEN)


class ForgetRefusals(_Group):
    """Recommend again what was refused for a group."""

    op: Literal["forget_refusals"]
