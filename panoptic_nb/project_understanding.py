"""What one asks of clusters: how two clusterings compare, what to split, where new images go."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from panoptic_nb import columns
from panoptic_nb.errors import Cancelled, PanopticError, ProjectError, TreeError
from panoptic_nb.jobs import Job
from panoptic_nb.moves import moved
from panoptic_nb.operations import from_written, logged
from panoptic_nb.progress import Notice
from panoptic_nb.project_records import SavedClusterings
from panoptic_nb.tree import Members, Tree
from panoptic_nb.understanding.assigning import Assignment, assignment
from panoptic_nb.understanding.comparing import Comparison, Groups, compare, crosstab, groups_of
from panoptic_nb.understanding.refining import Rule

#: What names the clusters that are being worked on, where a column could be named.
WORKING_TREE = "working tree"


class Understanding(SavedClusterings):
    """The part of `Project` that compares, refines and completes clusters."""

    # ------------------------------------------------------------------ comparing

    def compare(
        self,
        a: str = columns.DEFAULT_NAME,
        b: str = WORKING_TREE,
        level: int | None = None,
    ) -> Comparison:
        """Compare two clusterings, or a clustering and any column.

        Parameters
        ----------
        a, b
            Names of columns, or "working tree".
        level
            Compare the clusters of this level, 1 = the highest; None = the lowest that an image is
            in.

        Returns
        -------
        Comparison
            ``table``, ``ari``, ``ami``, ``matches`` and ``changed``.

        Raises
        ------
        ProjectError
            There is no such column, or there are too many clusters for a table.
        """
        self.check_open()
        _check_level(level)
        names = (a, f"{b} (2)" if a == b else b)
        first, second = (self._groups(name, level) for name in (a, b))
        return compare(first, second, names, self.images.frame_index)

    def crosstab(self, clustering: str, column: str, level: int | None = None) -> pd.DataFrame:
        """Count the rows of each cluster by the values of a column.

        Parameters
        ----------
        clustering
            Name of a column of label paths, or "working tree".
        column
            Any column; one of lists counts each of them.
        level
            See `compare`.

        Returns
        -------
        pandas.DataFrame
            Clusters in their order, "Unassigned" last; values ascending, or as a `category` orders
            them, missing last.
        """
        self.check_open()
        _check_level(level)
        first, second = self._groups(clustering, level), self._groups(column)
        return crosstab(first, second, (clustering, column), self.images.n_rows)

    def rows_counted(
        self, a: str, b: str, value_a: Any, value_b: Any, level: int | None = None
    ) -> Members:
        """Return the positions of the rows that a cell of `compare` or `crosstab` counts.

        Parameters
        ----------
        a, b, level
            As given to them.
        value_a, value_b
            The cluster or value of the cell's row and of its column.

        Returns
        -------
        ndarray of int64
            Ascending.
        """
        self.check_open()
        first = self._groups(a, level).rows_of(value_a, self.images.n_rows)
        second = self._groups(b, level).rows_of(value_b, self.images.n_rows)
        return np.intersect1d(first, second)

    def _groups(self, name: str, level: int | None = None) -> Groups:
        if name == WORKING_TREE and self._here(name) is None:
            tree = self.tree
            return groups_of(columns.to_column(tree, tree.root, self.images, False), level)
        return groups_of(self._column(name), level)

    # ------------------------------------------------------------------ refining

    def refine(
        self,
        max_score: float | None = 60,
        max_size: int | None = 200,
        function: str = "compute_clusters",
        preview: bool = False,
        vec_type: str | None = None,
        seed: int | None = None,
        **params: Any,
    ) -> pd.DataFrame:
        """Split every lowest cluster above a score or a size, as one step that can be undone.

        Locked clusters stay, and so do those that the function does not divide.

        Parameters
        ----------
        max_score, max_size
            Clusters with a higher score or more rows are split; None = no such limit.
        function, vec_type, seed, **params
            What splits them; see `run`.
        preview
            Only tell which clusters these are.

        Returns
        -------
        pandas.DataFrame
            Under the label paths of these clusters: ``images`` (rows), ``score``, ``reason``
            ("score", "size" or both), and unless previewed ``clusters``, how many each became; 0
            where it stayed.

        Raises
        ------
        ParameterError, NoVectorsError, FunctionError, Cancelled
            Nothing is changed.
        """
        self.check_open()
        rule = Rule(max_score, max_size)
        before = self.tree
        leaves = rule.leaves(before)
        # A wrong parameter is told before anything is done, and by a preview too.
        requests = [
            self._runs.prepare(function, leaf.id, vec_type or self.vec_type, seed, params)
            for leaf in leaves
        ]
        if preview or not leaves:
            return rule.frame(before, leaves)

        def work(job: Job) -> tuple[Tree, list[int]]:
            tree, made = before, []
            for number, (leaf, request) in enumerate(zip(leaves, requests, strict=True)):
                job(number, len(leaves), "groups")
                after = self._split_one(tree, leaf.id, request, job)
                made.append(0 if after is tree else len(after.states[leaf.id].children))
                tree = after
            return tree, made

        tree, made = self.jobs.run("function", "refine", None, work)
        with self._edits.lock:
            if self.tree is not before:
                raise TreeError(
                    "The clusters were changed while they were refined, so the result was not "
                    "used. Run it again.",
                    key="images_changed",
                    function="refine",
                )
            values = {"labels": [leaf.path for leaf, n in zip(leaves, made, strict=True) if n]}
            self._edits.make("refine", tree, values=values)
        return rule.frame(before, leaves, clusters=made)

    def _split_one(self, tree: Tree, node: int, request: Any, job: Job) -> Tree:
        """Return the tree with a cluster split, the same where the function does not divide it."""
        try:
            split = self._runs.split(request, tree.node(node), self._edits.decided, job)
        except Cancelled:
            raise
        except PanopticError as error:
            if error.key == "function_failed":
                raise
            return self._unsplit(tree, node, error)
        size = len(tree.node(node).members)
        if not split.groups or len(split.groups[0].members) == size:
            return tree
        after = tree.with_groups(node, split.groups, split.without_vector, split.made_by)
        return logged(tree, after, "run", [node], scope=node, record=split.made_by)

    def _unsplit(self, tree: Tree, node: int, error: PanopticError) -> Tree:
        """Leave a cluster that is too small for the function, or has no vectors."""
        label = tree.path(node)
        values = {"label": label, "reason": str(error)}
        self._tell([Notice(f"{label!r} was not split: {error}", "not_split", values)])
        return tree

    # ------------------------------------------------------------------ new images

    def assign(
        self,
        column: str = columns.DEFAULT_NAME,
        images: Any = None,
        vec_type: str | None = None,
    ) -> pd.DataFrame:
        """Put new images into the clusters of a saved clustering, as one step that can be undone.

        The clustering becomes the working tree. Each image goes to the lowest cluster whose
        centroid is nearest, unless it is farther from it than every image that the cluster had:
        then it stays unassigned. ``save_clustering(column, replace=True)`` keeps the result.

        Parameters
        ----------
        images
            Index labels; None = the images in no cluster that were not there when it was saved.
        vec_type
            Name of a vector set; that of the clusters' record, else the newest.

        Returns
        -------
        pandas.DataFrame
            A row for each row of these images: ``cluster`` (missing = unassigned), ``nearest`` and
            its ``distance``, the ``limit`` that this had to stay below, ``second`` and
            ``second_distance``, and ``doubtful``: unassigned, or at more than 90% of the limit or
            of the distance to the second.

        Raises
        ------
        ProjectError, VectorError, NoVectorsError, Cancelled
            Nothing is changed.
        """
        self.check_open()
        tree = self._reopened(column)
        new = self._new_images(column, tree, images)
        clusters = [leaf for leaf in tree.leaves() if leaf.kind == "group"]
        made_by = next((leaf.made_by for leaf in clusters if leaf.made_by), None)
        used = vec_type or (made_by.vec_type if made_by else None) or self.vec_type
        vectors = self._sets.of_images(self._sets.find(used))
        found: Assignment = self.jobs.run(
            "function", "assign", None, lambda job: assignment(vectors, clusters, new, job)
        )
        with self._edits.lock:
            self.check_open()
            if len(new):
                tree = self._joined(tree, found)
                values = {"column": column, "images": len(new)}
                self._edits.make("assign", tree, values=values)
                self._see_in_step(column)
        return found.frame(self.images)

    def _new_images(self, column: str, tree: Tree, images: Any) -> Members:
        if images is not None:
            return self.images.of_labels(images)
        root = tree.root
        left = [child.members for child in root.children if child.kind != "group"]
        outside = np.concatenate([root.members[:0], *left])
        known = self._known_record(column).get("left")
        if known is None:
            raise ProjectError(
                f"It is not known which images were there when {column!r} was saved: name the new "
                "ones, project.assign(column, images=[...])."
            )
        return np.setdiff1d(outside, from_written(known, self.images))

    def _joined(self, tree: Tree, found: Assignment) -> Tree:
        inside = found.inside
        for number, cluster in enumerate(found.clusters):
            joining = found.images[inside & (found.nearest == number)]
            joining = np.setdiff1d(joining, cluster.members)
            if len(joining):
                joining = np.sort(joining)
                after = moved(tree, joining, cluster.id)
                after = self._runs.rescored(after, self.vec_type, before=tree)
                at = [cluster.id, tree.root.id]
                tree = logged(tree, after, "move", at, images=joining)
        return tree


def _check_level(level: Any) -> None:
    whole = isinstance(level, int) and not isinstance(level, bool)
    if level is not None and not (whole and level > 0):
        raise ProjectError(f"level is a whole number from 1, or None. Got {level!r}.")
