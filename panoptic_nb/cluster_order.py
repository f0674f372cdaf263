"""The order of the clusters below a node, as the tree keeps it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from panoptic_nb.counts import node_counts
from panoptic_nb.error_text import short
from panoptic_nb.errors import TreeError
from panoptic_nb.node import LEFTOVERS
from panoptic_nb.tree import Node, Tree

#: What clusters can be sorted by.
CRITERIA = ("score", "size", "name")


def sorted_clusters(tree: Tree, node_id: int, by: Any, descending: bool = False) -> Tree:
    """Return the tree in which the clusters right below a node stand in another order.

    What is unassigned or without vector stays behind them. Clusters that are equal keep their
    order, those without a score come last; names are compared as people do, "Cluster 2" before
    "Cluster 10".

    Parameters
    ----------
    by
        One of `CRITERIA`, or all clusters (id, label path or `Node`) in the order wanted.

    Raises
    ------
    TreeError
        `by` is something else, or does not name each cluster once.
    """
    children = tree.node(node_id).children
    clusters = [child for child in children if child.kind not in LEFTOVERS]
    if isinstance(by, str):
        ordered = _sorted(clusters, by, descending)
    else:
        ordered = _by_hand(tree, clusters, by)
        if descending:
            ordered.reverse()
    ids = (*ordered, *(child.id for child in children if child.kind in LEFTOVERS))
    state = tree.states[node_id]
    if ids == state.children:
        return tree
    return replace(tree, states={**tree.states, node_id: replace(state, children=ids)})


def _sorted(clusters: list[Node], by: str, descending: bool) -> list[int]:
    last: list[Node] = []
    if by == "score":
        last = [cluster for cluster in clusters if cluster.score is None]
        clusters = [cluster for cluster in clusters if cluster.score is not None]
    if by not in CRITERIA:
        raise TreeError(
            f"Clusters are sorted by {', '.join(map(repr, CRITERIA))} or a list of all of them. "
            f"Got {short(by)}.",
            key="unknown_order",
        )
    keys = _keys(clusters, by)
    in_order = sorted(clusters, key=lambda cluster: keys[cluster.id], reverse=descending)
    return [cluster.id for cluster in (*in_order, *last)]


def _keys(clusters: list[Node], by: str) -> dict[int, Any]:
    if by == "size":
        counts = node_counts(clusters[0].tree) if clusters else {}
        return {node_id: count.rows for node_id, count in counts.items()}
    return {c.id: c.score if by == "score" else natural_key(c.label) for c in clusters}


def natural_key(label: str) -> list[Any]:
    """Return what orders a label: text and digits in turn, so that like meets like."""
    parts = re.split(r"([0-9]+)", label.casefold())
    return [_number(part) if position % 2 else part for position, part in enumerate(parts)]


def _number(digits: str) -> tuple[int, str]:
    """Return what orders digits as the number they write, however many they are."""
    digits = digits.lstrip("0")
    return len(digits), digits


def _by_hand(tree: Tree, clusters: list[Node], by: Any) -> list[int]:
    here = [cluster.id for cluster in clusters]
    given = [tree.find(key) for key in by] if isinstance(by, Iterable) else []
    if sorted(given) != sorted(here):
        raise TreeError(
            f"An order by hand names each of the {len(here)} clusters once. Got {short(by)}.",
            key="bad_order",
            clusters=len(here),
        )
    return given
