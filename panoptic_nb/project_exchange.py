"""What a project gives to other programs and takes from them: Panoptic, tables, pages, sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from numpy.typing import NDArray

import panoptic_nb.accessor  # noqa: F401 - df.panoptic is there once there is a project
from panoptic_nb import columns
from panoptic_nb.interop.files import AnyPath
from panoptic_nb.labels import labels_of
from panoptic_nb.record import now
from panoptic_nb.table import Table
from panoptic_nb.tree import Node

if TYPE_CHECKING:
    from panoptic_nb.edits import Edits
    from panoptic_nb.interop.outline import Cluster
    from panoptic_nb.project import Project


class Exchange:
    """The part of `Project` that exchanges data with other programs."""

    _table: Table
    _edits: Edits

    @property
    def _whole(self) -> Project:
        # A part of Project, and of nothing else.
        return cast("Project", self)

    # ------------------------------------------------------------------ Panoptic

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
        """Add the properties of a CSV of Panoptic as columns, and save the project.

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
            names = self._table.add_columns(read.columns, read.tags, replace)
            given = dict(zip(names, read.kinds.values(), strict=True))
            types = {n: t for n, t in self._table.types.items() if n not in given}
            # What may have several tags may have them later, if none has now.
            types |= {name: "multi_tags" for name, kind in given.items() if kind == "multi_tags"}
            self._table.types = types
            self._whole.remember(types=types)
        self._whole._emit(self._whole.events.columns)
        return names

    # ------------------------------------------------------------------ tables and folders

    def export(self, path: AnyPath) -> Path:
        """Write ``project.df`` as .parquet, .csv, .arrow or .feather, as the ending says.

        How each saved clustering was made goes along: as JSON beside the file,
        ``<name>.record.json``, and within the files of Arrow, where
        `panoptic_nb.interop.tables.read_record` finds it.

        Raises
        ------
        ProjectError
            The ending is none of these, or the file cannot be written; one of before is untouched.
        """
        from panoptic_nb.interop.tables import export_table

        self._whole.check_open()
        records = {name: self._whole.record(name) for name in self._whole.clusterings}
        about = {"project": self._whole.name, "date": now(), "clusterings": records}
        return export_table(self._whole.df, path, about)

    def export_imagefolder(
        self,
        folder: AnyPath,
        column: str = columns.DEFAULT_NAME,
        how: Literal["copy", "link"] = "copy",
    ) -> Path:
        """Write the images of a saved clustering as folders, Hugging Face's ``imagefolder``.

        One folder for each lowest cluster, "_unassigned" for the rest, and ``metadata.csv`` with
        ``file_name``, ``label`` (the whole path) and ``source``. A row that is in several clusters
        has a file in each.

        Parameters
        ----------
        folder
            A new folder.
        column
            A saved clustering.
        how
            "copy" the files, or "link" them, which takes no room.

        Raises
        ------
        ProjectError
            There is no such clustering, the folder is there already, or a file cannot be written;
            nothing is left behind.
        """
        from panoptic_nb.interop.imagefolder import export_imagefolder
        from panoptic_nb.interop.outline import paths_in

        self._whole.check_open()
        self._table.check_clustering(column)
        labels = [paths_in(value) for value in self._whole.df[column]]
        return export_imagefolder(folder, labels, self._whole.paths, how)

    # ------------------------------------------------------------------ to look at

    def to_html(
        self,
        path: AnyPath,
        column: str | None = None,
        thumb_size: int = 128,
        max_mb: float = 50,
        lang: Literal["en", "fr"] = "en",
    ) -> Path:
        """Write a page to browse clusters with, in one file: no kernel, no network.

        Parameters
        ----------
        path
            A file that ends with .html.
        column
            A saved clustering; None = the working tree.
        thumb_size
            Longest side of the images, in pixels.
        max_mb
            The most that the file may have, in millions of bytes. Where all images are too much
            the enlarged ones are less sharp; where that is not enough, each cluster shows some of
            its images, spread over all, and says how many.
        lang
            Language of the page.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ProjectError
            One image of each cluster is more than `max_mb`; or there is no such clustering.
        """
        from panoptic_nb.folder import write_file
        from panoptic_nb.interop.files import target
        from panoptic_nb.interop.html import render
        from panoptic_nb.interop.texts import Texts

        self._whole.check_open()
        file = target(path, (".html", ".htm"))
        top = self._outline(column)
        page = render(self._whole, top, column, Texts(lang), thumb_size, max_mb)
        write_file(file, page.encode())
        return file

    def contact_sheet(
        self,
        node: int | str | Node | None,
        path: AnyPath,
        columns: int = 8,
        rows: int | None = None,
        cell: int = 160,
        title: bool = True,
        lang: Literal["en", "fr"] = "en",
        font: str | None = None,
    ) -> Path:
        """Write the images of a cluster side by side, at 300 dots per inch, as .png or .pdf.

        Parameters
        ----------
        node
            Id, label path or `Node`; None = all images.
        path
            The file; a PDF has as many pages as it needs.
        columns, rows
            Images a row, and rows at most: of more images some are shown, spread over all. None =
            all images.
        cell
            Longest side of an image, in pixels; above 256 the files themselves are read.
        title
            Write label, score and number of images above.
        lang
            Language of the title.
        font
            A .ttf or .otf file that knows the letters of the label; by default one of the system.

        Raises
        ------
        ProjectError, TreeError
            There is no such cluster, or the picture would be too large, or cannot be written.
        """
        from panoptic_nb.interop.contact_sheet import Layout, contact_sheet
        from panoptic_nb.interop.texts import Texts

        self._whole.check_open()
        layout = Layout(columns, rows, cell, title)
        tree = self._whole.tree
        at = tree.node(tree.find(node))
        return contact_sheet(self._whole, at, path, layout, Texts(lang), font)

    # ------------------------------------------------------------------ to compute with

    def labels(
        self, clusters: str | int | Node | None = None
    ) -> tuple[NDArray[np.int64], list[str]]:
        """Return clusters as scikit-learn does: a whole number per row, -1 = in none.

        Parameters
        ----------
        clusters
            A saved clustering by the name of its column; or a node of the working tree by id or as
            `Node`, whose clusters are taken; None = the whole working tree.

        Returns
        -------
        labels : ndarray of int64 (n,)
            One per row of ``project.df``.
        names : list of str
            The label path of each label.

        Raises
        ------
        ProjectError
            There are no such clusters, or they overlap.
        """
        self._whole.check_open()
        if isinstance(clusters, str):
            self._table.check_clustering(clusters)
            return labels_of(self._whole.df[clusters], f"The column {clusters!r}")
        top = self._whole.tree.node(self._whole.tree.find(clusters))
        column = columns.to_column(top.tree, top, self._whole.images, leaves_only=False)
        return labels_of(column, f"The tree below {top.path or 'the root'!r}")

    def _outline(self, column: str | None) -> Cluster:
        from panoptic_nb.interop import outline

        project = self._whole
        if column is None:
            return outline.of_node(project.tree.root)
        record = project.record(column)
        return outline.of_column(project.df[column], project.images, record)
