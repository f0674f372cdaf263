"""Running clustering functions on the images of a project."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from panoptic_nb.errors import TreeError
from panoptic_nb.jobs import Job
from panoptic_nb.operations import logged
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.runs import Request
from panoptic_nb.tree import Node


class FunctionWork(ProjectPart):
    """The part of `Project` that splits nodes."""

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
