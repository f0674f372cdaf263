"""Every error that a user can cause.

The text says what is wrong, the value, and what to do. ``key`` names an entry of the locale files
(``errors.<key>``) so that the widget can say the same sentence in the user's language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class PanopticError(Exception):
    """Base class of the errors of panoptic_nb.

    Parameters
    ----------
    message
        One English sentence: what is wrong, the value given, what to do.
    key
        Name of the same sentence in the locale files, if it can reach the widget.
    **values
        What fills the placeholders of that sentence.
    """

    def __init__(self, message: str, key: str | None = None, **values: Any) -> None:
        super().__init__(message)
        self.message = message
        self.key = key
        self.values = values


class ProjectError(PanopticError, ValueError):
    """The source, the project folder or a column cannot be used."""


class ImageError(PanopticError, ValueError):
    """An image file cannot be read; ``reason`` says why in a few words, as do errors about many."""

    def __init__(
        self, reason: str, message: str | None = None, key: str | None = None, **values: Any
    ) -> None:
        super().__init__(message or reason, key, **values)
        self.reason = reason


class VectorError(PanopticError, ValueError):
    """Vectors have the wrong shape, are not finite, or do not belong together."""


class NoVectorsError(VectorError):
    """A function needs vectors and there are none."""


class EncoderError(PanopticError, RuntimeError):
    """An encoder cannot be loaded or cannot do what was asked."""


class ParameterError(PanopticError, ValueError):
    """Parameters of a clustering function are out of bounds.

    ``errors`` maps each refused parameter to its message.
    """

    def __init__(
        self, message: str, errors: Mapping[str, str], key: str | None = None, **values: Any
    ) -> None:
        super().__init__(message, key, **values)
        self.errors = dict(errors)

    @classmethod
    def of(
        cls, parameter: str, message: str, key: str | None = None, **values: Any
    ) -> ParameterError:
        """Return the error of a single parameter."""
        return cls(message, {parameter: message}, key, **values)


class FunctionError(PanopticError, RuntimeError):
    """A clustering function raised, or returned something that is not groups."""


class TreeError(PanopticError, ValueError):
    """A node does not exist, or an edit of the tree is not possible."""


class LabelError(TreeError):
    """A cluster label cannot be used."""


class TagError(PanopticError, ValueError):
    """A tag does not exist, or cannot be named, placed or given like that."""


class BusyError(PanopticError, RuntimeError):
    """Other long work is running."""


class Cancelled(PanopticError):  # noqa: N818 - an outcome the user asked for, not a failure
    """The user cancelled; what was not finished has changed nothing."""

    def __init__(
        self, message: str = "Cancelled. Nothing was changed.", key: str = "cancelled"
    ) -> None:
        super().__init__(message, key=key)
