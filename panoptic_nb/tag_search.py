"""Finds tags by a part of their path, as one types: of 50,000 tags too, while a key goes down."""

from __future__ import annotations

import unicodedata

from panoptic_nb.tag_names import SEPARATOR
from panoptic_nb.tagset import TagSet


def search(tags: TagSet, text: str, limit: int) -> list[str]:
    """Return the paths of tags that hold a text, whatever its case and accents.

    Those come first whose name, or whose path, begins with it; among equals the oldest first.

    Parameters
    ----------
    tags
        Where to look.
    text
        "" finds all.
    limit
        The largest number of paths.
    """
    wanted = _plain(text.strip())
    first: list[str] = []
    later: list[str] = []
    for path in tags:
        plain = _plain(path)
        at = plain.find(wanted)
        if at < 0:
            continue
        name = plain.rpartition(SEPARATOR)[2]
        begins = at == 0 or name.startswith(wanted)
        (first if begins else later).append(path)
        if len(first) == limit:
            break
    return [*first, *later][:limit]


def _plain(text: str) -> str:
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
