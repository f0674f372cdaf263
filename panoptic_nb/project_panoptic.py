"""What a project gives to Panoptic and takes from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from panoptic_nb.column_sets import ColumnsChange
from panoptic_nb.interop.files import AnyPath
from panoptic_nb.table import Column, Table

if TYPE_CHECKING:
    from panoptic_nb.edits import Edits
    from panoptic_nb.project import Project


class PanopticExchange:
    """The part of `Project` that exchanges data with Panoptic."""

    _table: Table
    _edits: Edits

    @property
    def _whole(self) -> Project:
        # A part of Project, and of nothing else.
        return cast("Project", self)

    def export_panoptic(
        self,
        folder_or_prefix: AnyPath,
        columns: Sequence[str] | None = None,
        relative: bool = False,
    ) -> list[Path]:
        """Write the files that Panoptic imports: a CSV, and a thesaurus per column of tags.

        A saved clustering becomes a property of tags: each image has the tag of its lowest cluster,
        and that of the cluster around it is its parent. A tag is named by its label where that is
        unique, else "parent > label"; what Panoptic cannot hold in a name is written in codes such
        as %2C, and `import_panoptic` reads all of it back.

        Parameters
        ----------
        folder_or_prefix
            An existing folder: the files there are ``panoptic_data.csv`` and
            ``panoptic_<column>_tags.csv``. Or what their names begin with instead of "panoptic".
        columns
            Names of columns of ``project.df``; all that are no paths or facts of the images.
        relative
            Write paths from the folder on that holds all images, and tell Panoptic at the import
            that they are relative: for a project on another machine.

        Returns
        -------
        list of pathlib.Path
            The CSV, then the thesauri. Panoptic keeps the colours of a thesaurus that is imported
            before the CSV.

        Raises
        ------
        ProjectError
            There is no such column, or the files cannot be written.
        """
        from panoptic_nb.interop.panoptic_export import export_panoptic

        self._whole.check_open()
        self._whole.check_rows()
        return export_panoptic(self._whole, folder_or_prefix, columns, relative)

    def import_panoptic(
        self,
        csv: AnyPath,
        thesaurus: Mapping[str, AnyPath] | None = None,
        replace: bool = False,
    ) -> list[str]:
        """Add the properties of a CSV of Panoptic as columns, and save the project; can be undone.

        A property of tags becomes a column of label paths, "Animals/birds", as a saved clustering
        is: `category` where no image has several, else Arrow lists of strings. Images that the file
        does not name have no value.

        Parameters
        ----------
        csv
            The file, its first column ``path`` (or ``local_path``, ``global_path``), which has to
            be the end of the path of an image; or ``id``, index labels of ``project.df``.
        thesaurus
            Files ``tag;colour;parents`` by the name of the property. Without one, the tags of a
            property have no parents; of several parents the first is in the path, and
            ``project.tags(column)`` has all of them, and the colours.
        replace
            Put each in the place of a column of its name, which is otherwise left alone: the new
            one is then called "Name 2".

        Returns
        -------
        list of str
            Names of the new columns.

        Raises
        ------
        ProjectError
            A file is not what it should be, or fits no image; nothing is changed.

        Warns
        -----
        UserWarning
            Lines of the file fit no image, or several different ones.
        """
        from panoptic_nb.interop.panoptic_import import read_columns

        self._whole.check_open()
        self._whole.check_rows()
        read = read_columns(self._whole, csv, thesaurus)
        with self._edits.lock:
            table = self._table
            labels = table.names_for(read.columns, replace)
            names = [str(label) for label in labels]
            change = ColumnsChange(
                table,
                {label: table.kept(label) for label in labels},
                {
                    label: Column(values, read.tags.get(name))
                    for label, (name, values) in zip(labels, read.columns.items(), strict=True)
                },
            )
            told = {"column": ", ".join(names)}
            self._edits.make("import_panoptic", self._whole.tree, table=change, values=told)
            given = dict(zip(names, read.kinds.values(), strict=True))
            types = {n: t for n, t in table.types.items() if n not in given}
            # What may have several tags may have them later, if none has now.
            types |= {name: "multi_tags" for name, kind in given.items() if kind == "multi_tags"}
            table.types = types
            self._whole.remember(types=types)
        self._whole._emit(self._whole.events.columns)
        return names
