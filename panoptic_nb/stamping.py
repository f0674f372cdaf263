"""What a stamp makes of the tags of some rows: add, set, remove, erase, toggle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError, TagError
from panoptic_nb.tag_cells import Pairs
from panoptic_nb.tag_columns import ColumnOfTags
from panoptic_nb.tagset import TagSet

Mode = Literal["add", "set", "remove", "erase", "toggle"]
MODES: tuple[str, ...] = get_args(Mode)


class Stamped(NamedTuple):
    """What a stamp did: to how many rows, which tags by path, and what toggling came to."""

    rows: int
    tags: list[str]
    mode: Mode


def decided(mode: Mode, pairs: Pairs, rows: int, tags: Sequence[str]) -> Mode:
    """Return what toggling comes to: "remove" where every row has every tag, else "add"."""
    if mode != "toggle":
        return mode
    at = [number for number, name in enumerate(pairs.names) if name in set(tags)]
    held = int(np.isin(pairs.tags, at).sum())
    return "remove" if rows and held == rows * len(tags) else "add"


def stamped(pairs: Pairs, rows: int, tags: list[str], mode: Mode, one_each: bool) -> Pairs:
    """Return the tags of rows after a stamp.

    Parameters
    ----------
    pairs
        The tags that they have.
    rows
        Number of rows.
    tags
        Paths of the tags of the stamp, each once.
    mode
        "add" the tags to what is there; "set" them instead of it; "remove" them; "erase" all.
    one_each
        A cell holds one tag, so that adding replaces.
    """
    names = list(dict.fromkeys([*pairs.names, *tags]))
    number = {name: at for at, name in enumerate(names)}
    chosen = np.array([number[tag] for tag in tags], np.int64)
    if mode == "remove":
        kept = ~np.isin(pairs.tags, chosen)
    else:
        kept = np.full(len(pairs.rows), mode == "add" and not one_each)
    row_of, tag_of = pairs.rows[kept], pairs.tags[kept]
    if mode in ("add", "set"):
        row_of = np.concatenate([row_of, np.tile(np.arange(rows), len(chosen))])
        tag_of = np.concatenate([tag_of, np.repeat(chosen, rows)])
    # What a row has already stays where it stands, and new tags come after it.
    first = np.sort(np.unique(row_of * max(len(names), 1) + tag_of, return_index=True)[1])
    order = first[np.argsort(row_of[first], kind="stable")]
    return Pairs(row_of[order], tag_of[order], names)


def check_stamp(mode: Any, names: Sequence[Any]) -> None:
    """Raise what `Project.stamp` raises for a bad mode, or where a tag is missing."""
    if mode not in MODES:
        raise ProjectError(f"The mode of a stamp is one of {', '.join(MODES)}. Got {short(mode)}.")
    if not names and mode != "erase":
        raise TagError("A stamp needs a tag. Got none.", key="no_stamp")


def stamped_tags(
    target: ColumnOfTags, names: Sequence[str], mode: Mode
) -> tuple[TagSet, list[str]]:
    """Return the tags of a column after a stamp, and the paths of those that are stamped."""
    if mode == "erase":
        return target.tags, []
    if mode == "remove":
        return target.tags, [target.tags.path(name) for name in names]
    after, paths = target.tags.resolved(names)
    if not target.several and len(paths) > 1:
        raise TagError(
            f"A cell of the column {target.name!r} holds one tag. Got {len(paths)}.",
            key="one_tag",
            column=target.name,
        )
    return after, paths
