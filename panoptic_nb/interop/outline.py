"""Clusters to look at, whether of the working tree or of a saved column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from pandas.api import types

from panoptic_nb.collection import Collection
from panoptic_nb.node import Kind
from panoptic_nb.tag_cells import is_missing
from panoptic_nb.tree import SEPARATOR, UNASSIGNED, Members, Node


@dataclass(frozen=True, eq=False)
class Cluster:
    """A cluster and those below it.

    Attributes
    ----------
    label, path : str
    kind : {"root", "group", "unassigned", "without_vector"}
    score : float or None
    members : ndarray of int64 (m,)
        Image positions, ascending, each once; those of the clusters below included.
    made_by : mapping or None
        The record of the split that made it.
    children : list of Cluster
    """

    label: str
    path: str
    kind: Kind
    score: float | None
    members: Members
    made_by: Mapping[str, Any] | None = None
    children: Sequence[Cluster] = ()

    def walk(self) -> Iterator[Cluster]:
        """Yield the clusters from this one down, each before those below it."""
        stack = [self]
        while stack:
            cluster = stack.pop()
            yield cluster
            stack.extend(reversed(cluster.children))

    def leaves(self) -> list[Cluster]:
        """Return the clusters without others below them, in order."""
        return [cluster for cluster in self.walk() if not cluster.children]


def of_node(node: Node) -> Cluster:
    """Return a node of the working tree with what is below it."""
    return Cluster(
        node.label,
        node.path,
        node.kind,
        node.score,
        node.members,
        node.made_by.to_dict() if node.made_by else None,
        [of_node(child) for child in node.children],
    )


@dataclass
class _Branch:
    """A cluster while it is read: the images that go no further, and the branches below."""

    own: list[int] = field(default_factory=list)
    below: dict[str, _Branch] = field(default_factory=dict)


def of_column(column: pd.Series[Any], images: Collection, record: Mapping[str, Any]) -> Cluster:
    """Return the clusters of a saved clustering, with the scores of its record.

    Images that go no further than a cluster with others below it are its last child, "Unassigned",
    as in the working tree.
    """
    top = _Branch()
    known = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else ()
    for path in (*(cluster["path"] for cluster in record.get("clusters", ())), *known):
        _branch(top, str(path))
    for image, value in zip(images.image_of_row.tolist(), column, strict=True):
        paths = paths_in(value)
        for at in [_branch(top, path) for path in paths] or [top]:
            at.own.append(image)
    made = {cluster["path"]: cluster for cluster in record.get("clusters", ())}
    return _cluster("", "", top, made)


def paths_in(value: Any) -> list[str]:
    """Return the label paths in a cell of a saved clustering: one, several or none."""
    several = types.is_list_like(value)
    return [str(path) for path in (value if several else [value]) if not is_missing(path)]


def _branch(top: _Branch, path: str) -> _Branch:
    at = top
    for label in path.split(SEPARATOR):
        at = at.below.setdefault(label, _Branch())
    return at


def _cluster(label: str, path: str, branch: _Branch, made: Mapping[str, Any]) -> Cluster:
    below = [
        _cluster(name, f"{path}{SEPARATOR}{name}" if path else name, part, made)
        for name, part in branch.below.items()
    ]
    children = [child for child in below if len(child.members)]
    own = np.unique(np.array(branch.own, dtype=np.int64))
    if children and len(own):
        over = f"{path}{SEPARATOR}{UNASSIGNED}" if path else UNASSIGNED
        children.append(Cluster(UNASSIGNED, over, "unassigned", None, own))
    members = np.unique(np.concatenate([own, *(child.members for child in children)]))
    record = made.get(path, {})
    kind: Kind = "group" if path else "root"
    return Cluster(label, path, kind, record.get("score"), members, record.get("made_by"), children)
