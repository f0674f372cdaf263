"""The project: a DataFrame of images, its working tree, and everything one can do with them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from psygnal import Signal

from panoptic_nb import columns
from panoptic_nb.callbacks import Callbacks
from panoptic_nb.collection import Collection
from panoptic_nb.edits import Edits
from panoptic_nb.errors import PanopticError, ProjectError, TreeError
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.jobs import Job, Jobs
from panoptic_nb.operations import logged
from panoptic_nb.previews import Preview, Previews
from panoptic_nb.project_advice import Advice
from panoptic_nb.project_duplicates import DuplicateWork
from panoptic_nb.project_edits import TreeEdits
from panoptic_nb.project_exchange import Exchange
from panoptic_nb.project_provenance import Provenance
from panoptic_nb.project_tags import Tagging
from panoptic_nb.project_understanding import Understanding
from panoptic_nb.project_vectors import VectorWork
from panoptic_nb.properties import known_types
from panoptic_nb.runs import Request, Runs
from panoptic_nb.saving import save_of
from panoptic_nb.similar import direction, no_query_vector, similar
from panoptic_nb.store import ImageFacts, MediaStore
from panoptic_nb.table import Table
from panoptic_nb.thumbnails import Thumbnails
from panoptic_nb.tree import Node, Tree
from panoptic_nb.vector_sets import VectorSets

if TYPE_CHECKING:
    from panoptic_nb.subset import Subset
    from panoptic_nb.widgets import Explorer


logger = logging.getLogger(__name__)


class Events:
    """What happens in a project; widgets listen. Emitted from any thread."""

    tree = Signal()
    columns = Signal()
    vectors = Signal()
    settings = Signal()
    preview = Signal()
    closed = Signal()
    #: An error, or a notice about a result.
    message = Signal(object)
    #: The tree or the decisions of the project, or of one that shares these events.
    edited = Signal()

    def __init__(self, whole: Events | None = None) -> None:
        for name in ("columns", "vectors", "settings", "message", "edited") if whole else ():
            setattr(self, name, getattr(whole, name))  # the signals of a part are the same objects


class Project(
    VectorWork, DuplicateWork, TreeEdits, Tagging, Exchange, Provenance, Understanding, Advice
):
    """Images, their vectors and their clusters. Made by `panoptic_nb.open_project`.

    Attributes
    ----------
    skipped : pandas.DataFrame
        Path and reason of the files that could not be read, under your index.
    images : Collection
        The distinct images, and the rows that show them.
    paths : list of pathlib.Path
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
        paths: Sequence[Path],
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
        self._callbacks = Callbacks(self._not_called)
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
            tree, images, folder, self._edited, self._not_kept, whole._edits if whole else None
        )
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

    def on(self, event: str, function: Callable[..., object]) -> Callable[[], None]:
        """Call a function of yours whenever something happened.

        Parameters
        ----------
        event
            "clustered": a node was split, the function gets the `Node`; "edited": the tree changed
            in any way, it gets the `Tree`; "saved": it gets the name of the column; "selection": it
            gets the list of index labels that are selected.
        function
            Called in whichever thread the event came from; what it raises is shown in the widgets,
            and stops nothing.

        Returns
        -------
        callable
            Call it to be told no longer.

        Raises
        ------
        ProjectError
            There is no such event.
        """
        return self._callbacks.add(event, function)

    def tell(self, event: str, value: Callable[[], object]) -> None:
        """Call what waits for an event by `on`; the value is made only when something does."""
        self._callbacks.call(event, value)

    # ------------------------------------------------------------------ clustering

    def run(
        self,
        function: str,
        node: int | str | Node | None = None,
        vec_type: str | None = None,
        seed: int | None = None,
        **params: Any,
    ) -> Node:
        """Split a node with a clustering function, as the button of the widget does.

        Parameters
        ----------
        function
            Name of a registered function.
        node
            Id, label path or `Node`; None = all images. Its children are replaced, except locked
            clusters, whose images the function is not given.
        vec_type
            Name of a vector set; the newest by default.
        seed
            Of what is random in the function; fixed by default.
        **params
            Parameters of the function.

        Returns
        -------
        Node
            The node, with its new children.

        Raises
        ------
        ParameterError
            A parameter is unknown or out of bounds; ``errors`` has one message per parameter.
        NoVectorsError, FunctionError, TreeError, Cancelled
            The tree is as it was.
        """
        request = self.prepare(function, node, vec_type, seed, params)
        return self.jobs.run("function", function, request.node, self._splitting(request))

    def compute_clusters(self, nb_clusters: int = 10, **kwargs: Any) -> Node:
        """Split into `nb_clusters` clusters by k-means; -1 = automatic number. See `run`."""
        return self.run("compute_clusters", nb_clusters=nb_clusters, **kwargs)

    def find_duplicates(self, min_similarity: float = 0.95, **kwargs: Any) -> Node:
        """Group near-duplicates, every pair at or above `min_similarity`. See `run`."""
        return self.run("find_duplicates", min_similarity=min_similarity, **kwargs)

    def cluster_by_tags(self, tags: str, **kwargs: Any) -> Node:
        """Put each image under the nearest tag of a column (experimental). See `run`."""
        return self.run("cluster_by_tags", tags=tags, **kwargs)

    def agglomerative(self, nb_clusters: int = 10, **kwargs: Any) -> Node:
        """Merge the most similar groups until `nb_clusters` are left. See `run`."""
        return self.run("agglomerative", nb_clusters=nb_clusters, **kwargs)

    def prepare(
        self,
        function: str,
        node: int | str | Node | None,
        vec_type: str | None,
        seed: int | None,
        params: Mapping[str, Any],
    ) -> Request:
        """Check a run without beginning it; raises what `run` raises for bad input."""
        self.check_open()
        node_id = self._to_split(node)
        return self._runs.prepare(function, node_id, vec_type or self.vec_type, seed, params)

    def start(self, request: Request) -> Job:
        """Begin a checked run in the background; what goes wrong is told by `events.message`."""
        return self.jobs.start(
            "function",
            request.function.name,
            request.node,
            self._splitting(request),
            self.events.message.emit,
        )

    def _splitting(self, request: Request) -> Callable[[Job], Node]:
        def work(job: Job) -> Node:
            node = self.tree.node(request.node)
            split = self._runs.split(request, node, self._edits.decided, job)
            with self._edits.lock:
                job.check()  # a cancelled or abandoned job must not touch the tree
                self._check_same_images(node, request.function.name)
                tree = self.tree.with_groups(
                    request.node, split.groups, split.without_vector, split.made_by
                )
                tree = logged(
                    self.tree, tree, "run", [node.id], scope=node.id, record=split.made_by
                )
                self.check_open()  # it may have been closed meanwhile
                self._edits.make(request.function.name, tree, values={"labels": [node.path]})
            self._tell(job.notices)
            self.tell("clustered", lambda: tree.node(request.node))
            return tree.node(request.node)

        return work

    def _check_same_images(self, node: Node, function: str) -> None:
        """Raise `TreeError` when an edit changed the images of a node while a function ran."""
        now = self.tree.unlocked_members(self._to_split(node))
        if not np.array_equal(now, node.tree.unlocked_members(node.id)):
            raise TreeError(
                f"The images of {node.path or 'the root'!r} changed while {function!r} ran, so its "
                "result was not used. Run it again.",
                key="images_changed",
                function=function,
            )

    # ------------------------------------------------------------------ similar images

    def similar(
        self,
        images: Any,
        count: int = 100,
        vec_type: str | None = None,
        min_similarity: float = -1.0,
    ) -> pd.DataFrame:
        """Find the images most similar to some: by the cosine to the mean of their vectors.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`) or a list of index labels. They are not among what
            is found.
        count
            How many images at most; each has as many rows as show it.
        vec_type
            Name of a vector set; the newest by default.
        min_similarity
            The least similarity, from -1 to 1.

        Returns
        -------
        pandas.DataFrame
            Under the labels of ``project.df``, the most similar first: ``similarity``, and
            ``percentile``, how many of 100 of the other images are at most that similar.

        Raises
        ------
        NoVectorsError, VectorError, TreeError, ProjectError, ParameterError
        """
        self.check_open()
        members = self._chosen(images)[1]
        name = vec_type or self.vec_type
        if name is None:
            raise no_query_vector(len(members))
        vectors = self._sets.of_images(self._sets.find(name))
        towards = direction(vectors, members)
        return similar(vectors, towards, members, count, min_similarity).frame(self.images)

    def _edited(self) -> None:
        self._emit(self.events.edited)
        self._emit(self.events.tree)
        self.tell("edited", lambda: self.tree)

    def _not_kept(self, error: ProjectError) -> None:
        self._emit(self.events.message, error)

    def _not_called(self, error: PanopticError) -> None:
        self._emit(self.events.message, error)

    def _previewed(self) -> None:
        self._emit(self.events.preview)

    # ------------------------------------------------------------------ saving

    def save_clustering(
        self,
        column: str = columns.DEFAULT_NAME,
        node: int | str | Node | None = None,
        leaves_only: bool = False,
        replace: bool = False,
    ) -> str:
        """Write the clusters below a node into a column of ``project.df``, and save the project.

        Undo takes the column away again, or puts back the one that it replaced.

        Parameters
        ----------
        column
            Name of the column; when it is taken, "<column> 2", "<column> 3", ... is used.
        node
            Where to begin; None = the root.
        leaves_only
            Write the lowest labels alone, not the whole paths.
        replace
            Replace a saved clustering of that name.

        Returns
        -------
        str
            The name of the column.

        Raises
        ------
        ProjectError
            There are no clusters, or the column or the disk cannot be used; nothing is changed.
        """
        top = self.tree.node(self.tree.find(node))
        return self.save_node(top, column, leaves_only, replace)

    def save_node(
        self,
        top: Node,
        column: str = columns.DEFAULT_NAME,
        leaves_only: bool = False,
        replace: bool = False,
    ) -> str:
        """Do `save_clustering` with the tree that `top` stands in, edited since or not."""
        self.check_open()
        with self._edits.lock:
            save = save_of(
                self._table, column, top, self.images, leaves_only, replace, self.rows, self._see
            )
            values = {"labels": [top.path], "column": save.column}
            self._edits.make("save", self.tree, values=values, table=save)
            self._see_in_step(save.column)
        self.tell("saved", lambda: save.column)
        return save.column

    def levels(self, column: str = columns.DEFAULT_NAME) -> pd.DataFrame:
        """Return one column per level of a saved clustering, for groupby."""
        self._table.check_clustering(column)
        return columns.levels(self.df[column], column)

    def save(self) -> None:
        """Save the table, with the columns you added, and the working tree."""
        self.check_open()
        with self._edits.lock:
            self._table.save()
            self._edits.save()

    def flush(self) -> None:
        """Wait until the working tree, which is kept in the background, is on disk."""
        self._edits.flush()

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
