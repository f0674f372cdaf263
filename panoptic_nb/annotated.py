"""Who gave or took which tag or value, when, and in which cluster: entries of the journal."""

from __future__ import annotations

import getpass
import os
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import pandas as pd

from panoptic_nb import tag_cells
from panoptic_nb.record import now
from panoptic_nb.table_edits import TableChange
from panoptic_nb.tag_cells import Ints, is_missing
from panoptic_nb.values import ValueChange

#: The steps that annotate.
STEPS = ("stamp", "set_value")
#: The tags, or the value, of each row.
Cells = list[tuple[str, ...]]
COLUMNS = ["date", "who", "row", "column", "value", "action", "cluster", "undone"]


def entry_of(
    change: TableChange | ValueChange,
    made: bool,
    who: str,
    labels: Sequence[Hashable],
    clusters: Sequence[str],
) -> dict[str, Any]:
    """Return what is written of a change of the cells of a column.

    Parameters
    ----------
    made
        Whether it was made, else undone.
    labels, clusters
        Index label of each changed row, and the label path of the cluster where it stands.
    """
    before, after = _cells(change) if made else reversed(_cells(change))
    alike: dict[Any, list[str]] = {}
    for label, *about in zip(labels, clusters, before, after, strict=True):
        alike.setdefault(tuple(about), []).append(str(label))
    return {
        "date": now(),
        "who": who,
        "column": change.column,
        "undone": not made,
        "changes": [[*about, rows] for about, rows in alike.items()],
    }


def _cells(change: TableChange | ValueChange) -> tuple[Cells, Cells]:
    if isinstance(change, TableChange):
        rows = len(change.rows)
        return _tags(change.before.cells, rows), _tags(change.after.cells, rows)
    return _values(change.before, change.rows), _values(change.after, change.rows)


def _tags(cells: pd.Series[Any], rows: int) -> Cells:
    pairs = tag_cells.read(cells)
    tags: Cells = [()] * rows
    for row, tag in zip(pairs.rows.tolist(), pairs.tags.tolist(), strict=True):
        tags[row] = (*tags[row], pairs.names[tag])
    return tags


def _values(column: pd.Series[Any] | None, rows: Ints) -> Cells:
    if column is None:
        return [()] * len(rows)
    return [() if is_missing(value) else (str(value),) for value in column.iloc[rows]]


def frame_of(entries: Sequence[Mapping[str, Any]], index: pd.Index) -> pd.DataFrame:
    """Return the entries as a table; see `Project.annotations`."""
    known = {str(label): label for label in index}
    found = []
    for one in entries:
        for cluster, before, after, rows in one["changes"]:
            changed = [(value, "added") for value in after if value not in before]
            changed += [(value, "removed") for value in before if value not in after]
            for row in rows:
                about = (one["date"], one["who"], known.get(row, row), one["column"])
                found += [(*about, *change, cluster, one["undone"]) for change in changed]
    frame = pd.DataFrame(found, columns=COLUMNS)
    frame["date"] = pd.to_datetime(frame["date"], utc=True, format="ISO8601")
    return frame.astype({"undone": bool})


def default_name() -> str:
    """Return the name of whoever works here, as the system knows it."""
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (OSError, KeyError, ImportError):  # the system knows nobody
        return ""
