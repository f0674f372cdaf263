"""What an action of the widget answers: a text, a table, images, or nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.tag_cells import is_missing
from panoptic_nb.tree import SEPARATOR
from panoptic_nb.widgets.words import Words

Rows = NDArray[np.int64]

#: Rows and columns of a table that are shown.
MAX_ROWS, MAX_COLUMNS = 200, 40
#: How a missing value and the levels of a label path are read.
MISSING, BELOW = "\u2013", " \u203a "


@dataclass(frozen=True)
class Pick:
    """A cell that one can click: its images are selected then.

    Attributes
    ----------
    value
        What the cell says.
    rows
        Returns the row positions; called when it is clicked.
    colour
        A mark before it, as CSS says it.
    """

    value: Any
    rows: Callable[[], Rows]
    colour: str = ""


@dataclass(frozen=True)
class Bar:
    """A cell that is a bar of a share of the longest one."""

    share: float


@dataclass(frozen=True)
class Result:
    """What is shown beside the images when an action is done.

    Attributes
    ----------
    title
        What it is about; "" = nothing is shown, the tree says it.
    text
        Shown as it is, to be copied.
    head, rows
        A table; cells are texts, numbers or `Pick`, the first of a row names it.
    images
        ``rows``, ``similarity`` and ``percentile``, as `Project.similar` ranks them.
    note
        A sentence below the title.
    more
        Lines of the table that were left out.
    actions
        What can be done with it, a button each: ``name`` of the action, ``title``, ``params``.
    """

    title: str = ""
    text: str = ""
    head: Sequence[str] = ()
    rows: Sequence[Sequence[Any]] = ()
    images: dict[str, Any] | None = None
    note: str = ""
    more: int = 0
    actions: Sequence[dict[str, Any]] = ()
    picks: list[Callable[[], Rows]] = field(default_factory=list)

    def pack(self, said: Words) -> dict[str, Any]:
        """Return it as it travels; what can be clicked has its place in `picks`."""
        self.picks.clear()
        rows = [[self._cell(cell, said) for cell in row] for row in self.rows[:MAX_ROWS]]
        more = self.more + len(self.rows) - len(rows)
        note = self.note if more == 0 else f"{self.note} {said('ui.more_lines', n=more)}".strip()
        return {
            "title": self.title,
            "note": note,
            "text": self.text,
            "head": list(self.head),
            "rows": rows,
            "images": self.images,
            "actions": list(self.actions),
        }

    def _cell(self, cell: Any, said: Words) -> dict[str, Any]:
        if isinstance(cell, Bar):
            return {"text": "", "bar": round(cell.share, 3)}
        if not isinstance(cell, Pick):
            return {"text": shown(cell, said)}
        self.picks.append(cell.rows)
        packed = {"text": shown(cell.value, said), "pick": len(self.picks) - 1}
        return packed | {"colour": cell.colour} if cell.colour else packed


def shown(value: Any, said: Words) -> str:
    """Return a cell of a table as people read it."""
    if is_missing(value):
        return MISSING
    if isinstance(value, bool | np.bool_):
        return "✓" if value else ""
    if isinstance(value, float | np.floating):
        return said.number(float(value), zeros=True)
    return str(value).replace(SEPARATOR, BELOW)


def table_of(
    frame: pd.DataFrame, head: Sequence[str], rows_of: Callable[[Any], Rows]
) -> dict[str, Any]:
    """Return `head` and `rows` of a `Result`; the index is clicked to select its images."""

    def line(at: int) -> list[Any]:
        name = frame.index[at]
        return [Pick(name, lambda: rows_of(name)), *(frame[column].iloc[at] for column in frame)]

    return {"head": head, "rows": [line(at) for at in range(len(frame))]}
