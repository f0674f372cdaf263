"""Names of clusters as names of files, on every system."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

# What Windows refuses in a name; "/" is refused everywhere.
_REFUSED = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
#: File systems take 255 bytes; some are left for a number and an ending.
_LONGEST = 200


def safe_names(names: Iterable[str]) -> list[str]:
    """Return a file name for each name, different also where case does not count.

    Examples
    --------
    >>> safe_names(["Cluster 0.2", "a/b", "A_b", "con", "..."])
    ['Cluster 0.2', 'a_b', 'A_b (2)', 'con_', '_']
    """
    taken: set[str] = set()
    result = []
    for name in names:
        wanted = _safe(name)
        numbered = (f"{wanted} ({n})" for n in itertools.count(2))
        free = next(n for n in itertools.chain([wanted], numbered) if n.casefold() not in taken)
        taken.add(free.casefold())
        result.append(free)
    return result


def _safe(name: str) -> str:
    text = _REFUSED.sub("_", name).encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")
    # Windows takes spaces and dots off the end; a dot in front hides a file.
    text = text.strip(". ") or "_"
    return f"{text}_" if _RESERVED.fullmatch(text) else text
