"""Other people's exceptions and values, in a form that fits into a sentence."""

from __future__ import annotations

from typing import Any

_LONGEST = 200
_LONGEST_VALUE = 80


def first_line(error: BaseException) -> str:
    """Return the first line of an exception's text without its full stop, or the class's name."""
    return short_text(str(error)) or type(error).__name__


def short_text(text: str) -> str:
    """Return the first line of a text without its full stop, cut when it is long."""
    lines = text.strip().splitlines() or [""]
    return lines[0].strip().rstrip(".")[:_LONGEST]


def named(error: BaseException) -> str:
    """Return the class of an exception and the first line of its text: "ValueError: too long"."""
    name, text = type(error).__name__, first_line(error)
    return name if text == name else f"{name}: {text}"


def short(value: Any) -> str:
    """Return the repr of a value on one line, cut when it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_VALUE else text[:_LONGEST_VALUE] + "…"
