"""What the user decided about duplicates, kept by content: it holds for every copy of a file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
import pyarrow as pa

from panoptic_nb.collection import Collection
from panoptic_nb.errors import ProjectError
from panoptic_nb.inputs import NO_DECISIONS, Decisions
from panoptic_nb.record import hash_images, now
from panoptic_nb.tree import Node

#: As many as the largest group of duplicates can have.
MAX_PAIRS = 5_000_000


@dataclass(frozen=True)
class Decision:
    """Images of which no two are duplicates: their sha1, ascending, and when that was said."""

    sha1: tuple[str, ...]
    date: str

    @classmethod
    def of(cls, sha1: Sequence[str]) -> Decision:
        """Return the decision about some images, made now.

        Raises
        ------
        ProjectError
            They are fewer than two, or more than a group of duplicates can be.
        """
        distinct = sorted(set(sha1))
        if len(distinct) < 2:
            raise ProjectError(
                "These are not two different images: copies of one file are duplicates in any "
                "case. Choose rows of at least two files.",
                key="one_file",
            )
        if len(distinct) * (len(distinct) - 1) // 2 > MAX_PAIRS:
            raise ProjectError(
                f"{len(distinct):,} images are more pairs than can be remembered ({MAX_PAIRS:,}). "
                "Choose fewer images.",
                key="too_many_decisions",
                images=len(distinct),
                pairs=MAX_PAIRS,
            )
        return cls(tuple(distinct), now())


@dataclass(frozen=True)
class Decided:
    """All decisions of a project, oldest first. Every change makes a new one."""

    all: tuple[Decision, ...] = ()

    def __iter__(self) -> Iterator[Decision]:
        return iter(self.all)

    def plus(self, decision: Decision) -> Decided:
        """Return these and one more."""
        return Decided((*self.all, decision))

    def minus(self, decision: Decision) -> Decided:
        """Return these without one; the same when it is not among them."""
        kept = list(self.all)
        if decision in kept:
            kept.remove(decision)
        return Decided(tuple(kept))

    def forgetting(self, sha1: Sequence[str]) -> Decided:
        """Return these without the pairs among some images; what was said of others stays."""
        forgotten = set(sha1)
        kept = []
        for decision in self:
            inside = [image for image in decision.sha1 if image in forgotten]
            outside = [image for image in decision.sha1 if image not in forgotten]
            if len(inside) < 2:
                kept.append(decision)
            elif outside:  # each of the forgotten stays apart from the others
                sets = [tuple(sorted([*outside, image])) for image in inside]
                kept += [Decision(images, decision.date) for images in sets]
        return Decided(tuple(kept))

    def among(self, sha1: Sequence[str]) -> Decisions:
        """Return the decisions about some images, in canonical order, as functions get them."""
        if not self.all:
            return NO_DECISIONS
        position = {image: at for at, image in enumerate(sha1)}
        keys = []
        for decision in self:
            here = np.array([position[image] for image in decision.sha1 if image in position], int)
            first, second = np.triu_indices(len(here), 1)
            keys.append(here[first] * len(sha1) + here[second])
        first, second = np.divmod(np.unique(np.concatenate(keys)), max(len(sha1), 1))
        return Decisions(first, second)

    def frame(self, images: Collection) -> pd.DataFrame:
        """Return a row for each pair of images of the project: both labels, and the date.

        The label is that of the first row that shows the image; the last decision gives the date.
        """
        dates: dict[tuple[int, int], str] = {}
        for decision in self:
            here = images.positions(decision.sha1)
            for pair in combinations(here[here >= 0].tolist(), 2):
                dates[pair] = decision.date
        pairs = np.array(list(dates), np.int64).reshape(-1, 2)
        labels = images.frame_index[images.first_rows]
        return pd.DataFrame(
            {
                "first": labels[pairs[:, 0]],
                "second": labels[pairs[:, 1]],
                "date": pd.to_datetime(list(dates.values()), utc=True),
            }
        )

    def to_table(self) -> pa.Table:
        """Return the decisions as a file holds them: a row for each image of each decision."""
        sizes = [len(decision.sha1) for decision in self]
        return pa.table(
            {
                "decision": np.repeat(np.arange(len(sizes)), sizes),
                "sha1": pa.array([image for one in self for image in one.sha1], pa.string()),
                "date": pa.array([one.date for one in self for _ in one.sha1], pa.string()),
            }
        )

    @classmethod
    def from_table(cls, table: pa.Table) -> Decided:
        """Read what `to_table` wrote."""
        sizes = np.bincount(table["decision"].to_numpy())
        stops = np.cumsum(sizes)
        sha1, dates = table["sha1"].to_pylist(), table["date"].to_pylist()
        return cls(
            tuple(
                Decision(tuple(sha1[start:stop]), dates[start])
                for start, stop in zip((stops - sizes).tolist(), stops.tolist(), strict=True)
            )
        )


def found_as_duplicates(node: Node) -> bool:
    """Tell whether a node is a cluster made by a function that honours decisions."""
    return node.kind == "group" and node.made_by is not None and node.made_by.decisions is not None


def describe(decisions: Decisions, sha1: Sequence[str]) -> dict[str, object]:
    """Return what a record says of decisions about images: how many pairs, and a hash of them."""
    digest = hashlib.sha256(hash_images(sha1).encode())
    for positions in (decisions.first, decisions.second):
        digest.update(positions.astype("<i8").tobytes())
    return {"pairs": len(decisions), "hash": digest.hexdigest()[:16]}
