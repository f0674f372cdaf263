"""The working tree as a table: images by sha1, so that it fits rows in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from panoptic_nb.collection import Collection
from panoptic_nb.record import Record
from panoptic_nb.tree import ROOT, Ids, Members, Node, NodeState, Tree
from panoptic_nb.unassigned import put_unassigned


def to_table(tree: Tree, images: Collection) -> tuple[pa.Table, dict[str, Any]]:
    """Return one table row per image of each leaf, and the nodes as plain JSON."""
    leaves = tree.leaves()
    similarities = [
        np.full(len(leaf.members), np.nan, np.float32)
        if leaf.similarities is None
        else leaf.similarities
        for leaf in leaves
    ]
    members = [leaf.members for leaf in leaves]
    table = pa.table(
        {
            "node": np.repeat([leaf.id for leaf in leaves], [len(m) for m in members]),
            "sha1": np.asarray(images.sha1, dtype=object)[np.concatenate(members)],
            "similarity": np.concatenate(similarities),
        }
    )
    nodes = [_node_to_json(node) for node in tree.walk()]
    return table, {"nodes": nodes, "last_id": tree.ids.last}


def from_table(table: pa.Table, metadata: Mapping[str, Any], images: Collection) -> Tree:
    """Return the tree that `to_table` wrote, over the images of today.

    Images that are gone are left out, and clusters that lost all of theirs; new images go to the
    "Unassigned" of the root. The score of what changed is left open, its lowest similarity dropped.
    """
    leaves = _read_leaves(table, images)
    states: dict[int, NodeState] = {}
    changed: set[int] = set()
    for values in metadata["nodes"]:
        state = _node_from_json(values)
        if not state.children:
            members, similarities, complete = leaves.get(state.id, _NOTHING)
            state = replace(state, members=members, similarities=similarities)
            if not complete:
                changed.add(state.id)
        states[state.id] = state
    ids = Ids(max(metadata["last_id"], *states))
    for node_id in changed:
        _forget_scores(states, node_id)
    for leaf in list(states.values()):
        if leaf.members is not None and not len(leaf.members):
            _remove(states, leaf.id)
    known = [state.members for state in states.values() if state.members is not None]
    put_unassigned(states, ROOT, np.setdiff1d(np.arange(len(images)), np.concatenate(known)), ids)
    return Tree(images, states, ids)


_Leaf = tuple[Members, Any, bool]
_NOTHING: _Leaf = (np.empty(0, np.int64), None, False)


def _read_leaves(table: pa.Table, images: Collection) -> dict[int, _Leaf]:
    """Return members, similarities, and whether no image is gone, of each leaf."""
    positions = images.positions(table["sha1"].to_pylist())
    node_of = table["node"].to_numpy()
    similarities = table["similarity"].to_numpy()
    order = np.lexsort((positions, node_of))
    starts = np.flatnonzero(np.diff(node_of[order], prepend=-1))
    leaves = {}
    for rows in np.split(order, starts[1:]):
        here = rows[positions[rows] >= 0]
        values = similarities[here]
        scored = len(here) and not np.isnan(values).all()
        complete = len(here) == len(rows)
        leaves[int(node_of[rows[0]])] = (positions[here], values if scored else None, complete)
    return leaves


def _remove(states: dict[int, NodeState], node_id: int) -> None:
    """Take out an empty leaf, and the nodes above it that hold nothing else."""
    parent = states[node_id].parent
    if parent is None:
        return
    del states[node_id]
    rest = tuple(child for child in states[parent].children if child != node_id)
    states[parent] = replace(states[parent], children=rest)
    if not rest:
        states[parent] = replace(states[parent], members=np.empty(0, np.int64))
        _remove(states, parent)


def _forget_scores(states: dict[int, NodeState], node_id: int | None) -> None:
    while node_id is not None and node_id in states:
        states[node_id] = replace(states[node_id], score=None, min_similarity=None)
        node_id = states[node_id].parent


def _node_to_json(node: Node) -> dict[str, Any]:
    return {
        "id": node.id,
        "parent": node.parent.id if node.parent else None,
        "number": node.number,
        "label": node.label,
        "kind": node.kind,
        "score": node.score,
        "min_similarity": node.min_similarity,
        "made_by": node.made_by.to_dict() if node.made_by else None,
        "children": [child.id for child in node.children],
    }


def _node_from_json(values: Mapping[str, Any]) -> NodeState:
    return NodeState(
        values["id"],
        values["parent"],
        values["number"],
        values["label"],
        values["kind"],
        values["score"],
        Record.from_dict(values["made_by"]) if values["made_by"] else None,
        tuple(values["children"]),
        min_similarity=values.get("min_similarity"),
    )
