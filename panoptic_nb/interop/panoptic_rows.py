"""Which rows of the table a line of Panoptic's CSV is about: paths match by their last parts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Matched:
    """The rows of each line, and the keys that gave none.

    Attributes
    ----------
    rows : list of list of int
    unknown : list of str
        Keys that no row has.
    ambiguous : list of str
        Keys that fit images of different content.
    """

    rows: list[list[int]]
    unknown: list[str]
    ambiguous: list[str]


def match_paths(given: Sequence[str], paths: Sequence[str], sha1: Sequence[str]) -> Matched:
    """Return the rows whose paths end with the whole parts of those of a file.

    A path that fits several rows of one content is about all of them; where the file has it
    several times, the n-th is about the n-th. One that fits different images is about none.
    """
    wanted = [_parts(path) for path in given]
    lengths = sorted({len(parts) for parts in wanted})
    asked = set(wanted)
    fits: dict[tuple[str, ...], list[int]] = defaultdict(list)
    exact: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row, path in enumerate(paths):
        parts = _parts(path)
        if parts in asked:
            exact[parts].append(row)
        for length in lengths:
            if length <= len(parts) and parts[-length:] in asked:
                fits[parts[-length:]].append(row)
    fits.update(exact)  # the whole path says more than its end
    return _shared(given, wanted, fits, sha1)


def match_labels(given: Sequence[str], labels: Sequence[str]) -> Matched:
    """Return the rows with these index labels, as text."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row, label in enumerate(labels):
        rows[label].append(row)
    found = [rows.get(key.strip(), []) for key in given]
    return Matched(found, [k for k, row in zip(given, found, strict=True) if not row], [])


def _parts(path: str) -> tuple[str, ...]:
    return tuple(path.replace("\\", "/").strip("/").split("/"))


def _shared(
    given: Sequence[str],
    wanted: Sequence[tuple[str, ...]],
    fits: dict[tuple[str, ...], list[int]],
    sha1: Sequence[str],
) -> Matched:
    often: dict[tuple[str, ...], int] = defaultdict(int)
    for parts in wanted:
        often[parts] += 1
    seen: dict[tuple[str, ...], int] = defaultdict(int)
    matched = Matched([], [], [])
    for key, parts in zip(given, wanted, strict=True):
        rows = fits.get(parts, []) if key.strip() else []
        if not rows:
            matched.unknown.append(key)
        elif len({sha1[row] for row in rows}) > 1:
            matched.ambiguous.append(key)
            rows = []
        elif often[parts] > 1:
            rows = rows[seen[parts] :][:1]
            seen[parts] += 1
            if not rows:  # more lines than rows
                matched.unknown.append(key)
        matched.rows.append(rows)
    return matched
