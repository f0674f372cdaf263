"""Questions of the browser about tags."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from panoptic_nb.widgets.question import BaseQuestion

Row = Annotated[int, Field(ge=0)]
Name = Annotated[str, Field(max_length=1000)]


class Tags(BaseQuestion):
    """The columns of tags, and the tags of one of them that hold a text."""

    op: Literal["tags"]
    column: Name
    text: Name = ""
    limit: int = Field(default=50, ge=1, le=200)


class Marks(BaseQuestion):
    """Which of the tags that have a key some rows have."""

    op: Literal["marks"]
    rows: list[Row] = Field(max_length=2000)


class Stamp(BaseQuestion):
    """Give tags to the selection, to a cluster, or to a row; or take them away."""

    op: Literal["stamp"]
    column: Name
    tags: list[Name] = Field(default=[], max_length=100)
    mode: Literal["add", "set", "remove", "erase", "toggle"]
    node: int | None = None
    row: Row | None = None


class Key(BaseQuestion):
    """Give a tag a number key, in place of the one that it had; None takes that away."""

    op: Literal["key"]
    key: int | None = Field(ge=1, le=9)
    column: Name
    tag: Name
