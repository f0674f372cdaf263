"""How clusters were made: opened again, as Python, as a paragraph, done again."""

from __future__ import annotations

from typing import Literal

from panoptic_nb.project_understanding import WORKING_TREE
from panoptic_nb.widgets.commands.command import (
    At,
    Clustering,
    Saved,
    command,
    has_clusters,
    has_saved,
)
from panoptic_nb.widgets.commands.result import Result


def _record_name(clustering: str) -> str | None:
    return None if clustering == WORKING_TREE else clustering


@command("project", has_saved, writes=True)
def open_clustering(at: At, *, column: Saved) -> Result:
    """Make a saved clustering the working tree again."""
    at.project.open_clustering(column)
    return Result()


@command("project", has_clusters, begins=True)
def to_python(at: At) -> Result:
    """Write a script that makes the clusters again."""
    return Result(at.said("commands.to_python.title"), at.project.to_python())


@command("project", has_clusters)
def describe(
    at: At, *, clustering: Clustering = WORKING_TREE, language: Literal["en", "fr"] = "en"
) -> Result:
    """Write the methods paragraph of a paper."""
    text = at.project.describe(_record_name(clustering), language)
    return Result(at.said("commands.describe.title"), text)


@command("project", has_clusters)
def replay(at: At, *, clustering: Clustering = WORKING_TREE) -> Result:
    """Make clusters again from their record, beside the tree, and tell what is different."""
    done = at.project.replay(_record_name(clustering))
    said = at.said
    note = said(f"commands.replay.{'same' if done.same else 'different'}")
    head = [said(f"commands.replay.{column}") for column in done.differences.columns]
    rows = done.differences.to_numpy(dtype=object).tolist()
    return Result(said("commands.replay.title"), note=note, head=head if rows else (), rows=rows)
