"""The nodes that a split makes: one a group, and what belongs to none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from panoptic_nb.node import UNASSIGNED, WITHOUT_VECTOR, Ids, Members, NodeState, ScoredGroup
from panoptic_nb.node_labels import RESERVED, check_text, unique
from panoptic_nb.record import Record


def clusters(
    ids: Ids,
    parent: int,
    groups: Sequence[ScoredGroup],
    made_by: Record | None,
    free: Iterator[str],
    kept: Sequence[NodeState],
) -> list[NodeState]:
    """Return the nodes of the groups that a function made; `kept` stand beside them."""
    taken = {*RESERVED, *(state.label for state in kept)}
    states = []
    for group, number in zip(groups, free, strict=False):
        wanted = check_text(group.label) if group.label else f"Cluster {number}"
        label = unique(wanted, taken)
        taken.add(label)
        order = np.argsort(group.members, kind="stable")
        similarities = group.similarities
        states.append(
            NodeState(
                next(ids),
                parent,
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


def leftovers(
    ids: Ids,
    parent: int,
    without_vector: Members,
    unassigned: Members,
    made_by: Record | None,
    free: Iterator[str],
) -> Iterator[NodeState]:
    """Yield the nodes of the images that no group has, where there are any."""
    if len(without_vector):
        yield NodeState(
            next(ids),
            parent,
            next(free),
            WITHOUT_VECTOR,
            "without_vector",
            made_by=made_by,
            members=without_vector,
        )
    if len(unassigned):
        yield NodeState(
            next(ids),
            parent,
            next(free),
            UNASSIGNED,
            "unassigned",
            made_by=made_by,
            members=unassigned,
        )
