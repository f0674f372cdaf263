"""What a project gives to other programs: tables, folders, pages, sheets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import panoptic_nb.accessor  # noqa: F401 - df.panoptic is there once there is a project
from panoptic_nb import columns
from panoptic_nb.errors import ProjectError
from panoptic_nb.interop.files import AnyPath
from panoptic_nb.labels import labels_of
from panoptic_nb.project_panoptic import PanopticExchange
from panoptic_nb.record import now
from panoptic_nb.tree import Node

if TYPE_CHECKING:
    from panoptic_nb.interop.outline import Cluster


class Exchange(PanopticExchange):
    """The part of `Project` that exchanges data with other programs."""

    # ------------------------------------------------------------------ tables and folders

    def export(self, path: AnyPath) -> Path:
        """Write ``project.df`` as .parquet, .csv, .arrow or .feather, as the ending says.

        How each saved clustering was made goes along: as JSON beside the file,
        ``<name>.record.json``, and within the files of Arrow, where
        `panoptic_nb.interop.tables.read_record` finds it. `open_project` of a .parquet or a .csv
        with that file beside it has the clusterings again, order, lists and records included.

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
        images: Any,
        path: AnyPath,
        columns: int = 8,
        rows: int | None = None,
        cell: int = 160,
        title: bool = True,
        lang: Literal["en", "fr"] = "en",
        font: str | None = None,
    ) -> Path:
        """Write images side by side, at 300 dots per inch, as .png or .pdf.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`), whose look-alikes stand together; None = all
            images. Or a list of index labels, shown in that order.
        path
            The file; a PDF has as many pages as it needs.
        columns, rows
            Images a row, and rows at most: of more images some are shown, spread over all. None =
            all images.
        cell
            Longest side of an image, in pixels; above 256 the files themselves are read.
        title
            Write the label and the score of the cluster, and the number of images, above.
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
        project = self._whole
        shown: Any = project.tree.root if images is None else project._chosen(images)[0]
        if shown is None:
            of_labels = project.images.rows_of_labels(images)
            shown = pd.unique(project.images.image_of_row[of_labels])
            if not len(shown):
                raise ProjectError("A sheet needs images. Got none.")
        return contact_sheet(project, shown, path, layout, Texts(lang), font)

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
