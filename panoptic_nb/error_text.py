"""What other people's exceptions say, in a form that fits into a sentence."""

from __future__ import annotations

_LONGEST = 200


def first_line(error: BaseException) -> str:
    """Return the first line of an exception's text without its full stop, or the class's name."""
    lines = str(error).strip().splitlines() or [""]
    return lines[0].strip().rstrip(".")[:_LONGEST] or type(error).__name__


def named(error: BaseException) -> str:
    """Return the class of an exception and the first line of its text: "ValueError: too long"."""
    name, text = type(error).__name__, first_line(error)
    return name if text == name else f"{name}: {text}"
