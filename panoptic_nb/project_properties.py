"""The columns of a project as properties with types."""

from __future__ import annotations

from panoptic_nb.project_part import ProjectPart
from panoptic_nb.properties import OWN_COLUMNS, PropertyType, check_type, type_of
from panoptic_nb.tag_columns import no_column


class Properties(ProjectPart):
    """The part of `Project` that is about the types of columns."""

    @property
    def properties(self) -> dict[str, PropertyType]:
        """Your columns and their types: tag, multi_tags, text, number, date, checkbox, url, color.

        A type follows from the dtype and the values (see `panoptic_nb.properties`), unless
        `set_property_type` said another. The columns of paths and those that the project adds by
        itself are no properties.
        """
        table = self._table
        return {
            str(name): type_of(table.frame[name], str(name), table.types)
            for name in table.frame.columns
            if name not in OWN_COLUMNS and name != table.path_column
        }

    def set_property_type(self, column: str, kind: PropertyType | None) -> None:
        """Say what a column is; None lets its dtype and values tell. Kept with the project.

        The values stay as they are. A stamp on a column of texts that was called multi_tags makes
        it a column of lists.

        Raises
        ------
        ProjectError
            There is no such column or type, or the column holds lists and the type does not.
        """
        self.check_open()
        values = self._table.column(column)
        if values is None:
            raise no_column(self._table, column)
        types = {name: given for name, given in self._table.types.items() if name != column}
        if kind is not None:
            types[column] = check_type(values, column, kind)
        self.remember(types=types)
        self._table.types = types
        self._table.changed()
