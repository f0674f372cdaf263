"""Grouping a project by the values of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from panoptic_nb import grouping, tag_cells
from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.grouping import Dates, RowPaths
from panoptic_nb.operations import logged
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.properties import TAG_TYPES, type_of
from panoptic_nb.tree import Node, Tree


class Grouping(ProjectPart):
    """The part of `Project` that groups by columns."""

    def group_by(
        self,
        columns: str | Sequence[str],
        node: int | str | Node | None = None,
        dates: Dates = "year",
    ) -> Node:
        """Group images by the values of one or several columns; each group can be clustered.

        Its children are replaced, as by `run`: locked clusters stay, `undo` takes it back, the
        record and `replay` know of it.

        Parameters
        ----------
        columns
            Names of columns of any type. Groups by the second stand inside those by the first, and
            so on. A hierarchical tag stands below its parents, so that "Animals" holds what is
            tagged "Animals/birds"; a tag with several parents stands below each of them. An image
            with several tags, or whose rows have several values, is in several groups.
        node
            Id, label path or `Node`; None = all images.
        dates
            Dates are grouped by "decade", "year", "month" or "day".

        Returns
        -------
        Node
            The node, with the groups below it, in the order of the values. What has no value, or
            stops at a tag that has others below it, is "Unassigned". In a value,
            "/" is written as a division slash, U+2215.

        Raises
        ------
        ProjectError, TreeError, LabelError
            There is no such column, no image of the node has a value, there are more than 100,000
            groups, or the node is locked; nothing is changed.

        Examples
        --------
        >>> project.group_by(["tags", "date"], dates="decade")  # doctest: +SKIP
        >>> project.compute_clusters(5, node="Animals/birds")  # doctest: +SKIP
        """
        self.check_open()
        self._table.check_rows()
        names = [columns] if isinstance(columns, str) else list(columns)
        with self._edits.lock:
            node_id = self._to_split(node)
            values: dict[str, Any] = {"columns": names, "dates": grouping.check_dates(dates)}
            tree, content = self._grouped(self.tree, node_id, values)
            values["content"] = content
            tree = logged(
                self.tree, self._rescored(tree), "group_by", [node_id], scope=node_id, **values
            )
            told = {"labels": [self.tree.path(node_id)], "column": ", ".join(names)}
            self._edits.make("group_by", tree, values=told)
            return self.tree.node(node_id)

    def _rescored(self, tree: Tree) -> Tree:
        return self._runs.rescored(tree, self.vec_type, before=self.tree)

    def _grouped(self, tree: Tree, node: int, values: Any) -> tuple[Tree, str]:
        """Return a tree grouped below a node, and a hash of what the columns say."""
        if not values["columns"]:
            raise ProjectError("Grouping needs at least one column. Got none.", key="no_column_by")
        paths = [self._paths_of(name, values["dates"]) for name in values["columns"]]
        together = paths[0]
        for inner in paths[1:]:
            together = grouping.nested(together, inner)
        return grouping.with_grouping(tree, node, together, self.images)

    def _paths_of(self, name: str, dates: Dates) -> RowPaths:
        label = self._table.label(name) if isinstance(name, str) else None
        if label is None:
            choices = ", ".join(repr(str(column)) for column in self._table.frame.columns)
            raise ProjectError(
                f"There is no column {short(name)}. Columns: {choices}.",
                key="no_such_column",
                column=str(name),
                choices=choices,
            )
        column = self.df[label]
        kind = type_of(self._table.frame[label], name, self._table.types)
        if kind not in TAG_TYPES:
            return grouping.paths_of_values(column, dates)
        if tag_cells.form_of(column) is None:
            column = tag_cells.converted(column, several=kind == "multi_tags")
        return grouping.paths_of_tags(column, self._table.tags_of(name))
