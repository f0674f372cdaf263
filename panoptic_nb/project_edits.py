"""What a user does to the clusters of a project by hand; each edit can be undone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from panoptic_nb.cluster_order import sorted_clusters
from panoptic_nb.error_text import short
from panoptic_nb.errors import TreeError
from panoptic_nb.locks import check_unlocked, with_lock
from panoptic_nb.merges import merged
from panoptic_nb.moves import moved, reparented, with_new_cluster
from panoptic_nb.operations import logged
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.tree import Node, Tree

#: How a cluster is named: by id, by label path, or as it was got from a tree.
Key = int | str | Node


class TreeEdits(ProjectPart):
    """The edits of a project's working tree.

    Each takes clusters by id, label path or `Node`, returns the cluster as it stands afterwards,
    is one step of `history`, and changes nothing when it raises.
    """

    # ------------------------------------------------------------------ clusters

    def rename(self, node: Key, label: str) -> Node:
        """Give a cluster another name, which becomes its tag when saved; locked or not."""
        self.check_open()
        with self._edits.lock:
            node_id = self.tree.find(node)
            tree = self.tree.renamed(node_id, label)
            new = tree.states[node_id].label
            values = {"labels": [self.tree.path(node_id)], "label": new}
            if new != self.tree.states[node_id].label:
                tree = logged(self.tree, tree, "rename", [node_id], label=new)
                self._edits.make("rename", tree, values=values)
            return self.tree.node(node_id)

    def close_clusters(self, node: Key | None = None) -> Node:
        """Remove the clusters below a node; it keeps all its images.

        Locked clusters stay, as its children; what is not in them becomes "Unassigned".
        """
        self.check_open()
        with self._edits.lock:
            node_id = self.tree.find(node)
            check_unlocked(self.tree, node_id)
            values = {"labels": [self.tree.path(node_id)]}
            closed = self.tree.closed(node_id)
            tree = logged(self.tree, closed, "close_clusters", [node_id], scope=node_id)
            self._edits.make("close_clusters", tree, values=values)
            return self.tree.node(node_id)

    def merge(self, nodes: Iterable[Key], label: str | None = None) -> Node:
        """Make one cluster of several, wherever they stand.

        Parameters
        ----------
        nodes
            Two or more clusters. The first one stays, with its id and its name, as a leaf of all
            their images, and the others disappear. What is unassigned or without vector can be
            merged into a cluster too.
        label
            Another name for the result.

        Returns
        -------
        Node
            The result. Its score is computed anew; what a function said of single images is
            dropped.

        Raises
        ------
        TreeError, LabelError
            They are fewer than two, none is a cluster, one stands in another, one is locked or
            holds a locked one, or the name cannot be used; nothing is changed.
        """
        self.check_open()
        with self._edits.lock:
            if isinstance(nodes, str | Node) or not isinstance(nodes, Iterable):
                raise TreeError(
                    f"Clusters to merge are given as a list. Got {short(nodes)}.", key="merge_few"
                )
            before = self.tree
            ids = [before.find(node) for node in nodes]
            tree, node_id = merged(before, ids)
            if label is not None:
                tree = tree.renamed(node_id, label)
            values = {
                "labels": [before.path(key) for key in dict.fromkeys(ids)],
                "label": tree.states[node_id].label,
            }
            tree = logged(before, self._scored(tree), "merge", dict.fromkeys(ids), label=label)
            self._edits.make("merge", tree, values=values)
            return self.tree.node(node_id)

    def move(self, rows: Any, node: Key | None, from_node: Key | None = None) -> Node:
        """Move images, or a whole cluster, to another cluster.

        Parameters
        ----------
        rows
            Index labels of images, as in ``widget.selected``: they leave the clusters where they
            stand and join `node`, or its "Unassigned" where it has clusters below it. Or a cluster,
            or a list of `Node`: each gets its place below `node`, with its id and what is below it;
            where `node` had no clusters below it, its images become "Unassigned" beside.
        node
            Where to; None = the root.
        from_node
            Images that stand in several clusters leave only those below this one.

        Returns
        -------
        Node
            `node`, as it stands now.

        Raises
        ------
        TreeError
            There are no images, some are not in `from_node`, a cluster would stand in itself, or
            one that would change is locked; nothing is changed.
        ProjectError
            These are no labels of the index.
        """
        self.check_open()
        with self._edits.lock:
            before = self.tree
            target = before.find(node)
            clusters = _clusters(rows)
            values: dict[str, Any]
            if clusters:
                ids = [before.find(key) for key in clusters]
                tree = before
                for node_id in ids:
                    tree = reparented(tree, node_id, target)
                values = {"labels": [before.path(key) for key in ids], "to": before.path(target)}
                name = "move_cluster"
                tree = logged(before, self._scored(tree), name, [*ids, target])
            else:
                _, images = self._chosen(rows)
                source = before.find(from_node)
                tree = self._scored(moved(before, images, target, source))
                values = {"labels": [], "images": len(images), "to": before.path(target)}
                name = "move"
                tree = logged(before, tree, name, [target, source], images=images)
            self._edits.make(name, tree, values=values)
            return self.tree.node(target)

    def move_to_new(self, rows: Any, parent: Key | None = None, label: str | None = None) -> Node:
        """Make a new cluster of images; they leave the clusters where they stand.

        Parameters
        ----------
        rows
            Index labels of images, as in ``widget.selected``, or a cluster whose images are meant.
        parent
            What the new cluster stands below; None = the root.
        label
            Its name; "Cluster <number>" by default.

        Returns
        -------
        Node
            The new cluster.

        Raises
        ------
        TreeError, LabelError, ProjectError
            There are no such images, a cluster that would change is locked, or the name cannot be
            used; nothing is changed.
        """
        self.check_open()
        with self._edits.lock:
            before = self.tree
            _, images = self._chosen(rows)
            above = before.find(parent)
            tree, node_id = with_new_cluster(before, images, above)
            if label is not None:
                tree = tree.renamed(node_id, label)
            values = {"labels": [tree.path(node_id)], "images": len(images)}
            tree = self._scored(tree)
            tree = logged(before, tree, "move_to_new", [above], images=images, label=label)
            self._edits.make("move_to_new", tree, values=values)
            return self.tree.node(node_id)

    def lock(self, node: Key) -> Node:
        """Keep a cluster as it is: with its images, what is below it, and its place in the tree.

        What is above it can be clustered or closed; it then stays, with its id, as a child of the
        node that was. It can be renamed, and its clusters sorted.

        Raises
        ------
        TreeError
            It is no cluster.
        """
        return self._lock("lock", node)

    def unlock(self, node: Key) -> Node:
        """Take back `lock`."""
        return self._lock("unlock", node)

    def _lock(self, name: str, node: Key) -> Node:
        self.check_open()
        with self._edits.lock:
            node_id = self.tree.find(node)
            tree = with_lock(self.tree, node_id, name == "lock")
            tree = logged(self.tree, tree, name, [node_id])
            self._edits.make(name, tree, values={"labels": [self.tree.path(node_id)]})
            return self.tree.node(node_id)

    def sort_clusters(
        self, node: Key | None = None, by: Any = "score", descending: bool = False
    ) -> Node:
        """Put the clusters right below a node in order; what is left over stays last.

        Parameters
        ----------
        by
            "score", "size" (rows), "name", or a list of all these clusters in the order wanted.
            Clusters without a score come last; those that are equal keep their order.

        Raises
        ------
        TreeError
            `by` is something else, or does not name each cluster once; nothing is changed.
        """
        self.check_open()
        with self._edits.lock:
            node_id = self.tree.find(node)
            tree = sorted_clusters(self.tree, node_id, by, descending)
            how = by if isinstance(by, str) else "hand"
            # As the order came out: a score of another machine may differ in the last digit.
            order = [child.id for child in tree.node(node_id).children if child.kind == "group"]
            named = [node_id, *order]
            tree = logged(self.tree, tree, "sort_clusters", named, scope=node_id, by=how)
            values = {"labels": [self.tree.path(node_id)], "by": how}
            self._edits.make("sort_clusters", tree, values=values)
            return self.tree.node(node_id)

    def _scored(self, tree: Tree) -> Tree:
        """Return the tree with the scores of what an edit changed."""
        return self._runs.rescored(tree, self.vec_type, before=self.tree)

    # ------------------------------------------------------------------ back and forth

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

    def go_to(self, position: int) -> None:
        """Undo or redo until so many steps of `history` are in effect; 0 = the beginning.

        Raises
        ------
        TreeError
            There are not so many steps; see ``project.history.steps``.
        """
        self.check_open()
        self._edits.go_to(position)


def _clusters(chosen: Any) -> list[Key]:
    """Return what of clusters and images is clusters: one, or a list of `Node`."""
    if isinstance(chosen, list) and chosen and all(isinstance(one, Node) for one in chosen):
        return chosen
    if isinstance(chosen, np.integer):
        return [int(chosen)]
    return [chosen] if isinstance(chosen, int | str | Node) else []
