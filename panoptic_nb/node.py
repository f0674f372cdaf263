"""What a tree is made of: the state of each node, and a node as users see it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.record import ManualEdit, Record

if TYPE_CHECKING:
    from panoptic_nb.tree import Tree

Kind = Literal["root", "group", "unassigned", "without_vector"]
Members = NDArray[np.int64]

SEPARATOR = "/"
ROOT = 0
#: Labels of the nodes that are not clusters; the widget translates them by their kind.
UNASSIGNED = "Unassigned"
WITHOUT_VECTOR = "Without vector"
#: Kinds of those nodes, in the order in which they stand behind the clusters.
LEFTOVERS = ("without_vector", "unassigned")


class Ids:
    """Source of node ids, each given once, to whichever thread.

    Parameters
    ----------
    last
        The highest id given so far.
    """

    def __init__(self, last: int = 0) -> None:
        self.last = last
        self._lock = threading.Lock()

    def __next__(self) -> int:
        with self._lock:
            self.last += 1
            return self.last


class Rows(Protocol):
    """What a tree must know of the DataFrame: which rows show an image."""

    def __len__(self) -> int:
        """Return the number of images."""

    def rows(self, members: Members) -> NDArray[np.int64]:
        """Return the row positions that show these images, sorted."""

    def count_rows_each(self, members: Members) -> NDArray[np.int64]:
        """Return how many rows show each of these images."""

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
    locked: bool = False
    edits: tuple[ManualEdit, ...] = ()


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
        The run that made it; None for the root and for clusters made by hand.
    locked : bool
        Whether it stays as it is when what is above it is clustered again.
    edits : tuple of ManualEdit
        How its images were changed by hand since it was made.
    """

    __slots__ = (
        "_state",
        "edits",
        "id",
        "kind",
        "label",
        "locked",
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
        self.locked = state.locked
        self.edits = state.edits

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
