"""Which leaf holds an image, and taking out of a tree what holds none any more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.tree import ROOT, Members, Node, NodeState, Tree

#: Images by the leaf that holds them, ascending; several leaves may hold one.
Placement = dict[int, Members]


def holders(tree: Tree, images: Members, start: int = ROOT) -> Placement:
    """Return which leaves below a node hold some of these images, and which of them.

    Takes one pass over the members of all leaves, in numpy: a tree may have thousands.
    """
    leaves, members = [], []
    for state in tree.walk_states(start):
        if state.members is not None:
            leaves.append(state.id)
            members.append(state.members)
    wanted = np.zeros(len(tree.images), bool)
    wanted[images] = True
    held = np.concatenate(members)
    at = np.flatnonzero(wanted[held])
    stops = np.cumsum([len(part) for part in members])
    leaf_of = np.searchsorted(stops, at, side="right")
    starts = np.flatnonzero(np.diff(leaf_of, prepend=-1))
    parts = np.split(held[at], starts[1:])
    return {leaves[leaf_of[first]]: part for first, part in zip(starts, parts, strict=False)}


def first_paths(leaves: Sequence[Node], positions: Members) -> NDArray[np.object_]:
    """Return the label path of the first leaf that holds each image."""
    paths = np.full(len(positions), "", object)
    for leaf in reversed(leaves):
        paths[np.isin(positions, leaf.members)] = leaf.path
    return paths


def change_leaf(states: dict[int, NodeState], leaf: int, out: Members, joining: Members) -> None:
    """Take images out of a leaf and put others in; `states` is changed in place.

    The similarities of those that stay are kept; what joins has none.
    """
    state = states[leaf]
    assert state.members is not None, "only leaves hold images"
    stay = ~np.isin(state.members, out)
    members = np.union1d(state.members[stay], joining)
    similarities = state.similarities
    if similarities is not None:
        kept = np.full(len(members), np.nan, np.float32)
        kept[np.searchsorted(members, state.members[stay])] = similarities[stay]
        similarities = None if np.isnan(kept).all() else kept
    states[leaf] = replace(state, members=members, similarities=similarities)


def remove_empty(states: dict[int, NodeState], leaf: int) -> None:
    """Take out an empty leaf, and the nodes above it that hold nothing else; the root stays."""
    parent = states[leaf].parent
    if parent is not None:
        detach(states, parent, leaf)
        del states[leaf]


def detach(states: dict[int, NodeState], parent: int, child: int) -> None:
    """Take a child from a node, and that with those above it that hold nothing else."""
    rest = tuple(other for other in states[parent].children if other != child)
    states[parent] = replace(states[parent], children=rest)
    if not rest:
        states[parent] = replace(states[parent], members=np.empty(0, np.int64))
        remove_empty(states, parent)
