"""A thesaurus of Panoptic: the tags of a property, ``tag;colour;parents``, without a header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from panoptic_nb.errors import ProjectError
from panoptic_nb.interop.files import read_text
from panoptic_nb.interop.panoptic_names import name_to_label, names_of, short
from panoptic_nb.tag_colours import COLOURS
from panoptic_nb.tag_graph import Tag
from panoptic_nb.tag_names import SEPARATOR, split_tag
from panoptic_nb.tagset import TagSet


@dataclass(frozen=True)
class Entry:
    """A tag: its colour, 0 to 11, and the names of its parents, the first first."""

    colour: int
    parents: tuple[str, ...] = ()


#: Tags by their name, which is unique.
Thesaurus = Mapping[str, Entry]


def names_in_panoptic(tags: TagSet) -> dict[str, str]:
    """Return the name of each tag by its path, what stands above first."""
    names = names_of(split_tag(path) for path in tags)
    return {SEPARATOR.join(path): name for path, name in names.items()}


def to_csv(tags: TagSet, names: Mapping[str, str]) -> bytes:
    """Return the thesaurus file of tags with these names."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, delimiter=";")
    frame = tags.frame()
    colours, parents = frame["colour"].to_dict(), frame["parents"].to_dict()
    for path, name in names.items():
        above = ",".join(names[parent] for parent in parents[path])
        rows.writerow([name, colours[path], above])
    return text.getvalue().encode()


def read_thesaurus(path: Path) -> Thesaurus:
    """Read a thesaurus of Panoptic.

    As Panoptic does: a name that stands twice keeps its first colour and its last parents, numbers
    beyond the colours count as the nearest one, and other colours are left to chance, here to the
    place in the file. Parents that are not in the file are passed over.

    Raises
    ------
    ProjectError
        There is no such file, it is none of ``tag;colour;parents``, or a tag stands below itself.
    """
    entries: dict[str, Entry] = {}
    for row in csv.reader(io.StringIO(read_text(path), newline=""), delimiter=";"):
        name, colour, parents = (*(cell.strip() for cell in row), "", "", "")[:3]
        if len(row) > 3:
            raise ProjectError(
                f"The thesaurus {str(path)!r} has {len(row)} cells in the row of {name!r}; a row "
                "is tag;colour;parents, several parents with commas between them."
            )
        if name:
            chosen = entries[name].colour if name in entries else _colour(colour, len(entries))
            above = dict.fromkeys(part.strip() for part in parents.split(","))
            entries[name] = Entry(chosen, tuple(above))
    known = {
        name: Entry(entry.colour, tuple(p for p in entry.parents if p in entries))
        for name, entry in entries.items()
    }
    _order(known)
    return known


def to_tags(thesaurus: Thesaurus, used: Iterable[str]) -> tuple[TagSet, dict[str, str]]:
    """Return the tags of a thesaurus, and the path of each by its name.

    Parameters
    ----------
    used
        Names that cells hold; those that the thesaurus does not know stand at the top.
    """
    entries = dict(thesaurus)
    for name in used:
        entries.setdefault(name, Entry(len(entries) % len(COLOURS)))
    ids = {name: at for at, name in enumerate(entries, 1)}
    labels: dict[str, str] = {}
    taken: set[tuple[str | None, str]] = set()
    for name in _order(entries):
        above = next(iter(entries[name].parents), None)
        wanted = name_to_label(name if above is None else short(name, above))
        numbered = (wanted if n == 1 else f"{wanted} ({n})" for n in range(1, len(entries) + 1))
        labels[name] = next(label for label in numbered if (above, label) not in taken)
        taken.add((above, labels[name]))
    tags = {
        ids[name]: Tag(labels[name], entry.colour, tuple(ids[parent] for parent in entry.parents))
        for name, entry in entries.items()
    }
    result = TagSet(tags, len(tags))
    return result, {name: result.paths[ids[name]] for name in entries}


def _order(entries: Thesaurus) -> list[str]:
    """Return the names so that every tag comes after its parents."""
    graph = TopologicalSorter({name: entry.parents for name, entry in entries.items()})
    try:
        return list(graph.static_order())
    except CycleError as error:
        raise ProjectError(
            "A tag of the thesaurus stands below itself: "
            f"{' < '.join(map(repr, error.args[1]))}. Take one of these parents away."
        ) from error


def _colour(text: str, position: int) -> int:
    try:
        return min(max(int(text), 0), len(COLOURS) - 1)
    except ValueError:
        return position % len(COLOURS)
