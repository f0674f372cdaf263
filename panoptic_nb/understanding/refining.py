"""Splitting every cluster that is too mixed or too large."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from panoptic_nb.counts import node_counts
from panoptic_nb.error_text import short
from panoptic_nb.errors import ParameterError
from panoptic_nb.tree import Node, Tree


@dataclass(frozen=True)
class Rule:
    """Which clusters are split: those above one of the limits; None = no such limit.

    Attributes
    ----------
    max_score
    max_size
        Rows of the table.
    """

    max_score: float | None
    max_size: int | None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if value is not None and not (number and value >= 0):
                raise ParameterError.of(
                    name, f"{name} is a number from 0, or None for no limit. Got {short(value)}."
                )

    def leaves(self, tree: Tree) -> list[Node]:
        """Return the clusters to split, without those that are locked, in tree order."""
        counts = node_counts(tree)
        return [
            leaf
            for leaf in tree.leaves()
            if leaf.kind == "group"
            and len(leaf.members) > 1
            and self.reasons(leaf, counts[leaf.id].rows)
            and not tree.is_locked(leaf.id)
        ]

    def reasons(self, leaf: Node, rows: int) -> list[str]:
        """Return which limits a cluster is above: "score", "size"."""
        found = []
        if self.max_score is not None and leaf.score is not None and leaf.score > self.max_score:
            found.append("score")
        if self.max_size is not None and rows > self.max_size:
            found.append("size")
        return found

    def frame(self, tree: Tree, leaves: list[Node], **more: list[Any]) -> pd.DataFrame:
        """Return a row for each of some clusters, under their label paths."""
        counts = node_counts(tree)
        rows = [counts[leaf.id].rows for leaf in leaves]
        return pd.DataFrame(
            {
                "images": rows,
                "score": [leaf.score for leaf in leaves],
                "reason": [
                    ", ".join(self.reasons(leaf, n)) for leaf, n in zip(leaves, rows, strict=True)
                ],
                **more,
            },
            index=pd.Index([leaf.path for leaf in leaves], name="cluster", dtype=object),
        )
