"""Two clusterings beside each other, a clustering beside a column: tables to click."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import pandas as pd
from pydantic import Field

from panoptic_nb.project_understanding import WORKING_TREE
from panoptic_nb.widgets.commands.command import At, Clustering, Column, command, has_clusters
from panoptic_nb.widgets.commands.result import MAX_COLUMNS, MISSING, Pick, Result, shown

Level = Annotated[int, Field(ge=0, le=20)]


@command("project", has_clusters, begins=True)
def compare(
    at: At, *, first: Clustering, second: Clustering = WORKING_TREE, level: Level = 0
) -> Result:
    """Compare two clusterings: how many images each two clusters share."""
    compared = at.project.compare(first, second, level or None)
    agreement = {"ari": compared.ari, "ami": compared.ami}
    numbers = {name: MISSING if np.isnan(v) else at.said.number(v) for name, v in agreement.items()}
    changed = compared.changed.index
    note = at.said("commands.compare.note", **numbers, n=len(changed))
    title = at.said("commands.compare.of", a=_named(at, first), b=_named(at, second))
    return _counted(at, title, note, compared.table, (first, second), level or None)


@command("project", has_clusters)
def crosstab(
    at: At, *, clustering: Clustering = WORKING_TREE, column: Column = "", level: Level = 0
) -> Result:
    """Count the images of each cluster by the values of a column."""
    table = at.project.crosstab(clustering, column, level or None)
    title = at.said("commands.compare.of", a=_named(at, clustering), b=column)
    return _counted(at, title, "", table, (clustering, column), level or None)


def _named(at: At, name: str) -> str:
    return at.said("commands.working_tree") if name == WORKING_TREE else name


def _counted(
    at: At, title: str, note: str, table: pd.DataFrame, names: tuple[str, str], level: int | None
) -> Result:
    said, project = at.said, at.project

    def cell(row: Any, column: Any, count: int) -> Any:
        if not count:
            return ""
        return Pick(count, lambda: project.rows_counted(*names, row, column, level))

    columns = list(table.columns[:MAX_COLUMNS])
    counts = table.to_numpy()
    rows = [
        [name, *(cell(name, column, int(counts[i, j])) for j, column in enumerate(columns))]
        for i, name in enumerate(table.index)
    ]
    left = len(table.columns) - len(columns)
    if left > 0:
        note = f"{note} {said('ui.more_columns', n=left)}".strip()
    head = [_named(at, names[0]), *(shown(column, said) for column in columns)]
    return Result(title, note=note, head=head, rows=rows)
