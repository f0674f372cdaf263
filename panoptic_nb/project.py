"""The project: a DataFrame of images, its working tree, and everything one can do with them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from psygnal import EmitLoopError, Signal, SignalInstance

from panoptic_nb import columns
from panoptic_nb.callbacks import Callbacks
from panoptic_nb.collection import Collection
from panoptic_nb.decisions import Decided, Decision, found_as_duplicates
from panoptic_nb.edits import Edits
from panoptic_nb.errors import Cancelled, PanopticError, ProjectError, TreeError
from panoptic_nb.folder import ProjectFolder
from panoptic_nb.history import History
from panoptic_nb.jobs import Job, Jobs
from panoptic_nb.previews import Preview, Previews
from panoptic_nb.progress import Notice
from panoptic_nb.project_exchange import Exchange
from panoptic_nb.project_tags import Tagging
from panoptic_nb.properties import known_types
from panoptic_nb.runs import Request, Runs
from panoptic_nb.similar import direction, no_query_vector, similar
from panoptic_nb.store import ImageFacts, MediaStore, VectorSet
from panoptic_nb.table import Table
from panoptic_nb.thumbnails import Thumbnails
from panoptic_nb.tree import Members, Node, Tree
from panoptic_nb.unassigned import dissolved
from panoptic_nb.vector_sets import VectorSets
from panoptic_nb.warn import warn

if TYPE_CHECKING:
    from panoptic_nb.widgets import Explorer


logger = logging.getLogger(__name__)

#: Title of the job that counts before anything is made.
PREVIEW = "Exploring thresholds"


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


class Project(Tagging, Exchange):
    """Images, their vectors and their clusters. Made by `panoptic_nb.open_project`.

    Attributes
    ----------
    skipped : pandas.DataFrame
        Path and reason of the files that could not be read, under your index.
    images : Collection
        The distinct images, and the rows that show them.
    paths : list of pathlib.Path
        The file of each row.
    thumbnails : Thumbnails
        The pictures of the rows, in several sizes.
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
    ) -> None:
        self.name = name
        self.images = images
        self.paths = list(paths)
        self.skipped = skipped
        self.store = store
        self.thumbnails = Thumbnails(store, images, self.paths)
        self.jobs = jobs
        self.events = Events()
        self._callbacks = Callbacks(self._not_called)
        self.closed = False
        self._table = table
        self._files = folder
        self._sets = VectorSets(store, images, self.paths)
        self._facts = facts
        self._runs = Runs(table, images, facts, self.paths, self._sets)
        self._settings = folder.read_settings()
        table.types = known_types(self._settings.get("types"))
        table.changed = lambda: self._emit(self.events.columns)
        self._explorer: Explorer | None = None
        #: What the widgets of the project share; theirs alone.
        self.session: Any = None
        tree = self._runs.rescored(folder.read_draft(images) or Tree.of(images))
        self._edits = Edits(tree, images, folder, self._edited, self._not_kept)
        self._previews = Previews(self._runs, self._edits, self._sets, self._previewed)
        self.events.vectors.connect(self._previews.forget)

    # ------------------------------------------------------------------ what is there

    @property
    def df(self) -> pd.DataFrame:
        """Your table, index and columns kept.

        The project adds ``sha1``, ``width``, ``height``, for a folder ``path``, and the
        clusterings that you save. Add columns of your own as you like.
        """
        return self._table.frame

    @property
    def folder(self) -> Path:
        """The project folder."""
        return self._files.path

    @property
    def tree(self) -> Tree:
        """The working tree. Every edit makes a new one."""
        return self._edits.tree

    @property
    def history(self) -> History:
        """The edits so far."""
        return self._edits.history

    @property
    def preview(self) -> Preview | None:
        """What the last preview found, as long as it is about what is there."""
        return self._previews.current

    @property
    def vector_sets(self) -> dict[str, VectorSet]:
        """The embeddings of the images, by name."""
        return self._sets.all()

    @property
    def vec_type(self) -> str | None:
        """Name of the vector set that functions use unless told otherwise: the newest one."""
        sets = self.vector_sets
        chosen = self._settings.get("vec_type")
        return chosen if chosen in sets else next(reversed(sets), None)

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
            self.flush()
            self.thumbnails.close()
            self.store.close()
            self._emit(self.events.closed)

    def explore(self) -> Explorer:
        """Return the widget with the cluster tree and the image grid."""
        from panoptic_nb.widgets import Explorer

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

    # ------------------------------------------------------------------ vectors

    def embed(self, encoder: Any = None, *, batch_size: int = 16) -> str:
        """Compute the vectors of the images that have none yet.

        Parameters
        ----------
        encoder
            None for open_clip's ViT-B-32; a name such as "efficientnet-lite0", "ViT-B-32:openai"
            or "MobileCLIP2-S0:/path/to/weights.pt"; an `Encoder`; or a function from a list of PIL
            images to an array (n, d).
        batch_size
            Images per forward pass.

        Returns
        -------
        str
            Name of the vector set, now the default of every function.

        Raises
        ------
        EncoderError
            The model or its weights are not there; the text says what to do.
        Cancelled
            The vectors computed so far are kept.
        """
        self.check_open()
        work = self._embedding(encoder, batch_size)
        return self.jobs.run("embed", "Computing vectors", None, work)

    def start_embedding(self, encoder: Any = None) -> Job:
        """Begin `embed` in the background; what goes wrong is told by `events.message`."""
        self.check_open()
        return self.jobs.start(
            "embed", "Computing vectors", None, self._embedding(encoder, 16), self._embedding_failed
        )

    def _embedding(self, encoder: Any, batch_size: int) -> Callable[[Job], str]:
        def work(job: Job) -> str:
            try:
                name = self._sets.embed(encoder, batch_size, job)
            except Cancelled as error:
                raise _cancelled_embedding() from error
            self._use_vectors(name)
            self._tell(job.notices)
            return name

        return work

    def _embedding_failed(self, error: PanopticError) -> None:
        self._emit(self.events.vectors)  # what was computed before is there
        shown = _cancelled_embedding() if isinstance(error, Cancelled) else error
        self._emit(self.events.message, shown)

    def add_vectors(self, name: str, vectors: Any) -> None:
        """Bring your own vectors; they become the default of every function.

        Parameters
        ----------
        name
            Name of the vector set; one of that name is replaced.
        vectors
            An array (n, d) with rows as in ``project.df``; a mapping from index label to vector;
            or the name of a column that holds a vector in each row. NaN or missing = no vector.

        Raises
        ------
        VectorError
            Shape, values or labels are wrong; nothing is changed.
        """
        self.check_open()
        self._table.check_rows()
        self._sets.add(name, vectors, self.df)
        self._use_vectors(name)

    def delete_vectors(self, name: str) -> None:
        """Forget a vector set; the clusters made from it stay.

        Raises
        ------
        VectorError
            There is no such vector set.
        """
        self.check_open()
        self._sets.delete(self._sets.find(name))
        self._emit(self.events.vectors)

    def vectors(self, name: str | None = None) -> NDArray[np.float32]:
        """Return the vectors of a set, the default one if not named.

        Returns
        -------
        ndarray of float32 (n, d)
            Unit vectors, rows as in ``project.df``; NaN rows where there is none.

        Raises
        ------
        VectorError
            There is no such vector set.
        """
        by_image = self._sets.of_images(self._sets.find(name or self.vec_type))
        by_row: NDArray[np.float32] = by_image[self.images.image_of_row]
        return by_row

    def image_vectors(self, name: str | None = None) -> NDArray[np.float32] | None:
        """Return the unit vectors of the images, float32 (images, d), NaN where one has none.

        Those of the default set when there is none of that name; None when there are none at all.
        """
        name = name if name in self.vector_sets else self.vec_type
        return None if name is None else self._sets.of_images(name)

    def count_without_vector(self) -> int:
        """Return how many rows have no vector in the default set."""
        return self._sets.without_vector(self.vec_type)

    @property
    def vectors_are_counted(self) -> bool:
        """Whether `count_without_vector` answers at once; the first time it may take seconds."""
        return self._sets.is_counted(self.vec_type)

    def _use_vectors(self, name: str) -> None:
        self.remember(vec_type=name)
        self._emit(self.events.vectors)

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
            Id, label path or `Node`; None = all images. Its children are replaced.
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
        node_id = self.tree.find(node)
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
                self.check_open()  # it may have been closed meanwhile
                self._edits.make(request.function.name, tree)
            self._tell(job.notices)
            self.tell("clustered", lambda: tree.node(request.node))
            return tree.node(request.node)

        return work

    def _check_same_images(self, node: Node, function: str) -> None:
        """Raise `TreeError` when an edit changed the images of a node while a function ran."""
        if not np.array_equal(self.tree.members(self.tree.find(node)), node.members):
            raise TreeError(
                f"The images of {node.path or 'the root'!r} changed while {function!r} ran, so its "
                "result was not used. Run it again.",
                key="images_changed",
                function=function,
            )

    # ------------------------------------------------------------------ duplicates

    def duplicate_thresholds(
        self, node: int | str | Node | None = None, vec_type: str | None = None
    ) -> pd.DataFrame:
        """Count what `find_duplicates` would find at every threshold, without making anything.

        Parameters
        ----------
        node
            Id, label path or `Node`; None = all images.
        vec_type
            Name of a vector set; the newest by default.

        Returns
        -------
        pandas.DataFrame
            A row for each threshold, in steps of 0.005 up to 1: ``min_similarity``, ``pairs`` of
            images at least that similar, ``groups``, and ``images`` (rows of the table) in them.
            It begins at the lowest multiple of 0.005, not under 0.5, that some two million pairs
            reach.

        Raises
        ------
        NoVectorsError, VectorError, TreeError, Cancelled
        """
        self.check_open()
        at = self.tree.find(node)
        vec_type = vec_type or self.vec_type
        work = self._previews.work("find_duplicates", "min_similarity", at, vec_type)
        return self.jobs.run("preview", PREVIEW, at, work).thresholds.frame()

    def start_preview(
        self, function: str, parameter: str, node: int, vec_type: str | None = None
    ) -> Job:
        """Begin to count what each value of a parameter would give; see `preview`."""
        self.check_open()
        at = self.tree.find(node)
        work = self._previews.work(function, parameter, at, vec_type or self.vec_type)
        return self.jobs.start("preview", PREVIEW, at, work, self.events.message.emit)

    @property
    def decisions(self) -> pd.DataFrame:
        """What you said are not duplicates, a row for each pair.

        ``first`` and ``second`` are the index labels of the first rows that show the two images,
        ``date`` is UTC. Decisions about images that are not here now are kept, but not listed.
        """
        return self._edits.decided.frame(self.images)

    def not_duplicates(self, images: Any) -> None:
        """Remember that images are not duplicates: `find_duplicates` never puts two together again.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`) or a list of index labels: every pair of
            different images among them. A cluster that was found as duplicates is taken away, and
            its images become unassigned; `undo` takes back both.

        Raises
        ------
        TreeError, ProjectError
            There is no such cluster or label, or they are not two images; nothing is changed.
        """
        self.check_open()
        with self._edits.lock:
            node, sha1 = self._chosen(images)
            decided = self._edits.decided.plus(Decision.of(sha1))
            tree = self.tree
            if node is not None and found_as_duplicates(node):
                tree = dissolved(tree, node)
            self._edits.make("not_duplicates", tree, decided)

    def forget_decisions(self, images: Any = None) -> None:
        """Forget what was said of the pairs among some images; None = everything. Can be undone.

        Parameters
        ----------
        images
            A cluster (id, label path or `Node`) or a list of index labels.
        """
        self.check_open()
        with self._edits.lock:
            forgotten = () if images is None else self._chosen(images)[1]
            decided = Decided() if images is None else self._edits.decided.forgetting(forgotten)
            self._edits.make("forget_decisions", self.tree, decided)

    def _chosen(self, images: Any) -> tuple[Node | None, list[str]]:
        """Return the sha1 of images given as a cluster or by label, and the cluster."""
        node, members = self._chosen_images(images)
        return node, self.images.sha1_of(members)

    def _chosen_images(self, images: Any) -> tuple[Node | None, Members]:
        is_node = isinstance(images, int | np.integer | str | Node)
        node = self.tree.node(images) if is_node else None
        return node, self.images.of_labels(images) if node is None else node.members

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
        members = self._chosen_images(images)[1]
        name = vec_type or self.vec_type
        if name is None:
            raise no_query_vector(len(members))
        vectors = self._sets.of_images(self._sets.find(name))
        towards = direction(vectors, members)
        return similar(vectors, towards, members, count, min_similarity).frame(self.images)

    # ------------------------------------------------------------------ edits of the tree

    def rename(self, node: int | str | Node, label: str) -> Node:
        """Give a cluster another name, which becomes its tag when saved."""
        self.check_open()
        with self._edits.lock:
            node_id = self.tree.find(node)
            self._edits.make("rename", self.tree.renamed(node_id, label))
            return self.tree.node(node_id)

    def close_clusters(self, node: int | str | Node | None = None) -> Node:
        """Remove the clusters below a node; it keeps all its images."""
        self.check_open()
        with self._edits.lock:
            node_id = self.tree.find(node)
            self._edits.make("close_clusters", self.tree.closed(node_id))
            return self.tree.node(node_id)

    def restore(self, tree: Tree) -> None:
        """Make a working tree that was there before the present one, as an edit of its own."""
        self.check_open()
        if tree.images is not self.images:
            raise TreeError("This working tree is about other images: it is of another project.")
        with self._edits.lock:
            self._edits.make("restore", tree)

    def undo(self) -> str | None:
        """Take back the last edit; return its name, None if there was none."""
        self.check_open()
        return self._edits.undo()

    def redo(self) -> str | None:
        """Make the edit again that was undone last; return its name, None if there was none."""
        self.check_open()
        return self._edits.redo()

    def _edited(self) -> None:
        self._previews.forget_what_is_past()
        self._emit(self.events.tree)
        self.tell("edited", lambda: self.tree)

    def _not_kept(self, error: ProjectError) -> None:
        self._emit(self.events.message, error)

    def _not_called(self, error: PanopticError) -> None:
        self._emit(self.events.message, error)

    def _previewed(self) -> None:
        self._emit(self.events.preview)

    def _emit(self, signal: SignalInstance, *values: object) -> None:
        """Tell the widgets; what goes wrong there must not undo or stop what was done here."""
        try:
            signal.emit(*values)
        except EmitLoopError:
            logger.exception("a listener failed")

    # ------------------------------------------------------------------ saving

    def save_clustering(
        self,
        column: str = columns.DEFAULT_NAME,
        node: int | str | Node | None = None,
        leaves_only: bool = False,
        replace: bool = False,
    ) -> str:
        """Write the clusters below a node into a column of ``project.df``, and save the project.

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
            name = self._table.add_clustering(column, top, self.images, leaves_only, replace)
        self._emit(self.events.columns)
        self.tell("saved", lambda: name)
        return name

    def record(self, column: str = columns.DEFAULT_NAME) -> dict[str, Any]:
        """Return how a saved clustering was made.

        One entry per cluster: function, parameters, seed, vector set, hashes, versions, date.
        """
        return self._table.record(column)

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
            self._settings |= choices
            self._files.write_settings(self._settings)
        self._emit(self.events.settings)

    def _tell(self, notices: Sequence[Notice]) -> None:
        for notice in notices:
            if threading.current_thread() is threading.main_thread():
                warn(notice.message)
            self._emit(self.events.message, notice)

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


def _cancelled_embedding() -> Cancelled:
    return Cancelled(
        "Cancelled. The vectors computed so far are kept: compute them again to go on.",
        key="cancelled_embedding",
    )
