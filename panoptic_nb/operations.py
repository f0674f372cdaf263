"""What was done to make a tree, in order: enough to do it again on the same images."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.collection import Collection
from panoptic_nb.record import Record, now
from panoptic_nb.tree import ROOT, Members, Tree

#: Bytes of a sha1 that name a moved image: enough to tell millions of images apart.
_PREFIX = 8
_NOWHERE = -1


@dataclass(frozen=True, eq=False)
class Operation:
    """One edit of a working tree.

    Attributes
    ----------
    name
        "run", or the name of the step of the history.
    paths
        Label paths, before the edit, of the clusters that it names.
    images : ndarray of int64, or None
        Positions of the images that were moved by hand, ascending.
    values
        What else it was given, as plain JSON.
    record
        How the clusters of a run were made.
    date
        UTC, ISO 8601.
    nodes
        Ids of the clusters that it names; empty when they were in another tree.
    scope
        Id of the node whose inside it changed: what is around that stayed as it was.
    made
        The lowest and the highest id of the nodes that it made.
    """

    name: str
    paths: Sequence[str] = ()
    images: Members | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    record: Record | None = None
    date: str = ""
    nodes: Sequence[int] = ()
    scope: int = _NOWHERE
    made: tuple[int, int] = (0, _NOWHERE)

    def names_one_of(self, others: Sequence[Operation]) -> bool:
        """Tell whether it names a cluster that one of the others made."""
        ranges = [other.made for other in others]
        return any(low <= node <= high for node in self.nodes for low, high in ranges)


def logged(
    before: Tree,
    after: Tree,
    name: str,
    nodes: Iterable[int] = (),
    scope: int | None = None,
    images: Members | None = None,
    record: Record | None = None,
    **values: Any,
) -> Tree:
    """Return the tree after an edit, which remembers the edit; the parameters are `Operation`'s.

    A run forgets what was done to clusters that it replaced, so that a long search leaves only the
    way that led somewhere.
    """
    if after is before:
        return before
    ids = list(nodes)
    inside = _scope(before, after) if scope is None else scope
    operation = Operation(
        name,
        [before.path(node) for node in ids],
        images,
        values,
        record,
        now(),
        ids,
        inside,
        _range(after.states.keys() - before.states.keys()),
    )
    replaces = name in ("run", "group_by", "close_clusters", "open_clustering")
    log = _still_needed(before, inside) if replaces else before.log
    if replaces and inside == ROOT and not log:  # nothing is left of what was opened
        after = replace(after, opened_from=None)
    closes_what_is_closed = name == "close_clusters" and not _names(log, inside)
    if closes_what_is_closed and len(log) < len(before.log):
        return replace(after, log=log)
    return replace(after, log=(*log, operation))


def _still_needed(before: Tree, node: int) -> tuple[Operation, ...]:
    """Return the operations without those inside a node, all of whose clusters disappear."""
    if before.locked_below(node):
        return before.log
    if node == ROOT:
        return ()
    inside = {state.id for state in before.walk_states(node)}
    gone = [operation for operation in before.log if operation.scope in inside]
    kept = tuple(operation for operation in before.log if operation.scope not in inside)
    return before.log if any(one.names_one_of(gone) for one in kept) else kept


def _names(log: Sequence[Operation], node: int) -> bool:
    return any(node in operation.nodes for operation in log)


def _range(ids: Iterable[int]) -> tuple[int, int]:
    ids = list(ids)
    return (min(ids), max(ids)) if ids else (0, _NOWHERE)


def _scope(before: Tree, after: Tree) -> int:
    """Return the lowest node that holds all that an edit changed, itself unchanged but for that."""
    changed = [
        before.states[node].parent or ROOT
        for node in before.states
        if after.states.get(node) is not before.states[node]
    ]
    paths = [list(reversed(before.ancestors(node))) for node in changed] or [[ROOT]]
    lowest = ROOT
    for level in zip(*paths, strict=False):
        if len(set(level)) == 1:
            lowest = level[0]
    return lowest


# ------------------------------------------------------------------ as JSON


def to_json(operation: Operation, images: Collection, ids: bool = False) -> dict[str, Any]:
    """Return an operation as plain JSON values.

    Parameters
    ----------
    images
        What its images are positions of.
    ids
        Write what only the tree of the operation knows too.
    """
    values: dict[str, Any] = {
        "name": operation.name,
        "clusters": list(operation.paths),
        "values": dict(operation.values),
        "date": operation.date,
    }
    if operation.images is not None:
        values["images"] = written(operation.images, images)
        values["n_images"] = len(operation.images)
    if operation.record is not None:
        values["record"] = operation.record.to_dict()
    if ids:
        values |= {
            "nodes": [int(node) for node in operation.nodes],
            "scope": int(operation.scope),
            "made": list(operation.made),
        }
    return values


def from_json(values: Mapping[str, Any], images: Collection) -> Operation:
    """Read what `to_json` wrote; images that are not here are left out."""
    moved = values.get("images")
    record = values.get("record")
    low, high = values.get("made", (0, _NOWHERE))
    return Operation(
        str(values["name"]),
        tuple(map(str, values.get("clusters", ()))),
        None if moved is None else from_written(moved, images),
        dict(values.get("values", {})),
        None if record is None else Record.from_dict(record),
        str(values.get("date", "")),
        tuple(values.get("nodes", ())),
        int(values.get("scope", _NOWHERE)),
        (int(low), int(high)),
    )


def written(members: Members, images: Collection) -> str:
    """Return the first bytes of the sha1 of some images, as text."""
    return base64.b64encode(_prefixes(images.digests[members]).tobytes()).decode()


def from_written(text: str, images: Collection) -> Members:
    """Return the images that `written` wrote and that are here, ascending."""
    wanted = np.frombuffer(base64.b64decode(text), ">u8").astype(np.uint64)
    return np.flatnonzero(np.isin(_prefixes(images.digests).astype(np.uint64), wanted))


def _prefixes(digests: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    as_bytes = np.ascontiguousarray(digests).view(np.uint8).reshape(len(digests), 20)
    return np.ascontiguousarray(as_bytes[:, :_PREFIX]).view(">u8").ravel()
