"""The project: a DataFrame of images, its working tree, and everything one can do with them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.callbacks import Callbacks
from panoptic_nb.collection import Collection
from panoptic_nb.edits import Edits
from panoptic_nb.errors import ProjectError
from panoptic_nb.events import Events
from panoptic_nb.files import ImageFile
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.jobs import Jobs
from panoptic_nb.previews import Preview, Previews
from panoptic_nb.project_advice import Advice
from panoptic_nb.project_annotations import Annotating
from panoptic_nb.project_callbacks import Listening
from panoptic_nb.project_duplicates import DuplicateWork
from panoptic_nb.project_edits import TreeEdits
from panoptic_nb.project_exchange import Exchange
from panoptic_nb.project_functions import FunctionWork
from panoptic_nb.project_grouping import Grouping
from panoptic_nb.project_map import MapWork
from panoptic_nb.project_provenance import Provenance
from panoptic_nb.project_recommendations import Recommending
from panoptic_nb.project_saving import Saving
from panoptic_nb.project_search import Search
from panoptic_nb.project_tags import Tagging
from panoptic_nb.project_understanding import Understanding
from panoptic_nb.project_values import ValueWork
from panoptic_nb.project_vectors import VectorWork
from panoptic_nb.properties import known_types
from panoptic_nb.runs import Runs
from panoptic_nb.store import MediaStore
from panoptic_nb.stored_images import ImageFacts
from panoptic_nb.table import Table
from panoptic_nb.thumbnails import Thumbnails
from panoptic_nb.tree import Tree
from panoptic_nb.vector_sets import VectorSets

if TYPE_CHECKING:
    from panoptic_nb.subset import Subset
    from panoptic_nb.widgets import Explorer


logger = logging.getLogger(__name__)


class Project(
    Listening,
    FunctionWork,
    VectorWork,
    DuplicateWork,
    Search,
    MapWork,
    TreeEdits,
    Tagging,
    ValueWork,
    Annotating,
    Saving,
    Grouping,
    Recommending,
    Exchange,
    Provenance,
    Understanding,
    Advice,
):
    """Images, their vectors and their clusters. Made by `panoptic_nb.open_project`.

    Attributes
    ----------
    skipped : pandas.DataFrame
        Path and reason of the files that could not be read, under your index.
    images : Collection
        The distinct images, and the rows that show them.
    paths : list of pathlib.Path, or of panoptic_nb.remote.RemoteFile
        The file of each row.
    source : str or None
        The path of the folder or the table that it was opened from; None for a DataFrame.
    thumbnails : Thumbnails
        The pictures of the rows, in several sizes.
    whole : Project or None
        The project that this one is a part of; see `subset`.
    rows : ndarray of int64 or None
        Positions of the rows of a part in ``whole.df``, ascending.
    subsets : dict of str to Subset
        The parts that are open, by what names their rows.
    """

    def __init__(
        self,
        name: str,
        table: Table,
        images: Collection,
        facts: ImageFacts,
        paths: Sequence[ImageFile],
        skipped: pd.DataFrame,
        folder: ProjectFolder,
        store: MediaStore,
        jobs: Jobs,
        whole: Project | None = None,
    ) -> None:
        self.name = name
        self.whole = whole
        self.rows: NDArray[np.int64] | None = None
        self.subsets: dict[str, Subset] = {}
        self.images = images
        self.paths = list(paths)
        self.skipped = skipped
        self.source: str | None = None
        self.store = store
        self.thumbnails = Thumbnails(store, images, self.paths)
        self.jobs = jobs
        self.events: Events = Events(whole.events if whole else None)
        self._callbacks = Callbacks(self._show)
        self.closed = False
        self._seen = {}
        self._in_step = {}
        self._table = table
        self._files = folder
        self._sets: VectorSets = VectorSets(
            store, images, self.paths, whole._sets if whole else None
        )
        self._facts = facts
        self._runs = Runs(table, images, facts, self.paths, self._sets)
        self._settings: dict[str, Any] = whole._settings if whole else folder.read_settings()
        if whole is None:
            table.types = known_types(self._settings.get("types"))
            table.changed = lambda: self._emit(self.events.columns)
        self._explorer: Explorer | None = None
        #: What the widgets of the project share; theirs alone.
        self.session: Any = None
        tree = self._runs.rescored(folder.read_draft(images) or Tree.of(images))
        self._edits: Edits = Edits(
            tree, images, folder, self._edited, self._show, whole._edits if whole else None
        )
        self._log = folder.annotations
        self._edits.stepped = self._annotated
        self._previews = Previews(self._runs, self._edits, self._sets, self._previewed)
        self.events.vectors.connect(self._previews.forget)
        self.events.edited.connect(self._previews.forget_what_is_past)

    # ------------------------------------------------------------------ what is there

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self._files.path

    @property
    def preview(self) -> Preview | None:
        """What the last preview found, as long as it is about what is there."""
        return self._previews.current

    @property
    def clusterings(self) -> list[str]:
        """Names of the columns that hold saved clusterings."""
        return self._table.clusterings

    @property
    def settings(self) -> dict[str, Any]:
        """Remembered choices: default function, its values, default vector set."""
        return dict(self._settings)

    @property
    def average_hash(self) -> NDArray[np.uint64]:
        """Average hash of each image, uint64 (images,): look-alikes have close values."""
        return self._facts.average_hash

    @cached_property
    def hash_order(self) -> NDArray[np.intp]:
        """Images by average hash, then by content; int (images,)."""
        return np.argsort(self.average_hash, kind="stable")

    def __repr__(self) -> str:
        if self.closed:
            return f"<Project {self.name!r}, closed>"
        return (
            f"<Project {self.name!r}: {len(self.df)} images, "
            f"vectors: {', '.join(self.vector_sets) or 'none yet'}, "
            f"saved clusterings: {', '.join(self.clusterings) or 'none yet'}>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.explore()._repr_mimebundle_(**kwargs)

    def __enter__(self) -> Project:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop what runs, keep the working tree, and let go of the files."""
        if not self.closed:
            self.closed = True
            self.jobs.cancel()
            for part in list(self.subsets.values()):
                part.close()
            self.flush()
            self.thumbnails.close()
            self.store.close()
            self._files.unlock()
            self._emit(self.events.closed)

    def subset(self, mask: Any) -> Subset:
        """Open a part of the images as a project of its own, with a working tree of its own.

        The part shares everything else with this project: files, vectors, the table, what was
        said of duplicates, choices, and the one job at a time. A clustering that is saved in it is
        a column of this project, missing outside of the part.

        Parameters
        ----------
        mask
            True for each row of ``project.df`` that belongs to the part: a Series, which is
            aligned by its index, or an array or a list. Missing counts as False.

        Returns
        -------
        Subset
            The same one for the same rows, as long as it is open. Its tree comes back in the next
            session.

        Raises
        ------
        ProjectError
            This is no mask, it does not fit the table, or it holds no row.

        Examples
        --------
        >>> part = project.subset(project.df["year"] < 1900)  # doctest: +SKIP
        >>> part.compute_clusters(5)  # doctest: +SKIP
        """
        from panoptic_nb.subset import open_subset

        self.check_open()
        self.check_rows()
        with self._edits.lock:
            return open_subset(self, mask)

    def explore(self, mask: Any = None) -> Explorer:
        """Return the widget with the cluster tree and the image grid.

        Parameters
        ----------
        mask
            Show this part of the images alone; see `subset`.
        """
        from panoptic_nb.widgets import Explorer

        if mask is not None:
            return self.subset(mask).explore()
        if self._explorer is None:
            self._explorer = Explorer(self)
        return self._explorer

    def _edited(self) -> None:
        self._emit(self.events.edited)
        self._emit(self.events.tree)
        self.tell("edited", lambda: self.tree)

    def _previewed(self) -> None:
        self._emit(self.events.preview)

    def remember(self, **choices: Any) -> None:
        """Keep choices with the project."""
        self.check_open()
        with self._edits.lock:
            self._files.write_settings(self._settings | choices)
            self._settings |= choices
        self._emit(self.events.settings)

    def check_rows(self) -> None:
        """Raise `ProjectError` when the rows of the table were changed in place."""
        self._table.check_rows()

    def check_open(self) -> None:
        """Raise `ProjectError` when the project was closed."""
        if self.closed:
            raise ProjectError(
                "This project is closed, or was opened again in another cell. Run that cell, or "
                "open_project(...) once more.",
                key="closed",
            )
