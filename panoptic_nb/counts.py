"""How many rows stand in each node of a tree, and how a split spread them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from panoptic_nb.tree import Members, NodeState, Rows, Tree, union


@dataclass(frozen=True)
class NodeCounts:
    """The rows of a node and, where it was split, of what is right below it.

    Attributes
    ----------
    rows : int
        Rows that show an image of the node.
    groups : int
        How many clusters are right below it; 0 for a leaf, as all that follow.
    clusters, unassigned, without_vector : int
        Rows in at least one of these clusters, unassigned, and without a vector.
    """

    rows: int
    clusters: int = 0
    groups: int = 0
    unassigned: int = 0
    without_vector: int = 0


@dataclass(frozen=True, eq=False)
class _Counted:
    """What was counted of a node; it holds as long as the leaves below it have these members."""

    id: int
    members: Members | None
    below: tuple[_Counted, ...]
    counts: NodeCounts


#: What was counted of the last tree of each project: most of it is in the next one too.
_last: WeakKeyDictionary[Rows, dict[int, _Counted]] = WeakKeyDictionary()


def node_counts(tree: Tree) -> dict[int, NodeCounts]:
    """Count the rows of every node of a tree.

    An image that stands in several clusters is counted in each of them, and once in what is above
    them. Only what another tree of the project changed is counted again.

    Returns
    -------
    dict
        By id, each node before those below it.
    """
    before = _last.get(tree.images, {})
    states = list(tree.walk_states())
    same = {s.id for s in states if s.id in before and before[s.id].members is s.members}
    leaves = {s.id: s.members for s in states if s.members is not None}
    rows = _leaf_rows(tree, {key: leaves[key] for key in leaves if key not in same})
    # Every image stands in some leaf, so that with no more places than images none stands in two.
    is_disjoint = sum(map(len, leaves.values())) == len(tree.images)
    counted: dict[int, _Counted] = {}
    for state in reversed(states):
        below = tuple([counted[child] for child in state.children])
        if state.id in same and before[state.id].below == below:
            counted[state.id] = before[state.id]
            continue
        counts = _inner(tree, state, below, is_disjoint) if below else NodeCounts(rows[state.id])
        counted[state.id] = _Counted(state.id, state.members, below, counts)
    _last[tree.images] = counted
    return {state.id: counted[state.id].counts for state in states}


def _leaf_rows(tree: Tree, leaves: Mapping[int, Members]) -> dict[int, int]:
    """Return the number of rows of each of some leaves."""
    if not leaves:
        return {}
    of_images = tree.images.count_rows_each(np.concatenate(list(leaves.values())))
    until = np.concatenate([[0], np.cumsum(of_images)])
    stops = np.cumsum([len(members) for members in leaves.values()])
    rows = np.diff(until[stops], prepend=0)
    return dict(zip(leaves, rows.tolist(), strict=True))


def _inner(
    tree: Tree, state: NodeState, below: Sequence[_Counted], is_disjoint: bool
) -> NodeCounts:
    by_kind: dict[str, list[_Counted]] = {"group": [], "unassigned": [], "without_vector": []}
    for child in below:
        by_kind[tree.states[child.id].kind].append(child)
    if is_disjoint:
        rows = {kind: sum(one.counts.rows for one in among) for kind, among in by_kind.items()}
        everything = sum(rows.values())
    else:
        rows = {kind: _rows_of_any(tree, among) for kind, among in by_kind.items()}
        everything = int(tree.images.count_rows_each(tree.members(state.id)).sum())
    groups = len(by_kind["group"])
    return NodeCounts(everything, rows["group"], groups, rows["unassigned"], rows["without_vector"])


def _rows_of_any(tree: Tree, among: Sequence[_Counted]) -> int:
    """Return how many rows stand in at least one of some nodes."""
    if len(among) <= 1:
        return sum(one.counts.rows for one in among)
    members = union([tree.members(one.id) for one in among], len(tree.images))
    return int(tree.images.count_rows_each(members).sum())
