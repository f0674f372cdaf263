"""What the user decided, kept by content: it holds for every copy of a file.

Which images are no duplicates, and which do not belong to a group (see `refusals`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa

from panoptic_nb.collection import Collection
from panoptic_nb.errors import ProjectError
from panoptic_nb.inputs import NO_DECISIONS, Decisions
from panoptic_nb.record import now
from panoptic_nb.refusals import Refusal
from panoptic_nb.tree import Node, NodeState

#: As many as the largest group of duplicates can have.
MAX_PAIRS = 5_000_000
#: Of the file; 2 since it holds refusals.
VERSION = 2
#: What an image is in a row of the file.
APART, FORGOTTEN, GROUP, REFUSED = "apart", "forgotten", "group", "refused"


@dataclass(frozen=True)
class Decision:
    """Images of which no two are duplicates: their sha1, ascending, and when that was said.

    Or, where it is `forgotten`, images of which nothing that was said before holds any more.
    """

    sha1: tuple[str, ...]
    date: str
    forgotten: bool = False

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
    """All decisions of a project, oldest first. Every change makes a new one.

    Attributes
    ----------
    all : tuple of Decision
        About duplicates; iterating gives them.
    refusals : tuple of Refusal
        About what belongs to a group.
    """

    all: tuple[Decision, ...] = ()
    refusals: tuple[Refusal, ...] = ()

    def __iter__(self) -> Iterator[Decision]:
        return iter(self.all)

    def plus(self, decision: Decision) -> Decided:
        """Return these and one more."""
        return replace(self, all=(*self.all, decision))

    def refusing(self, refusal: Refusal) -> Decided:
        """Return these and one more refusal."""
        return replace(self, refusals=(*self.refusals, refusal))

    def forgetting(self, sha1: Sequence[str]) -> Decided:
        """Return these without the pairs among some images; what was said of others stays."""
        images = tuple(sorted(set(sha1)))
        return self.plus(Decision(images, now(), forgotten=True)) if len(images) > 1 else self

    def moved(self, before: Decided, after: Decided) -> Decided:
        """Return these with the change from `before` to `after`, which somebody else made."""
        return Decided(
            _moved(self.all, before.all, after.all),
            _moved(self.refusals, before.refusals, after.refusals),
        )

    def among(self, sha1: Sequence[str]) -> Decisions:
        """Return the decisions about some images, in canonical order, as functions get them."""
        if not self.all:
            return NO_DECISIONS
        position = {image: at for at, image in enumerate(sha1)}
        keys = np.empty(0, np.int64)
        for decision in self:
            here = np.array([position[image] for image in decision.sha1 if image in position], int)
            first, second = np.triu_indices(len(here), 1)
            pairs = here[first] * len(sha1) + here[second]
            keys = np.setdiff1d(keys, pairs) if decision.forgotten else np.union1d(keys, pairs)
        first, second = np.divmod(keys, max(len(sha1), 1))
        return Decisions(first, second)

    def frame(self, images: Collection) -> pd.DataFrame:
        """Return a row for each pair of images of the project: both labels, and the date.

        The label is that of the first row that shows the image; the last decision gives the date.
        """
        dates: dict[tuple[int, int], str] = {}
        for decision in self:
            here = images.positions(decision.sha1)
            for pair in combinations(here[here >= 0].tolist(), 2):
                if decision.forgotten:
                    dates.pop(pair, None)
                else:
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
        rows: list[tuple[int, str, str, str]] = []
        for at, one in enumerate(self):
            role = FORGOTTEN if one.forgotten else APART
            rows += [(at, sha1, one.date, role) for sha1 in one.sha1]
        for at, refusal in enumerate(self.refusals, start=len(self.all)):
            rows += [(at, sha1, refusal.date, GROUP) for sha1 in refusal.group]
            rows += [(at, sha1, refusal.date, REFUSED) for sha1 in refusal.images]
        names = ["decision", "sha1", "date", "role"]
        types = [pa.int64(), pa.string(), pa.string(), pa.string()]
        columns = zip(*rows, strict=True) if rows else [()] * len(names)
        arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
        return pa.table(dict(zip(names, arrays, strict=True)))

    @classmethod
    def from_table(cls, table: pa.Table) -> Decided:
        """Read what `to_table` wrote."""
        images: dict[int, dict[str, list[str]]] = {}
        dates: dict[int, str] = {}
        for row in table.to_pylist():
            # Files of before there were refusals have no roles.
            role = row["role"] if "role" in row else FORGOTTEN if row["forgotten"] else APART
            images.setdefault(row["decision"], {}).setdefault(role, []).append(row["sha1"])
            dates[row["decision"]] = row["date"]
        decisions, refusals = [], []
        for at, roles in images.items():
            if GROUP in roles:
                refused = tuple(roles.get(REFUSED, ()))
                refusals.append(Refusal(tuple(roles[GROUP]), refused, dates[at]))
            else:
                [(role, sha1)] = roles.items()
                decisions.append(Decision(tuple(sha1), dates[at], role == FORGOTTEN))
        return cls(tuple(decisions), tuple(refusals))


Dated = TypeVar("Dated", Decision, Refusal)


def _moved(
    own: tuple[Dated, ...], before: tuple[Dated, ...], after: tuple[Dated, ...]
) -> tuple[Dated, ...]:
    """Return some decisions with the change from `before` to `after`."""
    if own == before:
        return after
    old = set(before)
    gone = old.difference(after)
    moved: list[Dated] = [decision for decision in own if decision not in gone]
    moved += [decision for decision in after if decision not in old]
    # By date, because a later one may take back an earlier one.
    return tuple(sorted(moved, key=lambda one: one.date))


def found_as_duplicates(node: Node | NodeState) -> bool:
    """Tell whether a node is a cluster made by a function that honours decisions."""
    return node.kind == "group" and node.made_by is not None and node.made_by.decisions is not None


def describe(decisions: Decisions, image_set: str) -> dict[str, object]:
    """Return what a record says of decisions about images: how many pairs, and a hash of them.

    Parameters
    ----------
    image_set
        Hash of these images.
    """
    digest = hashlib.sha256(image_set.encode())
    for positions in (decisions.first, decisions.second):
        digest.update(positions.astype("<i8").tobytes())
    return {"pairs": len(decisions), "hash": digest.hexdigest()[:16]}
