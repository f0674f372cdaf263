"""How a tag is written: its names from the top down, joined by "/", as the cells of a column do.

A name is free text without outer spaces. What the form of the column rules out: "/", which
separates the levels; a name without a visible character; half characters (lone surrogates), which
no file can hold.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from panoptic_nb.error_text import short
from panoptic_nb.errors import TagError

SEPARATOR = "/"


def split_tag(tag: str) -> tuple[str, ...]:
    """Return the names of a hierarchical tag from the top down, without those that nobody sees."""
    return tuple(part.strip() for part in tag.split(SEPARATOR) if _is_visible(part))


def canonical(tag: str) -> str:
    """Return the path of a tag as the project writes it; "" when there is no name in it."""
    return SEPARATOR.join(split_tag(tag))


def check_path(tag: Any) -> tuple[str, ...]:
    """Return the names of a tag that a user wrote, from the top down.

    Raises
    ------
    TagError
        One of them cannot be the name of a tag.
    """
    names = split_tag(tag) if isinstance(tag, str) else ()
    return tuple(check_name(name) for name in names or (tag,))


def check_name(name: Any) -> str:
    """Return the name of a tag without outer spaces, or raise `TagError`."""
    if not isinstance(name, str) or not _is_visible(name):
        raise TagError(
            f"The name of a tag is a text with at least one visible character. Got {short(name)}.",
            key="tag_empty",
        )
    if SEPARATOR in name:
        raise TagError(
            f"The name of a tag cannot hold '/', which separates the levels. Got {short(name)}.",
            key="tag_slash",
            tag=name,
        )
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise TagError(
            f"The name of a tag holds half a character, which no file can keep: {short(name)}."
        ) from error
    return name.strip()


def _is_visible(text: str) -> bool:
    # Unicode categories: Z = separators, C = control and format characters.
    return any(unicodedata.category(character)[0] not in "ZC" for character in text)
