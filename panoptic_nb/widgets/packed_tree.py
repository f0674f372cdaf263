"""The working tree as the browser holds it, and what changes from one tree to the next.

A node travels as a small dictionary, a leaf with the rows of its images. What the browser has
already is not sent again: a split of a thousand images costs a thousand rows, however many images
and nodes stand around it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.counts import NodeCounts, node_counts
from panoptic_nb.decisions import found_as_duplicates
from panoptic_nb.ordering import Ordering
from panoptic_nb.piles import piles
from panoptic_nb.project import Project
from panoptic_nb.tree import Members, NodeState

Entry = dict[str, Any]


@dataclass(frozen=True, eq=False)
class PackedLeaf:
    """The images of a leaf in the order of the grid.

    Attributes
    ----------
    members : ndarray of int64
        Image positions, as the tree holds them: the same array means the same leaf.
    rows : ndarray of uint32
    similarity : ndarray of float32 or None
        Parallel to `rows`.
    piles : ndarray of uint8 or None
        Parallel to `rows`, 1 where a row shows the same image as the row before it; None unless
        identical images are piled up.
    """

    members: Members
    rows: NDArray[np.uint32]
    similarity: NDArray[np.float32] | None
    piles: NDArray[np.uint8] | None


@dataclass(frozen=True, eq=False)
class PackedTree:
    """All nodes of a tree, depth first, and the rows of its leaves."""

    entries: Mapping[int, Entry]
    leaves: Mapping[int, PackedLeaf]
    #: What each entry says: a node that is made of the same says the same.
    made_of: Mapping[int, tuple[NodeState, NodeCounts]]

    def content(self) -> list[Entry]:
        """Return the nodes as JSON, the root first."""
        return list(self.entries.values())

    def order(self) -> bytes:
        """Return the rows of all leaves, one after the other, little-endian uint32."""
        return _rows(self.leaves.values())

    def similarity(self) -> bytes:
        """Return the similarity of each of these rows, NaN where there is none; b"" if nowhere."""
        return _similarities(self.leaves.values())

    def piles(self) -> bytes:
        """Return 1 for each row that lies on the pile of the row before it; b"" without piles."""
        return _piles(self.leaves.values())


@dataclass(frozen=True)
class Patch:
    """What makes one packed tree of another."""

    content: dict[str, Any]
    buffers: Sequence[bytes]


def pack_tree(
    project: Project, order: Ordering, piled: bool = False, before: PackedTree | None = None
) -> PackedTree:
    """Return the working tree of a project as the browser holds it.

    Parameters
    ----------
    order
        Of the images inside each leaf.
    piled
        Whether rows that show one image lie on a pile.
    before
        The tree packed last, in the same order; what did not change is used again as it is.
    """
    known = PackedTree({}, {}, {}) if before is None else before
    tree = project.tree  # once: another thread may be making the next one
    counts = node_counts(tree)
    entries: dict[int, Entry] = {}
    leaves: dict[int, PackedLeaf] = {}
    made_of = {}
    for state in tree.walk_states():
        made_of[state.id] = state, counts[state.id]
        same = known.made_of.get(state.id) == made_of[state.id]
        entries[state.id] = known.entries[state.id] if same else _entry(state, counts[state.id])
        if state.members is not None:
            packed = known.leaves.get(state.id)
            if packed is None or packed.members is not state.members:
                packed = _leaf(state, project, order, piled)
            leaves[state.id] = packed
    return PackedTree(entries, leaves, made_of)


def patch(before: PackedTree, after: PackedTree) -> Patch:
    """Return what a browser that holds `before` must be told."""
    nodes = [entry for key, entry in after.entries.items() if before.entries.get(key) is not entry]
    leaves = {key: leaf for key, leaf in after.leaves.items() if before.leaves.get(key) is not leaf}
    content = {
        "nodes": nodes,
        "removed": [key for key in before.entries if key not in after.entries],
        "leaves": [[key, len(leaf.rows)] for key, leaf in leaves.items()],
    }
    parts = leaves.values()
    return Patch(content, [_rows(parts), _similarities(parts), _piles(parts)])


def _rows(leaves: Any) -> bytes:
    return b"".join(leaf.rows.tobytes() for leaf in leaves)


def _similarities(leaves: Any) -> bytes:
    if all(leaf.similarity is None for leaf in leaves):
        return b""
    missing = np.float32(np.nan)
    return b"".join(
        (
            np.full(len(leaf.rows), missing, "<f4") if leaf.similarity is None else leaf.similarity
        ).tobytes()
        for leaf in leaves
    )


def _piles(leaves: Any) -> bytes:
    return b"".join(leaf.piles.tobytes() for leaf in leaves if leaf.piles is not None)


def _leaf(state: NodeState, project: Project, order: Ordering, piled: bool) -> PackedLeaf:
    members = state.members
    assert members is not None, "only leaves are packed"
    vec_type = state.made_by.vec_type if state.made_by else None
    rows, values = order.order(members, state.similarities, vec_type)
    flags = None
    if piled:
        together = piles(project.images.image_of_row[rows])
        rows, values = rows[together.order], values[together.order]
        flags = np.ones(len(rows), np.uint8)
        flags[together.starts[:-1]] = 0
    similarity = None if state.similarities is None else values.astype("<f4")
    return PackedLeaf(members, rows.astype("<u4"), similarity, flags)


def _entry(state: NodeState, counts: NodeCounts) -> Entry:
    return {
        "id": state.id,
        "children": list(state.children),
        "number": state.number,
        "label": state.label,
        "kind": state.kind,
        "locked": state.locked,
        "score": state.score,
        "min_similarity": state.min_similarity,
        "rows": counts.rows,
        "function": state.made_by.function if state.made_by else None,
        # Copies of one file are duplicates whatever one says.
        "refusable": found_as_duplicates(state)
        and (state.members is None or len(state.members) > 1),
        "split": asdict(counts) if state.children else None,
    }
