"""The working tree as a table: images by sha1, so that it fits rows in any order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from panoptic_nb import operations
from panoptic_nb.collection import Collection, as_digests
from panoptic_nb.leaves import remove_empty
from panoptic_nb.record import ManualEdit, Record
from panoptic_nb.tree import ROOT, Ids, Members, NodeState, Tree
from panoptic_nb.unassigned import put_unassigned

#: Version 1 held sha1 as text, and with each node its record.
VERSION = 2


def to_table(tree: Tree, images: Collection) -> tuple[pa.Table, dict[str, Any]]:
    """Return one table row per image of each leaf, and the nodes as plain JSON."""
    states = list(tree.walk_states())
    leaves = [(state, state.members) for state in states if state.members is not None]
    similarities = [
        np.full(len(members), np.nan, np.float32)
        if leaf.similarities is None
        else leaf.similarities
        for leaf, members in leaves
    ]
    sizes = [len(members) for _, members in leaves]
    table = pa.table(
        {
            "node": np.repeat([leaf.id for leaf, _ in leaves], sizes),
            "sha1": _to_arrow(images.digests[np.concatenate([members for _, members in leaves])]),
            "similarity": np.concatenate(similarities),
        }
    )
    # The clusters of one split share their record: written once.
    records = {id(state.made_by): state.made_by for state in states if state.made_by}
    numbers = {key: number for number, key in enumerate(records)}
    return table, {
        "version": VERSION,
        "nodes": [_node_to_json(state, numbers.get(id(state.made_by))) for state in states],
        "records": [record.to_dict() for record in records.values()],
        "last_id": tree.ids.last,
        "log": [operations.to_json(one, images, ids=True) for one in tree.log],
        "opened_from": tree.opened_from,
    }


def from_table(table: pa.Table, metadata: Mapping[str, Any], images: Collection) -> Tree:
    """Return the tree that `to_table` wrote, over the images of today.

    Images that are gone are left out, and clusters that lost all of theirs; new images go to the
    "Unassigned" of the root. The score of what changed is left open, its lowest similarity dropped.
    """
    leaves = _read_leaves(table, images)
    states: dict[int, NodeState] = {}
    changed: set[int] = set()
    records = [Record.from_dict(values) for values in metadata.get("records", ())]
    for values in metadata["nodes"]:
        state = _node_from_json(values, records)
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
            remove_empty(states, leaf.id)
    known = [state.members for state in states.values() if state.members is not None]
    is_new = np.ones(len(images), bool)
    is_new[np.concatenate(known)] = False
    put_unassigned(states, ROOT, np.flatnonzero(is_new), ids)
    log = tuple(operations.from_json(values, images) for values in metadata.get("log", ()))
    return Tree(images, states, ids, log, metadata.get("opened_from"))


_Leaf = tuple[Members, Any, bool]
_NOTHING: _Leaf = (np.empty(0, np.int64), None, False)


def _read_leaves(table: pa.Table, images: Collection) -> dict[int, _Leaf]:
    """Return members, similarities, and whether no image is gone, of each leaf."""
    positions = images.positions_of_digests(_from_arrow(table["sha1"]))
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


def _to_arrow(digests: NDArray[np.bytes_]) -> pa.Array:
    """Return digests as Arrow holds them, without a Python object for each."""
    buffers = [None, pa.py_buffer(digests)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(20), len(digests), buffers)


def _from_arrow(column: pa.ChunkedArray) -> NDArray[np.bytes_]:
    """Read what `_to_arrow`, or version 1, wrote."""
    if not pa.types.is_fixed_size_binary(column.type):
        return as_digests(column.to_pylist())
    chunks = [
        np.frombuffer(chunk.buffers()[1], "S20", len(chunk), 20 * chunk.offset)
        for chunk in column.chunks
    ]
    return np.concatenate([np.empty(0, "S20"), *chunks])


def _forget_scores(states: dict[int, NodeState], node_id: int | None) -> None:
    while node_id is not None and node_id in states:
        states[node_id] = replace(states[node_id], score=None, min_similarity=None)
        node_id = states[node_id].parent


def _node_to_json(node: NodeState, record: int | None) -> dict[str, Any]:
    return {
        "id": node.id,
        "parent": node.parent,
        "number": node.number,
        "label": node.label,
        "kind": node.kind,
        "score": node.score,
        "min_similarity": node.min_similarity,
        "made_by": record,
        "children": list(node.children),
        "locked": node.locked,
        "edits": [asdict(edit) for edit in node.edits],
    }


def _node_from_json(values: Mapping[str, Any], records: Sequence[Record]) -> NodeState:
    made_by = values["made_by"]
    if isinstance(made_by, Mapping):  # version 1
        made_by = Record.from_dict(made_by)
    elif made_by is not None:
        made_by = records[made_by]
    return NodeState(
        values["id"],
        values["parent"],
        values["number"],
        values["label"],
        values["kind"],
        values["score"],
        made_by,
        tuple(values["children"]),
        min_similarity=values.get("min_similarity"),
        locked=values.get("locked", False),
        edits=tuple(ManualEdit(**edit) for edit in values.get("edits", ())),
    )
