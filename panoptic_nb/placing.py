"""Putting images into another leaf, so that every split above still adds up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from panoptic_nb.errors import TreeError
from panoptic_nb.leaves import Placement, change_leaf, holders, remove_empty
from panoptic_nb.locks import check_unlocked
from panoptic_nb.node import LEFTOVERS
from panoptic_nb.record import with_edit
from panoptic_nb.tree import Members, NodeState, Tree


def place(
    old: Tree,
    new: Tree,
    images: Members,
    target: int,
    leaving: Collection[int],
    kind: str = "added",
) -> Tree:
    """Return the tree in which images stand in a node, and what that changes around it is done.

    What an image is in decides what it is left out of, so that clusters + unassigned + without
    vector are all images of every split: an image that joins a cluster leaves what is unassigned
    beside it, and it does not become unassigned while another cluster beside still holds it.
    Leaves without images disappear, with the nodes above them that hold nothing else. Clusters
    whose images changed lose their score and their lowest similarity and count a manual edit.

    Parameters
    ----------
    old
        The tree before the edit.
    new
        The tree in which `target` exists where it shall be, holding `images` or not yet.
    images : ndarray of int64
        Image positions, each once.
    target
        A leaf that they join, or a node that holds them already.
    leaving
        Leaves that they leave.
    kind
        What the edit is called where it counts for `target`; see `ManualEdit`.

    Raises
    ------
    TreeError
        An image stands in a locked cluster that would lose or get it, or would be counted as
        without vector.
    """
    now = holders(new, images)
    after = {leaf: held for leaf, held in now.items() if leaf not in leaving}
    joining = _joining(new, images, target, after)
    _check_without_vector(old, joining, new.ancestors(target))
    for leaf, theirs, _ in _beside(new, target, after):
        if new.states[theirs].kind in LEFTOVERS:
            after[leaf] = np.setdiff1d(after[leaf], joining, assume_unique=True)
    if new.states[target].members is not None:
        after[target] = np.union1d(after.get(target, _NONE), joining)
    states = dict(new.states)
    _apply(new, states, now, after)
    before = _by_node(old.states, holders(old, images))
    _count_edits(states, before, _by_node(states, after), {target: kind})
    return replace(new, states=states)


_NONE: Members = np.empty(0, np.int64)


def _beside(tree: Tree, target: int, placement: Placement) -> Iterator[tuple[int, int, int]]:
    """Yield each leaf that is not below the target, and the two nodes where their paths part.

    These are children of one node: the one that the leaf is in, and the one that the target is in.
    """
    path = tree.ancestors(target)
    level = {node_id: at for at, node_id in enumerate(path)}
    for leaf in list(placement):
        above = tree.ancestors(leaf)
        if target not in above:
            common = next(at for at, node_id in enumerate(above) if node_id in level)
            yield leaf, above[common - 1], path[level[above[common]] - 1]


def _joining(tree: Tree, images: Members, target: int, after: Placement) -> Members:
    """Return the images without those that a cluster holds beside what would be unassigned."""
    for leaf, _, ours in _beside(tree, target, after):
        if tree.states[ours].kind in LEFTOVERS:
            images = np.setdiff1d(images, after[leaf], assume_unique=True)
    return images


def _check_without_vector(old: Tree, joining: Members, path: Sequence[int]) -> None:
    for node_id in path:
        if node_id in old.states and old.states[node_id].kind == "without_vector":
            new = len(np.setdiff1d(joining, old.members(node_id), assume_unique=True))
            if new:
                raise TreeError(
                    f"{old.path(node_id)!r} holds the images that had no vector when their cluster "
                    f"was split; {new} others cannot be moved there. Move them to a cluster or to "
                    "what is unassigned.",
                    key="no_place",
                    label=old.states[node_id].label,
                )


def _apply(tree: Tree, states: dict[int, NodeState], now: Placement, after: Placement) -> None:
    """Give the leaves the images that they hold afterwards; `states` is changed in place."""
    leaves = {**now, **after}
    for leaf in leaves:
        held, wanted = now.get(leaf, _NONE), after.get(leaf, _NONE)
        if not np.array_equal(held, wanted):
            check_unlocked(tree, leaf)
            change_leaf(states, leaf, out=np.setdiff1d(held, wanted, True), joining=wanted)
    for leaf in leaves:
        if not len(_members(states[leaf])):
            remove_empty(states, leaf)


def _members(leaf: NodeState) -> Members:
    assert leaf.members is not None, "only leaves hold images"
    return leaf.members


def _by_node(states: Mapping[int, NodeState], placement: Placement) -> Placement:
    """Return which of the images each cluster holds that stands above a leaf, or is one."""
    parts: dict[int, list[Members]] = {}
    for leaf, held in placement.items():
        node_id: int | None = leaf
        while node_id is not None and len(held):
            state = states[node_id]
            if state.kind == "group":
                parts.setdefault(node_id, []).append(held)
            node_id = state.parent
    return {node_id: np.unique(np.concatenate(held)) for node_id, held in parts.items()}


def _count_edits(
    states: dict[int, NodeState],
    before: Placement,
    after: Placement,
    kinds: Mapping[int, str],
) -> None:
    """Note what each cluster got and lost, and drop the scores; `states` is changed in place."""
    for node_id in (before.keys() | after.keys()) & states.keys():
        was, is_now = before.get(node_id, _NONE), after.get(node_id, _NONE)
        got = len(np.setdiff1d(is_now, was, assume_unique=True))
        lost = len(was) + got - len(is_now)
        state = states[node_id]
        edits = state.edits
        if lost:
            edits = with_edit(edits, "removed", lost)
        if got:
            edits = with_edit(edits, kinds.get(node_id, "added"), got)
        if got or lost:
            states[node_id] = replace(state, score=None, min_similarity=None, edits=edits)
