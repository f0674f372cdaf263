"""The tags of a column: listed with their images; renamed, merged, placed, coloured, removed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from panoptic_nb.inputs import ShownWhen
from panoptic_nb.tag_colours import COLOURS
from panoptic_nb.widgets.commands.command import At, TagColumn, command, has_tags
from panoptic_nb.widgets.commands.result import MAX_ROWS, Pick, Result, Rows

#: Of the tags of any column; what is typed finds them.
Tag = Annotated[str, Field(json_schema_extra={"suggest": "tags"}, min_length=1, max_length=500)]
Others = Annotated[str, Field(json_schema_extra={"suggest": "tags"}, max_length=1000)]
Action = Literal["rename", "merge", "parents", "colour", "remove"]
Colour = Literal[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]


def _listed(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


@command("project", has_tags, begins=True)
def tags(at: At, *, column: TagColumn) -> Result:
    """List the tags of a column with their images."""
    project, said = at.project, at.said
    known = project.tags(column)
    frame = known.frame().sort_index()
    pairs = project.tags_at(np.arange(project.images.n_rows), column)

    def line(tag: str, colour: int, parents: list[str]) -> list[Any]:
        counted = {tag, *known.descendants(tag)}  # through every parent
        inside = np.array([name in counted for name in pairs.names] or [False])
        count = len(np.unique(pairs.rows[inside[pairs.tags]]))
        images = Pick(tag, lambda: _rows(at, column, tag), COLOURS[colour])
        return [images, count, ", ".join(parents)]

    listed = frame.head(MAX_ROWS)
    lines = [line(str(tag), row["colour"], row["parents"]) for tag, row in listed.iterrows()]
    head = [said(f"commands.tags.{name}") for name in ("tag", "images", "parents")]
    title = said("commands.tags.of", column=column)
    return Result(title, head=head, rows=lines, more=len(frame) - len(lines))


def _rows(at: At, column: str, tag: str) -> Rows:
    return np.flatnonzero(at.project.tagged(column, tag).to_numpy())


@command("project", has_tags, writes=True)
def edit_tag(
    at: At,
    *,
    column: TagColumn,
    tag: Tag,
    action: Action = "rename",
    name: Annotated[str, Field(max_length=500), ShownWhen(action="rename")] = "",
    others: Annotated[Others, ShownWhen(action="merge")] = "",
    parents: Annotated[Others, ShownWhen(action="parents")] = "",
    colour: Annotated[Colour, ShownWhen(action="colour")] = 0,
) -> Result:
    """Change a tag, in the cells too."""
    project = at.project
    if action == "rename":
        project.rename_tag(column, tag, name)
    elif action == "merge":
        project.merge_tags(column, [tag, *_listed(others)])
    elif action == "parents":
        project.set_tag_parents(column, tag, _listed(parents))
    elif action == "colour":
        project.recolour_tag(column, tag, colour)
    else:
        project.remove_tag(column, tag)
    return tags(at, column=column)
