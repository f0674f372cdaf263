"""Merging clusters by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from panoptic_nb.errors import TreeError
from panoptic_nb.locks import check_cluster, check_unlocked
from panoptic_nb.placing import place
from panoptic_nb.tree import ROOT, Tree


def merged(tree: Tree, nodes: Sequence[int]) -> tuple[Tree, int]:
    """Return the tree in which some nodes are one cluster, and its id: the first cluster of them.

    It has no children; what is left over of a split may be among the nodes.

    Raises
    ------
    TreeError
        They are fewer than two, none is a cluster, one is the root, one stands in another or one
        is locked.
    """
    nodes = list(dict.fromkeys(nodes))
    if len(nodes) < 2:
        raise TreeError("Two or more clusters can be merged: name them.", key="merge_few")
    target = next((node for node in nodes if tree.states[node].kind == "group"), nodes[0])
    for node in nodes:
        _check_merge(tree, node, nodes)
    check_cluster(tree, target)
    sources = [node for node in nodes if node != target]
    images = np.unique(np.concatenate([tree.members(node) for node in sources]))
    flat = tree
    for node in nodes:
        flat = flat.closed(node)
    states = dict(flat.states)
    states[target] = replace(states[target], similarities=None, min_similarity=None)
    return place(tree, replace(flat, states=states), images, target, sources, "merged"), target


def _check_merge(tree: Tree, node: int, nodes: Sequence[int]) -> None:
    if node == ROOT:
        raise TreeError(
            "All images together cannot be merged with a part of them.", key="merge_all"
        )
    inside = next((above for above in tree.ancestors(node)[1:] if above in nodes), None)
    if inside is not None:
        raise TreeError(
            f"{tree.path(node)!r} already stands in {tree.path(inside)!r}: close the clusters of "
            "that instead.",
            key="merge_nested",
            label=tree.states[node].label,
            parent=tree.states[inside].label,
        )
    check_unlocked(tree, node, below=True)
