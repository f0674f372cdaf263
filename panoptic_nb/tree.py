"""The working tree: immutable, so that undo is an assignment and a half-done edit cannot exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from panoptic_nb.children import clusters, leftovers
from panoptic_nb.errors import LabelError, TreeError
from panoptic_nb.node import (
    ROOT,
    SEPARATOR,
    UNASSIGNED,
    WITHOUT_VECTOR,
    Ids,
    Members,
    Node,
    NodeState,
    Rows,
    ScoredGroup,
    union,
)
from panoptic_nb.node_labels import check_label, numbers, unique
from panoptic_nb.record import Record

if TYPE_CHECKING:
    from panoptic_nb.operations import Operation

# What a tree is made of can be imported from here too.
__all__ = [
    "ROOT",
    "SEPARATOR",
    "UNASSIGNED",
    "WITHOUT_VECTOR",
    "Ids",
    "Members",
    "Node",
    "NodeState",
    "Rows",
    "ScoredGroup",
    "Tree",
    "union",
]


@dataclass(frozen=True, eq=False)
class Tree:
    """All nodes of a working tree. Every edit returns a new tree and keeps the other ids.

    Parameters
    ----------
    images
        Which rows show an image.
    states
        Node states by id, the root under 0.
    ids
        Source of new ids, shared by all versions so that an id is never reused, undo included.
    log
        The operations that made it, in order.
    opened_from
        The column that it was opened from.
    """

    images: Rows
    states: Mapping[int, NodeState]
    ids: Ids = field(repr=False)
    log: tuple[Operation, ...] = field(default=(), repr=False)
    opened_from: str | None = None

    @classmethod
    def of(cls, images: Rows) -> Tree:
        """Return the tree of one root that holds all images."""
        members = np.arange(len(images), dtype=np.int64)
        root = NodeState(ROOT, None, "", "", "root", members=members)
        return cls(images, {ROOT: root}, Ids())

    # ------------------------------------------------------------------ reading

    @property
    def root(self) -> Node:
        """The node of all images."""
        return self.node(ROOT)

    def node(self, key: int | str | Node) -> Node:
        """Return a node by id, by label path ("" = root), or as it stands in this tree."""
        return Node(self, self.states[self.find(key)])

    def find(self, key: int | str | Node | None) -> int:
        """Return the id of a node given by id, label path or `Node` (None = root)."""
        if key is None:
            return ROOT
        if isinstance(key, str):
            return self._find_path(key)
        if isinstance(key, Node) and key.tree.images is not self.images:
            raise TreeError(f"{key!r} is a cluster of another project.")
        node_id = key.id if isinstance(key, Node) else key
        known = isinstance(node_id, int | np.integer) and node_id in self.states
        if isinstance(node_id, bool) or not known:
            raise TreeError(
                f"There is no cluster with the id {node_id!r}; it may have been closed or split "
                "again. See project.tree.leaves().",
                key="no_node",
                node=node_id,
            )
        return int(node_id)

    def _find_path(self, path: str) -> int:
        node_id = ROOT
        for label in path.split(SEPARATOR) if path else ():
            named = {self.states[c].label: c for c in self.states[node_id].children}
            if label not in named:
                known = ", ".join(repr(name) for name in named) or "nothing"
                raise TreeError(
                    f"There is no cluster {path!r}: below "
                    f"{self.path(node_id) or 'the root'!r} stands {known}."
                )
            node_id = named[label]
        return node_id

    def leaves(self) -> list[Node]:
        """Return the nodes without children, in tree order."""
        return [node for node in self.walk() if node.is_leaf]

    def walk(self, start: int = ROOT) -> Iterator[Node]:
        """Yield the nodes from `start` down, each before its children, in order."""
        return (Node(self, state) for state in self.walk_states(start))

    def walk_states(self, start: int = ROOT) -> Iterator[NodeState]:
        """Yield what is stored of the nodes from `start` down, as `walk` does."""
        stack = [start]
        while stack:
            state = self.states[stack.pop()]
            yield state
            stack.extend(reversed(state.children))

    def path(self, node_id: int) -> str:
        """Return the label path of a node, "" for the root."""
        labels = []
        state = self.states[node_id]
        while state.parent is not None:
            labels.append(state.label)
            state = self.states[state.parent]
        return SEPARATOR.join(reversed(labels))

    def members(self, node_id: int) -> Members:
        """Return the image positions of a node, int64, ascending, each once."""
        if node_id == ROOT:  # no edit ever loses an image
            return np.arange(len(self.images), dtype=np.int64)
        below = self.walk_states(node_id)
        parts = [state.members for state in below if state.members is not None]
        return parts[0] if len(parts) == 1 else union(parts, len(self.images))

    def ancestors(self, node_id: int) -> list[int]:
        """Return a node and the nodes above it, up to the root."""
        path = [node_id]
        while (parent := self.states[path[-1]].parent) is not None:
            path.append(parent)
        return path

    def is_locked(self, node_id: int) -> bool:
        """Tell whether a node or one above it is locked, so that its images stay as they are."""
        return any(self.states[above].locked for above in self.ancestors(node_id))

    def locked_below(self, node_id: int) -> list[int]:
        """Return the highest locked nodes below a node, in tree order."""
        found = []
        stack = list(reversed(self.states[node_id].children))
        while stack:
            state = self.states[stack.pop()]
            if state.locked:
                found.append(state.id)
            else:
                stack.extend(reversed(state.children))
        return found

    def unlocked_members(self, node_id: int) -> Members:
        """Return the images of a node that are in none of the locked nodes below it, ascending."""
        members = self.members(node_id)
        unlocked = np.ones(len(self.images), bool)
        for below in self.locked_below(node_id):
            unlocked[self.members(below)] = False
        return members[unlocked[members]]

    # ------------------------------------------------------------------ editing

    def with_groups(
        self,
        key: int | str | Node,
        groups: Sequence[ScoredGroup],
        without_vector: Members | None = None,
        made_by: Record | None = None,
    ) -> Tree:
        """Return the tree in which `groups` are the children of a node.

        Locked nodes below it stay, as its first children; the groups are of the other images.
        What no group took goes to a last child "Unassigned", so that
        clusters + unassigned + without vector = all images of the node.
        """
        node_id = self.find(key)
        everything = self.unlocked_members(node_id)
        missing = np.empty(0, np.int64) if without_vector is None else without_vector
        taken = np.concatenate([missing, *(group.members for group in groups)])
        unassigned = everything[np.isin(everything, taken, invert=True)]
        states, kept = self._cleared(node_id)
        free = numbers(self.states[node_id].number, [state.number for state in kept])
        children = [
            *kept,
            *clusters(self.ids, node_id, groups, made_by, free, kept),
            *leftovers(self.ids, node_id, missing, unassigned, made_by, free),
        ]
        return self._with_children(states, node_id, children)

    def _with_children(
        self, states: dict[int, NodeState], node_id: int, children: Sequence[NodeState]
    ) -> Tree:
        states[node_id] = replace(
            states[node_id],
            children=tuple(child.id for child in children),
            members=None,
            similarities=None,
        )
        states.update({child.id: child for child in children})
        return replace(self, states=states)

    def _cleared(self, node_id: int) -> tuple[dict[int, NodeState], list[NodeState]]:
        """Return the states without what is below a node, and the locked ones that stay."""
        gone = {state.id for state in self.walk_states(node_id)} - {node_id}
        kept: list[NodeState] = []
        taken: set[str] = set()
        for below in self.locked_below(node_id):
            gone -= {state.id for state in self.walk_states(below)}
            label = unique(self.states[below].label, taken)
            taken.add(label)
            kept.append(replace(self.states[below], parent=node_id, label=label))
        return {key: state for key, state in self.states.items() if key not in gone}, kept

    def closed(self, key: int | str | Node) -> Tree:
        """Return the tree without the clusters below a node, which keeps all its images.

        Locked ones stay, as its children, and what is not in them becomes "Unassigned".
        """
        node_id = self.find(key)
        below = [self.states[child] for child in self.states[node_id].children]
        left = [state for state in below if not state.locked]
        unassigned = [state.kind for state in left if not state.children] == ["unassigned"]
        if not left or (unassigned and len(left) == 1 < len(below)):
            return self  # only what is locked, and what is not in it
        if self.locked_below(node_id):
            return self.with_groups(node_id, [])
        states, _ = self._cleared(node_id)
        states[node_id] = replace(states[node_id], children=(), members=self.members(node_id))
        return replace(self, states=states)

    def with_scores(self, scores: Mapping[int, float | None]) -> Tree:
        """Return the tree in which nodes, given by id, have other scores."""
        scored = {key: replace(self.states[key], score=score) for key, score in scores.items()}
        return replace(self, states={**self.states, **scored}) if scored else self

    def renamed(self, key: int | str | Node, label: str) -> Tree:
        """Return the tree in which a node has another label; its id stays."""
        node_id = self.find(key)
        state = self.states[node_id]
        if state.kind != "group":
            raise LabelError(
                f"{repr(state.label) if state.label else 'The root'} is no cluster of images that "
                "belong together, so it keeps its name.",
                key="fixed_name",
                label=state.label,
            )
        label = check_label(label)
        siblings = self.states[state.parent or ROOT].children
        if any(self.states[s].label == label for s in siblings if s != node_id):
            raise LabelError(
                f"There is already a cluster {label!r} beside it; choose another name.",
                key="label_taken",
                label=label,
            )
        return replace(self, states={**self.states, node_id: replace(state, label=label)})
