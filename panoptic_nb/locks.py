"""Locked clusters: what is done above them leaves them as they are."""

from __future__ import annotations

from dataclasses import replace

from panoptic_nb.errors import TreeError
from panoptic_nb.tree import Tree


def with_lock(tree: Tree, node_id: int, locked: bool) -> Tree:
    """Return the tree in which a cluster is locked, or no longer; the same where nothing changes.

    Raises
    ------
    TreeError
        It is no cluster.
    """
    check_cluster(tree, node_id)
    state = tree.states[node_id]
    if state.locked == locked:
        return tree
    return replace(tree, states={**tree.states, node_id: replace(state, locked=locked)})


def check_cluster(tree: Tree, node_id: int) -> None:
    """Raise `TreeError` when a node is no cluster: the root, or what is left over of a split."""
    state = tree.states[node_id]
    if state.kind != "group":
        raise TreeError(
            f"{tree.path(node_id) or 'The root'!r} is no cluster: choose a cluster.",
            key="not_a_cluster",
            label=state.label,
        )


def check_unlocked(tree: Tree, node_id: int, below: bool = False) -> None:
    """Raise `TreeError` when a node, one above it or (if asked) one below it is locked."""
    locked = [above for above in tree.ancestors(node_id) if tree.states[above].locked]
    if below:
        locked += tree.locked_below(node_id)
    if locked:
        raise TreeError(
            f"The cluster {tree.path(locked[0])!r} is locked, so its images stay together as they "
            "are. Unlock it first: project.unlock(...).",
            key="locked",
            label=tree.states[locked[0]].label,
        )


def check_can_split(tree: Tree, node_id: int) -> None:
    """Raise `TreeError` when a node is locked or all its images are in locked clusters."""
    check_unlocked(tree, node_id)
    if tree.locked_below(node_id) and not len(tree.unlocked_members(node_id)):
        raise TreeError(
            f"All images of {tree.path(node_id) or 'the root'!r} are in locked clusters, so there "
            "is nothing to cluster. Unlock one first: project.unlock(...).",
            key="all_locked",
        )
