"""The tags of a column: names, colours and parents. Immutable; every change makes a new one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import pandas as pd

from panoptic_nb import tag_graph
from panoptic_nb.error_text import short
from panoptic_nb.errors import TagError
from panoptic_nb.tag_colours import COLOURS, check_colour
from panoptic_nb.tag_graph import Tag
from panoptic_nb.tag_names import SEPARATOR, check_name, check_path, split_tag


class TagSet:
    """The tags of a column.

    A tag is told by its path: the names of its first parents from the top down, then its own,
    joined by "/", which is what the cells of the column hold. Where one tag alone has a name, the
    name is enough. Iterating gives the paths, oldest tag first.

    Parameters
    ----------
    tags
        The tags by id.
    last
        The highest id given so far: ids are never reused.

    Raises
    ------
    TagError
        Two tags have the same path.
    """

    def __init__(self, tags: Mapping[int, Tag] | None = None, last: int = 0) -> None:
        self.tags: dict[int, Tag] = dict(tags or {})
        self.last = last
        self.paths = tag_graph.paths(self.tags)
        self._by_path = {path: tag for tag, path in self.paths.items()}
        if len(self._by_path) < len(self.paths):
            taken = next(path for tag, path in self.paths.items() if self._by_path[path] != tag)
            raise TagError(
                f"There would be two tags {taken!r}. Merge them, or give one another name first.",
                key="tag_taken",
                tag=taken,
            )

    @classmethod
    def of(cls, paths: Iterable[str]) -> TagSet:
        """Return the tags with these paths, and the parents that they name."""
        return cls().with_paths(paths)

    def __len__(self) -> int:
        return len(self.tags)

    def __iter__(self) -> Iterator[str]:
        return iter(self.paths.values())

    def __contains__(self, path: object) -> bool:
        return path in self._by_path

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TagSet):
            return NotImplemented
        return self.last == other.last and list(self.tags.items()) == list(other.tags.items())

    __hash__ = None  # type: ignore[assignment] # compared by content, which is large

    def __repr__(self) -> str:
        shown = ", ".join(repr(path) for path in list(self)[:10])
        return f"<TagSet of {len(self)}: {shown}{', …' if len(self) > 10 else ''}>"

    # ------------------------------------------------------------------ reading

    def find(self, tag: str) -> int:
        """Return the id of a tag given by its path, or by its name where one tag alone has it.

        Raises
        ------
        TagError
            There is no such tag, or several have that name.
        """
        found = self._look_up(tag)
        if found is None:
            known = ", ".join(repr(path) for path in list(self)[:10]) or "none yet"
            raise TagError(
                f"There is no tag {short(tag)}. Tags: {known}{', …' if len(self) > 10 else ''}.",
                key="no_tag",
                tag=str(tag),
            )
        return found

    def path(self, tag: str) -> str:
        """Return the path of a tag given by path or name."""
        return self.paths[self.find(tag)]

    def parents(self, tag: str) -> list[str]:
        """Return the paths of the parents of a tag, the first first."""
        return [self.paths[parent] for parent in self.tags[self.find(tag)].parents]

    def children(self, tag: str) -> list[str]:
        """Return the paths of the tags that have a tag among their parents."""
        return [self.paths[child] for child in self._children.get(self.find(tag), ())]

    def ancestors(self, tag: str) -> list[str]:
        """Return the paths of all tags above a tag, through every parent, each once."""
        found = tag_graph.reached(
            self.find(tag), {tag: one.parents for tag, one in self.tags.items()}
        )
        return [self.paths[one] for one in found]

    def descendants(self, tag: str) -> list[str]:
        """Return the paths of all tags below a tag, each once."""
        return [self.paths[one] for one in tag_graph.reached(self.find(tag), self._children)]

    def frame(self) -> pd.DataFrame:
        """Return a row for each tag: ``name``, ``colour`` (0 to 11), ``parents``; index: path."""
        tags = self.tags.values()
        return pd.DataFrame(
            {
                "name": [tag.name for tag in tags],
                "colour": [tag.colour for tag in tags],
                "parents": [[self.paths[parent] for parent in tag.parents] for tag in tags],
            },
            index=pd.Index(list(self), name="tag", dtype=object),
        )

    # ------------------------------------------------------------------ changing

    def with_paths(self, paths: Iterable[str]) -> TagSet:
        """Return the tags and those with other paths, with the parents that these name."""
        missing = [path for path in dict.fromkeys(paths) if path not in self._by_path]
        if not missing:
            return self
        tags, by_path, last = dict(self.tags), dict(self._by_path), self.last
        for path in missing:
            parent: int | None = None
            names = split_tag(path)
            for depth in range(len(names)):
                here = SEPARATOR.join(names[: depth + 1])
                if here not in by_path:
                    last += 1
                    tags[last] = Tag(
                        names[depth], last % len(COLOURS), () if parent is None else (parent,)
                    )
                    by_path[here] = last
                parent = by_path[here]
        return TagSet(tags, last)

    def resolved(self, names: Iterable[str]) -> tuple[TagSet, list[str]]:
        """Return the paths of tags given by path or name, made where there is none, each once."""
        paths = []
        for name in names:
            found = self._look_up(name)
            written = SEPARATOR.join(check_path(name)) if found is None else self.paths[found]
            paths.append(written)
        return self.with_paths(paths), list(dict.fromkeys(paths))

    def renamed(self, tag: str, name: str) -> TagSet:
        """Return the tags of which one has another name."""
        return self._with(self.find(tag), name=check_name(name))

    def recoloured(self, tag: str, colour: int) -> TagSet:
        """Return the tags of which one has another colour, 0 to 11."""
        return self._with(self.find(tag), colour=check_colour(colour))

    def with_parents(self, tag: str, parents: Sequence[str]) -> TagSet:
        """Return the tags of which one stands under other parents; () = at the top.

        Raises
        ------
        TagError
            A parent is the tag itself or stands below it.
        """
        child = self.find(tag)
        above = tuple(dict.fromkeys(self.find(parent) for parent in parents))
        below = {child, *tag_graph.reached(child, self._children)}
        if wrong := [parent for parent in above if parent in below]:
            raise TagError(
                f"{self.paths[wrong[0]]!r} cannot be a parent of {self.paths[child]!r}: it is that "
                "tag, or stands below it.",
                key="tag_cycle",
                parent=self.paths[wrong[0]],
                tag=self.paths[child],
            )
        return self._with(child, parents=above)

    def merged(self, tags: Sequence[str]) -> tuple[TagSet, dict[str, str]]:
        """Return the tags of which some became one, and the new path of each old one.

        The first is kept with its name and colour, and stands under the parents of all: nothing
        that was grouped under a tag above leaves that group. What stood below the others stands
        below it.
        """
        kept, *others = dict.fromkeys(self.find(tag) for tag in tags) or (None,)
        if kept is None or not others:
            raise TagError(f"Tags are merged two or more at a time. Got {short(tags)}.")
        gone = set(others)
        left = {
            tag: replace(
                one, parents=tag_graph.distinct(kept if p in gone else p for p in one.parents)
            )
            for tag, one in self.tags.items()
            if tag not in gone
        }
        left[kept] = replace(left[kept], parents=())
        above = [parent for tag in (kept, *others) for parent in self.tags[tag].parents]
        refused = {kept, *gone, *tag_graph.reached(kept, tag_graph.children(left))}
        parents = tag_graph.distinct(parent for parent in above if parent not in refused)
        left[kept] = replace(left[kept], parents=parents)
        after = TagSet(left, self.last)
        moved = {self.paths[tag]: after.paths[kept] for tag in others}
        return after, self.moves(after) | moved

    def without(self, tag: str) -> TagSet:
        """Return the tags without one; what stood below it loses this parent."""
        gone = self.find(tag)
        left = {
            other: replace(one, parents=tuple(p for p in one.parents if p != gone))
            if gone in one.parents
            else one
            for other, one in self.tags.items()
            if other != gone
        }
        return TagSet(left, self.last)

    def moves(self, after: TagSet) -> dict[str, str]:
        """Return the new path of each tag that has another one in `after`."""
        return {
            path: after.paths[tag]
            for tag, path in self.paths.items()
            if tag in after.paths and after.paths[tag] != path
        }

    # ------------------------------------------------------------------ as JSON

    def to_json(self) -> dict[str, Any]:
        """Return the tags as plain values for JSON."""
        tags = [[id_, tag.name, tag.colour, list(tag.parents)] for id_, tag in self.tags.items()]
        return {"tags": tags, "last": self.last}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> TagSet:
        """Return the tags that `to_json` wrote."""
        tags = {id_: Tag(name, c, tuple(parents)) for id_, name, c, parents in values["tags"]}
        return cls(tags, values["last"])

    # ------------------------------------------------------------------ within

    def _look_up(self, tag: Any) -> int | None:
        names = check_path(tag)
        found = self._by_path.get(SEPARATOR.join(names))
        if found is not None or len(names) > 1:
            return found
        named = self._by_name.get(names[0], [])
        if len(named) > 1:
            choices = ", ".join(repr(self.paths[one]) for one in named[:10])
            raise TagError(
                f"Several tags are named {names[0]!r}: {choices}. Say which by its path.",
                key="several_tags",
                tag=names[0],
                choices=choices,
            )
        return named[0] if named else None

    @cached_property
    def _by_name(self) -> dict[str, list[int]]:
        named: dict[str, list[int]] = defaultdict(list)
        for id_, tag in self.tags.items():
            named[tag.name].append(id_)
        return dict(named)

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        return tag_graph.children(self.tags)

    def _with(self, tag: int, **changes: Any) -> TagSet:
        changed = replace(self.tags[tag], **changes)
        return self if changed == self.tags[tag] else TagSet(self.tags | {tag: changed}, self.last)
