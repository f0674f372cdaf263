"""The edits of a working tree, done again on another one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from panoptic_nb.cluster_order import sorted_clusters
from panoptic_nb.locks import with_lock
from panoptic_nb.merges import merged
from panoptic_nb.moves import moved, reparented, with_new_cluster
from panoptic_nb.operations import Operation
from panoptic_nb.tree import Tree
from panoptic_nb.unassigned import dissolved

Edit = Callable[[Tree, list[int], Operation], Tree]


def _rename(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    return tree.renamed(nodes[0], operation.values["label"])


def _close(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    return tree.closed(nodes[0])


def _merge(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    after, node = merged(tree, nodes)
    label = operation.values.get("label")
    return after if label is None else after.renamed(node, label)


def _move(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    assert operation.images is not None, "images were moved"
    return moved(tree, operation.images, nodes[0], nodes[1])


def _move_cluster(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    *clusters, target = nodes
    for cluster in clusters:
        tree = reparented(tree, cluster, target)
    return tree


def _move_to_new(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    assert operation.images is not None, "images were moved"
    after, node = with_new_cluster(tree, operation.images, nodes[0])
    label = operation.values.get("label")
    return after if label is None else after.renamed(node, label)


def _lock(tree: Tree, nodes: list[int], operation: Operation, locked: bool) -> Tree:
    return with_lock(tree, nodes[0], locked)


def _sort(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    return sorted_clusters(tree, nodes[0], nodes[1:])


def _dissolve(tree: Tree, nodes: list[int], operation: Operation) -> Tree:
    return dissolved(tree, tree.node(nodes[0]))


EDITS: Mapping[str, Edit] = {
    "rename": _rename,
    "close_clusters": _close,
    "merge": _merge,
    "move": _move,
    "move_cluster": _move_cluster,
    "move_to_new": _move_to_new,
    "lock": partial(_lock, locked=True),
    "unlock": partial(_lock, locked=False),
    "sort_clusters": _sort,
    "not_duplicates": _dissolve,
}
