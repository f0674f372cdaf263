"""From a column of label paths back to the tree."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from panoptic_nb.collection import Collection
from panoptic_nb.node_labels import numbers
from panoptic_nb.record import ManualEdit, Record, now
from panoptic_nb.records.label_paths import LabelPaths, Path
from panoptic_nb.scores import has_vector
from panoptic_nb.tree import (
    ROOT,
    SEPARATOR,
    UNASSIGNED,
    WITHOUT_VECTOR,
    Ids,
    Members,
    NodeState,
    Tree,
    union,
)
from panoptic_nb.vector_sets import VectorSets

_NONE: Members = np.empty(0, np.int64)


@dataclass(eq=False)
class _Branch:
    """A cluster while it is read: the images that go no further, and the branches below."""

    own: Members = field(default_factory=lambda: _NONE)
    below: dict[str, _Branch] = field(default_factory=dict)


class Reopening:
    """Makes the tree of a column.

    Parameters
    ----------
    paths
        What the column says.
    images, sets
        Of the project.
    ids
        Where nodes get their ids.
    record
        The record of the column, {} without one.

    Attributes
    ----------
    fits : bool
        Whether the record is about these very clusters; known once the tree is made.
    """

    def __init__(
        self,
        paths: LabelPaths,
        images: Collection,
        sets: VectorSets,
        ids: Ids,
        record: Mapping[str, Any],
    ) -> None:
        self._paths = paths
        self._images = images
        self._sets = sets
        self._ids = ids
        self._known = {entry["path"]: entry for entry in record.get("clusters", ())}
        self._records: dict[str, Record] = {}
        self._fitting: set[str] = set()
        self._states: dict[int, NodeState] = {}
        self.fits = False

    def tree(self) -> Tree:
        """Return the tree, scores open where the record does not fit."""
        n = len(self._images)
        top = self._branches()
        root = NodeState(ROOT, None, "", "", "root")
        self._add(root, top, np.arange(n), "")
        clusters = {path for path, entry in self._known.items() if entry.get("kind") == "group"}
        made = sum(state.kind == "group" for state in self._states.values())
        self.fits = bool(clusters) and clusters == self._fitting and made == len(clusters)
        return Tree(self._images, self._states, self._ids)

    def _branches(self) -> _Branch:
        """Return the clusters as branches, those that the record knows in its order."""
        top = _Branch()
        for path in (tuple(path.split(SEPARATOR)) for path in self._in_record()):
            _at(top, path)
        for path in self._paths.names:
            _at(top, path)
        order = np.argsort(self._paths.paths, kind="stable")
        starts = np.searchsorted(self._paths.paths[order], np.arange(len(self._paths.names)))
        for path, own in zip(
            self._paths.names, np.split(self._paths.images[order], starts[1:]), strict=True
        ):
            _at(top, path).own = own
        return top

    def _in_record(self) -> list[str]:
        """Return the paths of the record down to which the column goes."""
        used = {
            SEPARATOR.join(path[:level])
            for path in self._paths.names
            for level in range(1, len(path) + 1)
        }
        return [path for path in self._known if path in used]

    def _add(self, state: NodeState, branch: _Branch, members: Members, path: str) -> None:
        """Add a node and what is below it; the images in no cluster below go to the last ones."""
        if not branch.below:
            self._states[state.id] = replace(state, members=members)
            return
        self._states[state.id] = state  # before its children, as it stands in the tree
        held = {label: self._held(part) for label, part in branch.below.items()}
        clusters = union(list(held.values()), len(self._images))
        rest = np.setdiff1d(members, clusters, assume_unique=True)
        children = [
            self._cluster(state.id, label, f"{path}{SEPARATOR}{label}" if path else label, mine)
            for label, mine in held.items()
            if len(mine)
        ]
        children += self._left_over(state.id, path, rest)
        children = _numbered(state.number, children)
        self._states[state.id] = replace(state, children=tuple(child.id for child in children))
        for child in children:
            if child.kind == "group":
                below = f"{path}{SEPARATOR}{child.label}" if path else child.label
                self._add(child, branch.below[child.label], held[child.label], below)
            else:
                self._states[child.id] = child

    def _held(self, branch: _Branch) -> Members:
        parts, stack = [], [branch]
        while stack:
            at = stack.pop()
            parts.append(at.own)
            stack.extend(at.below.values())
        return union(parts, len(self._images))

    def _cluster(self, parent: int, label: str, path: str, members: Members) -> NodeState:
        state = NodeState(next(self._ids), parent, "", label, "group")
        entry = self._known.get(path)
        if entry is None:
            return state
        if entry.get("members") != self._images.hash(members):
            edit = ManualEdit("column", len(members), now())
            return replace(state, number=entry.get("number", ""), edits=(edit,))
        self._fitting.add(path)
        return replace(
            state,
            number=entry["number"],
            score=entry["score"],
            min_similarity=entry["min_similarity"],
            locked=entry["locked"],
            made_by=self._record(entry["made_by"]),
            edits=tuple(ManualEdit(**edit) for edit in entry["edits"]),
        )

    def _left_over(self, parent: int, path: str, rest: Members) -> list[NodeState]:
        """Return the nodes of what is in no cluster: without vector where the record says so."""
        found = []
        prefix = f"{path}{SEPARATOR}" if path else ""
        entry = self._known.get(prefix + WITHOUT_VECTOR, {})
        blind = self._without_vector(entry, rest)
        unassigned = np.setdiff1d(rest, blind, assume_unique=True)
        for kind, label, members in (
            ("without_vector", WITHOUT_VECTOR, blind),
            ("unassigned", UNASSIGNED, unassigned),
        ):
            if len(members):
                known = self._known.get(prefix + label, {})
                state = NodeState(
                    next(self._ids),
                    parent,
                    known.get("number", ""),
                    label,
                    kind,  # type: ignore[arg-type] # mypy widens the tuple's literals to str
                    made_by=self._record(known.get("made_by")),
                    members=members,
                )
                found.append(state)
        return found

    def _without_vector(self, entry: Mapping[str, Any], rest: Members) -> Members:
        vec_type = (entry.get("made_by") or {}).get("vec_type")
        if vec_type not in self._sets.all():
            return _NONE
        blind = rest[~has_vector(self._sets.of_images(vec_type), rest)]
        return blind if self._images.hash(blind) == entry.get("members") else _NONE

    def _record(self, values: Mapping[str, Any] | None) -> Record | None:
        """Return a record, the same one for all clusters of a split."""
        if values is None:
            return None
        key = json.dumps(values, sort_keys=True)
        if key not in self._records:
            self._records[key] = Record.from_dict(values)
        return self._records[key]


def _at(top: _Branch, path: Path) -> _Branch:
    at = top
    for label in path:
        at = at.below.setdefault(label, _Branch())
    return at


def _numbered(parent: str, children: list[NodeState]) -> list[NodeState]:
    """Return children with numbers for those that have none."""
    free = numbers(parent, [child.number for child in children])
    return [child if child.number else replace(child, number=next(free)) for child in children]
