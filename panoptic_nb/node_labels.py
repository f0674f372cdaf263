"""Names of clusters: what a name may be, and telling equal ones apart."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Collection, Iterable, Iterator

from panoptic_nb.error_text import short
from panoptic_nb.errors import LabelError
from panoptic_nb.node import SEPARATOR, UNASSIGNED, WITHOUT_VECTOR

#: What no cluster may be called.
RESERVED = (UNASSIGNED, WITHOUT_VECTOR)


def numbers(parent: str, taken: Iterable[str] = ()) -> Iterator[str]:
    """Yield numbers of children of a node, "0.0", "0.1", ..., without those that are taken."""
    others = set(taken)
    for position in itertools.count():
        number = f"{parent}.{position}" if parent else str(position)
        if number not in others:
            yield number


def next_number(parent: str, siblings: Iterable[str]) -> str:
    """Return a number behind those of the siblings, some of which may be gone."""
    last = max((int(number.rpartition(".")[2]) for number in siblings), default=-1)
    return f"{parent}.{last + 1}" if parent else str(last + 1)


def unique(label: str, taken: Collection[str]) -> str:
    """Return a label, or with the lowest number from 2 that makes it another than those taken."""
    if label not in taken:
        return label
    return next(name for n in itertools.count(2) if (name := f"{label} ({n})") not in taken)


def check_label(label: str) -> str:
    """Return a label that a user chose as it may stand in a path, or raise `LabelError`."""
    label = check_text(label)
    if label in RESERVED:
        raise LabelError(
            f"{label!r} is the name of what is left over; choose another name.",
            key="label_taken",
            label=label,
        )
    return label


def check_text(label: str) -> str:
    """Return a label that a function gave as it may stand in a path, or raise `LabelError`."""
    if not isinstance(label, str) or not any(is_visible(character) for character in label):
        raise LabelError(
            f"A cluster name needs at least one visible character. Got {short(label)}.",
            key="label_empty",
        )
    if SEPARATOR in label:
        raise LabelError(
            "A cluster name cannot hold '/', which separates the levels of a path. Got "
            f"{short(label)}.",
            key="label_slash",
            label=label,
        )
    try:
        label.encode()
    except UnicodeEncodeError as error:
        raise LabelError(
            f"A cluster name cannot hold half a character, which no file keeps: {short(label)}.",
            key="label_half",
        ) from error
    return " ".join(label.split())


def is_visible(character: str) -> bool:
    """Tell whether a character can be seen."""
    # Unicode categories: Z = separators, C = control and format characters.
    return unicodedata.category(character)[0] not in "ZC"
