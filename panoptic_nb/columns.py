"""A clustering as a column of the DataFrame, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb.collection import Collection
from panoptic_nb.distinct import distinct
from panoptic_nb.errors import ProjectError
from panoptic_nb.node_labels import unique
from panoptic_nb.tree import ROOT, SEPARATOR, Node, Tree

DEFAULT_NAME = "Clustering"


def to_column(tree: Tree, node: Node, images: Collection, leaves_only: bool) -> pd.Series[Any]:
    """Return the clusters below a node as one label path per row.

    Parameters
    ----------
    leaves_only
        Write the lowest label alone instead of the path.

    Returns
    -------
    pandas.Series
        One value per row of the frame, in its order (RangeIndex): `category` in tree order when
        every image is in one cluster at most, else Arrow lists of strings. Missing where an image
        was left unassigned; an image left unassigned inside a cluster keeps that cluster.
    """
    check_has_clusters(node)
    labels = written_labels(tree, node, leaves_only)
    rows, clusters = [], []
    for leaf in (below for below in tree.walk(node.id) if below.is_leaf):
        cluster = _cluster(leaf, node)
        if cluster is not None:
            rows.append(leaf.rows)
            clusters.append(labels[cluster.id])
    names = list(dict.fromkeys(clusters))
    code_of = {name: code for code, name in enumerate(names)}
    each = np.array([code_of[name] for name in clusters], np.int64)  # none at all is whole too
    codes = np.repeat(each, np.array([len(part) for part in rows], np.int64))
    # A row that stands in several leaves of one name has that name once; rows in table order.
    pairs = distinct(np.concatenate([[], *rows]).astype(np.int64) * len(names) + codes)
    row_of, code = np.divmod(pairs, max(len(names), 1))
    if (np.diff(row_of) > 0).all():
        flat = np.full(images.n_rows, -1)
        flat[row_of] = code
        used = set(names)
        categories = [label for label in dict.fromkeys(labels.values()) if label in used]
        column = pd.Series(pd.Categorical.from_codes(flat, pd.Index(names, dtype=object)))
        return column.cat.reorder_categories(categories)
    return _lists(row_of, np.array(names, dtype=object)[code.astype(int)], images.n_rows)


def check_has_clusters(node: Node) -> None:
    """Raise `ProjectError` when there is nothing below a node that could be saved."""
    if node.is_leaf:
        raise nothing_to_save(node)


def nothing_to_save(node: Node) -> ProjectError:
    """Return the error of a node without clusters."""
    return ProjectError(
        f"There are no clusters below {node.path or 'the root'!r} to save: create clusters first.",
        key="nothing_to_save",
    )


def _lists(rows: NDArray[np.int64], names: NDArray[np.object_], n_rows: int) -> pd.Series[Any]:
    """Return the names of each row as Arrow lists, missing where a row has none; rows ascend."""
    import pyarrow as pa

    counts = np.bincount(rows, minlength=n_rows)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    lists = pa.ListArray.from_arrays(
        pa.array(offsets), pa.array(names, pa.string()), mask=pa.array(counts == 0)
    )
    return pd.Series(lists, dtype=pd.ArrowDtype(pa.list_(pa.string())))


def _cluster(leaf: Node, top: Node) -> Node | None:
    """Return the cluster that the images of a leaf belong to below `top`, if any.

    A leaf "Unassigned" says that its images are in the cluster above it and no further.
    """
    node: Node | None = leaf
    while node is not None and node.id != top.id:
        if node.kind == "group":
            return node
        node = node.parent
    return None


def written_labels(tree: Tree, top: Node, leaves_only: bool) -> dict[int, str]:
    """Return what is written for each cluster below `top`, by id, in tree order."""
    clusters = [node for node in tree.walk(top.id) if node.kind == "group" and node.id != top.id]
    if leaves_only:
        names = Counter(node.label for node in clusters if node.is_leaf)
        labels: dict[int, str] = {}
        taken: set[str] = set()
        for node in clusters:
            shared = names[node.label] > 1
            label = f"{node.label} ({node.number})" if shared else node.label
            # A cluster that was moved keeps its number, which another may have got since.
            labels[node.id] = unique(label, taken) if shared else label
            taken.add(labels[node.id])
        return labels
    prefix = f"{top.path}{SEPARATOR}" if top.id != ROOT else ""
    return {node.id: node.path.removeprefix(prefix) for node in clusters}


def free_name(wanted: str, taken: Sequence[Any]) -> str:
    """Return `wanted`, or with the lowest number from 2 that is free ("Clustering 2")."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted} {number}", number + 1
    return name


def levels(column: pd.Series[Any], name: str) -> pd.DataFrame:
    """Return one column per level of the label paths, for groupby.

    Returns
    -------
    pandas.DataFrame
        Columns "<name> 1", "<name> 2", ...; each holds the path down to its level, missing below
        the row's own depth. The index is that of the column.

    Raises
    ------
    ProjectError
        The clusters overlap, so that a row has several paths.
    """
    if not isinstance(column.dtype, pd.CategoricalDtype):
        raise ProjectError(
            f"The column {name!r} holds several clusters a row, which have no single level. "
            f"Use project.df[{name!r}].explode() first."
        )
    paths = [str(path).split(SEPARATOR) for path in column.cat.categories]
    depth = max((len(path) for path in paths), default=0)
    codes = column.cat.codes.to_numpy()
    result = {}
    for level in range(1, depth + 1):
        names = [SEPARATOR.join(path[:level]) if len(path) >= level else None for path in paths]
        categories = list(dict.fromkeys(name for name in names if name is not None))
        values = np.array([*names, None], dtype=object)[codes]  # code -1 = missing = the last
        result[f"{name} {level}"] = pd.Categorical(values.tolist(), categories=categories)
    return pd.DataFrame(result, index=column.index)


def of_part(values: pd.Series[Any], rows: NDArray[np.int64], n_rows: int) -> pd.Series[Any]:
    """Return the values of some rows as a column of `n_rows` rows, missing in all others."""
    at = np.full(n_rows, -1)
    at[rows] = np.arange(len(rows))
    return values.reindex(at)  # -1 is no label of the values, so it is taken as missing


def check_part(frame: pd.DataFrame, name: str, rows: NDArray[np.int64]) -> None:
    """Raise `ProjectError` when a column would lose what it holds outside of some rows."""
    held = np.delete(frame[name].notna().to_numpy(), rows) if name in frame.columns else rows[:0]
    lost = np.count_nonzero(held)
    if lost:
        raise ProjectError(
            f"The clustering {name!r} also holds {lost} rows that are not in this part, and "
            "replacing it would lose them. Save under another name, or replace it from the whole "
            "project."
        )
