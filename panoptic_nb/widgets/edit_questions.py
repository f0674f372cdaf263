"""Questions that edit the tree by hand."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from panoptic_nb.widgets.question import BaseQuestion

#: Clusters or single rows of one edit; more images are what is selected.
MAX_CHOSEN = 10_000


class _Chosen(BaseQuestion):
    """What an edit is about: clusters, some rows, or else all that is selected.

    The selection travels as a trait, which can come after this question: `count` tells.
    """

    nodes: list[int] = Field([], max_length=MAX_CHOSEN)
    rows: list[Annotated[int, Field(ge=0)]] = Field([], max_length=MAX_CHOSEN)
    count: int | None = None


class Move(_Chosen):
    """Put images or clusters into another cluster."""

    op: Literal["move"]
    to: int


class MoveNew(_Chosen):
    """Make a new cluster of images, or of those of one node, in what one looks at."""

    op: Literal["move_new"]
    label: str | None = Field(None, max_length=1000)


class Merge(BaseQuestion):
    """Make one cluster of several: the first stays."""

    op: Literal["merge"]
    nodes: list[int] = Field(max_length=MAX_CHOSEN)


class Lock(BaseQuestion):
    """Lock or unlock a cluster."""

    op: Literal["lock"]
    node: int
    locked: bool


class SortClusters(BaseQuestion):
    """Put the clusters right below a node in order, by a criterion or as listed.

    By a criterion by which they are in order already: the other way round.
    """

    op: Literal["sort_clusters"]
    node: int
    by: str | list[int]


class GoTo(BaseQuestion):
    """Undo or redo until so many steps are in effect."""

    op: Literal["go_to"]
    position: int
