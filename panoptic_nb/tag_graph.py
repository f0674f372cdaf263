"""Tags and their parents: paths, and what stands above and below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from panoptic_nb.tag_names import SEPARATOR


@dataclass(frozen=True)
class Tag:
    """A tag: its name, the number of its colour, and the ids of its parents, the first first."""

    name: str
    colour: int
    parents: tuple[int, ...] = ()


def paths(tags: Mapping[int, Tag]) -> dict[int, str]:
    """Return the path of each tag through its first parents; of any depth, so no recursion."""
    written: dict[int, str] = {}
    for start in tags:
        chain, at = [], start
        while at not in written:
            chain.append(at)
            if not tags[at].parents:
                break
            at = tags[at].parents[0]
        for tag in reversed(chain):
            above = tags[tag].parents
            name = tags[tag].name
            written[tag] = f"{written[above[0]]}{SEPARATOR}{name}" if above else name
    return {tag: written[tag] for tag in tags}


def children(tags: Mapping[int, Tag]) -> dict[int, list[int]]:
    """Return the tags that have each tag among their parents."""
    below: dict[int, list[int]] = defaultdict(list)
    for id_, tag in tags.items():
        for parent in tag.parents:
            below[parent].append(id_)
    return dict(below)


def reached(start: int, ways: Mapping[int, Sequence[int]]) -> list[int]:
    """Return what is reached from a tag, itself left out, each once, nearest first."""
    seen, order = {start}, [start]
    for tag in order:
        fresh = [other for other in ways.get(tag, ()) if other not in seen]
        seen.update(fresh)
        order.extend(dict.fromkeys(fresh))
    return order[1:]


def ways_to(tags: Mapping[int, Tag], tag: int, most: int) -> list[tuple[str, ...]]:
    """Return the names down to a tag through any of its parents; not many more than `most`."""
    found: list[tuple[str, ...]] = []
    open_ends: list[tuple[int, tuple[str, ...]]] = [(tag, (tags[tag].name,))]
    while open_ends and len(found) <= most:
        at, names = open_ends.pop()
        if not tags[at].parents:
            found.append(names)
        open_ends += [(above, (tags[above].name, *names)) for above in reversed(tags[at].parents)]
    return found


def distinct(ids: Iterable[int]) -> tuple[int, ...]:
    """Return the ids, each once, in their order."""
    return tuple(dict.fromkeys(ids))
