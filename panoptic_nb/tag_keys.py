"""Number keys of the widgets, and the tag that each one stamps; kept with the project."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from panoptic_nb.error_text import short
from panoptic_nb.errors import ProjectError
from panoptic_nb.project_part import ProjectPart
from panoptic_nb.stamping import Mode
from panoptic_nb.tag_cells import NO_MOVES
from panoptic_nb.tag_columns import ColumnOfTags
from panoptic_nb.tagset import TagSet

KEYS = range(1, 10)
NO_TAGS = TagSet()


class TagKey(NamedTuple):
    """What a key stamps: a tag by its path, of a column."""

    column: str
    tag: str


class KeyedTags(ProjectPart):
    """The part of `Project` that is about the number keys."""

    @abstractmethod
    def prepare_stamp(
        self, column: str, tags: str | Iterable[str], mode: Mode
    ) -> tuple[ColumnOfTags, TagSet, list[str]]:
        """Check a stamp without making it."""

    @property
    def tag_keys(self) -> dict[int, TagKey]:
        """Number keys 1 to 9 of the widgets, and the column and tag that each one stamps."""
        return _read(self._settings.get("keys"), self._table.tags)

    def set_tag_keys(self, keys: Mapping[int, tuple[str, str]]) -> None:
        """Say which tag each number key stamps, for example ``{1: ("kind", "Animals/birds")}``.

        It is kept with the project, and follows a tag that is renamed. Column and tag may be new:
        they are made when the key is first pressed.

        Raises
        ------
        ProjectError, TagError
            A key is not one of 1 to 9, the column holds no tags, or the tag cannot be named so.
        """
        self.check_open()
        checked = {}
        for number, (column, tag) in sorted(keys.items()):
            if number not in KEYS or isinstance(number, bool):
                raise ProjectError(f"A key for a tag is one of 1 to 9. Got {short(number)}.")
            path = self.prepare_stamp(column, tag, "add")[2][0]
            checked[number] = TagKey(column, path)
        self.remember(keys=_written(checked, self._table.tags))

    def known_tags(self, column: str) -> TagSet:
        """Return the tags of a column, none where it is not there yet."""
        return self._table.tags_of(column)

    def follow_tags(self, column: str, moves: Mapping[str, str | None] = NO_MOVES) -> None:
        """Let the keys of a column mean the tags that they meant before some got other paths.

        Called after each change of its tags; those that a stamp has just made are noted too.
        """
        keys = self.tag_keys
        for number, key in keys.items():
            if key.column == column:
                keys[number] = TagKey(column, moves.get(key.tag) or key.tag)
        if keys and (held := _written(keys, self._table.tags)) != self._settings["keys"]:
            self.remember(keys=held)


def _read(saved: Any, kept: Mapping[str, TagSet]) -> dict[int, TagKey]:
    """Return the keys as settings hold them, under the names that the tags have now.

    What is no key there is left out: somebody may have edited the file.
    """
    found = {}
    for number in KEYS:
        held = saved.get(str(number)) if isinstance(saved, Mapping) else None
        if not isinstance(held, list) or len(held) != 3:
            continue
        column, path, tag = held
        if isinstance(column, str) and isinstance(path, str):
            paths = kept.get(column, NO_TAGS).paths
            found[number] = TagKey(column, paths.get(tag, path) if isinstance(tag, int) else path)
    return found


def _written(keys: Mapping[int, TagKey], kept: Mapping[str, TagSet]) -> dict[str, list[Any]]:
    """Return keys as settings hold them: column, path, and the id, which outlives a new name.

    Tags that only the cells name have no lasting id: None.
    """
    held: dict[str, list[Any]] = {}
    for number, (column, path) in keys.items():
        tags = kept.get(column, NO_TAGS)
        held[str(number)] = [column, path, tags.find(path) if path in tags else None]
    return held
