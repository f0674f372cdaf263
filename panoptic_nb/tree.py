"""The working tree: immutable, so that undo is an assignment and a half-done edit cannot exist."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.errors import LabelError, TreeError
from panoptic_nb.record import Record

Kind = Literal["root", "group", "unassigned", "without_vector"]
Members = NDArray[np.int64]

SEPARATOR = "/"
ROOT = 0
#: Labels of the nodes that are not clusters; the widget translates them by their kind.
UNASSIGNED = "Unassigned"
WITHOUT_VECTOR = "Without vector"


class Ids:
    """Source of node ids, each given once.

    Parameters
    ----------
    last
        The highest id given so far.
    """

    def __init__(self, last: int = 0) -> None:
        self.last = last

    def __next__(self) -> int:
        self.last += 1
        return self.last


class Rows(Protocol):
    """What a tree must know of the DataFrame: which rows show an image."""

    def __len__(self) -> int:
        """Return the number of images."""

    def count_rows_each(self, members: Members) -> NDArray[np.int64]:
        """Return how many rows show each of these images."""

    def rows(self, members: Members) -> NDArray[np.int64]:
        """Return the row positions that show these images, sorted."""

    def index(self, members: Members) -> Any:
        """Return the index labels of these rows, in the DataFrame's order."""


@dataclass(frozen=True)
class ScoredGroup:
    """A group about to become a node: members are image positions of the whole project."""

    members: Members
    label: str | None = None
    similarities: NDArray[np.float32] | None = None
    score: float | None = None
    min_similarity: float | None = None


@dataclass(frozen=True, eq=False)
class NodeState:
    """What the tree stores of a node; only leaves hold members (image positions, ascending)."""

    id: int
    parent: int | None
    number: str
    label: str
    kind: Kind
    score: float | None = None
    made_by: Record | None = None
    children: tuple[int, ...] = ()
    members: Members | None = None
    similarities: NDArray[np.float32] | None = None
    min_similarity: float | None = None


