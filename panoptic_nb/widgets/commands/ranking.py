"""Images in an order: those that may belong to a cluster, and what is said of them."""

from __future__ import annotations

import re
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from panoptic_nb.errors import TreeError
from panoptic_nb.widgets.commands.command import At, command
from panoptic_nb.widgets.commands.result import Result
from panoptic_nb.widgets.packing import pack_ranked


def can_be_searched(at: At) -> str | None:
    """Refuse where there are no vectors, or none that a model could add a query to."""
    if at.project.vec_type is None:
        return "no_vectors"
    return None if any(at.project.searches) else "no_search"


#: What is no word: an address, or the end of an image's file name.
NO_WORDS = re.compile(r"^(https?://|data:)|\.(jpe?g|png|gif|webp|bmp|tiff?|avif)$", re.IGNORECASE)


@command("both", can_be_searched, begins=True)
def search(
    at: At,
    *,
    query: Annotated[str, Field(min_length=1, max_length=2000)],
    count: Annotated[int, Field(ge=1, le=1000)] = 100,
) -> Result:
    """Rank images by words, or by an image from elsewhere."""
    project, said = at.project, at.said
    query = query.strip()
    found = project.search(
        query, n=count, node=at.node.id, kind="image" if NO_WORDS.search(query) else "text"
    )
    title = said("commands.search.of", query=query if len(query) < 60 else f"{query[:57]}…")
    note = said("commands.search.note")
    return Result(title, images=pack_ranked(project, found), note=note)


def can_be_completed(at: At) -> str | None:
    """Refuse what is no cluster, or where there are no vectors."""
    if at.project.vec_type is None:
        return "no_vectors"
    return None if at.node.kind == "group" else "no_cluster"


@command("node", can_be_completed)
def recommend(at: At, *, count: Annotated[int, Field(ge=1, le=1000)] = 50) -> Result:
    """Show images that may belong to a cluster, to be taken over or refused."""
    project, said, node = at.project, at.said, at.node
    found = project.recommend(node.id, count)
    actions = [
        {"name": name, "title": said(f"commands.{name}.title"), "params": {"count": count}}
        for name in ("take_recommended", "refuse_recommended")
    ]
    refused = len(project.refused(node.id))
    note = said("commands.recommend.note", refused=refused)
    title = said("commands.recommend.of", label=node.label)
    return Result(title, images=pack_ranked(project, found), note=note, actions=actions)


def _ticked(at: At, count: int) -> Any:
    """Return the index labels of what is selected among the recommended images."""
    images = at.project.images
    found = images.frame_index.get_indexer_for(at.project.recommend(at.node.id, count).index)
    rows = np.intersect1d(at.session.selection, found)
    if not len(rows):
        raise TreeError(
            "Select the recommended images that you mean first.", key="nothing_recommended"
        )
    at.session.select(np.setdiff1d(at.session.selection, rows))
    return images.frame_index[rows]


@command("answer", can_be_completed)
def take_recommended(at: At, *, count: int = 50) -> Result:
    """Move what is selected into the cluster, and recommend again."""
    at.project.move(_ticked(at, count), at.node.id)
    return recommend(at.now(), count=count)


@command("answer", can_be_completed)
def refuse_recommended(at: At, *, count: int = 50) -> Result:
    """Remember that what is selected does not belong to the cluster, and recommend again."""
    at.project.refuse(_ticked(at, count), at.node.id)
    return recommend(at.now(), count=count)
