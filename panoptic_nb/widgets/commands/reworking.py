"""What changes many clusters in one step: split by a rule, named by proposals, completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import pandas as pd
from pydantic import Field

from panoptic_nb.errors import TreeError
from panoptic_nb.tree import Node
from panoptic_nb.widgets.commands.command import (
    At,
    Saved,
    command,
    has_clusters,
    has_saved,
    is_split,
)
from panoptic_nb.widgets.commands.result import Result, table_of

Score = Annotated[float, Field(ge=0, le=200)]
Size = Annotated[int, Field(ge=0)]


def _limits(max_score: float, max_size: int) -> dict[str, Any]:
    return {"max_score": max_score or None, "max_size": max_size or None}


def _would_split(at: At, *, max_score: float, max_size: int) -> str:
    frame = at.project.refine(**_limits(max_score, max_size), preview=True)
    counts = {
        reason: int((frame["reason"] == reason).sum()) for reason in ("score", "size", "both")
    }
    by_score, by_size = counts["score"] + counts["both"], counts["size"] + counts["both"]
    return at.said("commands.refine.preview", n=len(frame), score=by_score, size=by_size)


@command("project", has_clusters, preview=_would_split, begins=True)
def refine(at: At, *, max_score: Score = 60.0, max_size: Size = 200) -> Result:
    """Split every lowest cluster above a score or a size, as one step."""
    at.project.refine(**_limits(max_score, max_size))
    return Result()


def _names(at: At) -> dict[int, pd.Series[Any]]:
    """Return the proposals that say something new, each for a cluster given by id."""
    frame, tree = at.project.propose_names(at.node.id), at.project.tree
    rows = {tree.find(str(path)): row for path, row in frame.iterrows()}
    new = {key: row for key, row in rows.items() if isinstance(row["proposal"], str)}
    return {key: row for key, row in new.items() if row["proposal"] != tree.states[key].label}


def _proposals(at: At) -> list[dict[str, Any]]:
    said, fields = at.said, []
    for key, row in _names(at).items():
        source = (
            said("commands.propose_names.folder") if row["source"] == "folder" else row["source"]
        )
        share = said.number(100 * row["share"], 0)
        label = at.project.tree.states[key].label
        named = said("commands.propose_names.field", label=label, name=row["proposal"])
        help_text = said("commands.propose_names.why", share=share, source=source)
        tick = {"type": "bool", "default": True, "label": named, "help": help_text}
        fields.append({"name": str(key), **tick})
    if not fields:
        raise TreeError(
            "Nothing fits: no tag, text or folder is shared by half of a cluster.",
            key="no_proposals",
        )
    return fields


@command("node", is_split, ask=_proposals, begins=True)
def propose_names(at: At, chosen: Mapping[str, Any]) -> Result:
    """Name clusters by what their images share, those that were ticked, as one step."""
    names: dict[int | str | Node, str] = {
        key: row["proposal"] for key, row in _names(at).items() if chosen.get(str(key))
    }
    at.project.rename_all(names)
    return Result()


@command("project", has_saved)
def assign(at: At, *, column: Saved) -> Result:
    """Put new images into a saved clustering, and list the doubtful ones."""
    said, project = at.said, at.project
    frame = project.assign(column)
    doubtful = frame[frame["doubtful"]] if len(frame) else frame
    note = said("commands.assign.note", n=len(frame), doubtful=len(doubtful))
    columns = ["cluster", "nearest", "distance", "second", "second_distance"]
    head = [said(f"commands.assign.{name}") for name in ("image", *columns)]
    positions = project.images.rows_of_labels
    table = table_of(doubtful[columns], head, lambda label: positions([label]))
    return Result(said("commands.assign.title"), note=note, **table if len(doubtful) else {})
