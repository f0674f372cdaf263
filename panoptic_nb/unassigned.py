"""Putting images where the user finds them: in the "Unassigned" of a node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from panoptic_nb.node_labels import next_number
from panoptic_nb.tree import UNASSIGNED, Ids, Members, Node, NodeState, Tree


def dissolved(tree: Tree, cluster: Node) -> Tree:
    """Return the tree without a cluster; what no other beside it has becomes unassigned."""
    node = tree.node(cluster)
    parent = node.parent
    assert parent is not None, "the root is no cluster"
    gone = {below.id for below in tree.walk(node.id)}
    states = {key: state for key, state in tree.states.items() if key not in gone}
    rest = tuple(child.id for child in parent.children if child.id != node.id)
    states[parent.id] = replace(states[parent.id], children=rest)
    others = [tree.members(child) for child in rest]
    left = np.setdiff1d(node.members, np.concatenate([node.members[:0], *others]))
    put_unassigned(states, parent.id, left, tree.ids)
    return replace(tree, states=states)


def put_unassigned(states: dict[int, NodeState], node_id: int, images: Members, ids: Ids) -> None:
    """Add images to what is unassigned below a node; to the node itself when it is not split.

    Parameters
    ----------
    states
        Node states by id; changed in place.
    images
        Image positions, int64.
    ids
        Where a new node gets its id.
    """
    if not len(images):
        return
    node = states[node_id]
    while node.members is None:
        last = states[node.children[-1]] if node.children else None
        if last is None or last.kind != "unassigned":
            new = new_unassigned(states, node.id, images, ids)
            states[new.id] = new
            states[node.id] = replace(node, children=(*node.children, new.id))
            return
        node = last
    states[node.id] = replace(node, members=np.union1d(node.members, images))


def new_unassigned(
    states: Mapping[int, NodeState], parent: int, images: Members, ids: Ids
) -> NodeState:
    """Return a new node "Unassigned" for a parent, numbered after its siblings."""
    above = states[parent]
    number = next_number(above.number, [states[child].number for child in above.children])
    return NodeState(next(ids), parent, number, UNASSIGNED, "unassigned", members=images)
