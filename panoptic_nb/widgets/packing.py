"""What the browser is sent of a project: plain lists and packed numbers."""

from __future__ import annotations

import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from panoptic_nb.decisions import found_as_duplicates
from panoptic_nb.errors import Cancelled, NoVectorsError, PanopticError
from panoptic_nb.functions import DEFAULT_FUNCTION, BrokenFunction, ClusteringFunction, registry
from panoptic_nb.jobs import Job
from panoptic_nb.previews import Preview
from panoptic_nb.progress import Notice
from panoptic_nb.project import Project
from panoptic_nb.properties import tag_columns
from panoptic_nb.tree import Node


@dataclass(frozen=True)
class PackedTree:
    """A tree as the browser holds it: a node is a slice of `order`.

    Attributes
    ----------
    nodes : list of dict
        Depth first, the root first.
    order : ndarray of uint32
        Row positions, leaf by leaf.
    similarity : ndarray of float32
        Parallel to `order`, NaN where a row has none; empty when no row has one.
    """

    nodes: list[dict[str, Any]]
    order: NDArray[np.uint32]
    similarity: NDArray[np.float32]


def pack_tree(project: Project) -> PackedTree:
    """Return the working tree of a project as the browser holds it."""
    tree = project.tree
    nodes: dict[int, dict[str, Any]] = {}
    orders, similarities = [], []
    position = 0
    for node in tree.walk():
        entry = _node(node, project)
        nodes[node.id] = entry
        entry["start"] = position
        if node.is_leaf:
            rows, values = _leaf_rows(node, project)
            orders.append(rows)
            similarities.append(values)
            position += len(rows)
            entry["stop"] = position
    for node_id in reversed(nodes):  # children before their parent, which ends where they end
        children = tree.states[node_id].children
        if children:
            nodes[node_id]["stop"] = nodes[children[-1]]["stop"]
    similarity = np.concatenate(similarities)
    if np.isnan(similarity).all():
        similarity = similarity[:0]
    order = np.concatenate(orders).astype("<u4")
    return PackedTree(list(nodes.values()), order, similarity.astype("<f4"))


def _leaf_rows(node: Node, project: Project) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return the rows of a leaf in the order of the grid, and their similarities."""
    members, images = node.members, project.images
    similarities = node.similarities
    if similarities is None:
        # Look-alikes side by side: by average hash, then by content.
        order = np.lexsort((members, project.average_hash[members]))
        similarities = np.full(len(members), np.nan, np.float32)
    else:
        order = np.lexsort((members, -similarities))
    counts = images.count_rows_each(members[order])
    return images.rows_by_image(members[order]), np.repeat(similarities[order], counts)


def _node(node: Node, project: Project) -> dict[str, Any]:
    images = project.images
    return {
        "id": node.id,
        "parent": node.parent.id if node.parent else None,
        "number": node.number,
        "label": node.label,
        "kind": node.kind,
        "score": node.score,
        "min_similarity": node.min_similarity,
        "rows": images.count_rows(node.members),
        "function": node.made_by.function if node.made_by else None,
        # Copies of one file are duplicates whatever one says.
        "refusable": found_as_duplicates(node) and len(node.members) > 1,
        "split": None if node.is_leaf else _count_line(node, project),
    }


def _count_line(node: Node, project: Project) -> dict[str, int]:
    """Return how the rows of a split node are spread: their sum is the number of rows."""
    images = project.images
    by_kind: dict[str, list[Any]] = {"group": [], "unassigned": [], "without_vector": []}
    for child in node.children:
        by_kind[child.kind].append(child.members)
    counts = {
        kind: images.count_rows(np.unique(np.concatenate(members))) if members else 0
        for kind, members in by_kind.items()
    }
    return {
        "rows": images.count_rows(node.members),
        "clusters": counts["group"],
        "groups": len(by_kind["group"]),
        "unassigned": counts["unassigned"],
        "without_vector": counts["without_vector"],
    }


def pack_functions(project: Project) -> list[dict[str, Any]]:
    """Return the forms of all functions, with today's columns and vector sets to choose from."""
    choices = {
        "column": tag_columns(project.df),
        "vectors": list(project.vector_sets),
    }
    return [_function(function, choices, project.vec_type) for function in registry]


