"""Stamping what is no tag: numbers, dates, texts, checkboxes, addresses and colours."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.properties import OWN_COLUMNS, TAG_TYPES, PropertyType, check_kind, type_of
from panoptic_nb.values import ValueChange, checked, with_value


class ValueWork(ProjectPart):
    """The part of `Project` that sets values of columns."""

    @abstractmethod
    def _rows_of(self, images: Any) -> NDArray[np.int64]:
        """Return the rows of images given as a cluster, by label or as a mask."""

    @abstractmethod
    def _in_table(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where rows of the project stand in the table."""

    def set_value(
        self, images: Any, column: str, value: Any, kind: PropertyType | None = None
    ) -> int:
        """Give rows a number, date, text, checkbox, address or colour; None erases.

        What `stamp` is for tags. Can be undone, and is on disk when this returns.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`), a list of index labels, or a boolean mask. These
            rows get the value and no other copy of their images.
        column
            A column of ``project.df`` that is no column of tags; made where there is none. Its
            dtype stays, unless it cannot hold the value: whole numbers become decimal ones for 1.5
            or to be erased.
        value
            Of the type of the column: a number, or a text that writes one; a date, or a text that
            pandas reads as one; True or False; "https://…"; "#1b7340"; any text.
        kind
            Type of a new column; found from the value where this is None.

        Returns
        -------
        int
            The number of rows that have another value now.

        Raises
        ------
        ProjectError, TreeError
            There is no such image, the value is not of the type of the column, the column is of
            tags or says which images these are, or the disk is full; nothing is changed.

        Examples
        --------
        >>> project.set_value("Cluster 3", "year", 1905)  # doctest: +SKIP
        """
        self.check_open()
        self._table.check_rows()
        rows = self._in_table(self._rows_of(images))
        with self._edits.lock:
            found = self._kind_of(column, value, kind)
            value = checked(value, found, column)
            before = self._table.column(column)
            after = with_value(before, self._table.frame.index, rows, value, found)
            there = after if before is None else before
            cells, new = there.iloc[rows].astype(object), after.iloc[rows].astype(object)
            equal = (cells == new).fillna(False).to_numpy(bool) | (cells.isna() & new.isna())
            other = rows[~equal] if before is not None else rows
            if not len(other):
                return 0
            change = ValueChange(self._table, column, other, before, after)
            values = {"column": column, "rows": len(other)}
            self._edits.make("set_value", self.tree, table=change, values=values)
            if before is None and found == "text":  # few texts would be taken for tags
                types = {**self._table.types, column: found}
                self.remember(types=types)
                self._table.types = types
            return len(other)

    def _kind_of(self, column: Any, value: Any, kind: Any) -> PropertyType:
        if not isinstance(column, str) or not column.strip():
            raise ProjectError(f"A column needs a name. Got {short(column)}.")
        if column in OWN_COLUMNS or column == str(self._table.path_column):
            raise ProjectError(
                f"The column {column!r} says which images these are, and is not changed.",
                key="fixed_column",
                column=column,
            )
        there = self._table.column(column)
        if there is not None and (kind is None or there.notna().any()):
            kind = type_of(there, column, self._table.types)
        found = check_kind(kind) if kind is not None else _kind_of_value(value)
        if found in TAG_TYPES or column in self._table.clusterings:
            raise ProjectError(
                f"The column {column!r} holds tags. Give them with project.stamp(images, "
                f"{column!r}, tags).",
                key="holds_tags",
                column=column,
            )
        return found


def _kind_of_value(value: Any) -> PropertyType:
    """Return the type of a column that is made for a value."""
    if isinstance(value, bool | np.bool_):
        return "checkbox"
    if isinstance(value, int | float | np.number):
        return "number"
    if not isinstance(value, str):
        return "date"
    if value.startswith(("http://", "https://")):
        return "url"
    return "color" if len(value) == 7 and value.startswith("#") else "text"
