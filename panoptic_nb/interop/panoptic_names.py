"""Tags as Panoptic names them: one text that is unique in its property, without a comma.

Here a tag is told by its path, there by its name alone. The rule, exact both ways:

* The name of a tag is its label, where no other tag of the column has that label.
* Otherwise the name of its parent and " > " come first: "Cluster 1 > dogs". What stands at the top
  always keeps its label. Where that name is taken too, the sign is doubled: "Cluster 1 >> dogs".
* What a name cannot hold is written as in web addresses: "," %2C, ";" %3B, control characters; and
  "%", %25, where two digits that could be such a code follow. "/", which a label cannot hold, is
  %2F in the label.
"""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable

Path = tuple[str, ...]

_CODE = "%[0-9A-F]{2}"
_CODES = re.compile(f"(?:{_CODE})+")
# A comma separates the tags of a cell; a semicolon the columns, for programs that know no quotes.
_NOT_IN_A_NAME = re.compile(f"[,;\\x00-\\x1f\\x7f]|(?={_CODE})%")
_SLASH = "%2F"


def label_to_name(label: str) -> str:
    """Return a label as Panoptic can hold it.

    Examples
    --------
    >>> label_to_name("cats, dogs"), label_to_name("100%"), label_to_name("1%2F2")
    ('cats%2C dogs', '100%', '1/2')
    """
    # Half a character (a lone surrogate) can be in no file.
    label = label.encode("utf-8", "backslashreplace").decode()
    return "/".join(_NOT_IN_A_NAME.sub(_encoded, part) for part in label.split(_SLASH))


def name_to_label(name: str) -> str:
    """Return the label that a name of Panoptic stands for; see `label_to_name`."""
    return _CODES.sub(_decoded, name).replace("/", _SLASH)


def _encoded(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match.group().encode())


def _decoded(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match.group().replace("%", "")).decode()
    except UnicodeDecodeError:  # no text of ours: it stays as it is
        return match.group()


def with_parents(paths: Iterable[Path]) -> list[Path]:
    """Return the paths, each once, every one after those above it."""
    return list(dict.fromkeys(p[: d + 1] for p in paths for d in range(len(p))))


def names_of(paths: Iterable[Path]) -> dict[Path, str]:
    """Return a unique name for each path, and for those above it.

    Examples
    --------
    >>> names_of([("a", "x"), ("b", "x"), ("b", "y")])[("b", "x")]
    'b > x'
    """
    every = with_parents(paths)
    labels = {path: label_to_name(path[-1]) for path in every}
    counts = Counter(labels.values())
    taken = {label for path, label in labels.items() if len(path) == 1 or counts[label] == 1}
    names: dict[Path, str] = {}
    for path, label in labels.items():
        above = names.get(path[:-1])
        if above is None or (counts[label] == 1 and short(label, above) == label):
            names[path] = label
            continue
        long = (f"{above} {'>' * n} {label}" for n in itertools.count(1))
        names[path] = next(name for name in long if name not in taken)
        taken.add(names[path])
    return names


def short(name: str, above: str) -> str:
    """Return a name without that of its parent in front, where it stands there."""
    if name.startswith(f"{above} >"):
        sign, space, rest = name[len(above) + 1 :].partition(" ")
        if space and rest and not sign.strip(">"):
            return rest
    return name