def _function(
    function: ClusteringFunction | BrokenFunction,
    choices: dict[str, list[str]],
    vec_type: str | None,
) -> dict[str, Any]:
    packed: dict[str, Any] = {
        "name": function.name,
        "title": function.name,
        "help": "",
        "experimental": False,
        "error": None,
        "fields": [],
    }
    if isinstance(function, BrokenFunction):
        return packed | {"error": function.error}
    fields = [
        {**field, "preview": field["name"] in function.previews} for field in function.form.fields
    ]
    if function.needs_vectors:
        fields.append(
            {
                "name": "vec_type",
                "type": "vectors",
                "default": vec_type,
                "label": "vectors",
                "help": "Which vectors to compare the images by.",
            }
        )
    for field in fields:
        if field["type"] in choices:
            values = choices[field["type"]]
            field["options"] = [{"value": value, "label": value} for value in values]
            field["default"] = field["default"] or next(iter(values), None)
    return packed | {
        "title": function.title,
        "help": function.help,
        "experimental": function.experimental,
        "fields": fields,
    }


def pack_defaults(project: Project) -> dict[str, Any]:
    """Return the function and the values that the user chose as defaults."""
    settings = project.settings
    return {
        "function": settings.get("function", DEFAULT_FUNCTION),
        "params": settings.get("params", {}),
    }


def pack_info(project: Project) -> dict[str, Any]:
    """Return what the toolbar and the empty states say of a project."""
    from panoptic_nb.embeddings import encoder_choices

    vec_type = project.vec_type
    encoder = project.vector_sets[vec_type].encoder if vec_type else ""
    return {
        "name": project.name,
        "rows": len(project.df),
        "images": len(project.images),
        "skipped": len(project.skipped),
        "vector_sets": list(project.vector_sets),
        "encoders": [vars(choice) for choice in encoder_choices()],
        "columns": project.clusterings,
        "autosave": True,
        "without_vector": project.count_without_vector(),
        "has_vectors": vec_type is not None,
        "vec_type": vec_type,
        "vec_encoder": encoder or None,
    }


def pack_preview(preview: Preview | None) -> dict[str, Any] | None:
    """Return what each value of a parameter would give, ascending, in parallel lists."""
    if preview is None:
        return None
    counted = preview.thresholds
    return {
        "function": preview.function,
        "parameter": preview.parameter,
        "node": preview.node,
        "vec_type": preview.vec_type,
        "thresholds": counted.min_similarity.tolist(),
        "pairs": counted.pairs.tolist(),
        "groups": counted.groups.tolist(),
        "images": counted.images.tolist(),
    }


def pack_job(job: Job | None) -> dict[str, Any] | None:
    """Return the running job."""
    if job is None:
        return None
    return {
        "id": job.id,
        "kind": job.kind,
        "title": job.title,
        "node": job.node,
        "done": job.done,
        "total": job.total,
        "rate": job.rate,
        "text": job.text,
        "cancelling": job.cancelled,
    }


def pack_message(number: int, event: PanopticError | Notice) -> dict[str, Any]:
    """Return an error or a notice as the message line shows it."""
    failed = isinstance(event, PanopticError) and not isinstance(event, Cancelled)
    return {
        "id": number,
        "level": "error" if failed else "info",
        "text": event.message,
        "key": event.key,
        "values": {name: plain(value) for name, value in event.values.items()},
        "detail": _detail(event) if isinstance(event, PanopticError) else None,
        "action": "embed" if isinstance(event, NoVectorsError) else None,
    }


def _detail(error: PanopticError) -> str | None:
    cause = error.__cause__
    return "".join(traceback.format_exception(cause)) if cause else None


def plain(value: Any) -> Any:
    """Return a value that JSON can hold."""
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def pack_rows(rows: Sequence[int] | NDArray[np.int64]) -> bytes:
    """Return row positions as little-endian uint32."""
    return np.asarray(rows, dtype="<u4").tobytes()


def unpack_rows(data: bytes) -> NDArray[np.int64]:
    """Read what `pack_rows` wrote."""
    return np.frombuffer(bytes(data), dtype="<u4").astype(np.int64)
