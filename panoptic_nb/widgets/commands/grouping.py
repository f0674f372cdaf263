"""Clusters by the values of columns."""

from __future__ import annotations

from typing import Literal

from panoptic_nb.grouping import check_dates
from panoptic_nb.widgets.commands.command import At, Column, OptionalColumn, command, has_columns
from panoptic_nb.widgets.commands.result import Result


@command("both", has_columns, begins=True)
def group_by(
    at: At,
    *,
    first: Column,
    second: OptionalColumn = "",
    third: OptionalColumn = "",
    dates: Literal["decade", "year", "month", "day"] = "year",
) -> Result:
    """Group the images by the values of one or several columns; each group can be clustered."""
    names = [name for name in (first, second, third) if name]
    at.project.group_by(names, at.node.id, check_dates(dates))
    return Result()