class Node:
    """A node of a `Tree`, as users see it.

    Attributes
    ----------
    id : int
        Never reused, and kept by every edit that does not remove the node.
    number : str
        Position at creation, "0.2"; "" for the root.
    label, path : str
        Its name, and the names from below the root down to it, joined by "/".
    kind : {"root", "group", "unassigned", "without_vector"}
    score : float or None
        100 x mean squared euclidean distance to the centroid, on unit vectors; lower is more
        coherent. None where there is none (root, unassigned, no vectors).
    min_similarity : float or None
        Similarity of the two images that are least alike, where the function gave it.
    made_by : Record or None
    """

    __slots__ = (
        "_state",
        "id",
        "kind",
        "label",
        "made_by",
        "min_similarity",
        "number",
        "score",
        "tree",
    )

    def __init__(self, tree: Tree, state: NodeState) -> None:
        self.tree = tree
        self._state = state
        self.id = state.id
        self.number = state.number
        self.label = state.label
        self.kind = state.kind
        self.score = state.score
        self.min_similarity = state.min_similarity
        self.made_by = state.made_by

    def __repr__(self) -> str:
        score = "" if self.score is None else f", score {self.score:.1f}"
        return f"<Node {self.path or 'root'!r}: {len(self.rows)} images{score}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Node) and self.id == other.id and self.tree is other.tree

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def parent(self) -> Node | None:
        """The node above, None for the root."""
        parent = self._state.parent
        return None if parent is None else self.tree.node(parent)

    @property
    def children(self) -> list[Node]:
        """The nodes right below, in order."""
        return [self.tree.node(child) for child in self._state.children]

    @property
    def is_leaf(self) -> bool:
        """Whether nothing was split below it."""
        return not self._state.children

    @property
    def path(self) -> str:
        """Label path from below the root; "" for the root."""
        return self.tree.path(self.id)

    @property
    def members(self) -> Members:
        """Image positions, int64 (m,), ascending, each once."""
        return self.tree.members(self.id)

    @property
    def similarities(self) -> NDArray[np.float32] | None:
        """Similarity of each member, float32 (m,), where the function gave one (leaves only)."""
        return self._state.similarities

    @property
    def rows(self) -> NDArray[np.int64]:
        """Row positions in the DataFrame, int64, ascending."""
        return self.tree.images.rows(self.members)

    @property
    def index(self) -> Any:
        """Index labels (pandas Index) of its rows, in the DataFrame's order."""
        return self.tree.images.index(self.members)


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
    """

    images: Rows
    states: Mapping[int, NodeState]
    ids: Ids = field(repr=False)

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

    # ------------------------------------------------------------------ editing

    def with_groups(
        self,
        key: int | str | Node,
        groups: Sequence[ScoredGroup],
        without_vector: Members | None = None,
        made_by: Record | None = None,
    ) -> Tree:
        """Return the tree in which `groups` are the children of a node.

        What no group took goes to a last child "Unassigned", so that
        clusters + unassigned + without vector = all images of the node.
        """
        node_id = self.find(key)
        everything = self.members(node_id)
        missing = np.empty(0, np.int64) if without_vector is None else without_vector
        taken = np.concatenate([missing, *(group.members for group in groups)])
        unassigned = everything[np.isin(everything, taken, invert=True)]
        parent = self.states[node_id]
        children = self._clusters(parent, groups, made_by)
        for kind, label, members in (
            ("without_vector", WITHOUT_VECTOR, missing),
            ("unassigned", UNASSIGNED, unassigned),
        ):
            if len(members):
                children.append(
                    NodeState(
                        next(self.ids),
                        node_id,
                        _number(parent, len(children)),
                        label,
                        kind,  # type: ignore[arg-type] # mypy widens the tuple's literals to str
                        made_by=made_by,
                        members=members,
                    )
                )
        return self._with_children(node_id, children)

    def _clusters(
        self, parent: NodeState, groups: Sequence[ScoredGroup], made_by: Record | None
    ) -> list[NodeState]:
        taken: set[str] = {UNASSIGNED, WITHOUT_VECTOR}
        states = []
        for position, group in enumerate(groups):
            number = _number(parent, position)
            wanted = _check_text(group.label) if group.label else f"Cluster {number}"
            label = _unique(wanted, taken)
            taken.add(label)
            order = np.argsort(group.members, kind="stable")
            similarities = group.similarities
            states.append(
                NodeState(
                    next(self.ids),
                    parent.id,
                    number,
                    label,
                    "group",
                    group.score,
                    made_by,
                    members=group.members[order],
                    similarities=None if similarities is None else similarities[order],
                    min_similarity=group.min_similarity,
                )
            )
        return states

    def _with_children(self, node_id: int, children: Sequence[NodeState]) -> Tree:
        states = self._without_descendants(node_id)
        states[node_id] = replace(
            states[node_id],
            children=tuple(child.id for child in children),
            members=None,
            similarities=None,
        )
        states.update({child.id: child for child in children})
        return replace(self, states=states)

    def _without_descendants(self, node_id: int) -> dict[int, NodeState]:
        gone = {state.id for state in self.walk_states(node_id)} - {node_id}
        return {key: state for key, state in self.states.items() if key not in gone}

    def closed(self, key: int | str | Node) -> Tree:
        """Return the tree in which a node has no children; it keeps all its images."""
        node_id = self.find(key)
        if not self.states[node_id].children:
            return self
        states = self._without_descendants(node_id)
        states[node_id] = replace(states[node_id], children=(), members=self.members(node_id))
        return replace(self, states=states)

    def with_score(self, node_id: int, score: float) -> Tree:
        """Return the tree in which a node has another score."""
        state = replace(self.states[node_id], score=score)
        return replace(self, states={**self.states, node_id: state})

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


def union(parts: Sequence[Members], n_images: int) -> Members:
    """Return the images of several groups, ascending, each once.

    Parameters
    ----------
    n_images
        Of the whole project: no position is as high.
    """
    if 64 * sum(len(part) for part in parts) < n_images:
        return np.unique(np.concatenate(parts))
    there = np.zeros(n_images, bool)  # a mark for each image is faster than sorting many
    for part in parts:
        there[part] = True
    return np.flatnonzero(there)


def _number(parent: NodeState, position: int) -> str:
    return f"{parent.number}.{position}" if parent.number else str(position)


def _unique(label: str, taken: set[str]) -> str:
    if label not in taken:
        return label
    return next(name for n in itertools.count(2) if (name := f"{label} ({n})") not in taken)


def check_label(label: str) -> str:
    """Return a label that a user chose as it may stand in a path, or raise `LabelError`."""
    label = _check_text(label)
    if label in (UNASSIGNED, WITHOUT_VECTOR):
        raise LabelError(
            f"{label!r} is the name of what is left over; choose another name.",
            key="label_taken",
            label=label,
        )
    return label


def _check_text(label: str) -> str:
    if not isinstance(label, str) or not any(_is_visible(character) for character in label):
        raise LabelError(
            f"A cluster name needs at least one visible character. Got {label!r}.",
            key="label_empty",
        )
    if SEPARATOR in label:
        raise LabelError(
            f"A cluster name cannot hold '/', which separates the levels of a path. Got {label!r}.",
            key="label_slash",
            label=label,
        )
    return " ".join(label.split())


def _is_visible(character: str) -> bool:
    # Unicode categories: Z = separators, C = control and format characters.
    return unicodedata.category(character)[0] not in "ZC"
