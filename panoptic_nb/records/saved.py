"""The record of a clustering: what is kept beside its column."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from panoptic_nb import columns, operations
from panoptic_nb.collection import Collection
from panoptic_nb.record import library_versions, now
from panoptic_nb.tree import ROOT, SEPARATOR, Node

#: More images in no cluster are not listed: each takes 11 characters.
MAX_LEFT = 200_000


def clustering_record(top: Node, leaves_only: bool, images: Collection) -> dict[str, Any]:
    """Return how the clusters below a node were made, as plain JSON.

    Returns
    -------
    dict
        ``node`` (where the clustering begins), ``leaves_only``, ``date``, ``versions``,
        ``image_set`` (hash of all images) and ``n_images``; ``clusters``, one entry for each node
        (see `_cluster`); ``operations``, what was done, in order, and ``opened_from``; ``left``,
        the first bytes of the sha1 of the images in no cluster.
    """
    prefix = f"{top.path}{SEPARATOR}" if top.id != ROOT else ""
    written = columns.written_labels(top.tree, top, leaves_only)
    nodes = [node for node in top.tree.walk(top.id) if node.id != top.id]
    everything = top.tree.root.members
    return {
        "node": top.path,
        "leaves_only": leaves_only,
        "date": now(),
        "versions": library_versions(),
        "image_set": images.hash(everything),
        "n_images": len(everything),
        "clusters": [_cluster(node, prefix, written.get(node.id), images) for node in nodes],
        "operations": [operations.to_json(one, images) for one in top.tree.log],
        "opened_from": top.tree.opened_from,
        "left": _left(top, images),
    }


def _left(top: Node, images: Collection) -> str | None:
    """Return the images in no cluster, so that new ones can be told from them; None = too many."""
    clusters = [child.members for child in top.children if child.kind == "group"]
    inside = np.zeros(len(images), bool)
    inside[np.concatenate([np.empty(0, np.int64), *clusters])] = True
    left = np.flatnonzero(~inside)
    return operations.written(left, images) if len(left) <= MAX_LEFT else None


def _cluster(node: Node, prefix: str, written: str | None, images: Collection) -> dict[str, Any]:
    """Return what is kept of a node: a hash of its images, its score, and how it was made.

    ``written`` is what the column says of its images where they are in no cluster below it.
    """
    members = node.members
    return {
        "path": node.path.removeprefix(prefix),
        "written": written,
        "kind": node.kind,
        "number": node.number,
        "n_images": len(members),
        "members": images.hash(members),
        "score": node.score,
        "min_similarity": node.min_similarity,
        "locked": node.locked,
        "made_by": node.made_by.to_dict() if node.made_by else None,
        "edits": [asdict(edit) for edit in node.edits],
    }
