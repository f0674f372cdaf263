"""A column of tags about to be changed: found or made, and what a change of it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb import tag_cells
from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.properties import OWN_COLUMNS, TAG_TYPES, PropertyType, tag_columns, type_of
from panoptic_nb.table import Table
from panoptic_nb.table_edits import Side, TableChange
from panoptic_nb.tag_cells import NO_MOVES, Form, Ints, Pairs
from panoptic_nb.tagset import TagSet


class ColumnOfTags:
    """A column of tags as it stands, or as it would be made, to be changed.

    Parameters
    ----------
    table, name
        Where it is; it need not be there yet.
    several
        Whether a cell may have several tags: it is made like that, or given that form.

    Attributes
    ----------
    name : str
    several : bool
    cells : pandas.Series
        The column in that form.
    tags : TagSet
    """

    def __init__(self, table: Table, name: str, several: bool) -> None:
        self.name = name
        self.several = several
        self._table = table
        self._before = table.column(name)
        if self._before is None:
            form: Form = "list" if several else "category"
            self.cells = tag_cells.empty(len(table.frame), form).set_axis(table.frame.index)
        else:
            self.cells = tag_cells.converted(self._before, several)
        self.tags = table.tags_of(name)

    def change(
        self, rows: Ints, pairs: Pairs, tags: TagSet, moves: Mapping[str, str | None] = NO_MOVES
    ) -> TableChange | None:
        """Return the change that gives rows other tags, None where nothing would change.

        Parameters
        ----------
        rows
            Row positions, ascending.
        pairs
            What they have afterwards; rows are counted among `rows`.
        tags
            The tags of the column afterwards.
        moves
            The new path of each tag that has another one, None where it is taken away.
        """
        part = self.cells.iloc[rows]
        other = _differ(tag_cells.read(part), pairs, len(rows))
        number = np.cumsum(other) - 1
        kept = other[pairs.rows]
        left = Pairs(number[pairs.rows[kept]], pairs.tags[kept], pairs.names)
        cells = tag_cells.write(left, int(other.sum()), self.cells, moves)
        tags_before = self._table.tags.get(self.name)
        reformed = self._before is not self.cells
        if not other.any() and tags == self.tags and self._before is not None:
            return None
        before = Side(part.iloc[other].reset_index(drop=True), tags_before, self._before)
        after = Side(cells, tags)
        if reformed:
            whole = tag_cells.put(self.cells, rows[other], cells, before.cells)
            after = Side(cells, tags, whole)
        else:
            before = Side(before.cells, tags_before)
        return TableChange(self._table, self.name, rows[other], before, after, reformed)


def _differ(a: Pairs, b: Pairs, rows: int) -> NDArray[np.bool_]:
    """Tell of each row whether its tags, in any order, are others; bool (rows,)."""
    names = {name: at for at, name in enumerate(dict.fromkeys([*a.names, *b.names]))}
    keys = [
        np.sort(p.rows * max(len(names), 1) + np.array([names[n] for n in p.names], int)[p.tags])
        for p in (a, b)
    ]
    other = np.zeros(rows, bool)
    other[np.setxor1d(keys[0], keys[1], assume_unique=True) // max(len(names), 1)] = True
    return other


def column_of_tags(table: Table, name: str, kind: PropertyType | None = None) -> ColumnOfTags:
    """Return a column of tags of a table, to be made where there is none.

    Parameters
    ----------
    kind
        Type of a new column, tag or multi_tags; None = multi_tags.

    Raises
    ------
    ProjectError
        The column holds no tags, or tells the images apart.
    """
    table.check_rows()
    if not isinstance(name, str) or not name.strip():
        raise ProjectError(f"A column needs a name. Got {short(name)}.")
    if name in OWN_COLUMNS or name == str(table.path_column):
        raise ProjectError(
            f"The column {name!r} says which images these are, and holds no tags.",
            key="own_column",
            column=name,
        )
    if kind is not None and kind not in TAG_TYPES:
        raise ProjectError(f"A new column of tags is tag or multi_tags. Got {short(kind)}.")
    there = table.column(name)
    found = None if there is None else type_of(there, name, table.types)
    if there is None or (found not in TAG_TYPES and not there.notna().any()):
        return ColumnOfTags(table, name, several=kind != "tag")
    if found not in TAG_TYPES:
        choices = _choices(table)
        raise ProjectError(
            f"The column {name!r} holds {found} values, not tags. Columns of tags: {choices}. "
            f"Or say that it is one: project.set_property_type({name!r}, 'tag').",
            key="not_tags",
            column=name,
            kind=found,
            choices=choices,
        )
    return ColumnOfTags(table, name, found == "multi_tags")


def no_column(table: Table, name: Any) -> ProjectError:
    """Return the error of a column that is not there."""
    choices = _choices(table)
    return ProjectError(
        f"There is no column {short(name)}. Columns of tags: {choices}.",
        key="no_column",
        column=str(name),
        choices=choices,
    )


def _choices(table: Table) -> str:
    return ", ".join(repr(name) for name in tag_columns(table.frame, table.types)) or "none yet"
