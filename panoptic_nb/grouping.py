"""Groups by the values of columns: an image stands wherever its rows say.

A tag stands below its parents, so that a group holds what is tagged with it or with a tag below it;
a tag with several parents stands below each.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from panoptic_nb import tag_cells, tag_graph
from panoptic_nb.cluster_order import natural_key
from panoptic_nb.collection import Collection
from panoptic_nb.distinct import distinct
from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.node import SEPARATOR, Members, ScoredGroup
from panoptic_nb.node_labels import check_text, is_visible
from panoptic_nb.records.label_paths import MAX_CLUSTERS
from panoptic_nb.tagset import TagSet
from panoptic_nb.tree import Tree
from panoptic_nb.understanding.comparing import groups_of

Path = tuple[str, ...]
Dates = Literal["decade", "year", "month", "day"]
#: How a date is written.
FORMATS = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}
#: Stands for "/" in the name of a group, where that separates the levels.
SLASH = "\u2215"


@dataclass(frozen=True)
class RowPaths:
    """Which row stands where.

    Attributes
    ----------
    rows, paths : ndarray of int64 (m,)
        Row positions, and positions in `names`; each pair once.
    names : list of tuple of str
        Labels from the top down, in the order of the groups.
    """

    rows: NDArray[np.int64]
    paths: NDArray[np.int64]
    names: list[Path]


def paths_of_tags(cells: pd.Series[Any], tags: TagSet) -> RowPaths:
    """Return where the rows of a column of tags stand.

    Parameters
    ----------
    cells
        In one of the forms of `tag_cells`.
    tags
        The tags of the column.

    Raises
    ------
    ProjectError
        There are too many ways down to the tags.
    """
    pairs = tag_cells.read(cells)
    ways = [tag_graph.ways_to(tags.tags, tags.find(name), MAX_CLUSTERS) for name in pairs.names]
    if sum(map(len, ways)) > MAX_CLUSTERS:
        raise _too_many(sum(map(len, ways)))
    counts = np.array([len(one) for one in ways], np.int64)
    starts = np.cumsum(counts) - counts
    of_pair = counts[pairs.tags]
    within = np.arange(of_pair.sum()) - np.repeat(np.cumsum(of_pair) - of_pair, of_pair)
    paths = np.repeat(starts[pairs.tags], of_pair) + within
    names = [way for one in ways for way in one]
    return _in_order(np.repeat(pairs.rows, of_pair), paths, names, natural=True)


def paths_of_values(column: pd.Series[Any], dates: Dates) -> RowPaths:
    """Return where the rows of any other column stand: in the group of their value."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = _dates(column, dates)
    groups = groups_of(column)
    texts = [_text(name) for name in groups.names]
    return _in_order(groups.rows, groups.values, [(text,) if text else () for text in texts])


def check_dates(dates: Any) -> Dates:
    """Return how dates are grouped, or raise `ProjectError`."""
    if dates not in get_args(Dates):
        raise ProjectError(
            f"dates is one of {', '.join(map(repr, get_args(Dates)))}. Got {short(dates)}."
        )
    checked: Dates = dates
    return checked


def nested(outer: RowPaths, inner: RowPaths) -> RowPaths:
    """Return where rows stand that are grouped by one thing, and inside of that by another.

    What goes no further than a group with others below it stays there.
    """
    above = {path[:depth] for path in outer.names for depth in range(len(path))}
    left = pd.DataFrame({"row": outer.rows, "outer": outer.paths})
    right = pd.DataFrame({"row": inner.rows, "inner": inner.paths})
    both = left.merge(right, how="left", on="row")
    leaf = np.array([path not in above for path in outer.names] or [False])
    at = both["inner"].where(leaf[both["outer"]], np.nan).fillna(-1).to_numpy(dtype=np.int64)
    width = len(inner.names) + 1
    keys = both["outer"].to_numpy() * width + at + 1
    used, paths = np.unique(keys, return_inverse=True)
    ends = [(), *inner.names]
    names = [outer.names[key // width] + ends[key % width] for key in used.tolist()]
    return _in_order(both["row"].to_numpy(), paths, names)


def with_grouping(tree: Tree, node: int, paths: RowPaths, images: Collection) -> tuple[Tree, str]:
    """Return the tree in which what stands in paths is grouped below a node, and a hash of that.

    Raises
    ------
    ProjectError
        No image of the node has a value, or there are more groups than one could look at.
    """
    width = max(len(paths.names), 1)
    keys = distinct(images.image_of_row[paths.rows] * width + paths.paths)
    keys = keys[np.isin(keys // width, tree.unlocked_members(node))]
    image, path = np.divmod(keys, width)
    order = np.argsort(path, kind="stable")
    used, starts = np.unique(path[order], return_index=True)
    digest = hashlib.sha256()
    below: dict[Path, dict[str, list[Members]]] = {}
    for number, members in zip(used.tolist(), np.split(image[order], starts[1:]), strict=False):
        name = paths.names[number]
        digest.update(repr(name).encode() + images.digests[members].tobytes())
        for depth, label in enumerate(name):
            below.setdefault(name[:depth], {}).setdefault(label, []).append(members)
    found = sum(map(len, below.values()))
    if not found:
        raise ProjectError(
            "No image has a value in these columns, so there is nothing to group by. Choose "
            "others.",
            key="no_values",
        )
    if found > MAX_CLUSTERS:
        raise _too_many(found)
    ids: dict[Path, int] = {(): node}
    for name in sorted(below, key=len):
        members_of = {label: distinct(np.concatenate(m)) for label, m in below[name].items()}
        groups = [ScoredGroup(members, label) for label, members in members_of.items()]
        tree = tree.with_groups(ids[name], groups)
        children = [c for c in tree.states[ids[name]].children if tree.states[c].kind == "group"]
        made = children[len(children) - len(groups) :]  # those that are locked come first
        ids |= {(*name, label): child for label, child in zip(members_of, made, strict=True)}
    return tree, digest.hexdigest()[:16]


def _in_order(
    rows: NDArray[np.int64], paths: NDArray[np.int64], names: list[Path], natural: bool = False
) -> RowPaths:
    """Return paths of which each is named once, and the empty one not at all."""
    known = list(dict.fromkeys(name for name in names if name))
    if natural:
        known.sort(key=lambda name: [natural_key(label) for label in name])
    at = {name: number for number, name in enumerate(known)} | {(): -1}
    paths = np.array([at[name] for name in names] or [-1], np.int64)[paths]
    there = paths >= 0
    pairs = distinct(rows[there] * max(len(known), 1) + paths[there])
    return RowPaths(*np.divmod(pairs, max(len(known), 1)), known)


def _dates(column: pd.Series[Any], dates: Dates) -> pd.Series[Any]:
    texts: pd.Series[Any]
    if dates == "decade":
        first = column.dt.year // 10 * 10
        texts = first.map(lambda year: f"{int(year):04}-{int(year) + 9:04}", "ignore")
    else:
        texts = column.dt.strftime(FORMATS[dates])
    return texts.astype(object)


def _text(value: Any) -> str:
    """Return a value as the name of a group, "" where nobody would see it."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    text = str(value).replace(SEPARATOR, SLASH)
    return check_text(text) if any(map(is_visible, text)) else ""


def _too_many(groups: int) -> ProjectError:
    return ProjectError(
        f"These columns make {groups:,} groups, more than anybody could look at "
        f"({MAX_CLUSTERS:,}). Choose others, or cut numbers into ranges with pandas.cut.",
        key="too_many_groups",
        groups=groups,
        limit=MAX_CLUSTERS,
    )
