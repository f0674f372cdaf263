"""Questions of the browser about actions that need Python alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from panoptic_nb.widgets.question import BaseQuestion

Language = Annotated[str, Field(max_length=10)]


class Commands(BaseQuestion):
    """What can be done with a cluster, or with the project while one looks at it."""

    op: Literal["commands"]
    place: Literal["project", "node"] = "project"
    node: int = 0
    language: Language = "en"


class Command(BaseQuestion):
    """Do it; without values where it needs some: ask for its form."""

    op: Literal["command"]
    name: str = Field(max_length=100)
    node: int = 0
    language: Language = "en"
    params: dict[str, Any] | None = None


class Would(BaseQuestion):
    """Say what an action would do with these values, without doing it."""

    op: Literal["would"]
    name: str = Field(max_length=100)
    node: int = 0
    language: Language = "en"
    params: dict[str, Any] = Field({})


class Pick(BaseQuestion):
    """Select the images of a cell of a table that an action answered."""

    op: Literal["pick"]
    result: int
    at: int = Field(ge=0)
