"""The working tree as a table: images by sha1, so that it fits rows in any order."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from panoptic_nb.collection import Collection
from panoptic_nb.record import Record
from panoptic_nb.tree import ROOT, UNASSIGNED, Node, NodeState, Tree


def to_table(tree: Tree, images: Collection) -> tuple[pa.Table, list[dict[str, Any]]]:
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
    return table, [_node_to_json(node) for node in tree.walk()]


def from_table(table: pa.Table, nodes: Sequence[dict[str, Any]], images: Collection) -> Tree:
    """Return the tree that `to_table` wrote, over the images of today.

    Images that are gone are left out; new ones go to the "Unassigned" of the root.
    """
    positions = images.positions(table["sha1"].to_pylist())
    known = positions >= 0
    node_of = table["node"].to_numpy()[known]
    similarities = table["similarity"].to_numpy()[known]
    positions = positions[known]
    states = {}
    for values in nodes:
        here = node_of == values["id"]
        states[values["id"]] = _node_from_json(values, positions[here], similarities[here])
    _add_new_images(states, len(images), positions)
    return Tree(images, states, itertools.count(max(states) + 1))


def _node_to_json(node: Node) -> dict[str, Any]:
    made_by = node.made_by.to_dict() if node.made_by else None
    return {
        "id": node.id,
        "parent": node.parent.id if node.parent else None,
        "number": node.number,
        "label": node.label,
        "kind": node.kind,
        "score": node.score,
        "made_by": made_by,
        "children": [child.id for child in node.children],
    }


def _node_from_json(values: dict[str, Any], members: Any, similarities: Any) -> NodeState:
    leaf = not values["children"]
    order = np.argsort(members, kind="stable")
    scored = leaf and len(members) and not np.isnan(similarities).all()
    return NodeState(
        values["id"],
        values["parent"],
        values["number"],
        values["label"],
        values["kind"],
        values["score"],
        Record.from_dict(values["made_by"]) if values["made_by"] else None,
        tuple(values["children"]),
        members[order] if leaf else None,
        similarities[order] if scored else None,
    )


def _add_new_images(states: dict[int, NodeState], n_images: int, known: Any) -> None:
    """Put images that the draft does not know where the user finds them."""
    new = np.setdiff1d(np.arange(n_images), known)
    if not len(new):
        return
    root = states[ROOT]
    if root.members is not None:
        states[ROOT] = replace(root, members=np.union1d(root.members, new))
        return
    last = states[root.children[-1]]
    if last.kind == "unassigned" and last.members is not None:
        states[last.id] = replace(last, members=np.union1d(last.members, new))
        return
    new_id = max(states) + 1
    number = str(len(root.children))
    states[new_id] = NodeState(new_id, ROOT, number, UNASSIGNED, "unassigned", members=new)
    states[ROOT] = replace(root, children=(*root.children, new_id))
